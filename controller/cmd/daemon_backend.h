// What the API asks for, answered by the running controller.
#pragma once

#include <functional>
#include <string>

#include "controller/docker/docker_engine.h"
#include "controller/runtime/manager.h"
#include "controller/runtime/redactor.h"
#include "controller/serve/backend.h"
#include "reconcilers/workload/reconciler.h"

namespace tinyforge::cmd {

class DaemonBackend : public serve::Backend {
 public:
  struct Parts {
    ObjectStore& store;
    serve::ChangeHub& changes;
    serve::TriggerBackend& triggers;
    Manager& manager;
    BindingReader& routes;
    docker::DockerEngine& engine;
    WorkloadReconciler& workloads;
    SecretReader& secrets;
    FactStore& facts;
    const Clock& clock;
    Metrics& metrics;
    const Redactor& redactor;
    serve::VersionInfo version;
    std::string host;
  };
  explicit DaemonBackend(Parts parts) : parts_(std::move(parts)) {}

  ObjectStore& Store() override { return parts_.store; }
  serve::ChangeHub& Changes() override { return parts_.changes; }
  serve::TriggerBackend& Triggers() override { return parts_.triggers; }
  Expected<std::vector<serve::SecretKeyInfo>> SecretKeys(std::string_view secret) override;
  Expected<std::vector<ObservedContainer>> ContainersOf(std::string_view workload) override;
  Expected<serve::WorkloadPlan> Plan(std::string_view workload) override;
  Expected<serve::TreePlan> PlanTree(const serve::FileTree& files, std::stop_token stop) override;
  Expected<serve::SyncResult> Sync(std::stop_token stop) override;
  Expected<std::string> Command(std::string_view workload, std::string_view verb, std::int64_t to) override;
  Expected<std::map<std::string, Facts>> AllFacts() override;
  Expected<void> ApproveDeletions(const Revision& revision) override {
    return parts_.manager.ApproveDeletions(revision);
  }
  Expected<void> Logs(std::string_view workload, const serve::LogOptions& options, const serve::LogSink& sink,
                      std::stop_token stop) override;
  serve::Health Healthz() override { return {}; }
  serve::Health Readyz() override;
  std::string MetricsText() override;
  serve::VersionInfo Version() override;
  std::vector<serve::SourceKindInfo> SourceKinds() override;
  std::vector<serve::TriggerKindInfo> TriggerKinds() override;

 private:
  std::string IdentityOf(std::string_view workload);
  Expected<serve::WorkloadPlan> PreviewOf(const ConfigSnapshot& snapshot, const ObjectKey& key);

  Parts parts_;
};

}  // namespace tinyforge::cmd
