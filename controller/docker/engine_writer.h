// Changes containers, networks and volumes of the Engine; the contract is ContainerWriter's.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "controller/docker/container_index.h"
#include "controller/docker/create_body.h"
#include "controller/docker/engine_client.h"
#include "controller/docker/hook_runner.h"
#include "controller/docker/host_policy.h"
#include "controller/docker/resource_keeper.h"
#include "controller/docker/task_pool.h"
#include "controller/runtime/guarded.h"
#include "controller/runtime/log.h"
#include "reconcilers/core/ports.h"

namespace tinyforge::docker {

struct EngineWriterOptions {
  std::size_t max_stops = 16;  // at the same time, and as many pre_stop before them
  // Of a stop or of hooks, well or not. Both are called from any thread and must be quick.
  std::function<void(const std::string& workload)> on_ended;
  std::function<void(const CreateRequest& request)> on_created;
  Redact redact = [](std::string_view text) { return std::string(text); };  // of what hooks wrote
};

// Everything it refers to outlives it.
struct EngineWriterParts {
  EngineClient& client;
  ContainerIndex& index;
  ResourceKeeper& resources;
  const PolicyChecker& policy;
  SecretReader& secrets;
  Logger& log;
};

// Thread-safe. Every call that changes a container marks it in the index, whatever its outcome.
//
// Beyond the port's contract:
// - Create judges the very bytes it sends by the host policy. Below API 1.44 it connects the second and further
//   networks after the create; when that fails the container exists, and the error says so.
// - Rename to the name that the container has succeeds.
// - Disconnect from a network that the container is not on succeeds; Connect to one that it is on already is a
//   Conflict.
// - A stop lasts at most the container's own grace period and 10 s; hooks before it once more the grace period.
//   Whenever one has ended its owner is told by on_ended: no event needs to come. So it is when the hooks after a start
//   have.
class EngineWriter : public ContainerWriter {
 public:
  EngineWriter(EngineWriterParts parts, EngineWriterOptions options);

  Expected<std::string> Create(const CreateRequest& request) override;
  Expected<void> Adopt(const AdoptedContainer& container) override;
  Expected<void> Start(std::string_view container) override;
  Expected<bool> BeginStop(std::string_view container) override;
  Expected<bool> BeginHooks(std::string_view container) override;
  std::map<std::string, HookReport> HookReports(std::string_view workload) override {
    return runner_.Reports(workload);
  }
  void ForgetHooks(std::string_view container) override { runner_.Forget(container); }
  Expected<void> Remove(std::string_view container) override;
  Expected<void> Rename(std::string_view container, std::string_view name) override;
  Expected<void> Update(std::string_view container, const Limits& limits) override;
  Expected<void> DisableRestart(std::string_view container) override;
  Expected<void> Unpause(std::string_view container) override;
  Expected<void> Signal(std::string_view container, std::string_view signal) override;
  Expected<void> Connect(std::string_view container, const NetworkAttachment& attachment) override;
  Expected<void> Disconnect(std::string_view container, std::string_view network) override;
  Expected<bool> EnsureNetwork(const DesiredNetwork& network, std::string_view workload) override;
  Expected<bool> RemakeNetwork(const DesiredNetwork& network, std::string_view workload) override;
  Expected<bool> EnsureVolume(const DesiredVolume& volume, std::string_view workload) override;
  Expected<bool> RemoveNetwork(std::string_view name) override;

  // At the end: no stop is under way any more, none begins, nor do hooks.
  void AbortStops() {
    stops_.Abort();
    drains_.Abort();
    hooks_.Abort();
  }

 private:
  using Services = std::map<std::string, ObservedContainer, std::less<>>;
  Expected<Services> FindServices(const CreateRequest& request);
  Expected<void> CheckSharedNetwork(const CreateRequest& request, const Services& services);
  Expected<SecretText> EncodeAllowed(const CreateRequest& request, ApiVersion version);
  Expected<void> CheckConnect(std::string_view container, const NetworkAttachment& attachment);
  Expected<std::string> SendCreate(const CreateRequest& request, ApiVersion version);
  Expected<void> Change(const EngineCall& call, std::string_view container);
  void RememberFailedStop(const std::string& container, const Error& error);
  static Expected<void> CheckHooks(const PolicyChecker& policy, const CreateRequest& request);
  TaskPool::WhenEnded RunHooks(const std::string& container, const std::stop_token& stop);
  TaskPool::WhenEnded TellOwner(const std::string& workload);
  Duration GraceOf(std::string_view container);
  TaskPool::WhenEnded Drain(const std::string& container, const std::stop_token& stop);
  TaskPool::WhenEnded StopNow(const std::string& container, const std::stop_token& stop);
  Error NameHeld(std::string_view what, const std::string& name, const Error& error);

  EngineClient& client_;
  ContainerIndex& index_;
  ResourceKeeper& resources_;
  const PolicyChecker& policy_;
  SecretReader& secrets_;
  Logger& log_;
  const EngineWriterOptions options_;
  Guarded<std::map<std::string, Error, std::less<>>> failed_stops_;  // not told yet; so that the caller backs off
  HookRunner runner_;
  TaskPool stops_;   // last, with the next: their threads use the rest
  TaskPool drains_;  // ends with a stop
  TaskPool hooks_;
};

}  // namespace tinyforge::docker
