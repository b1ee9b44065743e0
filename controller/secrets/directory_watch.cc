#include "controller/secrets/directory_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>

namespace tinyforge {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB |
                                  IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr int kMaxFolders = 256;
constexpr int kQuietMs = 50;  // the pieces of one change come closer than this
constexpr milliseconds kLongestGathering{500};
constexpr int kLookForDirectoryMs = 10'000;
constexpr int kForever = -1;

}  // namespace

DirectoryWatch::DirectoryWatch(std::string directory, std::function<void()> on_change, Logger& log)
    : directory_(std::move(directory)),
      on_change_(std::move(on_change)),
      log_(log),
      inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      stop_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (!inotify_.valid() || !stop_.valid()) {
    log_.Warn("a directory is not watched, only looked at now and then",
              {{"directory", directory_}, {"error", std::generic_category().message(errno)}});
    return;
  }
  const bool armed = Arm();
  if (!armed) log_.Warn("a directory that is to be watched is not there", {{"directory", directory_}});
  thread_ = std::jthread([this, armed] { Loop(armed); });
}

DirectoryWatch::~DirectoryWatch() {
  const std::uint64_t one = 1;
  if (stop_.valid()) static_cast<void>(::write(stop_.get(), &one, sizeof one) == sizeof one);
}

void DirectoryWatch::Loop(bool armed) {
  bool changed = false;
  while (WaitForChange(armed ? kForever : kLookForDirectoryMs, changed)) {
    const auto latest = steady_clock::now() + kLongestGathering;
    while (changed && steady_clock::now() < latest) {
      Drain();
      if (!WaitForChange(kQuietMs, changed)) return;
    }
    const bool was_armed = std::exchange(armed, Arm());
    if (was_armed || armed) on_change_();
  }
}

bool DirectoryWatch::Arm() {
  if (::inotify_add_watch(inotify_.get(), directory_.c_str(), kEvents) < 0) return false;
  std::error_code error;
  int folders = 1;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator it(directory_, options, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (it->symlink_status(ignored).type() != fs::file_type::directory) continue;
    if (++folders > kMaxFolders) break;
    ::inotify_add_watch(inotify_.get(), it->path().c_str(), kEvents);
  }
  return true;
}

bool DirectoryWatch::WaitForChange(int timeout_ms, bool& changed) {
  std::array<pollfd, 2> waits = {pollfd{inotify_.get(), POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
  const int ready = ::poll(waits.data(), waits.size(), timeout_ms);
  changed = ready > 0 && waits[0].revents != 0;
  return ready <= 0 || waits[1].revents == 0;
}

void DirectoryWatch::Drain() {
  std::array<char, 4096> events;
  while (::read(inotify_.get(), events.data(), events.size()) > 0) {
  }
}

}  // namespace tinyforge
