#include "reconcilers/workload/commands.h"

#include <algorithm>
#include <array>
#include <utility>

#include "reconcilers/source/source_kind.h"
#include "reconcilers/workload/decided_image.h"
#include "reconcilers/workload/version_decision.h"

namespace tinyforge {
namespace {

using Verb = WorkloadCommand::Verb;

constexpr std::array kVerbs = {
    std::pair(std::string_view("suspend"), Verb::Suspend), std::pair(std::string_view("resume"), Verb::Resume),
    std::pair(std::string_view("stop"), Verb::Stop),       std::pair(std::string_view("start"), Verb::Start),
    std::pair(std::string_view("retry"), Verb::Retry),     std::pair(std::string_view("rollback"), Verb::Rollback),
    std::pair(std::string_view("unpin"), Verb::Unpin)};

struct Words {
  std::string changed;
  std::string unchanged;
};

// Sets one flag of the facts.
Expected<std::string> SetFlag(const WorkloadCommand& command, FactStore& facts, bool Facts::*flag, bool value,
                              Words words) {
  bool was = value;
  auto saved = facts.Update(command.identity, [&](Facts& f) { was = std::exchange(f.*flag, value); });
  if (!saved) return std::move(saved).error();
  return was == value ? std::move(words.unchanged) : std::move(words.changed);
}

// What ends from now on until the start ended on purpose.
Expected<void> NoteStop(const WorkloadCommand& command, FactStore& facts) {
  return facts.Update(command.identity, [&](Facts& f) {
    if (!f.stopped) f.stop_began = command.now;
  });
}

Expected<std::string> Resume(const WorkloadCommand& command, const v1::Object& object, FactStore& facts) {
  if (object.workload().suspend)
    return Error{ErrorKind::Invalid, command.workload + " is suspended by its manifest (spec.suspend in " +
                                         object.position.path + "); expected a commit that changes it"};
  return SetFlag(command, facts, &Facts::suspended, false,
                 {command.workload + " goes on", command.workload + " was not suspended"});
}

// Why it is not ready; empty: it is, or that is not known.
std::string WhyNotReady(const WorkloadCommand& command, ObjectStore& store) {
  auto record = store.Get({Kind::Workload, command.workload});
  if (!record || !*record) return {};
  const Condition* ready = FindCondition((*record)->status.conditions, condition::kReady);
  return ready && ready->status != ConditionStatus::True ? ready->reason : std::string();
}

// Failed releases of its services that count, see FactsOfService.
Expected<std::size_t> CountFailures(const std::string& identity, SysTime retried, FactStore& store) {
  auto all = store.All();
  if (!all) return std::move(all).error();
  std::ptrdiff_t failures = 0;
  for (const auto& [key, facts] : *all)
    if (key != identity && WorkloadOfFacts(key) == identity)
      failures += std::ranges::count_if(facts.failed, [&](const FailedRelease& f) { return f.at > retried; });
  return static_cast<std::size_t>(failures);
}

// A release that failed, an image that could not be pulled, a start that the host refused, or what failed and is not
// restarted.
Expected<std::string> Retry(const WorkloadCommand& command, const CommandPorts& ports) {
  const std::string why = WhyNotReady(command, ports.store);
  const bool refused = why == "StartRefused";
  const bool ended = why == "ContainerFailed";
  auto facts = ports.facts.Load(command.identity);
  if (!facts) return std::move(facts).error();
  auto of_services = CountFailures(command.identity, facts->retried, ports.facts);
  if (!of_services) return std::move(of_services).error();
  std::size_t forgotten = *of_services;
  auto saved = ports.facts.Update(command.identity, [&](Facts& f) {
    forgotten += std::exchange(f.failed, {}).size();
    if (forgotten > 0 || refused || ended) f.retried = command.now;
  });
  if (!saved) return std::move(saved).error();
  const bool pulls = ports.images.Retry({Kind::Workload, command.workload});
  if (forgotten > 0) return "what failed of " + command.workload + " is tried again";
  if (pulls) return "the image of " + command.workload + " is pulled again";
  if (refused) return "the start of " + command.workload + " that the host refused is tried again";
  if (ended) return "what failed of " + command.workload + " is started again";
  return "no release of " + command.workload + " is held back";
}

// As people say it to tfctl: "shop", "shop/web".
std::string Target(const WorkloadCommand& command) {
  return command.service.empty() ? command.workload : command.workload + "/" + command.service;
}

// What names just that image: its digest, which any host can pull. Where it has none and is asked for as the manifest's
// tag, the image's id alone tells it from what the tag means now.
std::string NameOf(const GoodRelease& release, const std::string& base) {
  if (!release.digest.empty()) return std::string(RepositoryOf(release.reference)) + "@" + release.digest;
  return release.reference == base ? release.image_id : release.reference;
}

// The version that ran well before the one that is asked for now. Where the tag is the same it was moved: then only the
// image's id tells the two apart.
Expected<Pin> Previous(const WorkloadCommand& command, const VersionQuestion& question, const Facts& facts) {
  const std::string base = ReferenceOf(question.repository, question.manifest);
  const std::string now = DecideVersion(question, facts).reference;
  const auto& good = facts.good;
  auto asked = std::find_if(good.rbegin(), good.rend(), [&](const GoodRelease& r) {
    return r.reference == now || r.image_id == now || (!r.digest.empty() && r.digest == DigestOf(now));
  });
  const auto before = asked == good.rend() ? good.rbegin() : std::next(asked);
  if (before != good.rend()) return Pin{NameOf(*before, base), before->version, base, command.now};
  if (!command.service.empty())
    return Error{ErrorKind::Invalid, "no earlier version of " + Target(command) + " is known to have run well"};
  return Error{ErrorKind::Invalid, "no earlier version of " + command.workload +
                                       " is known to have run well; to choose one: tfctl get rollouts " +
                                       command.workload + ", then tfctl rollback " + command.workload + " --to ID"};
}

Expected<Pin> Chosen(const WorkloadCommand& command, const std::string& base, const Facts& facts, ObjectStore& store) {
  auto rows = store.Rollouts(command.workload);
  if (!rows) return std::move(rows).error();
  auto found = std::ranges::find_if(*rows, [&](const RolloutRow& r) { return r.rollout.id == command.to; });
  if (found == rows->end())
    return Error{ErrorKind::NotFound, "rollout " + std::to_string(command.to) + " of " + command.workload +
                                          " is not in the history; known ones: tfctl get rollouts " + command.workload};
  const v1::RolloutVersion& to = found->rollout.to;
  if (to.reference.empty())
    return Error{ErrorKind::Invalid, "rollout " + std::to_string(command.to) + " does not say which image it brought"};
  // Where the tag is the manifest's own it may have been moved since: then the image's id says which one is meant.
  const bool newest = !facts.good.empty() && facts.good.back().image_id == to.image_id;
  const auto known = std::ranges::find_if(
      facts.good, [&](const GoodRelease& r) { return !r.digest.empty() && r.image_id == to.image_id; });
  if (known != facts.good.end() && !newest) return Pin{NameOf(*known, base), to.version, base, command.now};
  const std::string& wanted = to.reference == base && !to.image_id.empty() && !newest ? to.image_id : to.reference;
  return Pin{wanted, to.version, base, command.now};
}

// Once the pin is gone, no policy brings back what was left: it goes on from the version that was gone back to.
void LeaveVersions(const Pin& pin, SysTime now, Facts& facts) {
  const ImageVersion back = {pin.version.starts_with("sha256:") ? "" : pin.version, DigestOf(pin.reference)};
  for (TriggeredVersion& version : facts.versions) {
    if (!version.policy || version.version == back) continue;
    ExcludeVersion({version.version, "it was rolled back", now}, facts);
    version = {.binding = version.binding,
               .version = back,
               .base = version.base,
               .policy = true,
               .why = "rolled back from " + ToString(version.version),
               .at = now};
  }
}

// The image whose version is meant.
Expected<v1::ImageSource> FindImage(const WorkloadCommand& command, const v1::Object& object,
                                    const ConfigSnapshot& snapshot, BindingReader& bindings) {
  auto images = bindings.ImagesOf(snapshot, object);
  if (!images) return std::move(images).error();
  const auto found = images->find(command.service);
  if (found != images->end() && found->second) return *found->second;
  if (command.service.empty())
    return Error{ErrorKind::Invalid, command.workload + " has several services; expected one of them, as " +
                                         command.workload + "/" + images->begin()->first +
                                         "; there are: " + NamesOf(*images)};
  if (found != images->end())
    return Error{ErrorKind::Invalid, Target(command) + " has only a build, and no image whose version could be pinned"};
  return Error{ErrorKind::NotFound, command.workload + " has no service \"" + command.service + "\"" +
                                        (images->contains("") ? "" : "; there are: " + NamesOf(*images))};
}

Expected<std::string> Rollback(const WorkloadCommand& command, const v1::Object& object, const CommandPorts& ports,
                               const ConfigSnapshot& snapshot) {
  const auto image = FindImage(command, object, snapshot, ports.bindings);
  if (!image) return image.error();
  if (command.to && !command.service.empty())
    return Error{ErrorKind::Invalid,
                 "rollouts are of the whole workload; expected tfctl rollback " + Target(command) + " without --to"};
  const VersionQuestion question =
      QuestionOf(*image, ports.bindings.DecidingFor(snapshot, command.workload, command.service));
  const std::string base = ReferenceOf(question.repository, question.manifest);
  const std::string fact_key = FactKeyOf(command.identity, command.service);
  auto facts = ports.facts.Load(fact_key);
  if (!facts) return std::move(facts).error();
  auto pin = command.to ? Chosen(command, base, *facts, ports.store) : Previous(command, question, *facts);
  if (!pin) return std::move(pin).error();
  const std::string version = pin->version;
  const bool as_manifest = pin->reference == base;
  auto saved = ports.facts.Update(fact_key, [&](Facts& f) {
    LeaveVersions(*pin, command.now, f);
    f.pin = as_manifest ? std::nullopt : std::optional(*pin);
  });
  if (!saved) return std::move(saved).error();
  const std::string target = Target(command);
  if (as_manifest) return target + " runs " + version + ", which is what its manifest says; no pin is needed";
  return target + " goes back to " + version + " and stays there until tfctl unpin " + target +
         ", or until its manifest names another version";
}

Expected<std::string> Unpin(const WorkloadCommand& command, FactStore& facts) {
  auto all = facts.All();
  if (!all) return std::move(all).error();
  bool pinned = false;
  for (const auto& [key, known] : *all) {
    const bool meant = command.service.empty() ? WorkloadOfFacts(key) == command.identity
                                               : key == FactKeyOf(command.identity, command.service);
    if (!meant || !known.pin) continue;
    auto saved = facts.Update(key, [&](Facts& f) { f.pin.reset(); });
    if (!saved) return std::move(saved).error();
    pinned = true;
  }
  return Target(command) + (pinned ? " follows its manifest again" : " was not pinned");
}

}  // namespace

std::optional<Verb> ParseVerb(std::string_view word) {
  auto found = std::ranges::find(kVerbs, word, [](const auto& verb) { return verb.first; });
  return found == kVerbs.end() ? std::nullopt : std::optional(found->second);
}

Expected<std::string> RunCommand(WorkloadCommand command, const CommandPorts& ports) {
  const auto snapshot = ports.config.Current();
  if (!snapshot) return Error{ErrorKind::Waiting, "no revision of the config repository is in force yet"};
  const v1::Object* object = snapshot->objects->Find({Kind::Workload, command.workload});
  if (!object) return Error{ErrorKind::NotFound, "workload \"" + command.workload + "\" not found"};
  command.identity = v1::IdentityOf(*object);
  if (snapshot->objects->Owner(command.identity) != object)
    return Error{ErrorKind::Conflict, "another workload goes by the name " + command.identity + " that " +
                                          command.workload + " had; see tfctl get workloads"};
  const std::string& name = command.workload;
  const bool of_image = command.verb == Verb::Rollback || command.verb == Verb::Unpin;
  if (!command.service.empty() && !of_image)
    return Error{ErrorKind::Invalid, "all services of a workload are meant; expected " + name + " alone"};
  switch (command.verb) {
    case Verb::Suspend:
      return SetFlag(
          command, ports.facts, &Facts::suspended, true,
          {name + " is suspended: drift is reported and nothing is changed", name + " is suspended already"});
    case Verb::Resume: return Resume(command, *object, ports.facts);
    case Verb::Stop:
      if (auto noted = NoteStop(command, ports.facts); !noted) return std::move(noted).error();
      return SetFlag(command, ports.facts, &Facts::stopped, true,
                     {name + " is being stopped", name + " is stopped already"});
    case Verb::Start:
      return SetFlag(command, ports.facts, &Facts::stopped, false,
                     {name + " is being started", name + " was not stopped"});
    case Verb::Retry: return Retry(command, ports);
    case Verb::Rollback: return Rollback(command, *object, ports, *snapshot);
    case Verb::Unpin: return Unpin(command, ports.facts);
  }
  return Error{ErrorKind::Invalid, "unknown command"};
}

}  // namespace tinyforge
