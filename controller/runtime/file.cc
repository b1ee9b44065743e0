#include "controller/runtime/file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <system_error>
#include <vector>

#include "controller/runtime/failpoint.h"

namespace tinyforge {
namespace {

constexpr mode_t kPermissionBits = 07777;

Expected<void> WriteNew(int fd, std::string_view content, const FileAttributes& attributes, const std::string& name) {
  if (auto written = WriteAll(fd, content, name); !written) return written;
  if (auto applied = ApplyAttributes(fd, attributes, name); !applied) return applied;
  return Sync(fd, name);
}

}  // namespace

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

Error SystemError(std::string_view what, int number) {
  ErrorKind kind = ErrorKind::Transient;
  if (number == ENOENT) kind = ErrorKind::NotFound;
  if (number == ELOOP || number == ENOTDIR || number == EISDIR) kind = ErrorKind::Conflict;
  std::string text = number == ELOOP ? "a symbolic link is in the way" : std::generic_category().message(number);
  return Error{kind, std::string(what) + ": " + text};
}

Expected<Fd> OpenDirectory(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return SystemError("open directory " + path, errno);
  return fd;
}

Expected<Fd> OpenDirectoryAt(int dir, const std::string& name) {
  Fd fd(::openat(dir, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (fd.valid()) return fd;
  int number = errno;
  struct stat info {};
  // Linux answers ENOTDIR, not ELOOP, for a link opened with O_DIRECTORY and O_NOFOLLOW.
  if (::fstatat(dir, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(info.st_mode)) number = ELOOP;
  return SystemError("open directory " + name, number);
}

Expected<void> MakeDirectories(const std::string& path, mode_t mode) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return {};
  const std::string parent = std::filesystem::path(path).parent_path();
  if (!parent.empty() && parent != path) {
    if (auto made = MakeDirectories(parent, mode); !made) return made;
  }
  if (::mkdir(path.c_str(), mode) != 0) {
    const int number = errno;
    if (number == EEXIST && std::filesystem::is_directory(path, ignored)) return {};
    return SystemError("create directory " + path, number == EEXIST ? ENOTDIR : number);
  }
  return ::chmod(path.c_str(), mode) == 0 ? Expected<void>() : SystemError("set the mode of " + path, errno);
}

Expected<std::string> ReadAll(int fd, std::string_view name, std::size_t max) {
  std::string content;
  struct stat info {};
  // Reserved at once: growing would leave copies of a secret behind in freed memory.
  if (::fstat(fd, &info) == 0 && info.st_size > 0)
    content.reserve(std::min(static_cast<std::size_t>(info.st_size), max) + 1);
  std::array<char, 16384> buffer;
  for (;;) {
    ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError("read " + std::string(name), errno);
    if (got == 0) break;
    content.append(buffer.data(), static_cast<std::size_t>(got));
    if (content.size() > max) {
      Clear(content);
      ::explicit_bzero(buffer.data(), buffer.size());
      return Error{ErrorKind::Invalid, std::string(name) + " is larger than " + std::to_string(max) + " bytes"};
    }
  }
  ::explicit_bzero(buffer.data(), buffer.size());
  return content;
}

Expected<std::string> ReadFileAt(int dir, const std::string& name, std::size_t max) {
  // O_NONBLOCK: a pipe of that name must not hold the caller.
  Fd fd(::openat(dir, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd.valid()) return SystemError("open " + name, errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return SystemError("stat " + name, errno);
  if (!S_ISREG(info.st_mode)) return Error{ErrorKind::Conflict, name + " is not a regular file"};
  return ReadAll(fd.get(), name, max);
}

std::string TemporaryName() {
  std::uint64_t random = 0;
  if (::getrandom(&random, sizeof random, 0) != sizeof random) random = static_cast<std::uint64_t>(::getpid());
  return std::string(kTemporaryPrefix) + std::to_string(random);
}

void RemoveTemporaryFiles(const std::string& directory) {
  std::error_code error;
  std::vector<std::filesystem::path> left;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end; it.increment(error))
    if (it->path().filename().string().starts_with(kTemporaryPrefix)) left.push_back(it->path());
  for (const auto& file : left) std::filesystem::remove(file, error);
}

Expected<void> WriteAll(int fd, std::string_view content, std::string_view name) {
  while (!content.empty()) {
    ssize_t put = ::write(fd, content.data(), content.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return SystemError("write " + std::string(name), errno);
    content.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

Expected<void> Sync(int fd, std::string_view name) {
  if (::fsync(fd) != 0) return SystemError("sync " + std::string(name), errno);
  return {};
}

Expected<void> ApplyAttributes(int fd, const FileAttributes& attributes, std::string_view name) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return SystemError("stat " + std::string(name), errno);
  const uid_t uid = attributes.uid.value_or(info.st_uid);
  const gid_t gid = attributes.gid.value_or(info.st_gid);
  const bool owner_differs = uid != info.st_uid || gid != info.st_gid;
  if (owner_differs && ::fchown(fd, uid, gid) != 0) {
    return SystemError("give " + std::string(name) + " to " + std::to_string(uid) + ":" + std::to_string(gid), errno);
  }
  const mode_t mode = attributes.mode & kPermissionBits;
  if ((owner_differs || (info.st_mode & kPermissionBits) != mode) && ::fchmod(fd, mode) != 0) {
    return SystemError("set the mode of " + std::string(name), errno);
  }
  return {};
}

Expected<void> ReplaceFileAt(int dir, const std::string& name, std::string_view content,
                             const FileAttributes& attributes, std::string_view subject) {
  if (auto passed = Failpoint(subject, ".temp.before"); !passed) return passed;
  const std::string temporary = TemporaryName();
  Fd fd(::openat(dir, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd.valid()) return SystemError("create a file beside " + name, errno);
  Expected<void> done = WriteNew(fd.get(), content, attributes, name);
  if (done) done = Failpoint(subject, ".rename.before");
  if (done && ::renameat(dir, temporary.c_str(), dir, name.c_str()) != 0) done = SystemError("replace " + name, errno);
  if (!done) {
    ::unlinkat(dir, temporary.c_str(), 0);
    return done;
  }
  if (auto passed = Failpoint(subject, ".rename.after"); !passed) return passed;
  return Sync(dir, "the directory of " + name);
}

void Clear(std::string& secret) {
  ::explicit_bzero(secret.data(), secret.size());
  secret.clear();
}

}  // namespace tinyforge
