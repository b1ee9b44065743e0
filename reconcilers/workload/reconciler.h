// Reconciles Workloads: observe, plan, apply, status.
#pragma once

#include <functional>
#include <string>

#include "reconcilers/core/reconciler.h"
#include "reconcilers/source/source_kind.h"
#include "reconcilers/workload/compute_plan.h"
#include "reconcilers/workload/image_pruner.h"
#include "reconcilers/workload/services.h"
#include "reconcilers/workload/version_decision.h"
#include "reconcilers/workload/workload_ports.h"

namespace tinyforge {

struct WorkloadOptions {
  std::string instance = "default";
  std::string host;
  HostPaths paths;
  // Why nothing may be changed now ("another controller holds the instance"); empty text: all may be.
  std::function<std::string()> read_only = [] { return std::string(); };
};

// Thread-safe as far as its ports are; the queue keeps two workers off one workload.
class WorkloadReconciler : public Reconciler {
 public:
  WorkloadReconciler(WorkloadPorts ports, WorkloadOptions options) : ports_(ports), options_(std::move(options)) {}

  Outcome Reconcile(const Request& request) override;

  // What the next pass would do to a workload as `snapshot` has it, without doing it: for diff and for reports.
  Expected<Decision> Preview(const ConfigSnapshot& snapshot, const ObjectKey& key, SysTime now);

  // Called after each rendering with the revision that was rendered and what it read, so that a commit or a secret can
  // be matched to workloads.
  using ReadListener = std::function<void(const ObjectKey&, const Revision&, ReadSet)>;
  void OnRead(ReadListener listener) { on_read_ = std::move(listener); }

 private:
  struct Pass;
  struct SettledService;
  Expected<DesiredServices> Render(const Pass& pass, ReadSet& read_set);
  Expected<PlanContext> ContextOf(const Pass& pass);
  std::string Awaited(const Pass& pass);
  static Expected<void> CheckIdentity(const Pass& pass);
  VersionQuestion Question(const Pass& pass);
  Expected<void> Follow(Pass& pass);
  Expected<std::vector<ObservedContainer>> ContainersOf(const Pass& pass);
  Expected<void> KeepPolicy(const v1::Object& object);
  Expected<void> Decide(Pass& pass, ReadSet& read_set);
  Expected<void> PlanServices(const Pass& pass, std::vector<ServicePass>& services);
  Expected<void> PlanNetworksOf(const PlanContext& context, std::vector<ServicePass>& services);
  Expected<void> PlanService(const Pass& pass, PlanContext context, ServicePass& service);
  PlanTargets Targets() {
    return {ports_.engine, ports_.files, ports_.facts, ports_.logs, ports_.host_images, ports_.tasks};
  }
  std::string HoldDeletions(const Pass& pass, std::vector<ServicePass>& services);
  void Execute(Pass& pass);
  void Learn(Pass& pass);
  Outcome Report(Pass& pass, const Request& request);
  Outcome TearDown(const Request& request, const ConfigSnapshot& snapshot);
  void Forget(PruneRequest request, Outcome& outcome);
  std::vector<std::string> EndRemovedServices(const Pass& pass);
  void Prune(const PruneRequest& request, Outcome& outcome);

  WorkloadPorts ports_;
  WorkloadOptions options_;
  ReadListener on_read_;
};

// The identity of the first ancestor of a parent chain; of the workload itself without a parent, or with a chain that
// never ends.
std::string ProjectOf(const v1::ObjectSet& objects, const std::string& workload);

}  // namespace tinyforge
