// Runs the commands that a container was made with for after its start and before its stop.
#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "controller/docker/container_index.h"
#include "controller/docker/engine_client.h"
#include "controller/docker/host_policy.h"
#include "controller/docker/log_frames.h"
#include "controller/runtime/guarded.h"
#include "controller/runtime/log.h"
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
  Logger& log;
  Redact redact;  // of what commands wrote, before it is told
};

// Which start of it runs. NotFound: none does.
Expected<SysTime> RunningSince(EngineClient& client, const std::string& container, const std::stop_token& stop);

// Thread-safe. Commands are those of the container's labels and are run one after the other, up to the first that does
// not end with 0; none is before all secrets in their environments are there, which have the values of now. The Engine
// cannot end a command: one that takes too long goes on until its container ends.
//
// A failure is the command's own (an exit code, its time, a program that is not there) or the policy's; what the Engine
// or a secret could not give is awaited.
class HookRunner {
 public:
  explicit HookRunner(HookParts parts) : parts_(std::move(parts)) {}

  // Noted as Queued from now on. False: so they are already, or Running.
  bool Begin(std::string_view container);
  void Forget(std::string_view container);
  std::map<std::string, HookReport> Reports(std::string_view workload);

  // After a start, to be called after Begin with the container's id; else nothing is run. What became of it is
  // reported; nothing when its container ended or was started anew meanwhile, or `stop` was requested. Throws nothing.
  void RunPostStart(const std::string& container, const std::stop_token& stop);
  bool HasPreStop(std::string_view container);
  // Before a stop, for `limit` at most. An error that one failed, after which none is run. Throws nothing.
  Expected<void> RunPreStop(const std::string& container, Duration limit, const std::stop_token& stop);

 private:
  struct Entry {
    std::string workload;
    HookReport report{};
    SysTime start{};        // of the container, which the next is of
    std::size_t ended = 0;  // so many of its commands, with 0
    unsigned tries = 0;
    SteadyTime ended_at{};  // of Succeeded and Failed
    SteadyTime again{};     // when they may be begun again; of Waiting
  };
  struct Run {
    const std::string& container;
    Duration limit;
    SteadyTime end = std::chrono::steady_clock::now() + limit;
    const std::stop_token& stop;
  };
  Expected<void> TryPostStart(const Run& run);
  Expected<void> RunFrom(std::size_t first, const std::vector<Hook>& hooks, const Run& run);
  Expected<std::size_t> Resume(const std::string& container, SysTime start);
  void NoteEnded(const std::string& container, std::size_t ended);
  void Report(const std::string& container, const Expected<void>& outcome);
  void Await(Entry& entry, const std::string& container);
  Expected<std::vector<Hook>> HooksOf(const std::string& container, std::string_view label);
  Expected<Hook> Resolve(Hook hook, const std::string& container);
  Expected<SecretHandle> Present(const SecretHandle& secret);
  Expected<void> RunOne(const Run& run, const Hook& hook);
  Expected<std::string> Prepare(const Run& run, const Hook& hook);
  Expected<std::string> StateOf(const std::string& exec, const Run& run);

  const HookParts parts_;
  Guarded<std::map<std::string, Entry, std::less<>>> entries_;  // by container id
};

}  // namespace tinyforge::docker
