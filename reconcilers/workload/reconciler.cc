#include "reconcilers/workload/reconciler.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "api-types/v1/hosts.h"
#include "reconcilers/config/dependencies.h"
#include "reconcilers/config/deploy_window.h"
#include "reconcilers/source/image/image_source.h"
#include "reconcilers/workload/compute_status.h"
#include "reconcilers/workload/drift.h"
#include "reconcilers/workload/health.h"
#include "reconcilers/workload/ownership.h"
#include "reconcilers/workload/releases.h"
#include "reconcilers/workload/rollout_record.h"
#include "reconcilers/workload/slots.h"

namespace tinyforge {

namespace {

// A change, as opposed to what begins (a stop) or usually finds nothing to do.
bool Changes(const Step* step) {
  return !std::holds_alternative<action::Stop>(step->action) &&
         !std::holds_alternative<action::RemoveNetwork>(step->action);
}

// After its own changes a pass that met no error is followed by another one at once, whether or not events tell of
// them. A stop that has begun is the exception: its end is an event, and asking before would be a busy loop.
std::optional<Duration> LookAgain(const ApplyResult& result, std::optional<Duration> come_back) {
  if (result.error) return std::nullopt;
  return std::any_of(result.applied.begin(), result.applied.end(), Changes) ? Duration(0) : come_back;
}

// A pin stands in for the version that the manifest had when it was set, and for no other.
void ApplyPin(const Pin& pin, DesiredState& desired) {
  if (desired.image != pin.base) return;
  desired.image = pin.reference;
  desired.pull_policy = v1::PullPolicy::IfNotPresent;
  desired.version = pin.version + " by pin";
  for (DesiredContainer& container : desired.containers) {
    container.spec.image = pin.reference;
    container.template_hash = TemplateHash(container.spec);
  }
}

// Empty: it is not.
std::string WhySuspended(const v1::Object& object, const Facts& facts) {
  if (object.workload().suspend) return "the workload is suspended by its manifest";
  return facts.suspended ? "the workload is suspended; to go on: tfctl resume " + object.key.name : "";
}

std::string ManifestReference(const v1::Object& object) {
  const auto& image = object.workload().source.image;
  return image ? ImageReference(*image) : std::string();
}

// Replicas of one generation run one image, however its tag moves meanwhile: that of those that serve already.
void JoinGeneration(const DesiredState& desired, ImagePuller& images, ObservedState& observed) {
  for (const ObservedContainer* c : ClassifyOwnership(observed.containers).owned) {
    const bool serves = std::ranges::any_of(desired.containers, [&](const DesiredContainer& d) {
      return d.name == c->name && d.template_hash == c->Label(label::kTemplateHash);
    });
    if (!serves || !IsUp(*c) || c->image_id == observed.image_id || !images.Peek(c->image_id).id) continue;
    observed.image_id = c->image_id;
    observed.image_pinned = c->image.find('@') == std::string::npos ? c->image_id : c->image;
    return;
  }
}

// Without the login that was asked for nothing is pulled; what is here needs none.
ImagePresence EnsureImage(const DesiredState& desired, ImagePuller& images, const ObjectKey& owner) {
  ImageRequest request{.reference = desired.image, .policy = desired.pull_policy, .owner = owner};
  if (!desired.pull_secret || request.policy == v1::PullPolicy::Never) return images.Ensure(request);
  if (const auto& handle = *desired.pull_secret) {
    request.pull_secret = *handle;
    return images.Ensure(request);
  }
  const Error& missing = desired.pull_secret->error();
  if (request.policy == v1::PullPolicy::Always) return {.failure = missing};
  request.policy = v1::PullPolicy::Never;
  ImagePresence image = images.Ensure(request);
  if (image.failure) image.failure = missing;
  return image;
}

// The steps of a preview name an image that is not there yet.
constexpr std::string_view kToBePulled = "to be pulled";

}  // namespace

// What one pass carries from stop to stop.
struct WorkloadReconciler::Pass {
  const ConfigSnapshot& snapshot;
  const v1::Object& object;
  SysTime now{};
  bool preview = false;
  std::string held;     // why nothing may be changed; empty: all may be
  ObjectRecord record;  // generation and status of the cache; empty when the cache is lost
  Facts facts;
  std::optional<DesiredState> desired;
  std::optional<ObservedState> observed;
  std::optional<Decision> decision;
  ApplyResult result;
  bool settled = false;  // all runs as desired, and that was learnt
};

Outcome WorkloadReconciler::Reconcile(const Request& request) {
  const auto snapshot = ports_.config.Current();
  if (!snapshot) return {};
  const v1::Object* object = snapshot->objects->Find(request.key);
  if (!object && snapshot->objects->Owner(request.key.name)) return {};  // its new name is queued as well
  if (!object || !v1::RunsOn(object->workload().hosts, options_.host)) return TearDown(request, *snapshot);
  Pass pass{.snapshot = *snapshot, .object = *object, .now = request.now};
  if (auto record = ports_.store.Get(request.key); record && *record) pass.record = std::move(**record);
  ReadSet read_set;
  pass.held = options_.read_only();
  auto decided = CheckIdentity(pass);
  if (decided) decided = KeepPolicy(*object);
  if (decided) decided = Decide(pass, read_set);
  if (on_read_) on_read_(request.key, snapshot->objects->revision, std::move(read_set));
  if (!decided) {
    pass.result.error = std::move(decided).error();
  } else {
    Execute(pass);
    Learn(pass);
  }
  Outcome outcome = Report(pass, request);
  if (pass.settled) Prune({request.key, v1::IdentityOf(*object), request.now}, outcome);
  return outcome;
}

Expected<Decision> WorkloadReconciler::Preview(const ConfigSnapshot& snapshot, const ObjectKey& key, SysTime now) {
  const v1::Object* object = snapshot.objects->Find(key);
  if (!object && snapshot.objects->Owner(key.name)) return Decision{};  // it goes by a new name
  if (!object || !v1::RunsOn(object->workload().hosts, options_.host)) {
    ObservedState observed;
    auto containers = ports_.onlooker.Containers(object ? v1::IdentityOf(*object) : key.name);
    if (!containers) return std::move(containers).error();
    observed.containers = std::move(*containers);
    return ComputeTeardown(observed);
  }
  Pass pass{.snapshot = snapshot, .object = *object, .now = now, .preview = true, .held = "a preview"};
  if (auto checked = CheckIdentity(pass); !checked) return std::move(checked).error();
  ReadSet unused;
  if (auto decided = Decide(pass, unused); !decided) return std::move(decided).error();
  return std::move(*pass.decision);
}

Expected<DesiredState> WorkloadReconciler::Render(const Pass& pass, ReadSet& read_set) {
  auto kind = FindSourceKind(pass.object.workload().source);
  if (!kind) return std::move(kind).error();
  return (*kind)->Render({.workload = pass.object,
                          .tree = *pass.snapshot.tree,
                          .secrets = ports_.secrets,
                          .paths = options_.paths,
                          .project = ProjectOf(*pass.snapshot.objects, pass.object.key.name)},
                         read_set);
}

Expected<PlanContext> WorkloadReconciler::ContextOf(const Pass& pass) {
  const v1::WorkloadSpec& spec = pass.object.workload();
  PlanContext context{.instance = options_.instance,
                      .revision = pass.snapshot.objects->revision,
                      .source_path = pass.object.position.path,
                      .spec_hash = pass.object.spec_hash,
                      .strategy = v1::EffectiveStrategy(spec),
                      .healthy_after = spec.rollout.healthy_after,
                      .deadline = spec.rollout.deadline,
                      .on_failure = spec.rollout.on_failure,
                      .facts = pass.facts,
                      .awaited = Awaited(pass),
                      .cycle = spec.depends_on.empty() ? "" : FindCycle(*pass.snapshot.objects, pass.object.key.name),
                      .now = pass.now};
  auto window = LookAtWindows(spec.rollout.windows, pass.now, ports_.calendar);
  if (!window) return std::move(window).error();
  if (window->open) return context;
  context.closed = "outside of the deploy windows";
  if (!window->opens) return context;
  context.opens_in = *window->opens - pass.now;
  context.closed += "; the next one opens " + FormatRfc3339(*window->opens);
  return context;
}

// A dependency counts while any version of it serves. One that runs on other hosts cannot be seen from here.
std::string WorkloadReconciler::Awaited(const Pass& pass) {
  std::string text;
  for (const std::string& name : pass.object.workload().depends_on) {
    const v1::Object* object = pass.snapshot.objects->Find({Kind::Workload, name});
    if (object && !v1::RunsOn(object->workload().hosts, options_.host)) continue;
    auto record = object ? ports_.store.Get(object->key) : Expected<std::optional<ObjectRecord>>(std::nullopt);
    if (record && *record && (*record)->status.ready_replicas > 0) continue;
    text += (text.empty() ? "" : ", ") + name + (object ? "" : " (which no manifest describes)");
  }
  return text.empty() ? text : "waiting for " + text;
}

Expected<ObservedState> WorkloadReconciler::Observe(const Pass& pass) {
  const DesiredState& desired = *pass.desired;
  ContainerReader& containers = pass.preview ? ports_.onlooker : ports_.containers;
  ObservedState observed;
  auto found = containers.Compared(desired);
  if (!found) return std::move(found).error();
  observed.containers = std::move(*found);
  observed.ages = containers.Ages(desired.workload);
  if (!desired.exclusive_sources.empty())
    observed.writers_elsewhere = containers.WritersElsewhere(desired.workload, desired.exclusive_sources);
  for (const DesiredFile& file : desired.files)
    if (file.on_change.action != v1::FileChange::Recreate)
      observed.written_files[file.host_path] = ports_.files.WrittenHash(file);
  Probe(pass, observed);
  return observed;
}

void WorkloadReconciler::Probe(const Pass& pass, ObservedState& observed) {
  const std::string& workload = pass.desired->workload;
  observed.probes = pass.preview ? ports_.health.Peek(workload)
                                 : ports_.health.Watch(workload, ProbeTargets(*pass.desired, observed));
}

// Only a pass that may change something pulls and takes addresses.
Expected<void> WorkloadReconciler::ObserveForCreate(const Pass& pass, const PlanContext& context,
                                                    ObservedState& observed) {
  const DesiredState& desired = *pass.desired;
  const bool settled =
      std::all_of(observed.containers.begin(), observed.containers.end(), [&](const ObservedContainer& c) {
        return c.Label(label::kTemplateHash) == desired.containers.front().template_hash;
      });
  if (settled && !NeedsImage(desired, observed, context)) return {};
  ImagePresence present = ports_.images.Peek(desired.image);
  observed.image_id = std::move(present.id);
  observed.image_pinned = std::move(present.pinned);
  if (!NeedsImage(desired, observed, context)) return {};
  if (!pass.held.empty()) {
    if (!observed.image_id) observed.image_id = kToBePulled;
    return {};
  }
  const bool may_pull = !observed.image_id || desired.pull_policy == v1::PullPolicy::Always;
  if (auto noted = NoteRelease(pass, may_pull ? "" : *observed.image_id); !noted) return noted;
  ImagePresence image = EnsureImage(desired, ports_.images, pass.object.key);
  observed.image_id = std::move(image.id);
  observed.image_pinned = std::move(image.pinned);
  observed.pull_failure = std::move(image.failure);
  if (auto noted = NoteRelease(pass, observed.image_id.value_or("")); !noted) return noted;
  if (observed.image_id) JoinGeneration(desired, ports_.images, observed);
  const bool shared =
      std::any_of(desired.networks.begin(), desired.networks.end(), [](const DesiredNetwork& n) { return n.shared; });
  if (!shared || !observed.image_id) return {};
  auto addresses = ports_.containers.FreeAddresses(desired.containers.size());
  if (!addresses) return std::move(addresses).error();
  observed.free_addresses = std::move(*addresses);
  return {};
}

// Before the pull, and again before the first container: what is brought to the host is known to be ours to remove.
Expected<void> WorkloadReconciler::NoteRelease(const Pass& pass, const std::string& image_id) {
  auto noted = ports_.facts.Update(v1::IdentityOf(pass.object), [&](Facts& facts) {
    BeginRelease(facts, {pass.desired->image, image_id}, pass.now);
  });
  if (!noted) return std::move(noted).error().Within("note the release");
  return {};
}

// Before anything is done in the name of an identity.
Expected<void> WorkloadReconciler::CheckIdentity(const Pass& pass) {
  const std::string& identity = v1::IdentityOf(pass.object);
  const v1::Object* owner = pass.snapshot.objects->Owner(identity);
  if (!owner || owner == &pass.object) return {};
  return Error{ErrorKind::Terminal, "renamed-from: " + identity + " is what " + ToString(owner->key) + " (" +
                                        ToString(owner->position) + ") goes by; expected one of the two alone"};
}

// Once the manifest is gone, nobody else knows what it said about its end.
Expected<void> WorkloadReconciler::KeepPolicy(const v1::Object& object) {
  if (!options_.read_only().empty()) return {};
  const bool orphan = object.workload().deletion_policy == v1::DeletionPolicy::Orphan;
  auto kept = ports_.facts.Update(v1::IdentityOf(object), [orphan](Facts& facts) { facts.orphan = orphan; });
  if (!kept) return std::move(kept).error().Within("keep the deletion policy");
  return {};
}

Expected<void> WorkloadReconciler::Decide(Pass& pass, ReadSet& read_set) {
  const std::string& identity = v1::IdentityOf(pass.object);
  auto desired = Render(pass, read_set);
  if (!desired) return std::move(desired).error();
  pass.desired = std::move(*desired);
  auto facts = ports_.facts.Load(identity);
  if (!facts) return std::move(facts).error().Within("load facts");
  pass.facts = std::move(*facts);
  if (pass.held.empty()) pass.held = WhySuspended(pass.object, pass.facts);
  if (pass.facts.pin) {
    if (auto kept = KeepOrDropPin(pass); !kept) return kept;
  }
  auto observed = Observe(pass);
  if (!observed) return std::move(observed).error().Within("observe containers");
  const std::string dropped = DropUnsupported(*pass.desired, *observed, ports_.containers.Host());
  auto made = ContextOf(pass);
  if (!made) return std::move(made).error();
  const PlanContext& context = *made;
  if (!pass.desired->containers.empty())
    if (auto done = ObserveForCreate(pass, context, *observed); !done)
      return std::move(done).error().Within("observe the host");
  pass.observed = std::move(*observed);
  pass.decision = ComputePlan(*pass.desired, *pass.observed, context);
  if (pass.desired->pull_secret && !*pass.desired->pull_secret)
    pass.decision->plan.warnings.push_back({warning::kPullSecretMissing, pass.desired->pull_secret->error().message});
  if (!dropped.empty())
    pass.decision->plan.warnings.push_back(
        {warning::kEngineDisagrees, "this host's kernel cannot limit " + dropped + "; it runs without"});
  return {};
}

// An edit of the version in the manifest ends a pin. Whoever looks at a revision that is in force no more decides
// nothing.
Expected<void> WorkloadReconciler::KeepOrDropPin(Pass& pass) {
  const Pin pin = *pass.facts.pin;
  if (pin.base == ManifestReference(pass.object)) {
    ApplyPin(pin, *pass.desired);
    return {};
  }
  const auto current = ports_.config.Current();
  const bool outdated = !current || current->objects->revision != pass.snapshot.objects->revision;
  if (pass.preview || outdated || !options_.read_only().empty()) return {};
  return ports_.facts.Update(v1::IdentityOf(pass.object), [&](Facts& facts) {
    if (facts.pin == pin) facts.pin.reset();
  });
}

void WorkloadReconciler::Execute(Pass& pass) {
  Plan& plan = pass.decision->plan;
  if (plan.empty()) return;
  if (pass.held.empty()) {
    pass.result = Apply(plan, Targets());
    return;
  }
  pass.decision->verdict = {.phase = Phase::Waiting,
                            .reason = WhySuspended(pass.object, pass.facts).empty() ? "ReadOnly" : "Suspended",
                            .message = pass.held + "; " + std::to_string(plan.steps.size()) +
                                       " steps are held back, the first: " + ToString(plan.steps.front()),
                            .ready_replicas = pass.decision->verdict.ready_replicas};
}

// What has run well is where a rollback goes.
void WorkloadReconciler::Learn(Pass& pass) {
  const Decision& decision = *pass.decision;
  if (!pass.held.empty() || !decision.plan.empty() || decision.verdict.phase != Phase::Ready) return;
  const auto retain = static_cast<std::size_t>(pass.object.workload().rollout.retain);
  auto learnt = ports_.facts.Update(v1::IdentityOf(pass.object),
                                    [&](Facts& facts) { EndRelease(facts, decision.proven, retain, pass.now); });
  pass.settled = learnt.has_value();
  if (!learnt) pass.result.error = std::move(learnt).error().Within("record a good release");
}

// Beside the plan: a workload is as ready with old images on the host as without.
void WorkloadReconciler::Prune(const PruneRequest& request, Outcome& outcome) {
  PruneReport report = ImagePruner(ports_.config, Targets()).Prune(request);
  std::ranges::move(report.events, std::back_inserter(outcome.events));
  if (!report.come_back || outcome.error) return;
  outcome.requeue_after = std::min(outcome.requeue_after.value_or(*report.come_back), *report.come_back);
}

Outcome WorkloadReconciler::Report(Pass& pass, const Request& request) {
  Outcome outcome;
  outcome.status = ComputeStatus({.object = pass.object,
                                  .generation = pass.record.generation,
                                  .revision = pass.snapshot.objects->revision,
                                  .desired = pass.desired ? &*pass.desired : nullptr,
                                  .observed = pass.observed ? &*pass.observed : nullptr,
                                  .decision = pass.decision ? &*pass.decision : nullptr,
                                  .held = !pass.held.empty(),
                                  .suspended = WhySuspended(pass.object, pass.facts),
                                  .applied = pass.result.applied,
                                  .error = pass.result.error,
                                  .previous = pass.record.status,
                                  .now = pass.now});
  const EventInput seen{.key = request.key,
                        .before = pass.record.status,
                        .after = *outcome.status,
                        .applied = pass.result.applied,
                        .now = pass.now};
  outcome.events = ComputeEvents(seen);
  outcome.repairs = RepairsOf(seen);
  outcome.rollout_ended = RolloutEnded(seen);
  outcome.rollouts = ChangedRollouts(seen);
  if (pass.decision) outcome.requeue_after = LookAgain(pass.result, pass.decision->verdict.come_back);
  outcome.acted = pass.held.empty() && pass.decision && !pass.decision->plan.empty();
  outcome.error = std::move(pass.result.error);
  return outcome;
}

// Gone from a complete tree that once held it, or said to run elsewhere. What no commit of this branch explains is an
// orphan: reported, never removed.
Outcome WorkloadReconciler::TearDown(const Request& request, const ConfigSnapshot& snapshot) {
  Outcome outcome;
  const v1::Object* elsewhere = snapshot.objects->Find(request.key);
  const std::string& identity = elsewhere ? v1::IdentityOf(*elsewhere) : request.key.name;
  (void)ports_.health.Watch(identity, {});
  auto containers = ports_.containers.Containers(identity);
  if (!containers) {
    outcome.error = std::move(containers).error().Within("observe containers");
    return outcome;
  }
  if (!snapshot.objects->complete || !options_.read_only().empty() || (elsewhere && elsewhere->workload().suspend))
    return outcome;
  if (!containers->empty() && !ports_.deletions.MayDelete(identity)) return outcome;
  auto facts = ports_.facts.Load(identity);
  if (!facts) {
    outcome.error = std::move(facts).error().Within("load facts");
    return outcome;
  }
  if (!elsewhere && facts->orphan) return outcome;
  if (elsewhere && facts->suspended) return outcome;
  ObservedState observed;
  for (ObservedContainer& c : *containers)
    if (elsewhere || ports_.config.HistoryHeld(std::string(c.Label(label::kRevision)), c.Label(label::kSource)))
      observed.containers.push_back(std::move(c));
  const Decision decision = ComputeTeardown(observed);
  // Nothing is made without a fact that tells of it: they are lost, and with them whether it was to be kept.
  if (!elsewhere && !decision.plan.empty() && *facts == Facts()) {
    outcome.error =
        Error{ErrorKind::Waiting,
              "what was known of it is lost, its deletionPolicy too, so its containers stay; remove them by "
              "hand, or bring its manifest back"};
    return outcome;
  }
  ApplyResult result = Apply(decision.plan, Targets());
  for (const Step* step : result.applied)
    outcome.events.push_back(
        {.time = request.now, .object = ToString(request.key), .reason = "Applied", .message = ToString(*step)});
  outcome.requeue_after = LookAgain(result, {});
  outcome.acted = !decision.plan.empty();
  outcome.error = std::move(result.error);
  if (!observed.containers.empty() || elsewhere) return outcome;
  // What was learnt about releases goes with the workload, and then their images.
  if (ports_.facts.Update(identity, [&](Facts& kept) { EndWorkload(kept, request.now); }))
    Prune({request.key, identity, request.now}, outcome);
  return outcome;
}

std::string ProjectOf(const v1::ObjectSet& objects, const std::string& workload) {
  std::set<std::string> seen;
  std::string name = workload;
  while (seen.insert(name).second) {
    const v1::Object* object = objects.Find({Kind::Workload, name});
    if (!object) return name;
    if (!object->workload().parent) return v1::IdentityOf(*object);
    name = *object->workload().parent;
  }
  return workload;
}

}  // namespace tinyforge
