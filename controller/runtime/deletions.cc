#include "controller/runtime/deletions.h"

#include <algorithm>
#include <utility>

#include "api-types/v1/hosts.h"
#include "reconcilers/config/change_set.h"
#include "reconcilers/config/deletion_budget.h"
#include "reconcilers/config/dependencies.h"
#include "reconcilers/core/desired_state.h"

namespace tinyforge {
namespace {

constexpr auto kBudgetWindow = std::chrono::hours(24);
constexpr auto kLedgerGrain = std::chrono::minutes(1);

std::string Join(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// " workloads", or what there is of services among them.
std::string KindsOf(const std::set<std::string>& names) {
  const auto is_workload = [](const std::string& name) { return WorkloadOfFacts(name) == name; };
  const std::string several = names.size() == 1 ? "" : "s";
  if (std::ranges::all_of(names, is_workload)) return " workload" + several;
  return std::ranges::none_of(names, is_workload) ? " service" + several : " workloads and services";
}

std::string NameOf(const std::string& workload, const std::string& service) {
  return FactKeyOf({.workload = workload, .service = service});
}

std::set<std::string> WorkloadsOf(const std::set<std::string>& names) {
  std::set<std::string> workloads;
  for (const std::string& name : names) workloads.emplace(WorkloadOfFacts(name));
  return workloads;
}

// Of what a workload has no more; empty: it has its service.
std::string LeftService(const std::map<std::string, std::set<std::string>>& left, const ObservedContainer& c) {
  const auto services = left.find(std::string(c.Label(label::kWorkload)));
  if (services == left.end()) return {};
  const std::string service(ServiceOf(c));
  return services->second.contains(service) ? service : "";
}

}  // namespace

Deletions::Deletions(DeletionPorts ports, DeletionOptions options) : ports_(ports), options_(std::move(options)) {
  state_.Lock()->deleted = ports_.ledger.Load();
}

bool Deletions::RunsHere(const v1::ObjectSet& objects, std::string_view workload) const {
  const v1::Object* object = objects.Owner(workload);
  return object && (options_.host.empty() || v1::RunsOn(object->workload().hosts, options_.host));
}

// What waits for a dependent that is held back or kept as an orphan waits with it. Known of removals in this process's
// life; after a restart all go at once.
void Deletions::Enter(std::shared_ptr<const v1::ObjectSet> objects, const v1::ObjectSet& before,
                      const std::vector<ObjectKey>& removed) {
  auto state = state_.Lock();
  state->objects = std::move(objects);
  const auto runs = [&](const std::string& workload) { return RunsHere(*state->objects, workload); };
  std::erase_if(state->left, [&](const auto& entry) { return !runs(entry.first); });
  std::erase_if(state->goes_after, [&](const auto& entry) { return runs(entry.first); });
  for (auto& [name, first] : state->goes_after) std::erase_if(first, runs);
  std::set<std::string> workloads;
  for (const ObjectKey& key : removed)
    if (key.kind == Kind::Workload) workloads.insert(key.name);
  for (auto& [name, first] : TeardownOrder(before, workloads)) state->goes_after[name].merge(first);
}

// --- what would go ---

bool Deletions::IsDoomed(const v1::ObjectSet& objects, const ObservedContainer& c) {
  const ObjectKey owner{Kind::Workload, std::string(c.Label(label::kWorkload))};
  if (RunsHere(objects, owner.name)) return false;
  if (const v1::Object* elsewhere = objects.Owner(owner.name)) return !elsewhere->workload().suspend;
  return IsKnownGone(objects, owner, c.Label(label::kSource)) &&
         ports_.source.HistoryHeld(std::string(c.Label(label::kRevision)), objects.revision, c.Label(label::kSource));
}

Deletions::Doomed Deletions::Count(const v1::ObjectSet& objects, const Left& left) {
  Doomed doomed;
  for (const ObservedContainer& c : ports_.fleet.All()) {
    if (IsForged(c)) continue;
    const std::string workload(c.Label(label::kWorkload));
    const bool workload_goes = IsDoomed(objects, c);
    const std::string name = NameOf(workload, workload_goes ? "" : LeftService(left, c));
    const bool goes = workload_goes || name != workload;
    if (goes) ++doomed.workloads[name];
    if (goes || objects.Owner(workload)) ++doomed.existing[name];  // orphans widen no budget
  }
  SpareOrphans(objects, doomed);
  return doomed;
}

// What its last manifest wanted kept is not deleted.
void Deletions::SpareOrphans(const v1::ObjectSet& objects, Doomed& doomed) {
  if (doomed.workloads.empty()) return;
  const auto remembered = options_.remembered();
  if (!remembered) return;
  for (const auto& [workload, facts] : *remembered) {
    if (!facts.orphan.value_or(false) || objects.Owner(workload) || doomed.workloads.erase(workload) == 0) continue;
    doomed.existing.erase(workload);
  }
}

// --- what may go ---

Deletions::Weighed Deletions::Weigh() {
  const auto [objects, left] = [&] {
    auto state = state_.Lock();
    return std::pair(state->objects, state->left);
  }();
  if (!objects) return {};
  const Doomed doomed = objects->complete ? Count(*objects, left) : Doomed();
  auto state = state_.Lock();
  if (state->objects != objects) return {};  // who put the others in force weighs them
  ForgetReleased(*state);
  if (!objects->complete) return {};
  Weighed weighed = Decide(*state, doomed, ports_.clock.SystemNow());
  weighed.news = weighed.held != state->pending;
  state->pending = weighed.held;
  weighed.released = WorkloadsOf(weighed.released);
  return weighed;
}

// What is released is counted as deleted from then on, and no more as existing. What was held once stays held whatever
// happens around it.
Deletions::Weighed Deletions::Decide(State& state, const Doomed& doomed, SysTime now) {
  std::erase_if(state.deleted, [&](const ReleasedDeletion& d) { return d.at < now - kBudgetWindow; });
  Weighed weighed{.released = ReleasedBefore(state, doomed)};
  DeletionTally tally;
  for (const ReleasedDeletion& deletion : state.deleted) tally.recent += deletion.containers;
  for (const auto& [workload, count] : doomed.existing)
    if (!state.approved.contains(workload) || !doomed.workloads.contains(workload)) tally.existing += count;
  std::set<std::string> fresh;
  std::size_t containers = 0;
  for (const auto& [workload, count] : doomed.workloads) {
    if (state.approved.contains(workload)) continue;
    tally.pending += count;
    const bool held = state.pending.contains(workload);
    if (!held) containers += count;
    (held ? weighed.held : fresh).insert(workload);
  }
  if (NeedsApproval(tally) || !Release(state, fresh, containers, now)) {
    weighed.held.merge(fresh);
    return weighed;
  }
  state.approved.insert(fresh.begin(), fresh.end());
  weighed.released.merge(fresh);
  return weighed;
}

// What was noted as released by an earlier process that did not come to the end of it is released, and counted already.
std::set<std::string> Deletions::ReleasedBefore(State& state, const Doomed& doomed) {
  std::set<std::string> released;
  for (const ReleasedDeletion& deletion : state.deleted)
    for (const std::string& workload : deletion.workloads)
      if (doomed.workloads.contains(workload) && state.approved.insert(workload).second) released.insert(workload);
  return released;
}

// Of a service nothing is known before its workload told of what it has left; with its workload it is gone anyhow.
bool Deletions::RunsAgain(const State& state, const std::string& name) const {
  const std::string workload(WorkloadOfFacts(name));
  const bool runs = RunsHere(*state.objects, workload);
  if (name == workload) return runs;
  const auto left = state.left.find(workload);
  return !runs || (left != state.left.end() && !left->second.contains(name.substr(workload.size() + 1)));
}

// What runs again is a new deletion when it goes again.
void Deletions::ForgetReleased(State& state) {
  const auto runs = [&](const std::string& name) { return RunsAgain(state, name); };
  std::erase_if(state.approved, runs);
  std::size_t forgotten = 0;
  for (ReleasedDeletion& deletion : state.deleted) forgotten += std::erase_if(deletion.workloads, runs);
  if (forgotten == 0) return;
  if (auto saved = ports_.ledger.Save(state.deleted); !saved)
    ports_.log.Warn("the deletions of the last day could not be noted", {{"error", saved.error().message}});
}

// Noted before it is acted upon; what cannot be noted is not released.
Expected<void> Deletions::Release(State& state, const std::set<std::string>& workloads, std::size_t containers,
                                  SysTime now) {
  if (workloads.empty()) return {};
  std::vector<ReleasedDeletion> next = state.deleted;
  if (!next.empty() && now - next.back().at < kLedgerGrain)
    next.back().containers += containers;
  else
    next.push_back({now, containers, {}});
  next.back().workloads.insert(workloads.begin(), workloads.end());
  auto saved = ports_.ledger.Save(next);
  if (saved)
    state.deleted = std::move(next);
  else
    ports_.log.Warn("a deletion could not be noted and waits", {{"error", saved.error().message}});
  return saved;
}

Expected<std::set<std::string>> Deletions::Approve(const Revision& revision) {
  auto state = state_.Lock();
  const Revision& in_force = state->objects ? state->objects->revision : Revision();
  if (revision.size() < 7 || !in_force.starts_with(revision))
    return Error{ErrorKind::Conflict, "revision " + revision + " is not the one in force, " + in_force};
  // What a person approved does not use up the budget.
  if (auto noted = Release(*state, state->pending, 0, ports_.clock.SystemNow()); !noted)
    return std::move(noted).error().Within("note the approval");
  std::set<std::string> released = std::exchange(state->pending, {});
  state->approved.insert(released.begin(), released.end());
  return WorkloadsOf(released);
}

// --- what is asked ---

bool Deletions::MayDelete(std::string_view workload) {
  const std::string name(workload);
  std::set<std::string> first;
  {
    auto state = state_.Lock();
    if (!state->objects || RunsHere(*state->objects, workload) || !state->approved.contains(name)) return false;
    if (auto found = state->goes_after.find(name); found != state->goes_after.end()) first = found->second;
  }
  if (first.empty()) return true;
  return std::ranges::none_of(ports_.fleet.All(), [&](const ObservedContainer& c) {
    return !IsForged(c) && first.contains(std::string(c.Label(label::kWorkload)));
  });
}

bool Deletions::NoteLeft(const std::string& workload, const std::set<std::string>& services) {
  auto state = state_.Lock();
  const auto [known, added] = state->left.try_emplace(workload);
  if (known->second == services) return added && !state->deleted.empty();
  known->second = services;
  return true;
}

bool Deletions::MayRetire(const std::string& workload, const std::set<std::string>& services) {
  auto state = state_.Lock();
  return std::ranges::all_of(services,
                             [&](const std::string& s) { return state->approved.contains(NameOf(workload, s)); });
}

std::vector<std::string> Deletions::WaitingFor(const std::string& workload) {
  std::vector<std::string> waiting;
  auto state = state_.Lock();
  for (const auto& [name, first] : state->goes_after)
    if (first.contains(workload)) waiting.push_back(name);
  return waiting;
}

Condition Deletions::Describe() {
  auto state = state_.Lock();
  const SysTime now = ports_.clock.SystemNow();
  const std::size_t count = state->pending.size();
  if (count == 0) return {"DeletionsPending", ConditionStatus::False, "NothingPending", "", 0, now};
  return {"DeletionsPending",
          ConditionStatus::True,
          "ApprovalRequired",
          "the removal of " + std::to_string(count) + KindsOf(state->pending) + " waits: " + Join(state->pending) +
              "; to release it: tfctl approve deletions " + state->objects->revision,
          0,
          now};
}

}  // namespace tinyforge
