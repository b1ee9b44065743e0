#include "controller/git/clone_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "controller/runtime/failpoint.h"

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
  const bool read =
      fstat(fd, &info) == 0 && info.st_size >= from_end &&
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
    : state_dir_(std::move(state_dir)), origin_(std::move(origin)), link_(state_dir_ + "/git") {}

Expected<std::string> CloneDirectory::Current() const {
  std::error_code error;
  const fs::path folder = fs::canonical(link_, error);
  std::ifstream in(folder / kOriginFile, std::ios::binary);
  const std::string stored{std::istreambuf_iterator<char>(in), {}};
  if (error || !in.good() || stored != origin_)
    return Error{ErrorKind::NotFound, "there is no complete clone at " + link_};
  return folder.string();
}

Expected<std::string> CloneDirectory::PrepareFresh() const {
  std::error_code error;
  fs::create_directories(state_dir_, error);
  if (error) return FileError("create " + state_dir_, error);
  std::error_code none;
  const fs::path current = fs::canonical(link_, none);
  std::vector<fs::path> remains;
  for (fs::directory_iterator it(state_dir_, error), end; !error && it != end; it.increment(error)) {
    const bool clone = it->path().filename().string().starts_with("git-");
    if (clone && it->path().filename() != current.filename()) remains.push_back(it->path());
  }
  for (const fs::path& folder : remains) fs::remove_all(folder, error);
  if (auto passed = Failpoint("git.clone.before"); !passed) return std::move(passed).error();
  std::string fresh = link_ + "-XXXXXX";
  if (mkdtemp(fresh.data()) == nullptr) return FileError("create " + fresh, {errno, std::generic_category()});
  return fresh;
}

Expected<void> CloneDirectory::Promote(const std::string& fresh) const {
  std::ofstream out(fs::path(fresh) / kOriginFile, std::ios::binary);
  out << origin_;
  out.close();
  if (!out) return Error{ErrorKind::Transient, "cannot write into " + fresh};
  std::error_code error;
  const std::string link = fresh + ".link";
  fs::create_symlink(fs::path(fresh).filename(), link, error);
  if (error) return FileError("create " + link, error);
  if (auto passed = Failpoint("git.promote.before"); !passed) return passed;
  if (fs::is_directory(fs::symlink_status(link_, error))) fs::remove_all(link_, error);
  fs::rename(link, link_, error);
  if (error) return FileError("replace " + link_, error);
  return Failpoint("git.promote.after");
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
  for (fs::directory_iterator it(fs::path(directory) / "objects" / "pack", error), end; !error && it != end;
       it.increment(error)) {
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
