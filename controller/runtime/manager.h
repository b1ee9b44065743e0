// Brings revisions into force and keeps the queue fed: what a commit, an event, a secret or a timer concerns is looked
// at by a worker. Holds the configuration in force.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "controller/runtime/clock.h"
#include "controller/runtime/deletions.h"
#include "controller/runtime/guarded.h"
#include "controller/runtime/log.h"
#include "controller/runtime/metrics.h"
#include "controller/runtime/work_queue.h"
#include "reconcilers/config/change_set.h"
#include "reconcilers/core/ports.h"

namespace tinyforge {

struct ManagerPorts {
  ConfigSource& source;
  Fleet& fleet;
  ObjectStore& store;
  DeletionLedger& ledger;
  WorkQueue& queue;
  const Clock& clock;
  Logger& log;
  Metrics& metrics;
};

struct ManagerOptions {
  Duration sync_interval = std::chrono::seconds(60);
  std::string host{};  // of spec.hosts; empty: every workload runs here
  // A revision is about to come into force; no key of it is queued before this returns.
  std::function<void(const v1::ObjectSet&)> on_revision;
  // A revision came into force, before its keys are queued.
  std::function<void()> on_in_force = [] {};
  // Facts of all workloads: what removed ones have left is to be seen to.
  std::function<Expected<std::map<std::string, Facts>>()> remembered = [] { return std::map<std::string, Facts>(); };
};

// What a rendering read, by object.
struct ReadPaths {
  std::set<std::string> paths;    // files and folders of the tree
  std::set<std::string> secrets;  // names of Secrets
  Revision revision{};            // that was rendered; empty: the one in force
};

struct SyncReport {
  Revision revision;     // in force afterwards
  bool changed = false;  // another one than before
};

// Thread-safe.
class Manager : public ConfigReader, public DeletionGate {
 public:
  Manager(ManagerPorts ports, ManagerOptions options);

  // Brings the last fetched revision into force, without the network. Before Run or Step.
  void Restore();
  // Syncs at the interval, on the caller's thread, until `stop` is requested.
  void Run(std::stop_token stop);
  // What is due, for tests that move the clock; false when nothing is.
  bool Step(std::stop_token stop);

  // Fetches now and brings what was fetched into force. Waits for a sync that is under way.
  Expected<SyncReport> Sync(std::stop_token stop);

  // The same, soon and on the thread of Run.
  void SyncSoon();

  // To be called by whoever notices. Thread-safe and quick.
  void OnContainersChanged(const std::string& workload);
  // A person asked something of this workload.
  void OnAsked(const std::string& workload);
  // All containers were listed; these workloads' differ from what was known. Orphans are queued as well.
  void OnResynced(const std::vector<std::string>& workloads);
  // A pass has stored this status: who depends on a workload that began or ceased to serve is looked at.
  void OnStatus(const ObjectKey& key, const v1::Status& status);
  void OnSecretsChanged(const std::set<std::string>& names);
  // A rendering of another revision than the one in force is queued again: what it read may have changed since.
  void OnRead(const ObjectKey& key, ReadPaths read);
  // The Engine answers and was listed (again): every workload is looked at, and what is remembered of removed ones.
  void OnEngineReady();
  // The cache was replaced by an empty one: every object is stored and queued again, soon and on the thread of Run.
  void OnCacheLost();

  // See Deletions::Approve.
  Expected<void> ApproveDeletions(const Revision& revision);

  // Asked before the containers of a removed workload or service are.
  DeletionGate& deletion_gate() { return *this; }

  // Rows of all containers as they are known now; also stored. While the Engine does not answer, as last stored.
  std::vector<ContainerRow> RefreshContainers();
  // Counts of workloads by condition, for the metrics.
  void RefreshGauges();

  // ConfigReader
  std::shared_ptr<const ConfigSnapshot> Current() override;
  bool HistoryHeld(const Revision& revision, std::string_view path) override;

  // DeletionGate
  bool MayDelete(std::string_view workload) override;
  bool MayRetire(const std::string& workload, const std::set<std::string>& services) override;

 private:
  struct State {
    std::shared_ptr<const ConfigSnapshot> snapshot;
    std::map<ObjectKey, ReadPaths> reads;
    RepositoryStatus repository;
    std::set<std::string> serving;  // workloads with a ready replica, by their last status
    SteadyTime next_sync{};
    bool asked = false;  // by SyncSoon, since the last sync began
    bool cache_lost = false;
    std::optional<SteadyTime> next_refill;  // the cache did not take something: all of it is tried then
  };

  void Apply(ConfigUpdate update);
  static std::vector<v1::ObjectPtr> KeepUnread(ConfigUpdate& update, const v1::ObjectSet& before);
  bool TakeRefill();
  void RefillCache();
  void CacheLags();
  std::vector<ObjectKey> StaleKeys(const v1::ObjectSet& objects);
  static std::vector<ObjectKey> Concerned(const State& state, const std::vector<std::string>& paths,
                                          const std::set<std::string>& secrets);
  void ReportSync(const Expected<std::optional<ConfigUpdate>>& result, std::chrono::nanoseconds took);
  void StoreRepository();
  // What an update queues, in order of the key.
  std::set<ObjectKey> QueuedBy(const ChangeSet& changes, const v1::ObjectSet& before, const v1::ObjectSet& objects,
                               const std::vector<std::string>& paths);
  void WeighDeletions();
  void Event(tinyforge::Event::Type type, std::string reason, std::string message);

  ManagerPorts ports_;
  ManagerOptions options_;
  Deletions deletions_;
  std::mutex sync_mutex_;  // one sync at a time; taken before state_
  Guarded<State> state_;
  std::condition_variable_any wake_;  // for waits that a stop ends
};

}  // namespace tinyforge
