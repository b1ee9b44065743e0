#include "controller/store/cache_file.h"

#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "controller/runtime/file.h"

namespace tinyforge {
namespace {

namespace fs = std::filesystem;
constexpr int kVersion = 4;
constexpr const char* kDatabaseName = "cache-v4.sqlite";
constexpr const char* kIdentityName = "cache-v4.id";
constexpr std::size_t kMaxIdentity = 256;

FileStamp StampOf(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return {};
  return {true, info.st_dev, info.st_ino, info.st_size, info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec};
}

// "cache-v3.sqlite", "cache-v3.id", "cache-v3.sqlite.damaged" and so on.
bool IsEarlier(std::string_view name) {
  constexpr std::string_view kPrefix = "cache-v";
  if (!name.starts_with(kPrefix)) return false;
  name.remove_prefix(kPrefix.size());
  int version = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), version);
  const std::string_view rest(end, static_cast<std::size_t>(name.data() + name.size() - end));
  return error == std::errc() && version < kVersion && (rest == ".id" || rest.starts_with(".sqlite"));
}

Expected<void> RemovePath(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  return error ? Expected<void>(Error{ErrorKind::Transient, "remove " + path + ": " + error.message()})
               : Expected<void>();
}

}  // namespace

CacheFile::CacheFile(std::string directory)
    : directory_(std::move(directory)), path_(directory_ + "/" + kDatabaseName) {}

Expected<void> CacheFile::Prepare() const {
  return MakeDirectories(directory_, 0700);
}

bool CacheFile::Exists() const {
  return Database().present;
}

bool CacheFile::IsRegular() const {
  struct stat info {};
  return ::lstat(path_.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

FileStamp CacheFile::Database() const {
  return StampOf(path_);
}

FileStamp CacheFile::WriteAheadLog() const {
  return StampOf(path_ + "-wal");
}

std::optional<StoreIdentity> CacheFile::ReadIdentity() const {
  Expected<Fd> dir = OpenDirectory(directory_);
  if (!dir) return std::nullopt;
  Expected<std::string> text = ReadFileAt(dir->get(), kIdentityName, kMaxIdentity);
  if (!text) return std::nullopt;
  std::istringstream words(*text);
  StoreIdentity identity;
  std::string state;
  if (!(words >> identity.id >> identity.epoch >> state >> identity.size >> identity.modified)) return std::nullopt;
  identity.clean = state == "closed";
  return identity;
}

Expected<void> CacheFile::WriteIdentity(const StoreIdentity& identity) const {
  Expected<Fd> dir = OpenDirectory(directory_);
  if (!dir) return std::move(dir).error();
  std::ostringstream text;
  text << identity.id << ' ' << identity.epoch << ' ' << (identity.clean ? "closed" : "open") << ' ' << identity.size
       << ' ' << identity.modified << '\n';
  return ReplaceFileAt(dir->get(), kIdentityName, text.str(), {.mode = 0600}, "store.identity");
}

Expected<void> CacheFile::SetAside() const {
  if (auto removed = RemoveJournals(); !removed) return removed;
  if (!Exists()) return {};
  const std::string aside = path_ + ".damaged";
  if (auto removed = RemovePath(aside); !removed) return removed;
  std::error_code error;
  fs::rename(path_, aside, error);
  if (error) return Error{ErrorKind::Transient, "rename " + path_ + " aside: " + error.message()};
  return {};
}

Expected<void> CacheFile::RemoveJournals() const {
  for (const char* suffix : {"-wal", "-shm", "-journal"}) {
    if (auto removed = RemovePath(path_ + suffix); !removed) return removed;
  }
  return {};
}

Expected<void> CacheFile::Remove() const {
  if (auto removed = RemovePath(path_); !removed) return removed;
  return RemoveJournals();
}

bool CacheFile::RemoveEarlier() const {
  std::vector<fs::path> earlier;
  std::error_code error;
  for (fs::directory_iterator entry(directory_, error), end; !error && entry != end; entry.increment(error))
    if (IsEarlier(entry->path().filename().string())) earlier.push_back(entry->path());
  for (const fs::path& path : earlier) static_cast<void>(RemovePath(path).has_value());
  return !earlier.empty();
}

std::string RandomStoreId() {
  std::array<unsigned char, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) bytes[0] = 1;
  static constexpr char kHex[] = "0123456789abcdef";
  std::string id;
  for (unsigned char byte : bytes) {
    id += kHex[byte >> 4];
    id += kHex[byte & 15];
  }
  return id;
}

}  // namespace tinyforge
