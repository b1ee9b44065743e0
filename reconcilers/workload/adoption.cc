#include "reconcilers/workload/adoption.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <set>
#include <utility>

#include "reconcilers/core/field_digests.h"
#include "reconcilers/workload/drift.h"
#include "reconcilers/workload/ownership.h"

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

// Null: there is none, or none of it is to run.
const DesiredState* ServiceFor(const ObservedContainer& container, const std::vector<ServicePass>& services) {
  for (const ServicePass& service : services)
    if (service.desired.service == container.Label(label::kComposeService) && !service.desired.containers.empty())
      return &service.desired;
  return nullptr;
}

bool IsOneOff(const ObservedContainer& container) {
  return container.Label(label::kComposeOneOff) == "True";
}

// Empty: it can be taken over.
std::string WhyLeftAlone(const ObservedContainer& container, const std::vector<ServicePass>& services) {
  if (IsOneOff(container)) return "was started by `docker compose run`";
  if (ServiceFor(container, services)) return {};
  return "is of service " + std::string(container.Label(label::kComposeService)) +
         ", of which the compose files run nothing";
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
std::map<std::string, int> ReplicasOf(const std::vector<ObservedContainer>& found, std::size_t wanted) {
  std::map<std::string, int> replicas;  // by container id
  std::set<int> taken;
  for (const ObservedContainer& c : found) {
    const int number = ReplicaAskedFor(c);
    if (number > 0 && number <= static_cast<int>(wanted) && taken.insert(number).second) replicas[c.id] = number;
  }
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

std::string WhatComesOf(const ObservedContainer& container, const DesiredState& desired) {
  if (ReplicaOf(container) > static_cast<int>(desired.containers.size()))
    return "one more than service " + desired.service + " asks for: to be removed";
  const std::string cause = ReplaceCause(container, desired.containers.front());
  return cause.empty() ? "kept: it is what service " + desired.service + " asks for" : "to be recreated: " + cause;
}

}  // namespace

Expected<Adopting> Adoption::Look(const std::vector<ServicePass>& services) const {
  Adopting adopting;
  if (services.empty() || !services.front().desired.project || !services.front().desired.project->adopt)
    return adopting;
  auto strangers = ports_.containers.OfProject(services.front().desired.project->name, RefsOf(services));
  if (!strangers) return std::move(strangers).error();
  auto found = Sort(std::move(*strangers), services, adopting.plan);
  if (!found) return std::move(found).error();
  for (const ServicePass& service : services)
    if (auto own = found->extract(&service.desired))
      if (auto done = Assign(service.desired, std::move(own.mapped()), adopting); !done) return std::move(done).error();
  return adopting;
}

Expected<Adoption::Found> Adoption::Sort(std::vector<ObservedContainer> strangers,
                                         const std::vector<ServicePass>& services, Plan& plan) const {
  Found found;
  std::string moved;
  for (ObservedContainer& c : strangers) {
    if (const std::string why = WhyLeftAlone(c, services); !why.empty()) {
      plan.warnings.push_back(
          {warning::kForeignContainer, "container " + c.name + " of docker compose " + why + "; it is left alone"});
      continue;
    }
    const DesiredState* desired = ServiceFor(c, services);
    // What it is to be is not known in whole, so neither is what would be lost.
    if (desired->unready) return Error(*desired->unready).Within("service " + desired->service);
    moved += MountsMoved(c, *desired);
    found[desired].push_back(std::move(c));
  }
  if (moved.empty()) return found;
  return Error{ErrorKind::Terminal, "data would be lost from sight, so nothing is taken over" + moved +
                                        "; expected the same volumes and sources as those of the live containers"};
}

// Numbers in order of age that no container of the service bears, so that what replaces one comes after it, also where
// that has begun and what was known of it is lost.
Expected<void> Adoption::Assign(const DesiredState& desired, std::vector<ObservedContainer> found,
                                Adopting& adopting) const {
  if (found.size() > kMaxAdopted)
    return Error{ErrorKind::Terminal, "service " + desired.service + " has " + std::to_string(found.size()) +
                                          " containers of docker compose; expected at most " +
                                          std::to_string(kMaxAdopted) + ", so scale it down before"};
  auto ours = ports_.onlooker.Containers(desired.workload);
  if (!ours) return std::move(ours).error();
  std::set<int> seqs;
  for (const ObservedContainer& c : *ours)
    if (ServiceOf(c) == desired.service) seqs.insert(SeqOf(c));
  const auto replicas = ReplicasOf(found, desired.containers.size());
  int seq = 1;
  for (ObservedContainer& c : found) {
    while (!seqs.insert(seq).second) ++seq;
    SetLabel(c, label::kSeq, std::to_string(seq));
    SetLabel(c, label::kReplica, std::to_string(replicas.at(c.id)));
    const std::size_t bytes = kDigestBytes / found.size();
    const DesiredContainer& first = desired.containers.front();
    if (!IsSameImage(c, desired)) c.altered.emplace_back("image");
    SetLabel(c, label::kFields, DigestsBut(FieldDigests(first.spec), c.altered, bytes));
    SetLabel(c, label::kTemplateHash, c.altered.empty() ? first.template_hash : std::string(kNoTemplate));
    c = AsOurs(std::move(c), desired);
    const action::Adopt adopt{desired.workload, FactKeyOf(desired), desired.project->name, RecordOf(c)};
    adopting.plan.steps.push_back({adopt, WhatComesOf(c, desired), 0});
    adopting.containers.push_back(std::move(c));
  }
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

Expected<void> Adoption::CheckInTheWay(const std::vector<ServicePass>& services) const {
  const auto creates = [](const Step& s) { return std::holds_alternative<action::Create>(s.action); };
  const bool any = std::ranges::any_of(
      services, [&](const ServicePass& s) { return std::ranges::any_of(s.decision.plan.steps, creates); });
  const auto& project = services.front().desired.project;
  if (!any || !project || project->adopt) return {};
  auto strangers = ports_.containers.OfProject(project->name, {});
  if (!strangers) return std::move(strangers).error();
  std::string names;
  for (const ObservedContainer& c : *strangers)
    if (!IsOneOff(c) && ServiceFor(c, services)) names += (names.empty() ? "" : ", ") + c.name;
  if (names.empty()) return {};
  return Error{ErrorKind::Conflict,
               "docker compose started project " + project->name + " on this host (" + names +
                   "); to take its containers over: source.compose.adopt: true, or remove them (`docker compose down` "
                   "keeps volumes)"};
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
      if (d.role == c.Label(label::kRole) && d.replica == ReplicaOf(c) && IsOfTemplate(c, d)) d.name = name;
  }
}

}  // namespace tinyforge
