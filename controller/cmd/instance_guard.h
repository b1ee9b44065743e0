// One controller of an instance changes things on an Engine; a second one watches (design 4.3).
#pragma once

#include <optional>
#include <string>

#include "controller/docker/engine_client.h"
#include "controller/facts/instance_lock.h"
#include "controller/runtime/guarded.h"
#include "controller/runtime/log.h"

namespace tinyforge::cmd {

// Thread-safe.
class InstanceGuard {
 public:
  InstanceGuard(docker::EngineClient& client, std::string instance, Logger& log)
      : client_(client), instance_(std::move(instance)), log_(log) {}

  // Takes the lock unless it is held; true when this call took it. To be called whenever the Engine was listed, so that
  // the watcher takes over when the holder ends.
  bool Try();
  // Why nothing may be changed: who holds the lock. Empty: we do.
  std::string WhyNot();

 private:
  struct State {
    std::optional<InstanceLock> lock;
    std::string why = "the Docker Engine was not reached yet";
  };

  docker::EngineClient& client_;
  const std::string instance_;
  Logger& log_;
  Guarded<State> state_;
};

}  // namespace tinyforge::cmd
