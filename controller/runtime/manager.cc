#include "controller/runtime/manager.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "controller/runtime/failpoint.h"
#include "reconcilers/config/dependencies.h"

namespace tinyforge {
namespace {

constexpr auto kRefillDelay = std::chrono::seconds(10);
constexpr auto kCrashDelay = std::chrono::seconds(1);
constexpr std::string_view kContainerStates[] = {"created",  "running", "paused", "restarting",
                                                 "removing", "exited",  "dead",   "missing"};

bool Covers(const std::set<std::string>& read, std::string_view path) {
  if (read.contains("") || read.contains(std::string(path))) return true;
  for (std::size_t slash = path.rfind('/'); slash != std::string_view::npos && slash > 0;
       slash = path.rfind('/', slash - 1))
    if (read.contains(std::string(path.substr(0, slash)))) return true;
  return false;
}

std::string Join(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// Whether a workload above this one is among `names`.
bool HasAncestorIn(const std::set<std::string>& names, const v1::Object& object, const v1::ObjectSet& objects) {
  std::set<std::string> seen;
  const v1::Object* at = &object;
  while (at && at->workload().parent && seen.insert(*at->workload().parent).second) {
    if (names.contains(*at->workload().parent)) return true;
    at = objects.Find({Kind::Workload, *at->workload().parent});
  }
  return false;
}

bool NamesOneOf(const std::set<ObjectKey>& keys, const v1::BindingSpec& binding) {
  return keys.contains({Kind::Trigger, binding.trigger}) ||
         (binding.workload && keys.contains({Kind::Workload, *binding.workload}));
}

// The key that a container's label stands for: of the workload that goes by that identity, if there is one.
ObjectKey KeyOf(const ConfigSnapshot* snapshot, const std::string& identity) {
  const v1::Object* owner = snapshot ? snapshot->objects->Owner(identity) : nullptr;
  return owner ? owner->key : ObjectKey{Kind::Workload, identity};
}

ContainerRow RowOf(const ObservedContainer& c, const v1::Object* owner) {
  ContainerRow row{
      .id = c.id, .name = c.name, .image = c.image, .state = std::string(ToString(c.state)), .created = c.created};
  if (c.state == ContainerState::Killed) row.state = ToString(ContainerState::Exited);  // the Engine's words alone
  row.workload = owner ? owner->key.name : c.Label(label::kWorkload);
  row.kind = c.Label(label::kWorkloadKind);
  row.relation = IsForged(c) ? "foreign" : owner ? "owned" : "orphan";
  row.replica = std::atoi(std::string(c.Label(label::kReplica)).c_str());
  return row;
}

}  // namespace

Manager::Manager(ManagerPorts ports, ManagerOptions options)
    : ports_(ports),
      options_(std::move(options)),
      deletions_({ports.source, ports.fleet, ports.ledger, ports.clock, ports.log},
                 {.host = options_.host, .remembered = options_.remembered}) {
  auto state = state_.Lock();
  state->repository = ports_.source.Describe();
  state->next_sync = ports_.clock.Now();
}

// --- the loop ---

void Manager::Run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    const auto pause = [&](std::string_view what) {
      ports_.log.Error("the sync loop failed and goes on", {{"error", std::string(what)}});
      auto state = state_.Lock();
      wake_.wait_for(state.lock(), stop, kCrashDelay, [] { return false; });
    };
    try {
      if (Step(stop)) continue;
      auto state = state_.Lock();
      const SteadyTime due = std::min(state->next_sync, state->next_refill.value_or(state->next_sync));
      wake_.wait_until(state.lock(), stop, due, [&] {
        return state->cache_lost || (state->next_refill && *state->next_refill < due) || state->next_sync < due;
      });
    } catch (const std::exception& exception) {
      pause(exception.what());
    } catch (...) {
      pause("an exception of unknown type");
    }
  }
}

bool Manager::Step(std::stop_token stop) {
  if (TakeRefill()) {
    RefillCache();
    return true;
  }
  if (state_.Lock()->next_sync > ports_.clock.Now()) return false;
  (void)Sync(stop);
  return true;
}

bool Manager::TakeRefill() {
  auto state = state_.Lock();
  const bool due = state->next_refill && *state->next_refill <= ports_.clock.Now();
  if (!state->cache_lost && !due) return false;
  state->cache_lost = false;
  state->serving.clear();  // who waits for somebody found nothing in the empty cache
  state->next_refill.reset();
  return true;
}

