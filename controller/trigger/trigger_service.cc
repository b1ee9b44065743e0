#include "controller/trigger/trigger_service.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <map>
#include <utility>

#include "controller/trigger/asked_version.h"
#include "controller/trigger/route_findings.h"
#include "reconcilers/core/image_name.h"
#include "reconcilers/trigger/kind/git_trigger.h"

namespace tinyforge {
namespace {

constexpr std::size_t kUnfinishedRead = 1000;
constexpr auto kInDoubtPause = std::chrono::seconds(5);
constexpr std::string_view kPoll = "poll";  // see Delivery::cause

// Whether it wants to know what only a look at its git repository finds.
bool Polls(const Route& route) {
  const auto& git = route.config->spec.git;
  return git && git->poll_interval > Duration(0);
}

// Whether the last that a trigger was told of this branch or tag is this very push.
bool IsLatest(const std::vector<Delivery>& newest_first, const GitPushed& push) {
  for (const Delivery& delivery : newest_first)
    for (const InboundEvent& event : delivery.events) {
      const auto* told = std::get_if<GitPushed>(&event);
      if (told && RefOf(*told) == RefOf(push) && IsPushTo(*told, push.urls.front())) return told->commit == push.commit;
    }
  return false;
}

Error NotHere(const ObjectKey& key) {
  return {ErrorKind::NotFound, ToString(key) + " does not exist on this host; see tfctl get " +
                                   std::string(key.kind == Kind::Trigger ? "triggers" : "workloads")};
}

// Where its image comes from; empty: from nowhere.
std::string RegistryOf(const Route& route) {
  return route.image ? SplitImageName(route.image->repository).host : std::string();
}

ServiceName TargetOf(const Route& route) {
  return {route.workload->key.name, route.service};
}

// "shop", "shop/web"
std::string ToString(const ServiceName& target) {
  return target.service.empty() ? target.workload : target.workload + "/" + target.service;
}

}  // namespace

TriggerService::TriggerService(TriggerPorts ports, TriggerOptions options)
    : ports_(ports),
      options_(std::move(options)),
      desk_(
          ports.log, ports.clock, [this](DeliveryResult r) { ports_.metrics.BindingOutcome(ToString(r)); },
          options_.redact),
      watch_(desk_),
      goals_({ports.config, ports.routes, ports.facts, desk_, watch_}),
      memo_(ports.registry, ports.clock),
      refs_memo_(ports.refs ? std::optional<RefsMemo>(std::in_place, *ports.refs, ports.clock) : std::nullopt),
      evaluator_({ports.config, ports.routes, ports.facts, ports.store, memo_, ports.secrets, ports.clock, statuses_,
                  refs_memo_ ? &*refs_memo_ : nullptr}),
      fan_out_(ports.clock,
               {.run = [this](const Job& job, std::stop_token stop) { return Run(job, stop); },
                .done = [this](const Job& job, const JobResult& result) { Done(job, result); },
                .superseded =
                    [this](const std::vector<Ticket>& tickets, const std::string& by) {
                      desk_.Supersede(tickets, "a later delivery took its place" + (by.empty() ? "" : ": " + by));
                    },
                .registry = [](const Route& route) { return RegistryOf(route); }},
               options_.threads),
      gate_(ports.commits, ports.clock,
            {.pass = [this](const HeldPush& held, bool own) { Pass(held, own); },
             .failed = [this](const HeldPush& held, const std::string& why) { Fail(held, why); },
             .fetch = options_.fetch}),
      clerk_(desk_, ports.logger,
             {.may_resume = [this] { return ports_.config.Current() != nullptr; },
              .resume = [this] { return ResumeUnfinished(); }}) {
  if (ports.refs)
    git_poll_.emplace(
        GitPoll::Ports{*ports.refs, *ports.ref_ledger, ports.clock, ports.logger},
        GitPoll::Hooks{.on_moved = [this](const std::string& trigger,
                                          RefBook::Moves moves) { return TakePushes(trigger, std::move(moves)); },
                       .on_news =
                           [this](const std::string& trigger) {
                             options_.on_news({Kind::Trigger, trigger});
                           },
                       .before_save = [this] { return LogHeard(); }});
}

TriggerService::~TriggerService() {
  Stop();
}

void TriggerService::Start() {
  fan_out_.Start();
  gate_.Start();
  clerk_.Start();
  if (git_poll_) git_poll_->Start();
}

void TriggerService::Stop() {
  ending_.request_stop();
  if (git_poll_) git_poll_->Stop();
  gate_.Stop();
  fan_out_.Stop();
  clerk_.Stop();
}

// What an earlier process had taken in and not finished, oldest first, so that the newest counts: what was accepted is
// followed, the rest is matched anew: none of it says what to run, only where to look.
bool TriggerService::ResumeUnfinished() {
  auto logged = ports_.log.Deliveries({.trigger = "", .limit = kUnfinishedRead, .ignored = false});
  if (!logged) {
    ports_.logger.Warn("deliveries cannot be read", {{"error", logged.error().message}});
    return false;
  }
  const auto table = Table();
  for (auto delivery = logged->rbegin(); delivery != logged->rend(); ++delivery) {
    if (CountOutcomes(*delivery).pending == 0) continue;
    Resume(*delivery, *table);
  }
  return true;
}

// One that the controller fails at is at an end: it would be there again at the next start.
void TriggerService::Resume(const Delivery& delivery, const RouteTable& table) {
  if (!desk_.Reopen(delivery)) return;
  std::string failure = "the controller failed";
  try {
    return QueueMatched(goals_.Resume(delivery, table), table);
  } catch (const std::exception& exception) {
    failure += std::string(": ") + exception.what();
  } catch (...) {
  }
  std::vector<Ticket> tickets;
  for (std::size_t i = 0; i < delivery.outcomes.size(); ++i) tickets.push_back({delivery.id, i});
  desk_.Settle(tickets, DeliveryResult::Errored, failure);
}

std::shared_ptr<const RouteTable> TriggerService::Table() {
  const auto snapshot = ports_.config.Current();
  return snapshot ? ports_.routes.Of(*snapshot) : nullptr;
}

// --- in ---

bool TriggerService::HasRoom(const Delivery& delivery) {
  const auto table = Table();
  const std::size_t routes = table ? table->RoutesOf(delivery.trigger).size() : 0;
  return desk_.HasRoom(delivery, routes) && gate_.Held() <= kPushesHeld;
}

Delivery TriggerService::Accept(Delivery delivery, bool* repeated) {
  if (repeated) *repeated = false;
  if (auto before = desk_.FindRepeated(delivery.trigger, delivery.vendor_id); before && repeated) {
    *repeated = true;
    return *std::move(before);
  }
  const std::shared_lock until_it_is_one(heard_);
  for (InboundEvent& event : delivery.events)
    if (const auto* push = std::get_if<GitPushed>(&event); push && IsNoNews(delivery, *push))
      event = Ignored{"a poll has found it already"};
  const auto table = Table();
  auto routes = table ? table->RoutesOf(delivery.trigger) : std::span<const Route>();
  std::vector<Route> polled;
  if (delivery.cause == kPoll) {
    std::ranges::copy_if(routes, std::back_inserter(polled), Polls);
    routes = polled;
  }
  const auto events = ToTriggerEvents(delivery.events);
  return Take(std::move(delivery), routes, RouteMatches(events, routes));
}

// `matches` are those of the routes.
Delivery TriggerService::Take(Delivery delivery, std::span<const Route> routes, const RouteMatches& matches) {
  delivery.outcomes = OutcomesOf(routes, matches, ports_.clock.SystemNow());
  delivery = desk_.Open(std::move(delivery));
  clerk_.Wake();
  std::vector<Asked> asked;
  asked.reserve(routes.size());
  for (std::size_t i = 0; i < routes.size(); ++i)
    if (auto intent = matches.IntentOf(i)) asked.push_back({routes[i], std::move(intent), i, delivery.received});
  Begin(delivery, std::move(asked));
  return delivery;
}

void TriggerService::Begin(const Delivery& delivery, std::vector<Asked> asked) {
  const bool pushed = std::ranges::any_of(
      delivery.events, [](const InboundEvent& event) { return std::holds_alternative<GitPushed>(event); });
  if (pushed && !asked.empty())
    gate_.Hold({delivery, std::move(asked)});
  else
    fan_out_.Add(delivery.id, asked);
}

void TriggerService::Fail(const HeldPush& held, const std::string& why) {
  std::vector<Ticket> tickets;
  for (const Asked& asked : held.asked) tickets.push_back({held.delivery.id, asked.outcome});
  desk_.Settle(tickets, DeliveryResult::Errored, why);
  clerk_.Wake();
}

void TriggerService::Pass(const HeldPush& held, bool own) {
  const std::string& id = held.delivery.id;
  if (!own) return fan_out_.Add(id, held.asked);
  const auto events = ToTriggerEvents(held.delivery.events);
  std::vector<Asked> left;
  for (const Asked& asked : held.asked) {
    const std::span<const Route> route(&asked.route, 1);
    const RouteMatches match(events, route);
    if (auto intent = match.IntentOf(0)) {
      left.push_back({asked.route, std::move(intent), asked.outcome, asked.received});
    } else {
      const DeliveryOutcome outcome = OutcomesOf(route, match, {}).front();
      desk_.Settle({{id, asked.outcome}}, outcome.result, outcome.message);
    }
  }
  fan_out_.Add(id, left);
  clerk_.Wake();
}

// Of a delivery whose outcomes were found by another table.
void TriggerService::QueueMatched(const Delivery& delivery, const RouteTable& table) {
  std::vector<Asked> asked;
  const auto events = ToTriggerEvents(delivery.events);
  for (std::size_t i = 0; i < delivery.outcomes.size(); ++i) {
    const DeliveryOutcome& outcome = delivery.outcomes[i];
    if (IsFinal(outcome.result)) continue;
    const Route* route = FindRoute(table, {delivery.trigger, outcome.binding, outcome.workload, outcome.service});
    auto intent = route ? RouteMatches(events, {route, 1}).IntentOf(0) : nullptr;
    if (intent)
      asked.push_back({*route, std::move(intent), i, delivery.received});
    else
      desk_.Settle({{delivery.id, i}}, DeliveryResult::NoMatch, "the configuration has changed");
  }
  Begin(delivery, std::move(asked));
}

void TriggerService::Queue(std::span<const Route> routes, const DeploymentIntent& intent) {
  for (const Route& route : routes) fan_out_.Add({.route = route, .intent = intent, .since = ports_.clock.Now()});
}

Expected<Delivery> TriggerService::Fire(const std::string& trigger) {
  const auto snapshot = ports_.config.Current();
  const ObjectKey key{Kind::Trigger, trigger};
  if (!snapshot || !snapshot->objects->Find(key)) return NotHere(key);
  return Accept({.trigger = trigger, .cause = "tfctl fire", .events = {Fired{}}});
}

Expected<Delivery> TriggerService::Replay(const std::string& id) {
  auto before = desk_.Find(id);
  if (!before) return Error{ErrorKind::NotFound, "delivery " + id + " is not known; see tfctl get deliveries"};
  Delivery again = *std::move(before);
  again.replay_of = std::exchange(again.id, "");
  again.cause = "tfctl replay";
  again.vendor_id.clear();
  again.outcomes.clear();
  again.ended = {};
  return Accept(std::move(again));
}

// --- out ---

// The route may have changed or gone since the job was queued, or while it waited for another try.
JobResult TriggerService::Run(const Job& job, std::stop_token stop) {
  const auto table = Table();
  const Route* route = table ? FindRoute(*table, KeyOf(job.route)) : nullptr;
  if (!route && table && IsInDoubt(*table, KeyOf(job.route)))
    return {.result = DeliveryResult::Pending,
            .message = "the services of workload/" + job.route.workload->key.name + " are not known",
            .again = kInDoubtPause,
            .counts = false};
  if (!route) return {.message = "binding/" + job.route.binding->key.name + " does not bind it any more"};
  Job current = job;
  current.route = *route;
  Evaluated evaluated = evaluator_.Evaluate(current, stop);
  if (evaluated.goal) Accepted(tinyforge::TargetOf(*route), evaluated, job.tickets);
  return std::move(evaluated.result);
}

// The watch knows of the goal before the workload is looked at.
void TriggerService::Accepted(const ServiceName& target, const Evaluated& evaluated, std::vector<Ticket> tickets) {
  desk_.Settle(tickets, DeliveryResult::Rolling, evaluated.result.message);
  watch_.Follow(target, *evaluated.goal, std::move(tickets));
  const ImageVersion& version = evaluated.goal->version;
  Event(target.workload, version == ImageVersion{} ? "MadeAnew" : "VersionSet",
        (target.service.empty() ? "" : "service " + target.service + ": ") +
            (version == ImageVersion{} ? "" : ToString(version) + ": ") + evaluated.result.message);
  options_.on_accepted(target.workload);
}

void TriggerService::Done(const Job& job, const JobResult& result) {
  if (result.result != DeliveryResult::Rolling) desk_.Settle(job.tickets, result.result, result.message);
  clerk_.Wake();
  const auto news = notes_.Put(KeyOf(job.route), {result.result, result.message, ports_.clock.SystemNow()});
  if (news == RouteNotes::News::None) return;
  // Of a message alone that says until when something is waited for, the log is not told each time.
  if (news == RouteNotes::News::Result && result.result == DeliveryResult::Errored)
    ports_.logger.Warn("a bound workload could not be looked at", {{"binding", job.route.binding->key.name},
                                                                   {"workload", job.route.workload->key.name},
                                                                   {"error", result.message}});
  options_.on_news(job.route.binding->key);
}

void TriggerService::Event(const std::string& workload, std::string reason, std::string message) {
  (void)ports_.store.AddEvents({{.time = ports_.clock.SystemNow(),
                                 .object = ToString(ObjectKey{Kind::Workload, workload}),
                                 .reason = std::move(reason),
                                 .message = std::move(message)}});
}

// --- the world ---

void TriggerService::OnRevision() {
  const auto snapshot = ports_.config.Current();
  if (!snapshot) return;
  const auto table = ports_.routes.Of(*snapshot);
  fan_out_.Follow(*table);
  gate_.Wake();
  if (git_poll_) git_poll_->Keep(*table);
  const auto is_there = [&](const std::string& name) {
    return snapshot->objects->Find({Kind::Workload, name}) != nullptr;
  };
  watch_.Drop(is_there);
  statuses_.Keep(is_there);
  for (const ServiceName& target : watch_.Targets()) goals_.Review(target);
  rhythms_.Keep(*table);
  Queue(notes_.Follow(*table, *snapshot->objects), {.reason = "its configuration is new"});
  for (const std::string& workload : EndedDecisions(ports_.routes.Deciding(*snapshot)))
    if (is_there(workload)) options_.on_accepted(workload);
  // A changed Trigger or Workload says something else of its bindings, and they of it.
  for (const auto& [key, object] : snapshot->objects->objects)
    if (key.kind == Kind::Binding || key.kind == Kind::Trigger) options_.on_news(key);
  clerk_.Wake();
}

// The workloads of which a policy decides no more, or another one: something else may set the version now, the manifest
// for one, and nothing that is found would tell of that.
std::set<std::string> TriggerService::EndedDecisions(std::map<std::string, DecidingBinding> now) {
  std::set<std::string> workloads;
  auto known = deciding_.Lock();
  for (const auto& [key, binding] : *known) {
    const auto found = now.find(key);
    const bool same = found != now.end() && found->second.binding == binding.binding &&
                      found->second.writes_back == binding.writes_back;
    if (!same) workloads.emplace(WorkloadOfFacts(key));
  }
  *known = std::move(now);
  return workloads;
}

void TriggerService::OnSecrets() {
  if (ports_.routes.ReadAgain()) OnRevision();
}

void TriggerService::OnStatus(const ObjectKey& key, const v1::Status& status) {
  if (key.kind != Kind::Workload) return;
  statuses_.Put(key.name, status);
  watch_.OnStatus(key.name, status);
  for (const ServiceName& target : watch_.Targets())
    if (target.workload == key.name) goals_.Review(target);
  if (desk_.HasNews()) clerk_.Wake();
  if (const auto snapshot = ports_.config.Current())
    Queue(ports_.routes.PromotedFrom(*snapshot, key.name), {.reason = "the stage before was looked at"});
}

// --- people ---

Expected<v1::ObjectPtr> TriggerService::FindWorkload(const std::string& name) {
  const auto snapshot = ports_.config.Current();
  const ObjectKey key{Kind::Workload, name};
  if (snapshot)
    if (const auto found = snapshot->objects->objects.find(key); found != snapshot->objects->objects.end())
      return found->second;
  return NotHere(key);
}

Expected<std::string> TriggerService::Told(const ServiceName& target, const Evaluated& evaluated) {
  const JobResult& result = evaluated.result;
  if (evaluated.goal) {
    Accepted(target, evaluated, {});
    const ImageVersion& version = evaluated.goal->version;
    return ToString(target) + (version == ImageVersion{} ? " is made anew" : " goes to " + ToString(version));
  }
  if (result.result == DeliveryResult::Skipped) return ToString(target) + ": " + result.message;
  return Error{evaluated.problem, ToString(target) + ": " + result.message};
}

// Without a binding. A workload with several services, and a service that is built, are targets that have no image.
Expected<Route> TriggerService::TargetOf(const ServiceName& target) {
  auto workload = FindWorkload(target.workload);
  if (!workload) return std::move(workload).error();
  Route route{.workload = std::move(*workload), .service = target.service};
  const auto images = ports_.routes.ImagesOf(*ports_.config.Current(), *route.workload);
  if (!images && target.service.empty()) return route;
  if (!images) return images.error();
  const auto found = images->find(target.service);
  if (found == images->end() && !target.service.empty())
    return Error{ErrorKind::NotFound, target.workload + " has no service \"" + target.service + "\"" +
                                          (images->contains("") ? "" : "; there are: " + NamesOf(*images))};
  if (found != images->end() && found->second) route.image = std::make_shared<const v1::ImageSource>(*found->second);
  return route;
}

Expected<std::string> TriggerService::Deploy(const std::string& name, const std::string& version) {
  const ServiceName named = ParseServiceName(name);
  auto target = TargetOf(named);
  if (!target) return std::move(target).error();
  const auto asked = ParseAskedVersion(version);
  if (!asked) return asked.error();
  const auto snapshot = ports_.config.Current();
  const auto deciding = ports_.routes.DecidingFor(*snapshot, named.workload, named.service);
  if (deciding && !version.empty())
    return Error{ErrorKind::Conflict, "binding/" + deciding->binding + " decides the version of " + ToString(named) +
                                          "; to hold another one: disable the binding, or tfctl rollback " +
                                          ToString(named)};
  return Told(named, evaluator_.Deploy(std::move(*target), *asked, ending_.get_token()));
}

Expected<Route> TriggerService::PromotionOf(const ServiceName& target) {
  auto found = FindWorkload(target.workload);
  if (!found) return std::move(found).error();
  const auto table = Table();
  for (const auto& [trigger, routes] : table->by_trigger)
    for (const Route& route : routes)
      if (route.config->spec.promotion && tinyforge::TargetOf(route) == target) return route;
  return Error{ErrorKind::Invalid, ToString(target) + " has no binding to a promotion trigger"};
}

Expected<std::string> TriggerService::Promote(const std::string& name) {
  const ServiceName target = ParseServiceName(name);
  auto route = PromotionOf(target);
  if (!route) return std::move(route).error();
  return Told(target, evaluator_.PromoteNow(*route, ending_.get_token()));
}

Expected<std::string> TriggerService::ApprovePromotion(const std::string& name) {
  const ServiceName target = ParseServiceName(name);
  auto route = PromotionOf(target);
  if (!route) return std::move(route).error();
  auto state = evaluator_.Promotion(*route, false);
  if (!state) return std::move(state).error();
  if (state->phase != PromotionState::Phase::AwaitingApproval)
    return Error{ErrorKind::Conflict, "nothing of " + ToString(target) + " waits for approval: " + state->why};
  auto saved = ports_.facts.Update(FactKeyOf(v1::IdentityOf(*route->workload), route->service),
                                   [&](Facts& facts) { facts.approved = state->version.digest; });
  if (!saved) return std::move(saved).error();
  Queue({&*route, 1}, {.reason = "it was approved"});
  return ToString(state->version) + " is approved for " + ToString(target);
}

// --- objects ---

// Begins what is due of the routes of a trigger, those that keep one rhythm together. When to come back.
std::optional<Duration> TriggerService::KeepTime(std::span<const Route> routes) {
  std::map<RhythmKey, std::vector<Route>> together;
  for (const Route& route : routes)
    if (const auto key = RhythmOf(route)) together[*key].push_back(route);
  std::optional<Duration> again;
  for (const auto& [key, group] : together) {
    const bool polls = std::holds_alternative<PollRhythm>(key.rhythm);
    const Beat beat = polls ? rhythms_.Poll(key, ports_.clock.Now())
                            : rhythms_.Schedule(key, ports_.clock.SystemNow(), ports_.calendar);
    if (beat.came && polls) Queue(group, {.reason = "polled"});
    if (beat.came && !polls) TakeTime(key.trigger, beat.at, group);
    if (beat.again) again = std::min(again.value_or(*beat.again), *beat.again);
  }
  return again;
}

// In the log it stands as a call, so that it can be replayed, and goes on after a restart.
void TriggerService::TakeTime(const std::string& trigger, SysTime at, std::span<const Route> routes) {
  Delivery delivery{.trigger = trigger, .cause = "schedule", .events = {Fired{}}};
  Take(std::move(delivery), routes, RouteMatches({TimeCame{at}}, routes));
}

void TriggerService::PollGit(const std::string& trigger, std::span<const Route> routes, Finding& finding) {
  GitPoll::Report report = git_poll_->Look(trigger, routes);
  finding.requeue_after = report.again;
  if (!report.note.empty()) finding.message += "; " + report.note;
  if (report.problem.empty()) return;
  finding.ready = ConditionStatus::False;
  finding.reason = "SourceUnavailable";
  finding.message = std::move(report.problem);
}

// Of what moved only that becomes a delivery which a binding acts on; what the controller did itself, or an earlier
// process took in just before its end, does not.
bool TriggerService::TakePushes(const std::string& trigger, RefBook::Moves moves) {
  constexpr std::size_t kMaxEvents = 64;
  const auto table = Table();
  if (!table) return false;
  const auto routes = table->RoutesOf(trigger);
  const auto logged = moves.earlier ? ports_.log.Deliveries({.trigger = trigger}) : std::vector<Delivery>();
  std::erase_if(moves.pushes, [&](const GitPushed& push) {
    const bool taken = gate_.IsOwn(push) || (logged && IsLatest(*logged, push));
    return taken || std::ranges::none_of(routes, [&](const Route& route) {
             return Polls(route) && !std::holds_alternative<NoMatch>(MatchAll({push}, route));
           });
  });
  for (std::size_t i = 0; i < moves.pushes.size(); i += kMaxEvents) {
    Delivery delivery{.trigger = trigger, .cause = std::string(kPoll)};
    const auto count = std::min(kMaxEvents, moves.pushes.size() - i);
    for (const GitPushed& push : std::span(moves.pushes).subspan(i, count)) delivery.events.push_back(push);
    const std::string id = Accept(std::move(delivery)).id;
    desk_.Await(id, [this, id] { ForgetFailed(id); });
  }
  if (!moves.pushes.empty()) (void)clerk_.Flush();  // before it is noted as taken
  return true;
}

// Who redelivers what a poll found and failed at wants it tried again.
void TriggerService::ForgetFailed(const std::string& id) {
  const auto delivery = desk_.Find(id);
  if (!delivery || CountOutcomes(*delivery).errored == 0) return;
  for (const InboundEvent& event : delivery->events)
    if (const auto* push = std::get_if<GitPushed>(&event)) git_poll_->Forget(delivery->trigger, *push);
}

Expected<void> TriggerService::LogHeard() {
  { const std::unique_lock all_are_deliveries(heard_); }
  return clerk_.Flush();
}

bool TriggerService::IsNoNews(const Delivery& delivery, const GitPushed& push) {
  return git_poll_ && delivery.cause == "webhook" && !git_poll_->Hear(delivery.trigger, push);
}

Finding TriggerService::JudgeTrigger(const v1::Object& trigger, const ConfigSnapshot& snapshot) {
  const auto table = ports_.routes.Of(snapshot);
  Finding finding = FindOnTrigger(trigger, *table);
  if (finding.ready != ConditionStatus::True) return finding;
  const auto routes = table->RoutesOf(trigger.key.name);
  const auto& spec = std::get<v1::TriggerSpec>(trigger.spec);
  if (spec.registry || spec.schedule) finding.requeue_after = KeepTime(routes);
  if (spec.git && git_poll_) PollGit(trigger.key.name, routes, finding);
  if (ports_.routes.MayPass(snapshot)) {
    finding.requeue_after = std::min<Duration>(finding.requeue_after.value_or(kInDoubtPause), kInDoubtPause);
    LookAgainInDoubt();
  }
  return finding;
}

// Every trigger asks for it, and is asked again by it: once in a while is enough.
void TriggerService::LookAgainInDoubt() {
  const SteadyTime now = ports_.clock.Now();
  {
    auto next = next_reading_.Lock();
    if (now < *next) return;
    *next = now + kInDoubtPause;
  }
  OnSecrets();
}

Finding TriggerService::JudgeBinding(const v1::Object& binding, const ConfigSnapshot& snapshot) {
  return FindOnBinding(binding, *ports_.routes.Of(snapshot), notes_);
}

}  // namespace tinyforge
