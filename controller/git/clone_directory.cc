#include "controller/git/clone_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <vector>

namespace tinyforge::git {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kOriginFile = "tinyforge-origin";
constexpr std::size_t kHash = 20;
using Checksum = std::array<char, kHash>;

Error FileError(const std::string& what, const std::error_code& code) {
  return {ErrorKind::Transient, what + ": " + code.message()};
}

std::vector<fs::path> Files(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    files.push_back(it->path());
  }
  return files;
}

// 20 bytes at `from_end` before the end of the file.
std::optional<Checksum> ReadChecksum(const fs::path& file, off_t from_end) {
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  struct stat info {};
  Checksum bytes{};
  const bool read = fstat(fd, &info) == 0 && info.st_size >= from_end &&
                    pread(fd, bytes.data(), bytes.size(), info.st_size - from_end) == static_cast<ssize_t>(bytes.size());
  close(fd);
  return read ? std::optional(bytes) : std::nullopt;
}

bool IsPackFile(const fs::path& file) {
  const std::string name = file.filename();
  return name.starts_with("pack-") && (name.ends_with(".pack") || name.ends_with(".idx"));
}

}  // namespace

CloneDirectory::CloneDirectory(std::string state_dir, std::string origin)
    : origin_(std::move(origin)), path_(state_dir + "/git"), fresh_(path_ + ".new"), broken_(path_ + ".broken") {}

bool CloneDirectory::Complete() const {
  std::ifstream in(fs::path(path_) / kOriginFile, std::ios::binary);
  const std::string stored{std::istreambuf_iterator<char>(in), {}};
  return in.good() && stored == origin_;
}

Expected<void> CloneDirectory::PrepareFresh() const {
  std::error_code error;
  fs::remove_all(fresh_, error);
  if (error) return FileError("remove " + fresh_, error);
  fs::create_directories(fs::path(fresh_).parent_path(), error);
  if (error) return FileError("create " + fs::path(fresh_).parent_path().string(), error);
  return {};
}

Expected<void> CloneDirectory::Promote() const {
  std::ofstream out(fs::path(fresh_) / kOriginFile, std::ios::binary);
  out << origin_;
  out.close();
  if (!out) return Error{ErrorKind::Transient, "cannot write into " + fresh_};
  std::error_code error;
  if (fs::exists(path_, error)) {
    fs::remove_all(broken_, error);
    fs::rename(path_, broken_, error);
    if (error) return FileError("set " + path_ + " aside", error);
  }
  fs::rename(fresh_, path_, error);
  if (!error) return {};
  std::error_code ignored;
  fs::rename(broken_, path_, ignored);
  return FileError("move " + fresh_ + " to " + path_, error);
}

void RemoveLeftovers(const std::string& directory) {
  std::error_code ignored;
  const fs::path root(directory);
  for (const char* file : {"HEAD.lock", "config.lock", "packed-refs.lock"}) fs::remove(root / file, ignored);
  for (const fs::path& file : Files(root / "refs")) {
    if (file.extension() == ".lock") fs::remove(file, ignored);
  }
  for (const fs::path& file : Files(root / "objects" / "pack")) {
    const bool orphan = file.extension() == ".idx" && !fs::exists(fs::path(file).replace_extension(".pack"), ignored);
    if (orphan || !IsPackFile(file)) fs::remove(file, ignored);
  }
}

Expected<void> CheckPacks(const std::string& directory) {
  std::error_code error;
  for (fs::directory_iterator it(fs::path(directory) / "objects" / "pack", error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() != ".pack" || !IsPackFile(it->path())) continue;
    const auto written = ReadChecksum(fs::path(it->path()).replace_extension(".idx"), 2 * kHash);
    const auto found = ReadChecksum(it->path(), kHash);
    if (!written || !found || *written != *found) {
      return Error{ErrorKind::Transient, "the pack " + it->path().filename().string() + " is not as it was written"};
    }
  }
  if (error) return FileError("read " + directory, error);
  return {};
}

}  // namespace tinyforge::git
