#include "controller/facts/locked_file.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>

#include "api-types/meta/time.h"
#include "controller/runtime/plain_text.h"

namespace tinyforge {
namespace {

constexpr int kAttempts = 5;
constexpr std::size_t kMaxHolder = 512;

bool IsAt(int fd, const std::string& path) {
  struct stat open {};
  struct stat named {};
  return ::fstat(fd, &open) == 0 && ::lstat(path.c_str(), &named) == 0 && open.st_dev == named.st_dev &&
         open.st_ino == named.st_ino;
}

Expected<void> Sign(int fd, const std::string& signature) {
  std::array<char, HOST_NAME_MAX + 1> host{};
  ::gethostname(host.data(), host.size() - 1);
  const auto now = std::chrono::time_point_cast<SysTime::duration>(std::chrono::system_clock::now());
  if (::ftruncate(fd, 0) != 0) return SystemError("write the lock file", errno);
  return WriteAll(fd,
                  "process " + std::to_string(::getpid()) + " on host " + host.data() + " since " + FormatRfc3339(now) +
                      " (" + signature + ")\n",
                  "the lock file");
}

Error HeldError(int fd) {
  Expected<std::string> holder = ReadAll(fd, "lock file", kMaxHolder);
  std::string who = holder ? PlainText(*holder, kMaxHolder) : std::string();
  while (who.ends_with('\n')) who.pop_back();
  return Error{ErrorKind::Conflict, who.empty() ? "a process that has not said its name yet" : who};
}

}  // namespace

Expected<LockedFile> LockedFile::TryLock(const std::string& path, const std::string& signature) {
  // Again when the file was removed between opening and locking it.
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (!fd.valid()) return SystemError("open " + path, errno);
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
      return errno == EWOULDBLOCK ? HeldError(fd.get()) : SystemError("lock " + path, errno);
    if (!IsAt(fd.get(), path)) continue;
    if (auto written = Sign(fd.get(), signature); !written) return std::move(written).error();
    return LockedFile(std::move(fd), path);
  }
  return Error{ErrorKind::Transient, "lock " + path + ": it is being replaced all the time"};
}

bool LockedFile::StillHeld() const {
  return IsAt(fd_.get(), path_);
}

}  // namespace tinyforge
