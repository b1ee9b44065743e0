// Notices at once that something below a directory changed.
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "controller/runtime/file.h"
#include "controller/runtime/log.h"

namespace tinyforge {

// Calls `on_change` on a thread of its own, shortly after files below `directory` were written, moved, removed or given
// other permissions: once for what comes together, and within half a second of an endless stream. A change is a hint to
// look, so doubled calls and calls for nothing happen; so do missed ones (more than 256 folders, no inotify left; a
// directory that is not there yet is looked for every 10 s), which a look now and then must make good. The destructor
// waits for a call that is under way.
class DirectoryWatch {
 public:
  DirectoryWatch(std::string directory, std::function<void()> on_change, Logger& log);
  ~DirectoryWatch();
  DirectoryWatch(const DirectoryWatch&) = delete;
  DirectoryWatch& operator=(const DirectoryWatch&) = delete;

 private:
  void Loop(bool armed);
  // Watches every folder; false when not even the directory itself could be watched.
  bool Arm();
  // Waits for the descriptors; false when the watch is to end.
  bool WaitForChange(int timeout_ms, bool& changed);
  void Drain();

  std::string directory_;
  std::function<void()> on_change_;
  Logger& log_;
  Fd inotify_;
  Fd stop_;
  std::jthread thread_;
};

}  // namespace tinyforge
