#include "reconcilers/workload/reconciler.h"

#include <algorithm>
#include <set>

#include "api-types/v1/hosts.h"
#include "reconcilers/workload/compute_status.h"
#include "reconcilers/workload/ownership.h"

namespace tinyforge {

namespace {

// After its own changes a pass that met no error is followed by another one at once, whether or not events tell of them.
// A stop that has begun is the exception: its end is an event, and asking before would be a busy loop.
std::optional<Duration> LookAgain(const Plan& plan, std::size_t applied, std::optional<Duration> come_back) {
  const bool changed = std::any_of(plan.steps.begin(), plan.steps.begin() + static_cast<std::ptrdiff_t>(applied),
                                   [](const Step& step) { return !std::holds_alternative<action::Stop>(step.action); });
  return changed ? Duration(0) : come_back;
}

}  // namespace

// What one pass carries from stop to stop.
struct WorkloadReconciler::Pass {
  const ConfigSnapshot& snapshot;
  const v1::Object& object;
  SysTime now{};
  ObjectRecord record;  // generation and status of the cache; empty when the cache is lost
  std::optional<DesiredState> desired;
  std::optional<ObservedState> observed;
  std::optional<Decision> decision;
  std::size_t applied = 0;
  std::optional<Error> error;
};

Outcome WorkloadReconciler::Reconcile(const Request& request) {
  const auto snapshot = ports_.config.Current();
  if (!snapshot) return {};
  const v1::Object* object = snapshot->objects->Find(request.key);
  if (!object || !v1::RunsOn(object->workload().hosts, options_.host)) return TearDown(request, *snapshot);
  Pass pass{.snapshot = *snapshot, .object = *object, .now = request.now};
  if (auto record = ports_.store.Get(request.key); record && *record) pass.record = std::move(**record);
  if (auto decided = Decide(pass); !decided) pass.error = std::move(decided).error();
  else Execute(pass);
  return Report(pass, request);
}

Expected<Decision> WorkloadReconciler::Preview(const ConfigSnapshot& snapshot, const ObjectKey& key, SysTime now) {
  const v1::Object* object = snapshot.objects->Find(key);
  if (!object || !v1::RunsOn(object->workload().hosts, options_.host)) {
    ObservedState observed;
    auto containers = ports_.containers.Containers(key.name);
    if (!containers) return std::move(containers).error();
    observed.containers = std::move(*containers);
    return ComputeTeardown(observed);
  }
  Pass pass{.snapshot = snapshot, .object = *object, .now = now};
  if (auto decided = Decide(pass); !decided) return std::move(decided).error();
  return std::move(*pass.decision);
}

Expected<DesiredState> WorkloadReconciler::Render(const ConfigSnapshot& snapshot, const v1::Object& object) {
  auto kind = FindSourceKind(object.workload().source);
  if (!kind) return std::move(kind).error();
  ReadSet read_set;
  auto desired = (*kind)->Render({.workload = object, .tree = *snapshot.tree, .secrets = ports_.secrets, .paths = options_.paths,
                                  .project = ProjectOf(*snapshot.objects, object.key.name)},
                                 read_set);
  if (on_read_) on_read_(object.key, std::move(read_set));
  return desired;
}

Expected<ObservedState> WorkloadReconciler::Observe(const DesiredState& desired, const v1::WorkloadSpec&) {
  ObservedState observed;
  auto containers = ports_.containers.Containers(desired.workload);
  if (!containers) return std::move(containers).error();
  observed.containers = std::move(*containers);
  observed.running_for = ports_.containers.RunningFor(desired.workload);
  for (const DesiredFile& file : desired.files)
    if (file.on_change.action != v1::FileChange::Recreate) observed.written_files[file.host_path] = ports_.files.WrittenHash(file);
  if (!NeedsImage(desired, observed)) return observed;
  ImagePresence image = ports_.images.Ensure(desired.image, desired.pull_policy, {Kind::Workload, desired.workload});
  observed.image_id = std::move(image.id);
  observed.pulling = image.pulling;
  observed.pull_failure = std::move(image.failure);
  if (!desired.networks.empty() && observed.image_id) {
    auto addresses = ports_.containers.FreeAddresses(desired.containers.size());
    if (!addresses) return std::move(addresses).error();
    observed.free_addresses = std::move(*addresses);
  }
  return observed;
}

Expected<void> WorkloadReconciler::Decide(Pass& pass) {
  auto desired = Render(pass.snapshot, pass.object);
  if (!desired) return std::move(desired).error();
  pass.desired = std::move(*desired);
  const v1::WorkloadSpec& spec = pass.object.workload();
  auto observed = Observe(*pass.desired, spec);
  if (!observed) return std::move(observed).error().Within("observe containers");
  pass.observed = std::move(*observed);
  auto facts = ports_.facts.Load(pass.object.key.name);
  if (!facts) return std::move(facts).error().Within("load facts");
  pass.decision = ComputePlan(*pass.desired, *pass.observed,
                              {.instance = options_.instance, .revision = pass.snapshot.objects->revision,
                               .source_path = pass.object.position.path, .strategy = v1::EffectiveStrategy(spec),
                               .healthy_after = spec.rollout.healthy_after, .facts = std::move(*facts), .now = pass.now});
  return {};
}

void WorkloadReconciler::Execute(Pass& pass) {
  if (pass.decision->plan.empty()) return;
  const bool suspended = pass.object.workload().suspend;
  const std::string why = suspended ? "the workload is suspended" : options_.read_only();
  if (!why.empty()) {
    Verdict& verdict = pass.decision->verdict;
    verdict.phase = Phase::Waiting;
    verdict.reason = suspended ? "Suspended" : "ReadOnly";
    verdict.message = why + "; " + std::to_string(pass.decision->plan.steps.size()) + " steps are held back, the first: " +
                      ToString(pass.decision->plan.steps.front());
    return;
  }
  ApplyResult result = Apply(pass.decision->plan, {ports_.engine, ports_.files, ports_.facts});
  pass.applied = result.applied;
  pass.error = std::move(result.error);
}

Outcome WorkloadReconciler::Report(Pass& pass, const Request& request) {
  Outcome outcome;
  outcome.status = ComputeStatus({.object = pass.object, .generation = pass.record.generation,
                                  .revision = pass.snapshot.objects->revision,
                                  .desired = pass.desired ? &*pass.desired : nullptr,
                                  .observed = pass.observed ? &*pass.observed : nullptr,
                                  .decision = pass.decision ? &*pass.decision : nullptr, .error = pass.error,
                                  .previous = pass.record.status, .now = pass.now});
  const Plan nothing;
  outcome.events = ComputeEvents({.key = request.key, .before = pass.record.status, .after = *outcome.status,
                                  .plan = pass.decision ? pass.decision->plan : nothing, .applied = pass.applied, .now = pass.now});
  if (pass.decision && !pass.error)
    outcome.requeue_after = LookAgain(pass.decision->plan, pass.applied, pass.decision->verdict.come_back);
  outcome.error = std::move(pass.error);
  return outcome;
}

// Gone from a complete tree that once held it, or said to run elsewhere. What no commit of this branch explains is an
// orphan: reported, never removed.
Outcome WorkloadReconciler::TearDown(const Request& request, const ConfigSnapshot& snapshot) {
  Outcome outcome;
  auto containers = ports_.containers.Containers(request.key.name);
  if (!containers) {
    outcome.error = std::move(containers).error().Within("observe containers");
    return outcome;
  }
  const bool configured = snapshot.objects->Find(request.key) != nullptr;
  if (!snapshot.objects->complete || !options_.read_only().empty()) return outcome;
  if (!configured && !ports_.deletions.MayDelete(request.key.name)) return outcome;
  ObservedState observed;
  for (ObservedContainer& c : *containers)
    if (configured || ports_.config.HistoryHeld(std::string(c.Label(label::kRevision)), c.Label(label::kSource)))
      observed.containers.push_back(std::move(c));
  const Decision decision = ComputeTeardown(observed);
  ApplyResult result = Apply(decision.plan, {ports_.engine, ports_.files, ports_.facts});
  for (std::size_t i = 0; i < result.applied; ++i)
    outcome.events.push_back({.time = request.now, .object = ToString(request.key), .reason = "Applied", .message = ToString(decision.plan.steps[i])});
  if (!result.error) outcome.requeue_after = LookAgain(decision.plan, result.applied, {});
  outcome.error = std::move(result.error);
  return outcome;
}

std::string ProjectOf(const v1::ObjectSet& objects, const std::string& workload) {
  std::set<std::string> seen;
  std::string name = workload;
  while (seen.insert(name).second) {
    const v1::Object* object = objects.Find({Kind::Workload, name});
    if (!object || !object->workload().parent) return name;
    name = *object->workload().parent;
  }
  return workload;
}

}  // namespace tinyforge
