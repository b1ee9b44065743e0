// Which workloads' containers may be removed: those that a commit took away, or that are meant for other hosts, and
// those of services that a workload has no more, within the budget of design 4.7; what exceeds it waits for a person.
// Derived anew from what runs and what is in force, so that it survives a restart; needs no cache.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "controller/runtime/clock.h"
#include "controller/runtime/guarded.h"
#include "controller/runtime/log.h"
#include "reconcilers/core/ports.h"

namespace tinyforge {

struct DeletionPorts {
  ConfigSource& source;
  Fleet& fleet;
  DeletionLedger& ledger;
  const Clock& clock;
  Logger& log;
};

struct DeletionOptions {
  std::string host{};  // of spec.hosts; empty: every workload runs here
  // Facts of all workloads.
  std::function<Expected<std::map<std::string, Facts>>()> remembered = [] { return std::map<std::string, Facts>(); };
};

// Thread-safe; calls nobody back.
class Deletions {
 public:
  Deletions(DeletionPorts ports, DeletionOptions options);

  // `objects` come into force in place of `before`; to be called before anybody acts on them.
  void Enter(std::shared_ptr<const v1::ObjectSet> objects, const v1::ObjectSet& before,
             const std::vector<ObjectKey>& removed);

  struct Weighed {
    std::set<std::string> released;  // workloads, by this weighing: to be looked at again
    std::set<std::string> held;      // wait for approval: workloads, and services as "shop.web"
    bool news = false;               // others than before
  };
  // Releases what the budget covers. Of a set that is not complete nothing is released.
  Weighed Weigh();

  // Releases what waits, which is what was shown with `revision`; gives it. Conflict when another revision is in force.
  // Holds while the workload is not to run here, for a day also over restarts; what cannot be noted is not released.
  Expected<std::set<std::string>> Approve(const Revision& revision);

  bool MayDelete(std::string_view workload);
  // Services that a workload has containers of and does not describe any more; whether they are others than it was told
  // before, so that they have to be weighed.
  bool NoteLeft(const std::string& workload, const std::set<std::string>& services);
  // Of what was noted and weighed: whether all of them are released.
  bool MayRetire(const std::string& workload, const std::set<std::string>& services);
  // Removed workloads that wait for containers of this one to go first.
  std::vector<std::string> WaitingFor(const std::string& workload);
  // DeletionsPending, of the repository.
  Condition Describe();

 private:
  // By workload: services that it has containers of and does not describe any more.
  using Left = std::map<std::string, std::set<std::string>>;
  // Workloads, and services as "shop.web", by their names.
  struct State {
    std::shared_ptr<const v1::ObjectSet> objects;  // in force; null: nothing yet
    Left left;                                     // as last told, since this process began
    std::set<std::string> pending;          // whose containers wait for approval, until it comes or they run again
    std::set<std::string> approved;         // released, until they are to run again
    std::vector<ReleasedDeletion> deleted;  // of the last 24 hours, by time
    std::map<std::string, std::set<std::string>> goes_after;  // of removed workloads: dependents that go first
  };
  // Containers of ours by workload that is not to run here: gone, if a commit of this branch explains it, or meant for
  // other hosts; by service that its workload has no more. And by these and by all workloads that a manifest in force
  // describes.
  struct Doomed {
    std::map<std::string, std::size_t> workloads;
    std::map<std::string, std::size_t> existing;
  };

  bool RunsHere(const v1::ObjectSet& objects, std::string_view workload) const;
  bool RunsAgain(const State& state, const std::string& name) const;
  Doomed Count(const v1::ObjectSet& objects, const Left& left);
  bool IsDoomed(const v1::ObjectSet& objects, const ObservedContainer& container);
  void SpareOrphans(const v1::ObjectSet& objects, Doomed& doomed);
  Weighed Decide(State& state, const Doomed& doomed, SysTime now);
  // `containers` are those that use up the budget.
  Expected<void> Release(State& state, const std::set<std::string>& workloads, std::size_t containers, SysTime now);
  static std::set<std::string> ReleasedBefore(State& state, const Doomed& doomed);
  void ForgetReleased(State& state);

  DeletionPorts ports_;
  DeletionOptions options_;
  Guarded<State> state_;
};

}  // namespace tinyforge
