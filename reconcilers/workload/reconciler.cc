#include "reconcilers/workload/reconciler.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <span>

#include "api-types/v1/hosts.h"
#include "reconcilers/config/dependencies.h"
#include "reconcilers/config/deploy_window.h"
#include "reconcilers/workload/adoption.h"
#include "reconcilers/workload/compute_status.h"
#include "reconcilers/workload/drift.h"
#include "reconcilers/workload/leaving.h"
#include "reconcilers/workload/network_change.h"
#include "reconcilers/workload/observer.h"
#include "reconcilers/workload/releases.h"
#include "reconcilers/workload/rollout_record.h"
#include "reconcilers/workload/sharing.h"
#include "reconcilers/workload/slots.h"
#include "reconcilers/workload/versioned_rendering.h"

namespace tinyforge {

namespace {

// A note that facts have no room for is tried for ever.
bool IsSettled(const Decision& decision) {
  const bool only_notes = std::ranges::all_of(
      decision.plan.steps, [](const Step& step) { return std::holds_alternative<action::NoteHooks>(step.action); });
  return only_notes && decision.verdict.phase == Phase::Ready;
}

// What is of one service alone.
PlanContext TermsOf(PlanContext context, const DesiredState& desired, const std::string& awaited) {
  if (desired.rollout) {
    context.strategy = desired.rollout->strategy;
    context.trial = desired.rollout->trial;
    context.spec_hash.clear();  // the release is of this service: its template and files say all
  }
  if (!awaited.empty()) context.awaited = awaited;
  return context;
}

// A change, as opposed to what begins (a stop) or usually finds nothing to do.
bool Changes(const Step* step) {
  return !std::holds_alternative<action::Stop>(step->action) &&
         !std::holds_alternative<action::RemoveNetwork>(step->action);
}

// After its own changes a pass that met no error is followed by another one at once, whether or not events tell of
// them. A stop that has begun is the exception: its end is an event, and asking before would be a busy loop.
std::optional<Duration> LookAgain(const ApplyResult& result, std::optional<Duration> come_back) {
  return std::any_of(result.applied.begin(), result.applied.end(), Changes) ? Duration(0) : come_back;
}

// One that time may mend speaks before one that it does not: it is tried again.
void NoteFailure(const ServicePass& service, std::optional<Error>& failure) {
  if (!service.error) return;
  const auto passes = [](const Error& e) { return e.kind != ErrorKind::Terminal && e.kind != ErrorKind::Invalid; };
  if (!failure || (!passes(*failure) && passes(*service.error)))
    failure = Error(*service.error).Within("service " + service.desired.service);
}

// Empty: it is not.
std::string WhySuspended(const v1::Object& object, const Facts& facts) {
  if (object.workload().suspend) return "the workload is suspended by its manifest";
  return facts.suspended ? "the workload is suspended; to go on: tfctl resume " + object.key.name : "";
}

}  // namespace

// A service that runs as desired, and what that teaches.
struct WorkloadReconciler::SettledService {
  std::string fact_key;
  std::optional<GoodRelease> proven;
  std::string done;
};

// What one pass carries from stop to stop.
struct WorkloadReconciler::Pass {
  const ConfigSnapshot& snapshot;
  const v1::Object& object;
  SysTime now{};
  bool preview = false;
  std::string held;     // why nothing may be changed; empty: all may be
  ObjectRecord record;  // generation and status of the cache; empty when the cache is lost
  Facts facts;
  std::optional<WorkloadView> view;  // once it was rendered
  bool planned = false;              // the view is observed and decided
  std::vector<SettledService> settled;
  std::optional<Duration> idle;  // see ComeBackOfIdle
  std::optional<Error> failure;  // of a service that could not be planned
  ApplyResult result;
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
    if (!pass.result.error) pass.result.error = std::move(pass.failure);
    Learn(pass);
  }
  Outcome outcome = Report(pass, request);
  if (pass.settled.empty()) return outcome;
  PruneRequest prune{.key = request.key, .identity = v1::IdentityOf(*object), .now = request.now};
  for (const SettledService& service : pass.settled) prune.fact_keys.push_back(service.fact_key);
  std::ranges::move(EndRemovedServices(pass), std::back_inserter(prune.fact_keys));
  Prune(prune, outcome);
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
  if (pass.failure) return *std::move(pass.failure);
  return std::move(pass.view->decision);
}

Expected<DesiredServices> WorkloadReconciler::Render(Pass& pass, ReadSet& read_set) {
  const VersionedRendering rendering(
      ports_, pass.preview ? ports_.onlooker : ports_.containers,
      {.snapshot = pass.snapshot, .now = pass.now, .keeps = !pass.preview && options_.read_only().empty()});
  return rendering.Run({.workload = pass.object,
                        .tree = *pass.snapshot.tree,
                        .secrets = ports_.secrets,
                        .paths = options_.paths,
                        .project = ProjectOf(*pass.snapshot.objects, pass.object.key.name)},
                       read_set, pass.facts);
}

