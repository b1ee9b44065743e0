#include "controller/secrets/secret_file.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace tinyforge {
namespace {

constexpr std::uint64_t kFlags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

SecretFileStamp StampOf(const struct stat& info) {
  const auto nanoseconds = [](const timespec& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; };
  return {info.st_dev, info.st_ino, info.st_size, nanoseconds(info.st_mtim), nanoseconds(info.st_ctim)};
}

// Where the kernel or a seccomp filter lacks openat2: no component may be a link at all.
Fd OpenWithoutLinks(int dir, std::string_view path) {
  Fd at(::fcntl(dir, F_DUPFD_CLOEXEC, 0));
  for (std::size_t slash; at.valid() && (slash = path.find('/')) != std::string_view::npos;
       path.remove_prefix(slash + 1)) {
    const std::string part(path.substr(0, slash));
    if (part == "..") {
      errno = EXDEV;
      return Fd();
    }
    at = Fd(::openat(at.get(), part.empty() ? "." : part.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  }
  if (!at.valid()) return at;
  return Fd(::openat(at.get(), std::string(path).c_str(), static_cast<int>(kFlags) | O_NOFOLLOW));
}

Fd OpenBeneath(int dir, const std::string& path) {
  open_how how{};
  how.flags = kFlags;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  Fd fd(static_cast<int>(::syscall(SYS_openat2, dir, path.c_str(), &how, sizeof how)));
  if (fd.valid() || (errno != ENOSYS && errno != EPERM)) return fd;
  return OpenWithoutLinks(dir, path);
}

Expected<struct stat> StatOf(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return SystemError("stat", errno);
  return info;
}

}  // namespace

Expected<SecretFile> OpenSecretFile(const std::string& directory, const std::string& path) {
  Expected<Fd> dir = OpenDirectory(directory);
  if (!dir) return std::move(dir).error();
  SecretFile file{.fd = OpenBeneath(dir->get(), path)};
  if (!file.fd.valid()) {
    if (errno == EXDEV) return Error{ErrorKind::Conflict, path + " leads out of " + directory};
    return SystemError("open " + directory + "/" + path, errno);
  }
  Expected<struct stat> info = StatOf(file.fd.get());
  if (!info) return std::move(info).error();
  if (!S_ISREG(info->st_mode)) return Error{ErrorKind::Conflict, directory + "/" + path + " is not a regular file"};
  file.stamp = StampOf(*info);
  file.mode = info->st_mode & 07777;
  file.uid = info->st_uid;
  file.gid = info->st_gid;
  return file;
}

Expected<std::string> ReadSecretFile(const SecretFile& file) {
  Expected<std::string> value = ReadAll(file.fd.get(), "it", kMaxSecretBytes);
  if (!value) return value;
  Expected<struct stat> after = StatOf(file.fd.get());
  if (after && StampOf(*after) == file.stamp) return value;
  Clear(*value);
  return Error{ErrorKind::Transient, "it changed while it was read"};
}

}  // namespace tinyforge
