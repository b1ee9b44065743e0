#include "controller/trigger/evaluator.h"

#include <algorithm>
#include <utility>

#include "reconcilers/trigger/kind/registry_trigger.h"
#include "reconcilers/trigger/watched_refs.h"
#include "reconcilers/workload/services.h"
#include "reconcilers/workload/version_decision.h"

namespace tinyforge {

// A version that is to stand in the facts.
struct Evaluator::Wish {
  const Route& route;
  std::string binding;  // empty: a person's
  ImageVersion version;
  bool policy = false;
  std::string why;
  std::string delivery;
  bool remake = false;  // also where it is what runs already
  SysTime received{};   // of an event; epoch: it counts from now
};

namespace {

constexpr std::size_t kDatesAsked = 200;  // requests that a choice by date may cost the first time
// Registries tell of a push before they show its tag.
constexpr int kBehindAttempts = 5;
constexpr auto kBehindPause = std::chrono::milliseconds(200);
constexpr int kAttempts = 40;  // over some half an hour
constexpr auto kFirstPause = std::chrono::seconds(2);
constexpr auto kLongestPause = std::chrono::minutes(1);
constexpr std::string_view kEdited = "the manifest's version was edited meanwhile";

Evaluated Skip(std::string why) {
  return {{DeliveryResult::Skipped, std::move(why), {}}, {}};
}

Evaluated Err(std::string why, ErrorKind kind = ErrorKind::Conflict) {
  return {{DeliveryResult::Errored, std::move(why), {}}, {}, kind};
}

Duration PauseAfter(int attempt) {
  Duration pause = kFirstPause;
  for (int i = 0; i < attempt && pause < kLongestPause; ++i) pause *= 2;
  return std::min<Duration>(pause, kLongestPause);
}

// What was pushed is not among what was read.
bool IsBehind(std::span<const TagRecord> tags, const ImageVersion& pushed) {
  if (pushed.tag.empty()) return false;
  const auto found = std::ranges::find(tags, pushed.tag, &TagRecord::tag);
  if (found == tags.end()) return tags.size() != 1 || tags.front().digest.empty();  // of one tag alone nothing follows
  return !found->digest.empty() && !pushed.digest.empty() && found->digest != pushed.digest;
}

std::string WhyNot(const MatchResult& match) {
  if (const auto* none = std::get_if<NoMatch>(&match)) return none->reason;
  const auto* error = std::get_if<Error>(&match);
  return error ? error->message : "";
}

std::string TagOf(const v1::ImageSource& image) {
  return image.tag.value_or("latest");
}

// "workload/shop", "service web of workload/shop"
std::string NameOf(const Route& route) {
  return (route.service.empty() ? "" : "service " + route.service + " of ") + ToString(route.workload->key);
}

std::string FactKeyOf(const Route& route) {
  return tinyforge::FactKeyOf(v1::IdentityOf(*route.workload), route.service);
}

// A poll is tried again by the next one.
bool IsPoll(const Job& job) {
  const auto& trigger = job.route.config;
  return job.tickets.empty() && trigger && trigger->spec.registry &&
         trigger->spec.registry->poll_interval > Duration(0);
}

// Each wish has a time of its own, later than those before it, whatever the clock says. The wish of one delivery is
// written once, also when the delivery is taken up again after a crash.
void WishRemake(Remake wish, Facts& facts) {
  if (facts.remake && !wish.delivery.empty() && facts.remake->delivery == wish.delivery) return;
  if (facts.remake) wish.at = std::max(wish.at, facts.remake->at + SysTime::duration(1));
  facts.remake = std::move(wish);
}

Evaluated Remade(const Facts& facts, const std::string& why, SysTime now) {
  if (facts.stopped) return Skip("it is kept for later: the workload is stopped on purpose");
  return {{DeliveryResult::Rolling, why, {}}, Goal{{}, std::min(now, facts.remake->at)}};
}

std::string DecidedBy(const DecidingBinding& deciding, const Route& route) {
  return "binding/" + deciding.binding + " decides the version of " + NameOf(route);
}

// What stands in the way of a version that was set; empty: it is being rolled out.
std::string WhyOverruled(const v1::Object& workload, const VersionQuestion& question, const Facts& facts) {
  const VersionDecision decision = DecideVersion(question, facts);
  if (decision.set_by == "pin") return "it is kept for later: the workload is pinned to " + decision.version.tag;
  if (facts.stopped) return "it is kept for later: the workload is stopped on purpose";
  if (facts.suspended || workload.workload().suspend) return "it is kept for later: the workload is suspended";
  return {};
}

}  // namespace

RegistryQuery Evaluator::QueryFor(const v1::ImageSource& image) {
  RegistryQuery query{.repository = image.repository};
  if (!image.pull_secret) return query;
  if (auto handle = ports_.secrets.Find(*image.pull_secret)) query.pull_secret = std::move(*handle);
  return query;
}

// Tried again while the world may still mend it.
Evaluated Evaluator::Failed(const Job& job, const Error& error) {
  const bool may_mend = error.kind != ErrorKind::Invalid && error.kind != ErrorKind::Terminal;
  if (IsPoll(job) || !may_mend || job.attempt >= kAttempts) return Err(error.message, error.kind);
  Duration pause = PauseAfter(job.attempt);
  if (job.route.image) pause = std::max(pause, ports_.registry.Pause(job.route.image->repository));
  return {{DeliveryResult::Pending, error.message, pause}, {}, error.kind};
}

// A later edit of the version wins over an event that was not acted on yet.
bool Evaluator::WasEdited(const Job& job) {
  if (!job.queued || !job.route.image || job.queued == job.route.image) return false;
  return ManifestReference(*job.queued) != ManifestReference(*job.route.image);
}

Evaluated Evaluator::Evaluate(const Job& job, std::stop_token stop) {
  const v1::TriggerSpec& trigger = job.route.config->spec;
  if (trigger.promotion) return EvaluatePromotion(job, stop);
  if (trigger.registry) return EvaluatePolicy(job, stop);
  if (trigger.git && trigger.git->image_tag && job.intent.act == DeploymentIntent::Act::Evaluate)
    return EvaluateRefs(job, stop);
  switch (job.intent.act) {
    case DeploymentIntent::Act::SetVersion: return SetVersion(job, stop);
    case DeploymentIntent::Act::Evaluate:
    case DeploymentIntent::Act::Refresh: return Refresh(job, false, stop);
    case DeploymentIntent::Act::Redeploy: return Refresh(job, true, stop);
    case DeploymentIntent::Act::Restart: return MakeAnew(job);
  }
  return Err("unknown act");
}

// --- policies ---

Evaluated Evaluator::EvaluatePolicy(const Job& job, std::stop_token stop) {
  const auto policy = PolicyFor(*job.route.config->spec.registry, *job.route.image);
  if (!policy) return Err(policy.error().message);
  const auto tags = ReadTags(**policy, job, stop);
  if (!tags) return Failed(job, tags.error());
  if (job.attempt < kBehindAttempts && IsBehind(*tags, job.intent.version))
    return {{DeliveryResult::Pending, "the registry does not show " + ToString(job.intent.version) + " yet",
             kBehindPause * (1 << job.attempt)},
            {}};
  const TagChoice choice = (*policy)->Choose(*tags);
  if (!choice.best) return Skip("no tag is wanted: " + choice.why);
  ImageVersion version{choice.best->tag, choice.best->digest};
  if (version.digest.empty()) {
    auto digest = ports_.registry.Digest(QueryFor(*job.route.image), version.tag, job.since, stop);
    if (!digest) return Failed(job, digest.error());
    version.digest = std::move(*digest);
  }
  return Accept({.route = job.route,
                 .binding = job.route.binding->key.name,
                 .version = std::move(version),
                 .policy = true,
                 .why = (*policy)->ToString() + ": " + choice.why,
                 .delivery = job.delivery});
}

Expected<std::vector<TagRecord>> Evaluator::ReadTags(const TagPolicy& policy, const Job& job, std::stop_token stop) {
  const RegistryQuery query = QueryFor(*job.route.image);
  if (const std::string only(policy.OnlyTag()); !only.empty()) {
    auto digest = ports_.registry.Digest(query, only, job.since, stop);
    if (!digest) return std::move(digest).error();
    return std::vector<TagRecord>{{.tag = only, .digest = std::move(*digest)}};
  }
  auto tags = ports_.registry.Tags(query, job.since, stop);
  if (!tags) return std::move(tags).error();
  if (policy.NeedsDates()) return ReadDates(job, *tags, stop);
  std::vector<TagRecord> records;
  records.reserve(tags->size());
  for (std::string& tag : *tags) records.push_back({.tag = std::move(tag)});
  return records;
}

Expected<std::vector<TagRecord>> Evaluator::ReadDates(const Job& job, std::span<const std::string> tags,
                                                      std::stop_token stop) {
  if (tags.size() > kDatesAsked)
    return Error{ErrorKind::Invalid, "tagPolicy.newest costs requests for each tag, and the repository has " +
                                         std::to_string(tags.size()) + "; at most " + std::to_string(kDatesAsked) +
                                         " are asked for: say semver, glob or regex instead"};
  const RegistryQuery query = QueryFor(*job.route.image);
  std::vector<TagRecord> records;
  for (const std::string& tag : tags) {
    auto digest = ports_.registry.Digest(query, tag, job.since, stop);
    if (!digest && digest.error().kind == ErrorKind::NotFound) continue;  // removed since it was listed
    if (!digest) return std::move(digest).error();
    auto created = ports_.registry.Created(query, *digest, stop);
    if (!created && created.error().kind != ErrorKind::NotFound && created.error().kind != ErrorKind::Invalid)
      return std::move(created).error();
    records.push_back({tag, std::move(*digest), created ? std::optional(*created) : std::nullopt});
  }
  return records;
}

Expected<PromotionState> Evaluator::Promotion(const Route& route, bool at_once) {
  const std::string& parent = *route.workload->workload().parent;
  auto record = ports_.store.Get({Kind::Workload, parent});
  if (!record) return std::move(record).error();
  if (!*record) return PromotionState{.why = "workload/" + parent + ", the stage before, is not known here"};
  const auto status = ports_.statuses.Of(parent);
  if (!status) return PromotionState{.why = parent + " has not been looked at since the controller started"};
  auto facts = ports_.facts.Load(FactKeyOf(route));
  if (!facts) return std::move(facts).error();
  auto stage = StatusOfStage(route, *status);
  if (!stage) return std::move(stage).error();
  return LookAtPromotion(*route.config->spec.promotion, {.parent = {parent, (*record)->generation, std::move(*stage)},
                                                         .now = ports_.clock.SystemNow(),
                                                         .approved = facts->approved,
                                                         .at_once = at_once});
}

// Of the service that has the same name there. The rollouts of a workload are of all its services, but which release
// of one ran well, and since when, is known of each.
Expected<v1::Status> Evaluator::StatusOfStage(const Route& route, v1::Status status) {
  if (route.service.empty()) return status;
  const std::string& parent = *route.workload->workload().parent;
  if (std::ranges::find(status.services, route.service, &v1::ServiceStatus::name) == status.services.end()) {
    status.resolved.reset();
    return status;
  }
  status = StatusOfService(std::move(status), route.service);
  const auto snapshot = ports_.config.Current();
  const v1::Object* stage = snapshot ? snapshot->objects->Find({Kind::Workload, parent}) : nullptr;
  const std::string& identity = stage ? v1::IdentityOf(*stage) : parent;
  auto facts = ports_.facts.Load(tinyforge::FactKeyOf(identity, route.service));
  if (!facts) return std::move(facts).error();
  status.last_rollout.reset();
  if (!facts->good.empty())
    status.last_rollout = v1::RolloutRecord{.outcome = "Succeeded", .ended = facts->good.back().at};
  return status;
}

// What was asked for by digest cannot become outdated, so each is asked for once. The stage before may run an image of
// another repository than the one that the version is set for.
Expected<void> Evaluator::CheckPromoted(const Job& job, const ImageVersion& version, std::stop_token stop) {
  const v1::ImageSource& image = *job.route.image;
  const auto digest = ports_.registry.Digest(QueryFor(image), version.digest, SteadyTime{}, stop);
  if (digest) return {};
  if (digest.error().kind != ErrorKind::NotFound) return digest.error();
  const std::string& parent = *job.route.workload->workload().parent;
  const auto snapshot = ports_.config.Current();
  const v1::Object* stage = snapshot ? snapshot->objects->Find({Kind::Workload, parent}) : nullptr;
  const auto there = stage ? ports_.routes.ImageOf(*snapshot, *stage, job.route.service)
                           : Expected<v1::ImageSource>(Error{ErrorKind::NotFound, ""});
  const std::string from = there ? there->repository : "another source";
  return Error{ErrorKind::NotFound,
               image.repository + " does not have " + ToString(version) + ", which " + parent + " runs from " + from};
}

Evaluated Evaluator::EvaluatePromotion(const Job& job, std::stop_token stop) {
  auto state = Promotion(job.route, false);
  if (!state) return Failed(job, state.error());
  const bool promoted = state->phase == PromotionState::Phase::Promoted;
  if (auto there = promoted ? CheckPromoted(job, state->version, stop) : Expected<void>(); !there)
    return Failed(job, there.error());
  if (promoted)
    return Accept({.route = job.route,
                   .binding = job.route.binding->key.name,
                   .version = std::move(state->version),
                   .policy = true,
                   .why = std::move(state->why),
                   .delivery = job.delivery});
  Evaluated waits = Skip(std::move(state->why));
  if (state->until) waits.result.again = std::max(Duration(0), *state->until - ports_.clock.SystemNow());
  return waits;
}

Evaluated Evaluator::PromoteNow(const Route& route, std::stop_token stop) {
  auto state = Promotion(route, true);
  if (!state) return Err(state.error().message, state.error().kind);
  if (state->phase != PromotionState::Phase::Promoted) return Err(std::move(state->why));
  const Job job{.route = route, .since = ports_.clock.Now()};
  if (auto there = CheckPromoted(job, state->version, stop); !there)
    return Err(there.error().message, there.error().kind);
  return Accept({.route = route,
                 .binding = route.binding->key.name,
                 .version = std::move(state->version),
                 .policy = true,
                 .why = std::move(state->why)});
}

// --- events ---

// Called without a push, a trigger with imageTag acts on what its repository has now.
Evaluated Evaluator::EvaluateRefs(const Job& job, std::stop_token stop) {
  const v1::TriggerSpec& trigger = job.route.config->spec;
  if (!ports_.refs) return Err("git repositories are not asked here");
  const auto listed = ports_.refs->List(trigger.git->repository, job.since, stop);
  if (!listed && listed.error().kind == ErrorKind::Invalid)
    return Err("what it points to now cannot be asked of " + listed.error().message +
               "; write its URL into git.repository, or use tfctl deploy " + job.route.workload->key.name);
  if (!listed) return Failed(job, listed.error());
  auto newest = NewestRef(*trigger.git, (*listed)->url, (*listed)->refs);
  if (!newest) return Err(newest.error().message);
  const std::string at = RefOf(*newest) + " of " + newest->repository + " is at " + newest->commit.substr(0, 12);
  const MatchResult match = MatchTrigger({TriggerEvent(*newest), trigger, job.route.target()});
  const auto* intent = std::get_if<DeploymentIntent>(&match);
  if (!intent) return Err(at + ": " + WhyNot(match));
  Job chosen = job;
  chosen.intent = {.act = intent->act, .version = intent->version, .reason = job.intent.reason + ": " + at};
  return SetVersion(chosen, stop);
}

// What was asked for has a tag and a digest, and the tag is another digest. Of a push it may not be shown yet.
Evaluated Evaluator::Differs(const Job& job, const std::string& digest) {
  const ImageVersion& asked = job.intent.version;
  std::string why = asked.tag + " is " + digest + ", not " + asked.digest + "; name the tag or the digest alone";
  if (job.tickets.empty() || job.attempt >= kBehindAttempts) return Err(std::move(why), ErrorKind::Invalid);
  return {{DeliveryResult::Pending, std::move(why), kBehindPause * (1 << job.attempt)}, {}, ErrorKind::Transient};
}

Evaluated Evaluator::SetVersion(const Job& job, std::stop_token stop) {
  const v1::ImageSource* image = job.route.image.get();
  if (!image) return Err(NameOf(job.route) + " has no source.image, whose version could be set");
  if (WasEdited(job)) return Skip(std::string(kEdited));
  if (const auto deciding = DecidingFor(job.route)) return Skip(DecidedBy(*deciding, job.route));
  ImageVersion version = job.intent.version;
  auto digest =
      ports_.registry.Digest(QueryFor(*image), version.tag.empty() ? version.digest : version.tag, job.since, stop);
  if (!digest) return Failed(job, digest.error());
  if (!version.digest.empty() && version.digest != *digest) return Differs(job, *digest);
  version.digest = std::move(*digest);
  return Accept({.route = job.route,
                 .binding = job.route.binding->key.name,
                 .version = std::move(version),
                 .why = job.intent.reason,
                 .delivery = job.delivery,
                 .received = job.received});
}

// What the tag of the manifest points to now. With `remake` it is made anew also when that has not moved.
Evaluated Evaluator::Refresh(const Job& job, bool remake, std::stop_token stop) {
  const v1::ImageSource* image = job.route.image.get();
  if (!image || image->digest) return remake ? MakeAnew(job) : Skip("its manifest names a digest, which cannot move");
  if (!remake && WasEdited(job)) return Skip(std::string(kEdited));
  if (const auto deciding = DecidingFor(job.route))
    return remake ? MakeAnew(job) : Skip(DecidedBy(*deciding, job.route));
  auto digest = ports_.registry.Digest(QueryFor(*image), TagOf(*image), job.since, stop);
  const bool local = !digest && remake && digest.error().kind == ErrorKind::NotFound;  // an image of this host alone
  if (!digest && !local) return Failed(job, digest.error());
  if (!digest) return MakeAnew(job);
  return Accept({.route = job.route,
                 .binding = job.route.binding->key.name,
                 .version = {TagOf(*image), std::move(*digest)},
                 .why = job.intent.reason,
                 .delivery = job.delivery,
                 .remake = remake,
                 .received = job.received});
}

Evaluated Evaluator::MakeAnew(const Job& job) {
  const std::string& why = job.intent.reason;
  const SysTime now = ports_.clock.SystemNow();
  Facts facts;
  auto saved = ports_.facts.Update(FactKeyOf(job.route), [&](Facts& f) {
    WishRemake({now, why, job.delivery}, f);
    facts = f;
  });
  if (!saved) return Err(saved.error().message);
  return Remade(BesideWorkload(job.route, std::move(facts)), why, now);
}

Evaluated Evaluator::Deploy(Route target, const ImageVersion& version, std::stop_token stop) {
  constexpr std::string_view kWhy = "tfctl deploy";
  Job job{.route = std::move(target), .intent = {.version = version, .reason = std::string(kWhy)}};
  auto person = std::make_shared<v1::Object>();  // who stands where a binding would
  person->key = {Kind::Binding, ""};
  job.route.binding = person;
  job.since = ports_.clock.Now();
  job.received = ports_.clock.SystemNow();
  return version == ImageVersion{} ? Refresh(job, true, stop) : SetVersion(job, stop);
}

// --- facts ---

// What a wish was asked for may be in force no more by the time that its source has answered. Empty: it is.
std::string Evaluator::WhyOutdated(const Wish& wish, const VersionQuestion& question) {
  const VersionQuestion asked = QuestionOf(*wish.route.image, {});
  if (asked.repository != question.repository) return "its manifest names another image by now";
  if (!wish.policy && question.deciding) return DecidedBy(*question.deciding, wish.route);
  if (wish.policy && (!question.deciding || question.deciding->binding != wish.binding))
    return "binding/" + wish.binding + " does not decide the version of " + NameOf(wish.route) + " any more";
  return wish.policy || asked.manifest == question.manifest ? "" : "its manifest names another version by now";
}

// What another event has set after this one was received. A time that is yet to come is that of a clock which was
// wrong.
const TriggeredVersion* Evaluator::FindLater(const Wish& wish, const std::string& base, SysTime now,
                                             const Facts& facts) {
  if (wish.policy || wish.received == SysTime{}) return nullptr;
  const auto found = std::ranges::find_if(facts.versions, [&](const TriggeredVersion& v) {
    const bool is_own = !wish.delivery.empty() && v.delivery == wish.delivery;
    return !v.policy && !is_own && v.base == base && v.at > wish.received && v.at <= now;
  });
  return found == facts.versions.end() ? nullptr : &*found;
}

bool Evaluator::IsWhatItHas(const Wish& wish, const std::string& base, const Facts& facts) {
  const TriggeredVersion* latest = nullptr;
  for (const TriggeredVersion& version : facts.versions)
    if (version.policy == wish.policy && (wish.policy || version.base == base)) latest = &version;
  return latest && latest->binding == wish.binding && latest->version == wish.version;
}

// With what a person said of the workload that a service is of.
Facts Evaluator::BesideWorkload(const Route& route, Facts own) {
  if (route.service.empty()) return own;
  const auto workload = ports_.facts.Load(v1::IdentityOf(*route.workload));
  return workload ? FactsOfService(std::move(own), *workload) : own;
}

std::optional<DecidingBinding> Evaluator::DecidingFor(const Route& route) {
  const auto snapshot = ports_.config.Current();
  return snapshot ? ports_.routes.DecidingFor(*snapshot, route.workload->key.name, route.service) : std::nullopt;
}

Evaluated Evaluator::Accept(const Wish& wish) {
  const auto snapshot = ports_.config.Current();
  const v1::Object* workload = snapshot ? snapshot->objects->Find(wish.route.workload->key) : nullptr;
  const auto image = workload ? ports_.routes.ImageOf(*snapshot, *workload, wish.route.service)
                              : Expected<v1::ImageSource>(Error{ErrorKind::NotFound, ""});
  if (!image && workload && image.error().kind != ErrorKind::NotFound)
    return {{DeliveryResult::Pending, image.error().message, kFirstPause}, {}, image.error().kind};
  if (!image) return Skip("it was meant for what the manifest says no more");
  const VersionQuestion question =
      QuestionOf(*image, ports_.routes.DecidingFor(*snapshot, workload->key.name, wish.route.service));
  if (std::string why = WhyOutdated(wish, question); !why.empty()) return Skip(std::move(why));
  const SysTime now = ports_.clock.SystemNow();
  const std::string base = ReferenceOf(question.repository, question.manifest);
  const SysTime at = wish.policy || wish.received == SysTime{} ? now : wish.received;
  std::string passed_over;
  bool same = false;
  Facts facts;
  auto saved = ports_.facts.Update(FactKeyOf(wish.route), [&](Facts& f) {
    const ExcludedVersion* excluded = wish.policy ? FindExclusion(f.excluded, wish.version) : nullptr;
    passed_over = excluded ? excluded->why : "";
    if (const TriggeredVersion* later = FindLater(wish, base, now, f))
      passed_over = "a later one was set: " + ToString(later->version);
    same = IsWhatItHas(wish, base, f);
    if (passed_over.empty() && !same)
      AcceptVersion({.binding = wish.binding,
                     .version = wish.version,
                     .base = base,
                     .policy = wish.policy,
                     .why = wish.why,
                     .delivery = wish.delivery,
                     .at = at},
                    f);
    if (wish.remake) WishRemake({now, wish.why, wish.delivery}, f);
    facts = f;
  });
  if (!saved) return Err(saved.error().message);
  facts = BesideWorkload(wish.route, std::move(facts));
  if (wish.remake) return Remade(facts, wish.why, now);
  if (!passed_over.empty()) return Skip(ToString(wish.version) + " is passed over: " + passed_over);
  if (same) return Skip(ToString(wish.version) + " is what it has already");
  if (std::string why = WhyOverruled(*workload, question, facts); !why.empty()) return Skip(std::move(why));
  return {{DeliveryResult::Rolling, wish.why, {}}, Goal{wish.version, facts.versions.back().at}};
}

}  // namespace tinyforge