// Of the whole workload: what is of one service alone is filled in for each.
Expected<PlanContext> WorkloadReconciler::ContextOf(const Pass& pass) {
  const v1::WorkloadSpec& spec = pass.object.workload();
  PlanContext context{.instance = options_.instance,
                      .revision = pass.snapshot.objects->revision,
                      .source_path = pass.object.position.path,
                      .spec_hash = pass.object.spec_hash,
                      .strategy = v1::EffectiveStrategy(spec),
                      .trial = v1::MayBeTried(spec),
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
  auto facts = ports_.facts.Load(v1::IdentityOf(pass.object));
  if (!facts) return std::move(facts).error().Within("load facts");
  pass.facts = std::move(*facts);
  auto rendered = Render(pass, read_set);
  if (!rendered) return std::move(rendered).error();
  if (pass.held.empty()) pass.held = WhySuspended(pass.object, pass.facts);
  std::vector<ServicePass> services;
  for (DesiredState& desired : *rendered) services.push_back({.desired = std::move(desired)});
  auto planned = PlanServices(pass, services);
  pass.idle = ComeBackOfIdle(services);
  for (const ServicePass& service : services) NoteFailure(service, pass.failure);
  for (const ServicePass& service : services)
    if (planned && !service.left && !service.error && IsSettled(service.decision))
      pass.settled.push_back({FactKeyOf(service.desired), service.decision.proven, service.decision.done});
  pass.planned = planned.has_value();
  pass.view = Combine(std::move(services));
  return planned;
}

Expected<void> WorkloadReconciler::PlanServices(const Pass& pass, std::vector<ServicePass>& services) {
  auto context = ContextOf(pass);
  if (!context) return std::move(context).error();
  const Adoption adoption(ports_, *context);
  auto adopting = adoption.Look(services);
  if (!adopting) return std::move(adopting).error().Within("source.compose.adopt");
  if (pass.held.empty() && !adopting->plan.empty()) {
    AdoptFirst(std::move(adopting->plan), services);
    return {};
  }
  const Observer observer(ports_, pass.preview ? Observer::Purpose::Preview : Observer::Purpose::Reconcile);
  if (auto observed = observer.Observe(services, std::move(adopting->containers)); !observed)
    return std::move(observed).error().Within("observe containers");
  adoption.ClaimNetworks(services);
  const std::string held = HoldDeletions(pass, services);
  for (std::size_t i = 0; i < services.size(); ++i) {
    const std::span before(services.data(), i);
    FindShared(services[i].desired, before);
    const std::string awaited = AwaitedOf(services[i].desired, before);
    if (services[i].held) continue;
    if (services[i].left) context->departures = DecideDepartures(services[i].observed, before);
    if (auto planned = PlanService(pass, TermsOf(*context, services[i].desired, awaited), services[i]); !planned) {
      if (services[i].desired.service.empty()) return planned;
      LeaveAlone(services[i], std::move(planned).error());
    }
  }
  if (auto free = adoption.CheckInTheWay(services); !free) return free;
  Plan& first = services.front().decision.plan;
  if (!held.empty()) first.warnings.push_back({warning::kDeletionHeld, held});
  if (auto planned = PlanNetworksOf(*context, services); !planned) return planned;
  std::move(*adopting).JoinInto(first);
  return {};
}

Expected<void> WorkloadReconciler::PlanNetworksOf(const PlanContext& context, std::vector<ServicePass>& services) {
  const auto networks = NetworksOf(services);
  if (networks.empty()) return {};
  auto outdated = ports_.networks.Outdated(networks, services.front().desired.workload);
  if (!outdated) return std::move(outdated).error().Within("observe networks");
  PlanNetworks(*outdated, context, services);
  return {};
}

// What a workload has no more goes within the budget of deletions. What is held back; empty: nothing.
std::string WorkloadReconciler::HoldDeletions(const Pass& pass, std::vector<ServicePass>& services) {
  if (!pass.held.empty()) return {};
  const std::set<std::string> left = ServicesLeft(services);
  if (ports_.deletions.MayRetire(services.front().desired.workload, left)) return {};
  HoldBack(left, services);
  std::string names;
  for (const std::string& name : left) names += (names.empty() ? "" : ", ") + name;
  return "containers of " + names +
         ", which the workload has no more, stay until their removal is approved: tfctl "
         "approve deletions " +
         pass.snapshot.objects->revision;
}

Expected<void> WorkloadReconciler::PlanService(const Pass& pass, PlanContext context, ServicePass& service) {
  DesiredState& desired = service.desired;
  if (desired.unready) return *desired.unready;
  KeepAdoptedNames(service);
  if (!desired.service.empty()) {
    auto own = ports_.facts.Load(FactKeyOf(desired));
    if (!own) return std::move(own).error().Within("load facts");
    context.facts = FactsOfService(std::move(*own), pass.facts);
    service.facts = context.facts;
  }
  if (const auto& remake = context.facts.remake)
    for (DesiredContainer& container : desired.containers)
      container.remake = FormatRfc3339(remake->at), container.remake_why = remake->why;
  const std::string dropped = DropUnsupported(desired, service.observed, ports_.containers.Host());
  const Observer observer(ports_, pass.preview ? Observer::Purpose::Preview : Observer::Purpose::Reconcile);
  const Observer::Need need{.owner = pass.object.key, .context = context, .held = !pass.held.empty()};
  if (auto done = observer.PrepareCreate(need, service); !done)
    return std::move(done).error().Within("observe the host");
  service.decision = ComputePlan(desired, service.observed, context);
  auto& warnings = service.decision.plan.warnings;
  if (desired.pull_secret && !*desired.pull_secret)
    warnings.push_back({warning::kPullSecretMissing, desired.pull_secret->error().message});
  if (!dropped.empty())
    warnings.push_back({warning::kEngineDisagrees, "this host's kernel cannot limit " + dropped + "; it runs without"});
  return {};
}

void WorkloadReconciler::Execute(Pass& pass) {
  Decision& decision = pass.view->decision;
  const Plan& plan = decision.plan;
  if (plan.empty()) return;
  if (pass.held.empty()) {
    pass.result = Apply(plan, Targets());
    return;
  }
  decision.verdict = {.phase = Phase::Waiting,
                      .reason = WhySuspended(pass.object, pass.facts).empty() ? "ReadOnly" : "Suspended",
                      .message = pass.held + "; " + std::to_string(plan.steps.size()) +
                                 " steps are held back, the first: " + ToString(plan.steps.front()),
                      .ready_replicas = decision.verdict.ready_replicas};
}

// What has run well is where a rollback goes.
void WorkloadReconciler::Learn(Pass& pass) {
  if (!pass.held.empty()) return pass.settled.clear();
  std::set<std::string> present;
  if (!pass.settled.empty())
    for (const ObservedContainer& c : pass.view->observed.containers) present.insert(c.id);
  const auto retain = static_cast<std::size_t>(pass.object.workload().rollout.retain);
  for (const SettledService& service : pass.settled) {
    auto learnt = ports_.facts.Update(service.fact_key, [&](Facts& facts) {
      EndRelease(facts, service.proven, retain, pass.now);
      facts.done = service.done;
      std::erase_if(facts.adopted, [&](const AdoptedContainer& c) { return !present.contains(c.id); });
    });
    if (!learnt) pass.result.error = std::move(learnt).error().Within("record a good release");
  }
  if (pass.result.error) pass.settled.clear();
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
                                  .services = pass.view ? pass.view->services : std::vector<v1::ServiceStatus>(),
                                  .desired = pass.view ? &pass.view->desired : nullptr,
                                  .observed = pass.planned ? &pass.view->observed : nullptr,
                                  .decision = pass.planned ? &pass.view->decision : nullptr,
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
  if (pass.planned)
    outcome.requeue_after =
        pass.result.error ? pass.idle : LookAgain(pass.result, pass.view->decision.verdict.come_back);
  outcome.acted = pass.held.empty() && pass.planned && !pass.view->decision.plan.empty();
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
  if (!elsewhere && facts->orphan.value_or(false)) return outcome;
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
  if (!result.error) outcome.requeue_after = LookAgain(result, {});
  outcome.acted = !decision.plan.empty();
  outcome.error = std::move(result.error);
  if (!observed.containers.empty() || elsewhere) return outcome;
  // Of those that stay, nothing but the facts tells whose they are.
  const auto adopted = [](const ObservedContainer& c) { return !c.Label(label::kAdopted).empty(); };
  if (std::ranges::any_of(*containers, adopted)) return outcome;
  Forget({request.key, identity, {}, request.now}, outcome);
  return outcome;
}

// What was learnt about releases goes with the workload, and then their images.
void WorkloadReconciler::Forget(PruneRequest request, Outcome& outcome) {
  request.fact_keys = EndAll(ports_.facts, FactKeysOf(ports_.facts, request.identity), request.now);
  Prune(request, outcome);
}

// Services that their source does not name any more are over once they have no container. Their fact keys.
std::vector<std::string> WorkloadReconciler::EndRemovedServices(const Pass& pass) {
  if (pass.object.workload().source.image) return {};
  std::set<std::string> used = FactKeysInUse(*pass.view);
  for (const SettledService& service : pass.settled) used.insert(service.fact_key);
  std::vector<std::string> keys = FactKeysOf(ports_.facts, pass.view->desired.workload);
  std::erase_if(keys, [&](const std::string& key) { return used.contains(key); });
  return EndAll(ports_.facts, keys, pass.now);
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
