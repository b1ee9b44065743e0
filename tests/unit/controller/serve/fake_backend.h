// A Backend over plain vectors, with a workload in every interesting state, for tests of the API and of tfctl.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "controller/serve/backend.h"
#include "tests/unit/controller/serve/fake_triggers.h"

namespace tinyforge::serve {

class FakeStore : public ObjectStore {
 public:
  Expected<void> CommitRevision(const std::vector<v1::ObjectPtr>&, const std::vector<ObjectKey>&,
                                const Revision&) override {
    return {};
  }
  Expected<std::optional<ObjectRecord>> Get(const ObjectKey& key) override {
    const std::lock_guard lock(mutex);
    if (broken) return *broken;
    const auto it = records.find(key);
    if (it == records.end()) return std::optional<ObjectRecord>();
    return std::optional(it->second);
  }
  Expected<std::vector<ObjectRecord>> List(Kind kind) override {
    const std::lock_guard lock(mutex);
    if (broken) return *broken;
    std::vector<ObjectRecord> found;
    for (const auto& [key, record] : records) {
      if (key.kind == kind) found.push_back(record);
    }
    return found;
  }
  Expected<void> UpdateStatus(const ObjectKey& key, const v1::Status& status) override {
    const std::lock_guard lock(mutex);
    if (const auto it = records.find(key); it != records.end()) it->second.status = status;
    return {};
  }
  Expected<void> SetRepository(const RepositoryStatus& status) override {
    const std::lock_guard lock(mutex);
    repository = status;
    return {};
  }
  Expected<RepositoryStatus> Repository() override {
    const std::lock_guard lock(mutex);
    return repository;
  }
  Expected<void> AddEvents(const std::vector<Event>& more) override {
    const std::lock_guard lock(mutex);
    events.insert(events.end(), more.begin(), more.end());
    return {};
  }
  Expected<std::vector<Event>> Events(const EventFilter& filter) override {
    const std::lock_guard lock(mutex);
    std::vector<Event> found;
    for (const auto& event : events) {
      if (filter.object.empty() || event.object == filter.object) found.push_back(event);
    }
    if (found.size() > filter.limit)
      found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(filter.limit));
    return found;
  }
  Expected<void> PutRollout(const std::string& workload, const v1::RolloutRecord& rollout) override {
    const std::lock_guard lock(mutex);
    std::erase_if(rollouts, [&](const RolloutRow& r) { return r.workload == workload && r.rollout.id == rollout.id; });
    rollouts.insert(rollouts.begin(), {workload, rollout});
    return {};
  }
  Expected<std::vector<RolloutRow>> Rollouts(const std::string& workload) override {
    const std::lock_guard lock(mutex);
    std::vector<RolloutRow> found;
    for (const RolloutRow& row : rollouts)
      if (workload.empty() || row.workload == workload) found.push_back(row);
    return found;
  }
  Expected<void> ReplaceContainers(const std::vector<ContainerRow>& rows) override {
    const std::lock_guard lock(mutex);
    containers = rows;
    return {};
  }
  Expected<std::vector<ContainerRow>> Containers() override {
    const std::lock_guard lock(mutex);
    return containers;
  }

  std::mutex mutex;
  std::map<ObjectKey, ObjectRecord> records;
  RepositoryStatus repository;
  std::vector<Event> events;
  std::vector<RolloutRow> rollouts;
  std::vector<ContainerRow> containers;
  std::optional<Error> broken;
};

class FakeBackend : public Backend {
 public:
  ObjectStore& Store() override { return store; }
  ChangeHub& Changes() override { return changes; }
  TriggerBackend& Triggers() override { return triggers; }
  Expected<std::vector<SecretKeyInfo>> SecretKeys(std::string_view) override { return secret_keys; }
  Expected<std::vector<ObservedContainer>> ContainersOf(std::string_view workload) override {
    const auto it = observed.find(workload);
    return it == observed.end() ? std::vector<ObservedContainer>() : it->second;
  }
  Expected<WorkloadPlan> Plan(std::string_view workload) override {
    const auto it = plans.find(workload);
    if (it == plans.end()) return Error{ErrorKind::NotFound, "no workload of that name"};
    return it->second;
  }
  Expected<TreePlan> PlanTree(const FileTree& files, std::stop_token) override {
    planned_files = files;
    return tree_plan;
  }
  Expected<SyncResult> Sync(std::stop_token stop) override { return on_sync(stop); }
  Expected<std::string> Command(std::string_view workload, std::string_view verb, std::int64_t to) override {
    if (!store.records.contains({Kind::Workload, std::string(workload)}))
      return Error{ErrorKind::NotFound, "workload \"" + std::string(workload) + "\" not found"};
    return std::string(workload) + " " + std::string(verb) + (to ? " to " + std::to_string(to) : "");
  }
  Expected<std::map<std::string, Facts>> AllFacts() override { return facts; }
  std::map<std::string, Facts> facts;
  Expected<void> ApproveDeletions(const Revision& revision) override {
    if (!store.repository.revision.starts_with(revision))
      return Error{ErrorKind::Conflict, "that revision is not in force"};
    approved = revision;
    return {};
  }
  Expected<void> Logs(std::string_view, const LogOptions& options, const LogSink& sink, std::stop_token stop) override {
    return on_logs(options, sink, stop);
  }
  Health Healthz() override { return healthz; }
  Health Readyz() override { return readyz; }
  std::string MetricsText() override { return on_metrics(); }
  VersionInfo Version() override { return version; }
  std::vector<SourceKindInfo> SourceKinds() override { return {{"image", "apiVersion: tinyforge.dev/v1\n"}}; }
  std::vector<TriggerKindInfo> TriggerKinds() override {
    return {{"registry", true, "apiVersion: tinyforge.dev/v1\n"}};
  }

  FakeStore store;
  FakeTriggers triggers;
  ChangeHub changes{1000};
  std::vector<SecretKeyInfo> secret_keys;
  std::map<std::string, std::vector<ObservedContainer>, std::less<>> observed;
  std::map<std::string, WorkloadPlan, std::less<>> plans;
  TreePlan tree_plan;
  FileTree planned_files;
  Revision approved;
  std::function<Expected<SyncResult>(std::stop_token)> on_sync = [](std::stop_token) { return SyncResult{}; };
  std::function<Expected<void>(const LogOptions&, const LogSink&, std::stop_token)> on_logs =
      [](const LogOptions&, const LogSink&, std::stop_token) { return Expected<void>(); };
  std::function<std::string()> on_metrics = [] { return "# no metrics\n"; };
  Health healthz;
  Health readyz;
  VersionInfo version{.version = "0.1.0", .commit = "abcdef0", .host = "web1", .instance = "default"};
};

}  // namespace tinyforge::serve
