#include "controller/runtime/fd_sink.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string>
#include <utility>

#include "controller/runtime/log_line.h"

namespace tinyforge {
namespace {

using std::chrono::steady_clock;

// A pipe that polls as writable takes this much without blocking (POSIX's PIPE_BUF on Linux).
constexpr std::size_t kChunk = 4096;

// A pipe that other processes write to as well (children share standard error) may fill up between poll and write, so
// it gets a description of its own that does not block.
int OwnDescriptor(int fd) {
  struct stat info {};
  if (fstat(fd, &info) == 0 && S_ISFIFO(info.st_mode)) {
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    const int own = open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (own >= 0) return own;
  }
  return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

}  // namespace

FdSink::FdSink(int fd, LogFormat format, std::function<std::size_t()> overrun)
    : fd_(OwnDescriptor(fd)),
      format_(format),
      overrun_(std::move(overrun)),
      finish_event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

FdSink::~FdSink() {
  if (fd_ >= 0) close(fd_);
  if (finish_event_ >= 0) close(finish_event_);
}

void FdSink::WriteLine(std::string_view line) {
  ReportDropped();
  if (!Write(line)) ++dropped_;
}

void FdSink::Finish(std::chrono::milliseconds grace) {
  deadline_ = (steady_clock::now() + grace).time_since_epoch().count();
  const std::uint64_t one = 1;
  if (finish_event_ >= 0) static_cast<void>(!write(finish_event_, &one, sizeof one));
}

// Without a deadline it sleeps until the descriptor takes bytes or Finish sets one.
bool FdSink::WaitWritable() {
  if (fd_ < 0) return false;
  while (true) {
    const auto deadline = deadline_.load();
    int timeout = -1;
    if (deadline != 0) {
      const auto left = steady_clock::time_point(steady_clock::duration(deadline)) - steady_clock::now();
      timeout = std::max(0, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count()));
    }
    pollfd fds[2] = {{fd_, POLLOUT, 0}, {deadline == 0 ? finish_event_ : -1, POLLIN, 0}};
    const int ready = poll(fds, 2, timeout);
    if (ready < 0 && errno != EINTR) return false;
    if (ready > 0 && fds[0].revents != 0) return (fds[0].revents & POLLOUT) != 0;
    if (ready == 0 && deadline != 0) return false;
  }
}

bool FdSink::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!WaitWritable()) return false;
    const ssize_t written = write(fd_, bytes.data(), std::min(bytes.size(), kChunk));
    if (written < 0 && errno != EINTR && errno != EAGAIN) return false;
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

void FdSink::ReportDropped() {
  const std::size_t lost = overrun_() + dropped_;
  if (lost == reported_) return;
  const LogField count{"count", std::to_string(lost - reported_)};
  const auto now = std::chrono::time_point_cast<SysTime::duration>(std::chrono::system_clock::now());
  const std::string line = FormatLine({now, LogLevel::Warning, "log lines dropped", {&count, 1}}, format_);
  if (Write(line)) reported_ = lost;
}

}  // namespace tinyforge