// --- syncs ---

void Manager::Restore() {
  const std::lock_guard one_at_a_time(sync_mutex_);
  auto update = ports_.source.Restore();
  if (!update) {
    ports_.log.Warn("no earlier revision to restore", {{"error", update.error().message}});
  } else if (*update) {
    Apply(std::move(**update));
  }
}

Expected<SyncReport> Manager::Sync(std::stop_token stop) {
  const std::lock_guard one_at_a_time(sync_mutex_);
  const SteadyTime begun = ports_.clock.Now();
  state_.Lock()->asked = false;
  auto result = ports_.source.Sync(stop);
  {
    auto state = state_.Lock();  // who asked meanwhile may mean what came after the remote was read
    state->next_sync = ports_.clock.Now() + (state->asked ? Duration(0) : options_.sync_interval);
  }
  // An update in hand is applied whoever asked for it: the source will not give it again.
  if (!result && stop.stop_requested()) return Error{ErrorKind::Transient, "sync was interrupted"};
  ReportSync(result, ports_.clock.Now() - begun);
  if (!result) return std::move(result).error().Within("sync");
  SyncReport report;
  if (*result) {
    report.changed = true;
    Apply(std::move(**result));
  }
  StoreRepository();
  if (auto snapshot = Current()) report.revision = snapshot->objects->revision;
  return report;
}

void Manager::SyncSoon() {
  {
    auto state = state_.Lock();
    state->asked = true;
    state->next_sync = ports_.clock.Now();
  }
  wake_.notify_all();
}

void Manager::ReportSync(const Expected<std::optional<ConfigUpdate>>& result, std::chrono::nanoseconds took) {
  const SysTime now = ports_.clock.SystemNow();
  ports_.metrics.GitFetched(result ? "success" : "error", took, now);
  Condition ready{.type = std::string(condition::kReady),
                  .status = result ? ConditionStatus::True : ConditionStatus::False,
                  .reason = ports_.source.Reason(),
                  .last_transition_time = now};
  if (!result) ready.message = result.error().message;
  bool moved = false;
  {
    auto state = state_.Lock();
    const Condition* before = FindCondition(state->repository.conditions, condition::kReady);
    moved = !before || before->status != ready.status || before->reason != ready.reason;
    if (result) state->repository.fetched = now;
    SetCondition(state->repository.conditions, ready);
  }
  if (!result)
    ports_.log.Warn("sync failed; the last good revision stays in force",
                    {{"reason", ready.reason}, {"error", ready.message}});
  if (moved)
    Event(result ? Event::Type::Normal : Event::Type::Warning, ready.reason,
          result ? "the repository was read" : ready.message);
  if (!result) StoreRepository();
}

// What could not be read stays as it was last seen. Gives the objects that are in force only by that.
std::vector<v1::ObjectPtr> Manager::KeepUnread(ConfigUpdate& update, const v1::ObjectSet& before) {
  const std::shared_ptr<const v1::ObjectSet> read = update.snapshot->objects;
  const v1::ObjectSet* last_seen = &before;
  v1::ObjectSet replayed;
  for (const auto& set : update.earlier) {
    replayed = KeepLastSeen(*last_seen, *set);
    last_seen = &replayed;
  }
  auto merged = std::make_shared<v1::ObjectSet>(KeepLastSeen(*last_seen, *read));
  std::vector<v1::ObjectPtr> kept;
  if (merged->objects.size() > read->objects.size())
    for (const auto& [key, object] : merged->objects)
      if (!read->Find(key)) kept.push_back(object);
  update.snapshot = std::make_shared<ConfigSnapshot>(ConfigSnapshot{std::move(merged), update.snapshot->tree});
  return kept;
}

