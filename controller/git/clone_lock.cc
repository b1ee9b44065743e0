#include "controller/git/clone_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <utility>

namespace tinyforge::git {

Expected<CloneLock> CloneLock::Take(const std::string& directory) {
  const std::string path = directory + "/tinyforge-lock";
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd.valid()) return SystemError("open " + path, errno);
  while (::flock(fd.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return SystemError("lock " + path, errno);
  }
  return CloneLock(std::move(fd));
}

}  // namespace tinyforge::git
