// One controller of an instance changes things on an Engine; a second one watches (design 4.3).
#pragma once

#include <optional>
#include <string>

#include "controller/facts/instance_lock.h"
#include "controller/runtime/guarded.h"
#include "controller/runtime/log.h"

namespace tinyforge::cmd {

// Thread-safe.
class InstanceGuard {
 public:
  InstanceGuard(std::string instance, Logger& log) : instance_(std::move(instance)), log_(log) {}

  // To be called for each connection: the lock is one of this Engine.
  void SetEngine(const std::string& id);

  // Takes the lock unless it is held; true when this call took it. To be called whenever the Engine was listed, so that
  // the watcher takes over when the holder ends.
  bool Try();
  // Why nothing may be changed: who holds the lock. Empty: we do.
  std::string WhyNot();

 private:
  struct State {
    std::optional<InstanceLock> lock;
    std::string engine;  // its id
    std::string why = "the Docker Engine was not reached yet";
  };

  const std::string instance_;
  Logger& log_;
  Guarded<State> state_;
};

}  // namespace tinyforge::cmd
