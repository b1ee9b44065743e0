#include "reconcilers/workload/adoption.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <set>
#include <utility>

#include "reconcilers/core/field_digests.h"
#include "reconcilers/workload/drift.h"
#include "reconcilers/workload/ownership.h"
#include "reconcilers/workload/slots.h"

namespace tinyforge {
namespace {

constexpr std::size_t kDigestBytes = 4096;  // of all that one service adopts
constexpr std::string_view kNoTemplate = "adopted";

void SetLabel(ObservedContainer& container, std::string_view key, std::string value) {
  container.labels[std::string(key)] = std::move(value);
}

int ReplicaAskedFor(const ObservedContainer& container) {
  const std::string_view text = container.Label(label::kComposeNumber);
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

DesiredRefs RefsOf(const std::vector<ServicePass>& services) {
  DesiredRefs refs;
  for (const ServicePass& service : services) refs.push_back(&service.desired);
  return refs;
}

bool IsFor(const ObservedContainer& container, const ServicePass& service) {
  return service.desired.service == container.Label(label::kComposeService);
}

bool IsOneOff(const ObservedContainer& container) {
  return container.Label(label::kComposeOneOff) == "True";
}

Error InTheWay(const std::string& project, const std::string& names) {
  return {ErrorKind::Conflict,
          "docker compose started project " + project + " on this host (" + names +
              "); to take its containers over: source.compose.adopt: true, or remove them (`docker compose down` "
              "keeps volumes)"};
}

bool AnyOfOurs(const std::vector<ServicePass>& services) {
  return std::ranges::any_of(services, [](const ServicePass& s) { return !s.observed.containers.empty(); });
}

std::string Without(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

std::string NameOf(const ObservedMount& mount) {
  return (mount.type == MountType::Volume ? "volume " : "") + mount.source;
}

std::string NameOf(const Mount& mount) {
  if (mount.type == MountType::Tmpfs) return "a tmpfs";
  if (!mount.origin.empty()) return "a file of the configuration";
  if (mount.source.empty()) return "an anonymous volume";
  return (mount.type == MountType::Volume ? "volume " : "") + mount.source;
}

bool IsWrittenForIt(const Mount& mount, const DesiredState& desired) {
  return std::ranges::any_of(desired.files, [&](const DesiredFile& f) { return f.host_path == mount.source; });
}

// "/data is volume shop_data and would be volume shop_other"; empty: what is mounted there stays.
std::string MountMoved(const ObservedMount& live, const DesiredState& desired) {
  if (live.type == MountType::Tmpfs) return {};
  const auto& mounts = desired.containers.front().spec.mounts;
  const auto wanted =
      std::ranges::find_if(mounts, [&](const Mount& m) { return Without(m.target) == Without(live.target); });
  const bool anonymous = live.type == MountType::Volume && IsAnonymousVolume(live.source);
  const std::string is = live.target + " is " + (anonymous ? "an anonymous volume" : NameOf(live)) + " and would be ";
  if (wanted == mounts.end()) return anonymous ? "" : is + "nothing";
  if (anonymous && wanted->type == MountType::Volume && wanted->source.empty()) return {};
  if (wanted->type == live.type && Without(wanted->source) == Without(live.source)) return {};
  if (live.type == MountType::Bind && live.read_only && IsWrittenForIt(*wanted, desired)) return {};
  return is + NameOf(*wanted);
}

std::string MountsMoved(const ObservedContainer& container, const DesiredState& desired) {
  std::string text;
  for (const ObservedMount& mount : container.mounts)
    if (const std::string moved = MountMoved(mount, desired); !moved.empty())
      text += "; service " + desired.service + " (container " + container.name + "): " + moved;
  return text;
}

// Each its own: the number that docker compose gave it, or where that is none of those asked for, the first free one.
// Where ours has the number already, its replacement had begun.
std::map<std::string, int> ReplicasOf(const std::vector<ObservedContainer>& found,
                                      const std::vector<ObservedContainer>& ours, std::size_t wanted) {
  std::map<std::string, int> replicas;  // by container id
  std::set<int> taken;
  for (const ObservedContainer& c : found) {
    const int number = ReplicaAskedFor(c);
    if (number > 0 && number <= static_cast<int>(wanted) && taken.insert(number).second) replicas[c.id] = number;
  }
  for (const ObservedContainer& c : ours) taken.insert(ReplicaOf(c));
  int next = 1;
  for (const ObservedContainer& c : found) {
    if (replicas.contains(c.id)) continue;
    while (!taken.insert(next).second) ++next;
    replicas[c.id] = next;
  }
  return replicas;
}

AdoptedContainer RecordOf(const ObservedContainer& container) {
  AdoptedContainer record{.id = container.id, .name = container.name, .labels = {}};
  for (const auto& [key, value] : container.labels)
    if (key.starts_with(label::kPrefix)) record.labels.emplace(key, value);
  return record;
}

Error DataLost(const std::string& moved) {
  return {ErrorKind::Terminal, "data would be lost from sight, so nothing is taken over" + moved +
                                   "; expected the same volumes and sources as those of the live containers"};
}

std::string WhatComesOf(const ObservedContainer& container, const DesiredState& desired) {
  if (ReplicaOf(container) > static_cast<int>(desired.containers.size()))
    return "one more than service " + desired.service + " asks for: to be removed";
  const std::string cause = ReplaceCause(container, desired.containers.front());
  if (!cause.empty()) return "to be recreated: " + cause;
  const ContainerTemplate& spec = desired.containers.front().spec;
  const bool hooks = !spec.post_start.empty() || !spec.pre_stop.empty();
  return "kept: it is what service " + desired.service + " asks for" +
         (hooks ? ", but has no hooks until it is replaced" : "");
}

// "shop-web-2" is the name of another replica of shop-web-1, which that may come to need.
bool IsOfAnotherReplica(std::string_view name, const DesiredContainer& desired) {
  const std::string own = "-" + std::to_string(desired.replica);
  if (!desired.name.ends_with(own) || name == desired.name) return false;
  const std::string_view stem(desired.name.data(), desired.name.size() - own.size() + 1);
  return name.starts_with(stem) && name.find_first_not_of("0123456789", stem.size()) == std::string_view::npos;
}

bool IsMadeFrom(const ObservedContainer& c, const DesiredContainer& d) {
  return d.role == c.Label(label::kRole) && d.replica == ReplicaOf(c) && IsOfTemplate(c, d);
}

// What is up serves under its own name already.
bool IsHadByAnother(const ObservedContainer& adopted, const DesiredContainer& d, const ObservedState& observed) {
  return std::ranges::any_of(observed.containers, [&](const ObservedContainer& c) {
    return c.id != adopted.id && IsUp(c) && IsMadeFrom(c, d);
  });
}

}  // namespace

Expected<Adopting> Adoption::Look(std::vector<ServicePass>& services) const {
  Adopting adopting;
  if (services.empty() || !services.front().desired.project || !services.front().desired.project->adopt)
    return adopting;
  auto sorted = Sort(services, adopting.plan);
  if (!sorted) return std::move(sorted).error();
  const bool first = std::ranges::all_of(*sorted, [](const Found& f) { return f.ours.empty(); });
  std::string moved;
  for (const Found& found : *sorted) moved += found.moved;
  if (first && !moved.empty()) return DataLost(moved);
  for (Found& found : *sorted) {
    if (found.strangers.empty()) continue;
    DesiredState& desired = found.service->desired;
    if (!desired.unready && !found.moved.empty()) desired.unready = DataLost(found.moved);
    // What it is to be is not known in whole, so neither is what would be lost.
    if (desired.unready && first) return Error(*desired.unready).Within("service " + desired.service);
    if (desired.unready) continue;
    if (auto done = Assign(std::move(found), adopting); !done) return std::move(done).error();
  }
  return adopting;
}

Expected<std::vector<Adoption::Found>> Adoption::Sort(std::vector<ServicePass>& services, Plan& plan) const {
  const DesiredState& any = services.front().desired;
  auto strangers = ports_.containers.OfProject(any.project->name, RefsOf(services));
  if (!strangers) return std::move(strangers).error();
  if (strangers->empty()) return std::vector<Found>();
  auto ours = ports_.onlooker.Containers(any.workload);
  if (!ours) return std::move(ours).error();
  std::vector<Found> sorted;
  for (ServicePass& service : services) sorted.push_back({.service = &service});
  for (ObservedContainer& c : *ours)
    for (Found& found : sorted)
      if (ServiceOf(c) == found.service->desired.service) found.ours.push_back(std::move(c));
  for (Found& found : sorted) {
    if (found.ours.empty()) continue;
    auto facts = ports_.facts.Load(FactKeyOf(found.service->desired));
    if (!facts) return std::move(facts).error().Within("load facts");
    found.known = *facts != Facts() || context_.facts.adopted_project == any.project->name;
  }
  for (ObservedContainer& c : *strangers) {
    const auto found = std::ranges::find_if(sorted, [&](const Found& f) { return IsFor(c, *f.service); });
    const std::string why = WhyLeftAlone(c, found == sorted.end() ? nullptr : &*found);
    if (!why.empty()) {
      plan.warnings.push_back(
          {warning::kForeignContainer, "container " + c.name + " of docker compose " + why + "; it is left alone"});
      continue;
    }
    if (!found->service->desired.unready) found->moved += MountsMoved(c, found->service->desired);
    found->strangers.push_back(std::move(c));
  }
  return sorted;
}

// Empty: it can be taken over.
std::string Adoption::WhyLeftAlone(const ObservedContainer& container, const Found* of) {
  if (IsOneOff(container)) return "was started by `docker compose run`";
  const std::string service(container.Label(label::kComposeService));
  if (!of || of->service->desired.containers.empty())
    return "is of service " + service + ", of which the compose files run nothing";
  // Without facts, what is older than all of ours is what they were to replace.
  const auto older = [&](const ObservedContainer& ours) { return ours.created < container.created; };
  if (!of->known && std::ranges::none_of(of->ours, older)) return {};
  return "is of service " + service + ", which has containers of its own here already";
}

// Numbers in order of age that no container of the service bears, so that what replaces one comes after it, also where
// that has begun and what was known of it is lost.
Expected<void> Adoption::Assign(Found found, Adopting& adopting) const {
  const DesiredState& desired = found.service->desired;
  const std::size_t count = found.strangers.size();
  if (count > kMaxAdopted)
    return Error{ErrorKind::Terminal, "service " + desired.service + " has " + std::to_string(count) +
                                          " containers of docker compose; expected at most " +
                                          std::to_string(kMaxAdopted) + ", so scale it down before"};
  std::set<int> seqs;
  for (const ObservedContainer& c : found.ours) seqs.insert(SeqOf(c));
  const auto replicas = ReplicasOf(found.strangers, found.ours, desired.containers.size());
  const std::size_t first_step = adopting.plan.steps.size();
  std::vector<AdoptedContainer> records;
  int seq = 1;
  for (ObservedContainer& c : found.strangers) {
    while (!seqs.insert(seq).second) ++seq;
    std::erase_if(c.labels, [](const auto& item) { return item.first.starts_with(label::kPrefix); });  // its image's
    SetLabel(c, label::kSeq, std::to_string(seq));
    SetLabel(c, label::kReplica, std::to_string(replicas.at(c.id)));
    const DesiredContainer& first = desired.containers.front();
    if (!IsSameImage(c, desired)) c.altered.emplace_back("image");
    SetLabel(c, label::kFields, DigestsBut(FieldDigests(first.spec), c.altered, kDigestBytes / count));
    SetLabel(c, label::kTemplateHash, c.altered.empty() ? first.template_hash : std::string(kNoTemplate));
    c = AsOurs(std::move(c), desired);
    records.push_back(RecordOf(c));
    const action::Adopt adopt{desired.workload, FactKeyOf(desired), desired.project->name, records.back(), {}};
    adopting.plan.steps.push_back({adopt, WhatComesOf(c, desired), 0});
    adopting.containers.push_back(std::move(c));
  }
  std::get<action::Adopt>(adopting.plan.steps[first_step].action).service = std::move(records);
  return {};
}

ObservedContainer Adoption::AsOurs(ObservedContainer c, const DesiredState& desired) const {
  SetLabel(c, label::kManaged, "true");
  SetLabel(c, label::kInstance, context_.instance);
  SetLabel(c, label::kWorkload, desired.workload);
  SetLabel(c, label::kWorkloadKind, desired.source_kind);
  SetLabel(c, label::kRole, desired.service);
  SetLabel(c, label::kImage, c.image_id);
  SetLabel(c, label::kVersion, desired.version);
  SetLabel(c, label::kRevision, context_.revision);
  SetLabel(c, label::kSource, context_.source_path);
  SetLabel(c, label::kCause, "started by docker compose");
  SetLabel(c, label::kAdopted, c.name);
  if (context_.facts.remake) SetLabel(c, label::kRemake, FormatRfc3339(context_.facts.remake->at));
  c.altered.clear();
  return c;
}

// By what it is called, however that is worded, or by what it is.
bool Adoption::IsSameImage(const ObservedContainer& container, const DesiredState& desired) const {
  if (ports_.host_images.Familiar(container.image) == ports_.host_images.Familiar(desired.image)) return true;
  return ports_.images.Peek(desired.image).id == container.image_id;
}

void Adoption::ClaimNetworks(std::vector<ServicePass>& services) const {
  const auto is_on = [&](const std::string& network) {
    return std::ranges::any_of(services, [&](const ServicePass& service) {
      return std::ranges::any_of(service.observed.containers,
                                 [&](const ObservedContainer& c) { return c.networks.contains(network); });
    });
  };
  for (ServicePass& service : services) {
    const auto& project = service.desired.project;
    if (!project) continue;
    const bool taken_over = project->adopt || context_.facts.adopted_project == project->name;
    for (DesiredNetwork& network : service.desired.networks)
      if (!network.external && (taken_over || is_on(network.name))) network.adopted_from = project->name;
  }
}

Expected<void> Adoption::CheckInTheWay(std::vector<ServicePass>& services) const {
  const auto is_vacant = [](const ServicePass& s) {
    const auto creates = [](const Step& step) { return std::holds_alternative<action::Create>(step.action); };
    return s.observed.containers.empty() && std::ranges::any_of(s.decision.plan.steps, creates);
  };
  const auto& project = services.front().desired.project;
  if (!project || project->adopt || std::ranges::none_of(services, is_vacant)) return {};
  auto strangers = ports_.containers.OfProject(project->name, {});
  if (!strangers) return std::move(strangers).error();
  std::erase_if(*strangers, IsOneOff);
  const bool first = !AnyOfOurs(services);
  std::string all;
  for (ServicePass& service : services) {
    if (first ? service.desired.containers.empty() : !is_vacant(service)) continue;
    std::string names;
    for (const ObservedContainer& c : *strangers)
      if (IsFor(c, service) && (first || IsUp(c))) names += (names.empty() ? "" : ", ") + c.name;
    if (names.empty()) continue;
    if (!first) LeaveAlone(service, InTheWay(project->name, names));
    all += (all.empty() ? "" : ", ") + names;
  }
  if (first && !all.empty()) return InTheWay(project->name, all);
  return {};
}

void Adopting::JoinInto(Plan& rest) && {
  std::ranges::move(plan.steps, std::inserter(rest.steps, rest.steps.begin()));
  std::ranges::move(plan.warnings, std::back_inserter(rest.warnings));
}

void AdoptFirst(Plan plan, std::vector<ServicePass>& services) {
  for (ServicePass& service : services)
    service.decision.verdict = {
        .phase = Phase::Progressing, .reason = "Adopting", .message = "taking over the containers of docker compose"};
  services.front().decision.plan = std::move(plan);
}

void KeepAdoptedNames(ServicePass& service) {
  for (const ObservedContainer& c : service.observed.containers) {
    const std::string_view name = c.Label(label::kAdopted);
    if (name.empty()) continue;
    for (DesiredContainer& d : service.desired.containers)
      if (IsMadeFrom(c, d) && !IsOfAnotherReplica(name, d) && !IsHadByAnother(c, d, service.observed)) d.name = name;
  }
}

}  // namespace tinyforge