// Order matters: stored first, then in force, then queued; a worker that wakes sees the new snapshot.
void Manager::Apply(ConfigUpdate update) {
  const auto before = Current();
  static const v1::ObjectSet nothing;
  const std::vector<v1::ObjectPtr> kept = KeepUnread(update, before ? *before->objects : nothing);
  ChangeSet changes = Diff(before ? *before->objects : nothing, *update.snapshot->objects);
  if (!before) changes.removed = StaleKeys(*update.snapshot->objects);
  const Revision revision = update.snapshot->objects->revision;
  (void)Failpoint("manager.apply.before");
  if (options_.on_revision) options_.on_revision(*update.snapshot->objects);
  if (auto stored = ports_.store.CommitRevision(changes.changed, changes.removed, revision); !stored) {
    ports_.log.Warn("the cache did not take the revision", {{"revision", revision}, {"error", stored.error().message}});
    CacheLags();
  }
  const SysTime now = ports_.clock.SystemNow();
  deletions_.Enter(update.snapshot->objects, before ? *before->objects : nothing, changes.removed);
  {
    auto state = state_.Lock();
    state->snapshot = update.snapshot;
    state->repository.revision = revision;
    state->repository.applied = now;
    state->repository.errors = update.snapshot->objects->errors;
  }
  (void)Failpoint("manager.apply.in-force");
  options_.on_in_force();
  WeighDeletions();
  (void)Failpoint("manager.apply.weighed");
  for (const ObjectKey& key :
       QueuedBy(changes, before ? *before->objects : nothing, *update.snapshot->objects, update.changed_paths))
    ports_.queue.Add(key, Urgency::Change);
  (void)Failpoint("manager.apply.queued");
  if (auto noted = ports_.source.NoteInForce(kept); !noted)
    ports_.log.Warn("what is in force could not be noted; manifests that cannot be read are unknown after a restart",
                    {{"revision", revision}, {"error", noted.error().message}});
  ports_.metrics.RevisionChanged(now);
  ports_.log.Info("revision in force", {{"revision", revision},
                                        {"changed", std::to_string(changes.changed.size())},
                                        {"removed", std::to_string(changes.removed.size())},
                                        {"errors", std::to_string(update.snapshot->objects->errors.size())}});
  if (update.rewritten)
    Event(Event::Type::Warning, "HistoryRewritten",
          "the branch was rewritten; its new tip " + revision + " is in force");
  for (const v1::Diagnostic& error : update.snapshot->objects->errors)
    Event(Event::Type::Warning, "InvalidManifest", v1::ToString(error));
  StoreRepository();
}

// Beside what changed itself, what read of it or refers to it.
std::set<ObjectKey> Manager::QueuedBy(const ChangeSet& changes, const v1::ObjectSet& before,
                                      const v1::ObjectSet& objects, const std::vector<std::string>& paths) {
  std::set<ObjectKey> own(changes.removed.begin(), changes.removed.end());
  // What runs of a workload that had another name once bears that one.
  for (const ObjectKey& key : changes.removed) {
    if (key.kind != Kind::Workload) continue;
    const v1::Object* gone = before.Find(key);
    const std::string identity = gone ? v1::IdentityOf(*gone) : key.name;
    own.insert({Kind::Workload, identity});
    if (const v1::Object* heir = objects.Owner(identity)) own.insert(heir->key);
  }
  for (const v1::ObjectPtr& object : changes.changed) own.insert(object->key);
  std::set<std::string> workloads;
  std::set<std::string> secrets;
  for (const ObjectKey& key : own) {
    if (key.kind == Kind::Workload) workloads.insert(key.name);
    if (key.kind == Kind::Secret) secrets.insert(key.name);
  }
  std::set<ObjectKey> queued = own;
  for (const auto& [key, object] : objects.objects) {
    if (key.kind == Kind::Workload && HasAncestorIn(workloads, *object, objects)) queued.insert(key);
    if (key.kind == Kind::Binding && NamesOneOf(own, std::get<v1::BindingSpec>(object->spec))) queued.insert(key);
  }
  auto state = state_.Lock();
  for (const ObjectKey& key : Concerned(*state, paths, secrets)) queued.insert(key);
  for (const ObjectKey& key : changes.removed) state->reads.erase(key);
  return queued;
}

// What the cache still holds of an earlier life and the first revision does not.
std::vector<ObjectKey> Manager::StaleKeys(const v1::ObjectSet& objects) {
  std::vector<ObjectKey> stale;
  for (Kind kind : {Kind::Workload, Kind::Trigger, Kind::Binding, Kind::Secret}) {
    auto records = ports_.store.List(kind);
    if (!records) continue;
    for (const ObjectRecord& record : *records)
      if (IsKnownGone(objects, record.key, record.position.path)) stale.push_back(record.key);
  }
  return stale;
}

