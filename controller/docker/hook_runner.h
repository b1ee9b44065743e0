// Runs the commands that a container was made with for after its start and before its stop.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "controller/docker/container_index.h"
#include "controller/docker/engine_client.h"
#include "controller/docker/host_policy.h"
#include "controller/docker/log_frames.h"
#include "controller/runtime/guarded.h"
#include "reconcilers/core/ports.h"

namespace tinyforge::docker {

// How long the commands after a start may take together.
inline constexpr Duration kPostStartLimit = std::chrono::seconds(60);

// Everything it refers to outlives it.
struct HookParts {
  EngineClient& client;
  ContainerIndex& index;
  const PolicyChecker& policy;
  SecretReader& secrets;
  Redact redact;  // of what commands wrote, before it is told
};

// Thread-safe. Commands are those of the container's labels and are run one after the other, up to the first that does
// not end with 0. A secret in their environment has the value of now. The Engine cannot end a command: one that takes
// too long goes on until its container ends.
class HookRunner {
 public:
  explicit HookRunner(HookParts parts) : parts_(std::move(parts)) {}

  // Noted as under way from now on.
  void Begin(std::string_view container);
  void Forget(std::string_view container);
  std::map<std::string, HookReport> Reports(std::string_view workload);

  // After a start, to be called after Begin with the container's id. What became of it is reported; nothing when its
  // container ended or was started anew meanwhile, or `stop` was requested.
  void RunPostStart(const std::string& container, const std::stop_token& stop);
  // Before a stop, for `limit` at most.
  Expected<void> RunPreStop(const std::string& container, Duration limit, const std::stop_token& stop);

 private:
  struct Entry {
    std::string workload;
    HookReport report;
  };
  struct Run {
    const std::string& container;
    std::string_view label;
    Duration limit;
    SteadyTime end = std::chrono::steady_clock::now() + limit;
    const std::stop_token& stop;
  };
  Expected<void> RunAll(const Run& run);
  Expected<void> RunOne(const Run& run, const Hook& hook);
  Expected<std::string> StateOf(const std::string& exec, const Run& run);
  Expected<std::string> Prepare(const std::string& container, const Hook& hook, const std::stop_token& stop);
  Expected<SecretHandle> Present(const SecretHandle& secret);

  const HookParts parts_;
  Guarded<std::map<std::string, Entry, std::less<>>> entries_;  // by container id
};

}  // namespace tinyforge::docker