std::vector<ObjectKey> Manager::Concerned(const State& state, const std::vector<std::string>& paths,
                                          const std::set<std::string>& secrets) {
  std::vector<ObjectKey> keys;
  for (const auto& entry : state.reads) {
    const auto& read = entry.second;
    const bool hit =
        (!read.paths.empty() &&
         std::any_of(paths.begin(), paths.end(), [&](const std::string& path) { return Covers(read.paths, path); })) ||
        std::any_of(secrets.begin(), secrets.end(),
                    [&](const std::string& name) { return read.secrets.contains(name); });
    if (hit) keys.push_back(entry.first);
  }
  return keys;
}

void Manager::StoreRepository() {
  RepositoryStatus repository = state_.Lock()->repository;
  if (auto stored = ports_.store.SetRepository(repository); !stored)
    ports_.log.Warn("the cache did not take the repository status", {{"error", stored.error().message}});
}

void Manager::Event(tinyforge::Event::Type type, std::string reason, std::string message) {
  (void)ports_.store.AddEvents({{.time = ports_.clock.SystemNow(),
                                 .type = type,
                                 .object = "repository",
                                 .reason = std::move(reason),
                                 .message = std::move(message)}});
}

// --- resyncs ---

void Manager::OnResynced(const std::vector<std::string>& workloads) {
  const auto snapshot = Current();
  for (const std::string& workload : workloads) ports_.queue.Add(KeyOf(snapshot.get(), workload), Urgency::Resync);
  if (!snapshot) return;
  WeighDeletions();
  std::set<std::string> orphans;
  for (const ObservedContainer& c : ports_.fleet.All()) {
    std::string owner(c.Label(label::kWorkload));
    if (!snapshot->objects->Owner(owner)) orphans.insert(std::move(owner));
  }
  for (const std::string& name : orphans) ports_.queue.Add({Kind::Workload, name}, Urgency::Resync);
}

// --- deletions ---

void Manager::WeighDeletions() {
  const Deletions::Weighed weighed = deletions_.Weigh();
  {
    auto state = state_.Lock();
    SetCondition(state->repository.conditions, deletions_.Describe());
  }
  // A worker may have looked at them already and found that they may not be deleted yet.
  for (const std::string& workload : weighed.released) ports_.queue.Add({Kind::Workload, workload}, Urgency::Change);
  if (!weighed.news) return;
  StoreRepository();
  if (weighed.held.empty()) return;
  Event(Event::Type::Warning, "DeletionsPending", "large deletion held back: " + Join(weighed.held));
  ports_.log.Warn("large deletion held back until it is approved", {{"workloads", Join(weighed.held)}});
}

Expected<void> Manager::ApproveDeletions(const Revision& revision) {
  auto released = deletions_.Approve(revision);
  if (!released) return std::move(released).error();
  for (const std::string& workload : *released) ports_.queue.Add({Kind::Workload, workload}, Urgency::Change);
  WeighDeletions();
  StoreRepository();
  Event(Event::Type::Normal, "DeletionsApproved", released->empty() ? "nothing was pending" : Join(*released));
  return {};
}

bool Manager::MayDelete(std::string_view workload) {
  return deletions_.MayDelete(workload);
}

bool Manager::MayRetire(const std::string& workload, const std::set<std::string>& services) {
  if (deletions_.NoteLeft(workload, services)) WeighDeletions();
  return deletions_.MayRetire(workload, services);
}

// --- what others notice ---

void Manager::OnContainersChanged(const std::string& workload) {
  ports_.queue.Add(KeyOf(Current().get(), workload), Urgency::Event);
  for (const std::string& name : deletions_.WaitingFor(workload))
    ports_.queue.Add({Kind::Workload, name}, Urgency::Event);
}

void Manager::OnAsked(const std::string& workload) {
  ports_.queue.Add({Kind::Workload, workload}, Urgency::Change);
}

void Manager::OnStatus(const ObjectKey& key, const v1::Status& status) {
  if (key.kind != Kind::Workload) return;
  std::shared_ptr<const ConfigSnapshot> snapshot;
  {
    auto state = state_.Lock();
    const bool moved =
        status.ready_replicas > 0 ? state->serving.insert(key.name).second : state->serving.erase(key.name) > 0;
    if (!moved) return;
    snapshot = state->snapshot;
  }
  if (!snapshot) return;
  for (const std::string& name : DependentsOf(*snapshot->objects, key.name))
    ports_.queue.Add({Kind::Workload, name}, Urgency::Event);
}

void Manager::OnSecretsChanged(const std::set<std::string>& names) {
  std::vector<ObjectKey> keys;
  {
    auto state = state_.Lock();
    keys = Concerned(*state, {}, names);
  }
  for (const std::string& name : names) keys.push_back({Kind::Secret, name});
  for (const ObjectKey& key : keys) ports_.queue.Add(key, Urgency::Change);
}

void Manager::OnRead(const ObjectKey& key, ReadPaths read) {
  bool outdated = false;
  {
    auto state = state_.Lock();
    outdated = !read.revision.empty() && (!state->snapshot || state->snapshot->objects->revision != read.revision);
    if (read.paths.empty() && read.secrets.empty())
      state->reads.erase(key);
    else
      state->reads[key] = std::move(read);
  }
  if (outdated) ports_.queue.Add(key, Urgency::Change);
}

void Manager::OnEngineReady() {
  const auto snapshot = Current();
  if (!snapshot) return;
  for (const auto& [key, object] : snapshot->objects->objects)
    if (key.kind == Kind::Workload) ports_.queue.Add(key, Urgency::Change);
  const auto remembered = options_.remembered();
  if (!remembered) return ports_.log.Warn("facts cannot be listed", {{"error", remembered.error().message}});
  for (const auto& [fact_key, facts] : *remembered) {
    const std::string name(WorkloadOfFacts(fact_key));
    if (!snapshot->objects->Owner(name)) ports_.queue.Add({Kind::Workload, name}, Urgency::Change);
  }
}

void Manager::OnCacheLost() {
  state_.Lock()->cache_lost = true;
  wake_.notify_all();
}

void Manager::RefillCache() {
  const std::lock_guard one_at_a_time(sync_mutex_);
  const auto snapshot = Current();
  if (!snapshot) return;
  std::vector<v1::ObjectPtr> all;
  for (const auto& [key, object] : snapshot->objects->objects) all.push_back(object);
  const std::vector<ObjectKey> stale = StaleKeys(*snapshot->objects);
  if (auto stored = ports_.store.CommitRevision(all, stale, snapshot->objects->revision); !stored) return CacheLags();
  StoreRepository();
  for (const v1::ObjectPtr& object : all) ports_.queue.Add(object->key, Urgency::Resync);
}

void Manager::CacheLags() {
  state_.Lock()->next_refill = ports_.clock.Now() + kRefillDelay;
  wake_.notify_all();
}

// --- what is asked ---

std::shared_ptr<const ConfigSnapshot> Manager::Current() {
  return state_.Lock()->snapshot;
}

bool Manager::HistoryHeld(const Revision& revision, std::string_view path) {
  const auto snapshot = Current();
  return snapshot && ports_.source.HistoryHeld(revision, snapshot->objects->revision, path);
}

std::vector<ContainerRow> Manager::RefreshContainers() {
  if (!ports_.fleet.InStep()) {  // what could not be read is not missing
    if (auto stored = ports_.store.Containers()) return std::move(*stored);
  }
  const auto snapshot = Current();
  std::vector<ContainerRow> rows;
  for (const ObservedContainer& c : ports_.fleet.All()) {
    const v1::Object* owner = snapshot ? snapshot->objects->Owner(c.Label(label::kWorkload)) : nullptr;
    rows.push_back(RowOf(c, owner));
  }
  (void)ports_.store.ReplaceContainers(rows);
  return rows;
}

void Manager::RefreshGauges() {
  std::map<std::string, std::size_t> states;
  for (std::string_view state : kContainerStates) states[std::string(state)] = 0;
  for (const ContainerRow& row : RefreshContainers()) ++states[row.state];
  for (const auto& [state, count] : states) ports_.metrics.ContainersByState(state, count);
  auto records = ports_.store.List(Kind::Workload);
  if (!records) return;
  std::map<std::pair<std::string, std::string>, std::size_t> counts;
  for (std::string_view type : {condition::kReady, condition::kReconciling, condition::kStalled, condition::kHealthy})
    for (ConditionStatus status : {ConditionStatus::True, ConditionStatus::False, ConditionStatus::Unknown})
      counts[{std::string(type), std::string(ToString(status))}] = 0;
  for (const ObjectRecord& record : *records)
    for (const Condition& c : record.status.conditions)
      if (auto counted = counts.find({c.type, std::string(ToString(c.status))}); counted != counts.end())
        ++counted->second;
  for (const auto& [key, count] : counts) ports_.metrics.WorkloadsByCondition(key.first, key.second, count);
  ports_.metrics.QueueDepth(ports_.queue.Depth());
}

}  // namespace tinyforge
