#include "controller/docker/container_index.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "controller/docker/container_list.h"

namespace tinyforge::docker {
namespace {

constexpr std::size_t kAuditShare = 20;
constexpr auto kClaim = std::chrono::minutes(2);  // the deadlines of a create and a start

std::int64_t SeqOf(const ObservedContainer& container) {
  std::int64_t seq = 0;
  auto text = container.Label(label::kSeq);
  std::from_chars(text.data(), text.data() + text.size(), seq);
  return seq;
}

void AddUnlessEmpty(std::vector<std::string>& names, std::string_view name) {
  if (!name.empty()) names.emplace_back(name);
}

void AddAddress(std::string_view text, std::set<Ipv4>& used) {
  if (auto address = ParseIpv4(text)) used.insert(*address);
}

}  // namespace

ContainerIndex::ContainerIndex(EngineClient& client, ContainerIndexOptions options)
    : client_(client),
      options_(std::move(options)),
      first_sight_(client_, options_.secrets),
      state_(State{.addresses = AddressPool(options_.subnet, std::hash<std::string>()(options_.instance))}) {}

std::optional<Error> ContainerIndex::WhyNot(const State& state) const {
  if (state.listed) return std::nullopt;
  const std::string engine = "the Docker Engine at unix://" + client_.socket_path();
  if (!state.unread.empty()) return Error{ErrorKind::Waiting, engine + " cannot be read: " + state.unread};
  return Error{ErrorKind::Waiting, engine + " is being asked for its containers"};
}

Expected<std::map<std::string, bool>> ContainerIndex::IdsOf(std::string_view workload) {
  auto state = state_.Lock();
  if (auto error = WhyNot(*state)) return std::move(*error);
  std::map<std::string, bool> ids;
  for (const auto& [id, entry] : state->entries) {
    if (entry.details.container.Label(label::kWorkload) == workload) ids.emplace(id, entry.dirty);
  }
  return ids;
}

Expected<std::vector<ObservedContainer>> ContainerIndex::Containers(std::string_view workload) {
  return Read(workload, nullptr);
}

Expected<std::vector<ObservedContainer>> ContainerIndex::Compared(const DesiredRefs& desired) {
  return Read(desired.front()->workload, &desired);
}

Expected<std::vector<ObservedContainer>> ContainerIndex::Read(std::string_view workload, const DesiredRefs* desired) {
  auto ids = IdsOf(workload);
  if (!ids) return std::move(ids).error();
  bool provisional = false;
  for (const auto& [id, marked] : *ids) {
    if (marked && TakeKilled(id)) {
      provisional = true;
      continue;
    }
    if (!marked && !(desired && IsToBeCompared(id, *desired))) continue;
    if (auto changed = Inspect(id, {}, desired); !changed) return std::move(changed).error();
  }
  std::vector<ObservedContainer> containers;
  {
    auto state = state_.Lock();
    for (const auto& [id, entry] : state->entries) {
      if (entry.inspected && entry.details.container.Label(label::kWorkload) == workload) {
        containers.push_back(entry.Known());
      }
    }
  }
  std::ranges::stable_sort(containers, {}, SeqOf);
  if (provisional && options_.on_change) options_.on_change(std::string(workload));
  return containers;
}

bool ContainerIndex::IsToBeCompared(const std::string& id, const DesiredRefs& desired) {
  auto state = state_.Lock();
  auto found = state->entries.find(id);
  return found != state->entries.end() && !found->second.compared &&
         FirstSight::FindTemplate(found->second.details.container, desired);
}

bool ContainerIndex::TakeKilled(const std::string& id) {
  auto state = state_.Lock();
  auto found = state->entries.find(id);
  return found != state->entries.end() && found->second.TakeKilled();
}

Expected<std::vector<ObservedContainer>> ContainerIndex::Peek(std::string_view workload) {
  auto ids = IdsOf(workload);
  if (!ids) return std::move(ids).error();
  std::vector<ObservedContainer> containers;
  for (const auto& [id, marked] : *ids) {
    if (marked) {
      auto answer = Ask(id, {});
      if (!answer) return std::move(answer).error();
      if (!*answer) continue;
      containers.push_back(std::move((*answer)->details.container));
      auto state = state_.Lock();
      if (auto found = state->entries.find(id); found != state->entries.end())
        found->second.Recall(containers.back(), state->watched);
    } else {
      auto state = state_.Lock();
      auto found = state->entries.find(id);
      if (found != state->entries.end()) containers.push_back(found->second.details.container);
    }
  }
  std::ranges::stable_sort(containers, {}, SeqOf);
  return containers;
}

Expected<std::vector<ObservedContainer>> ContainerIndex::OfProject(const std::string& project,
                                                                   const DesiredRefs& desired) {
  auto listed = ListContainers(client_, {.values = {std::string(label::kComposeProject) + "=" + project}}, {});
  if (!listed) return std::move(listed).error();
  for (ObservedContainer& summary : *listed) state_.Lock()->adopted.Complete(summary);
  std::erase_if(*listed, [](const ObservedContainer& c) { return !c.Label(label::kManaged).empty(); });
  std::vector<ObservedContainer> found;
  for (const ObservedContainer& summary : *listed) {
    auto answer = Ask(summary.id, {});
    if (!answer) return std::move(answer).error();
    if (!*answer) continue;
    ObservedContainer& container = (*answer)->details.container;
    const auto service = std::ranges::find(desired, container.Label(label::kComposeService), &DesiredState::service);
    if (service != desired.end() && !(*service)->containers.empty())
      container.altered =
          first_sight_.CompareForeign((*answer)->text, container.image_id, (*service)->containers.front());
    found.push_back(std::move(container));
  }
  std::ranges::sort(found, {}, [](const ObservedContainer& c) { return std::pair(c.created, c.id); });
  return found;
}

std::map<std::string, ContainerAge> ContainerIndex::Ages(std::string_view workload) {
  const auto now = std::chrono::steady_clock::now();
  const auto since = [now](SteadyTime then) { return std::chrono::duration_cast<Duration>(now - then); };
  std::map<std::string, ContainerAge> ages;
  auto state = state_.Lock();
  for (const auto& [id, entry] : state->entries) {
    if (entry.inspected == 0 || entry.details.container.Label(label::kWorkload) != workload) continue;
    ContainerAge age{.attached = since(entry.attached_since)};
    if (entry.running_since) age.running = since(*entry.running_since);
    ages.emplace(id, age);
  }
  return ages;
}

std::map<std::string, std::string> ContainerIndex::WritersElsewhere(std::string_view workload,
                                                                    const std::set<std::string>& sources) {
  auto state = state_.Lock();
  auto writers = Writers(*state, workload, sources);
  DropClaims(*state, workload);
  const auto until = std::chrono::steady_clock::now() + kClaim;
  for (const auto& source : sources) {
    if (!writers.contains(source)) state->claims.insert_or_assign(source, Claim{std::string(workload), until});
  }
  return writers;
}

std::map<std::string, std::string> ContainerIndex::PeekWriters(std::string_view workload,
                                                               const std::set<std::string>& sources) {
  return Writers(*state_.Lock(), workload, sources);
}

std::map<std::string, std::string> ContainerIndex::Writers(const State& state, std::string_view workload,
                                                           const std::set<std::string>& sources) {
  std::map<std::string, std::string> writers;
  for (const auto& [id, entry] : state.entries) {
    const auto& container = entry.details.container;
    const bool up = container.state == ContainerState::Running || container.state == ContainerState::Paused ||
                    container.state == ContainerState::Restarting;
    if (!up || container.Label(label::kWorkload) == workload) continue;
    for (const auto& mount : container.mounts) {
      const bool writes = mount.type != MountType::Tmpfs && !mount.read_only && sources.contains(mount.source);
      if (writes) writers.emplace(mount.source, "container " + container.name + " of another workload");
    }
  }
  const auto now = std::chrono::steady_clock::now();
  for (const auto& [source, claim] : state.claims) {
    const bool live = claim.workload != workload && now < claim.until && sources.contains(source);
    if (live) writers.emplace(source, "workload " + claim.workload + ", which is starting,");
  }
  return writers;
}

void ContainerIndex::DropClaims(State& state, std::string_view workload) {
  std::erase_if(state.claims, [&](const auto& item) { return item.second.workload == workload; });
}

HostSupport ContainerIndex::Host() {
  return state_.Lock()->host;
}

Expected<std::vector<std::string>> ContainerIndex::FreeAddresses(std::size_t count) {
  auto state = state_.Lock();
  std::set<Ipv4> used;
  for (const auto& [id, address] : state->other_addresses) used.insert(address);
  for (const auto& [id, entry] : state->entries) {
    const auto& container = entry.details.container;
    AddAddress(container.Label(label::kAddress), used);
    auto endpoint = container.networks.find(options_.shared_network);
    if (endpoint == container.networks.end()) continue;
    AddAddress(endpoint->second.address, used);
    AddAddress(endpoint->second.static_address, used);
  }
  return state->addresses.Take(count, used, std::chrono::steady_clock::now());
}

Expected<ResyncReport> ContainerIndex::Resync(const std::stop_token& stop) {
  std::uint64_t begun = 0;
  std::uint64_t connection = 0;
  bool first = false;
  {
    auto state = state_.Lock();
    begun = ++state->step;
    connection = state->connection;
    first = state->connected && !state->listed;
  }
  auto report = Compare(begun, first, stop);
  auto state = state_.Lock();
  if (!state->connected || state->connection != connection) return report;
  if (report)
    state->listed = true;
  else if (!state->listed)
    state->unread = report.error().message;
  return report;
}

Expected<ResyncReport> ContainerIndex::Compare(std::uint64_t begun, bool first, const std::stop_token& stop) {
  auto listed = ListOurs(stop);
  if (!listed) return std::move(listed).error();
  if (first) {
    if (auto others = ListOtherAddresses(stop); !others) return std::move(others).error();
    if (auto asked = AskForSupport(stop); !asked) return std::move(asked).error();
  }
  ResyncReport report{.containers = listed->size()};
  report.workloads = Merge(std::move(*listed), begun);
  if (first) AddAllWorkloads(report.workloads);
  auto audited = Audit(report, stop);
  std::ranges::sort(report.workloads);
  report.workloads.erase(std::unique(report.workloads.begin(), report.workloads.end()), report.workloads.end());
  if (!audited) {
    // They differ from what is known now no more, so no later listing would report them.
    for (const auto& workload : report.workloads) {
      if (options_.on_change) options_.on_change(workload);
    }
    return std::move(audited).error();
  }
  return report;
}

Expected<std::vector<ObservedContainer>> ContainerIndex::ListOurs(const std::stop_token& stop) {
  auto listed = ListContainers(client_, {.values = {std::string(label::kInstance) + "=" + options_.instance}}, stop);
  if (!listed) return listed;
  const ContainerFilter adopted{.kind = "id", .values = state_.Lock()->adopted.Ids()};
  if (adopted.values.empty()) return listed;
  auto more = ListContainers(client_, adopted, stop);
  if (!more) return more;
  auto state = state_.Lock();
  for (ObservedContainer& container : *more) {
    state->adopted.Complete(container);
    listed->push_back(std::move(container));
  }
  return listed;
}

void ContainerIndex::Disconnected(const Error& why) {
  auto state = state_.Lock();
  state->connected = false;
  state->listed = false;
  state->unread = why.message;
  ++state->connection;
}

void ContainerIndex::Connected() {
  auto state = state_.Lock();
  state->connected = true;
  state->watched = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  state->listed = false;
  state->unread.clear();
  ++state->connection;
  for (auto& [id, entry] : state->entries) {
    entry.Mark(++state->step);
  }
}

void ContainerIndex::OnEvent(const EngineEvent& event) {
  std::string workload;
  {
    auto state = state_.Lock();
    bool changed = false;
    if (event.type == EngineEvent::Type::Container) {
      changed = OnContainerEvent(*state, event, workload);
    } else if (event.type == EngineEvent::Type::Network && !event.container.empty()) {
      auto found = state->entries.find(event.container);
      if (found == state->entries.end() || found->second.SeenAfter(event.time_ns)) return;
      found->second.Mark(++state->step);
      changed = true;
      workload = found->second.details.container.Label(label::kWorkload);
    }
    if (!changed) return;
  }
  if (!workload.empty() && options_.on_change) options_.on_change(workload);
}

bool ContainerIndex::OnContainerEvent(State& state, const EngineEvent& event, std::string& workload) {
  bool destroyed = event.action == "destroy";
  const bool adopted = state.adopted.Has(event.id);
  if (event.instance != options_.instance && !adopted) {
    if (destroyed) {
      state.other_addresses.erase(event.id);
    } else if (auto address = ParseIpv4(event.address)) {
      state.other_addresses[event.id] = *address;
    }
    return false;
  }
  if (event.action == "kill") {
    if (auto found = state.entries.find(event.id); found != state.entries.end()) found->second.NoteSignal(event.signal);
    return false;
  }
  workload = adopted ? state.adopted.WorkloadOf(event.id) : event.workload;
  if (destroyed) {
    DropClaims(state, workload);
    state.adopted.Remove(event.id);
    return state.entries.erase(event.id) > 0;
  }
  auto [found, added] = state.entries.try_emplace(event.id);
  auto& entry = found->second;
  if (added) {
    auto& container = entry.details.container;
    container.id = event.id;
    container.name = event.name;
    container.labels = {{std::string(label::kInstance), event.instance},
                        {std::string(label::kWorkload), event.workload},
                        {std::string(label::kAddress), event.address}};
    state.adopted.Complete(container);
  }
  if (event.action == "start") entry.asked_to_end = false;
  if (event.action == "die") entry.last_exit = std::atoi(event.exit_code.c_str());
  if (!added && entry.SeenAfter(event.time_ns)) {
    entry.kill = IndexEntry::Kill::None;  // what it was is known better
    return false;
  }
  using Kill = IndexEntry::Kill;
  if (event.action == "start") entry.kill = Kill::None;
  if (event.action == "die") entry.kill = entry.kill == Kill::Sent ? Kill::Done : Kill::None;
  entry.Mark(++state.step);
  return true;
}

ContainerIndex::EntryMap::iterator ContainerIndex::Find(State& state, std::string_view container) {
  auto found = state.entries.find(container);
  if (found != state.entries.end()) return found;
  return std::ranges::find_if(state.entries,
                              [&](const auto& item) { return item.second.details.container.name == container; });
}

void ContainerIndex::NoteAsked(std::string_view container, bool to_end) {
  auto state = state_.Lock();
  auto found = Find(*state, container);
  if (found != state->entries.end()) found->second.asked_to_end = to_end;
}

void ContainerIndex::Touch(std::string_view container) {
  auto state = state_.Lock();
  auto found = Find(*state, container);
  if (found != state->entries.end()) found->second.Mark(++state->step);
}

void ContainerIndex::Created(const std::string& id, std::string_view workload) {
  auto state = state_.Lock();
  auto& entry = state->entries[id];
  entry.Mark(++state->step);
  entry.created_here = true;
  entry.details.container.id = id;
  entry.details.container.labels.insert_or_assign(std::string(label::kWorkload), std::string(workload));
}

void ContainerIndex::Removed(std::string_view container) {
  auto state = state_.Lock();
  auto found = Find(*state, container);
  if (found != state->entries.end()) state->entries.erase(found);
}

Expected<void> ContainerIndex::Adopt(const AdoptedContainer& container) {
  auto state = state_.Lock();
  if (const std::string owner = state->adopted.Add(container); !owner.empty())
    return Error{ErrorKind::Conflict, "container " + container.name + " was taken over by workload " + owner};
  auto& entry = state->entries[container.id];
  entry.Mark(++state->step);
  entry.details.container.id = container.id;
  if (!entry.inspected) entry.details.container.name = container.name;
  state->adopted.Complete(entry.details.container);
  return {};
}

void ContainerIndex::SetSubnet(const Ipv4Subnet& subnet) {
  state_.Lock()->addresses.SetSubnet(subnet);
}

std::optional<Duration> ContainerIndex::StopTimeout(std::string_view container) {
  auto state = state_.Lock();
  auto found = Find(*state, container);
  return found == state->entries.end() ? std::nullopt : found->second.details.stop_timeout;
}

std::string ContainerIndex::WorkloadOf(std::string_view container) {
  auto state = state_.Lock();
  auto found = Find(*state, container);
  return found == state->entries.end() ? std::string()
                                       : std::string(found->second.details.container.Label(label::kWorkload));
}

StringMap ContainerIndex::LabelsOf(std::string_view container) {
  auto state = state_.Lock();
  auto found = Find(*state, container);
  return found == state->entries.end() ? StringMap() : found->second.details.container.labels;
}

std::optional<std::string> ContainerIndex::NetworkModeOf(std::string_view name) {
  auto state = state_.Lock();
  for (const auto& [id, entry] : state->entries)
    if (entry.inspected && entry.details.container.name == name) return entry.details.container.network_mode;
  return std::nullopt;
}

std::vector<ObservedContainer> ContainerIndex::All() {
  auto state = state_.Lock();
  std::vector<ObservedContainer> all;
  all.reserve(state->entries.size());
  for (const auto& [id, entry] : state->entries) all.push_back(entry.details.container);
  return all;
}

std::optional<Error> ContainerIndex::WhyNotInStep() {
  return WhyNot(*state_.Lock());
}

Expected<std::optional<ContainerIndex::Answer>> ContainerIndex::Ask(const std::string& id,
                                                                    const std::stop_token& stop) {
  EngineCall call{.endpoint = Endpoint::ContainerInspect, .object = id};
  auto answer = client_.Send(call, stop);
  if (!answer) return std::move(answer).error();
  if (answer->status == 404) return std::optional<Answer>();
  if (answer->status >= 400) return EngineClient::ToError(call, *answer);
  auto details = DecodeInspect(answer->body);
  if (!details) return std::move(details).error();
  state_.Lock()->adopted.Complete(details->container);
  return std::optional(Answer{std::move(*details), std::move(answer->body)});
}

Expected<bool> ContainerIndex::Inspect(const std::string& id, const std::stop_token& stop, const DesiredRefs* desired) {
  auto fresh = IndexEntry::Begin(++state_.Lock()->step);
  auto answer = Ask(id, stop);
  if (!answer) return std::move(answer).error();
  if (!*answer) {
    state_.Lock()->entries.erase(id);
    return true;
  }
  fresh.details = std::move((*answer)->details);
  if (desired) CompareAtFirstSight((*answer)->text, *desired, fresh);
  return Store(*state_.Lock(), std::move(fresh));
}

void ContainerIndex::CompareAtFirstSight(const std::string& text, const DesiredRefs& desired, IndexEntry& fresh) {
  auto& container = fresh.details.container;
  {
    auto state = state_.Lock();
    auto known = state->entries.find(container.id);
    if (known == state->entries.end() || known->second.compared) return;
  }
  const DesiredContainer* made_from = FirstSight::FindTemplate(container, desired);
  if (!made_from) return;
  container.altered = first_sight_.Compare(text, container.image_id, *made_from);
  fresh.compared = true;
}

bool ContainerIndex::Store(State& state, IndexEntry fresh) {
  auto found = state.entries.find(fresh.details.container.id);
  return found != state.entries.end() && found->second.Renew(std::move(fresh), state.watched);
}

// After a connection everything may have changed unseen.
void ContainerIndex::AddAllWorkloads(std::vector<std::string>& workloads) {
  auto state = state_.Lock();
  for (const auto& [id, entry] : state->entries) {
    AddUnlessEmpty(workloads, entry.details.container.Label(label::kWorkload));
  }
}

std::vector<std::string> ContainerIndex::Merge(std::vector<ObservedContainer> listed, std::uint64_t begun) {
  std::vector<std::string> changed;
  std::set<std::string, std::less<>> present;
  auto state = state_.Lock();
  for (auto& summary : listed) {
    present.insert(summary.id);
    auto& entry = state->entries[summary.id];
    if (entry.marked > begun || entry.inspected > begun) continue;
    const auto& known = entry.details.container;
    if (entry.inspected ? SummaryAgrees(summary, known) : summary == known) continue;
    AddUnlessEmpty(changed, summary.Label(label::kWorkload));
    entry.Mark(++state->step);
    if (!entry.inspected) entry.details.container = std::move(summary);
  }
  std::erase_if(state->entries, [&](const auto& item) {
    bool gone = !present.contains(item.first) && item.second.marked < begun && item.second.inspected < begun;
    if (gone) AddUnlessEmpty(changed, item.second.details.container.Label(label::kWorkload));
    return gone;
  });
  return changed;
}

Expected<void> ContainerIndex::Audit(ResyncReport& report, const std::stop_token& stop) {
  std::vector<std::pair<std::string, std::string>> chosen;  // id, workload
  {
    auto state = state_.Lock();
    auto share = (state->entries.size() + kAuditShare - 1) / kAuditShare;
    auto at = state->entries.upper_bound(state->audited);
    for (std::size_t i = 0; i < share; ++i, ++at) {
      if (at == state->entries.end()) at = state->entries.begin();
      state->audited = at->first;
      // What is marked will be inspected by its reader.
      if (at->second.dirty) continue;
      chosen.emplace_back(at->first, at->second.details.container.Label(label::kWorkload));
    }
  }
  for (const auto& [id, workload] : chosen) {
    auto changed = Inspect(id, stop);
    if (!changed) return std::move(changed).error();
    ++report.inspected;
    if (*changed) AddUnlessEmpty(report.workloads, workload);
  }
  return {};
}

Expected<void> ContainerIndex::AskForSupport(const std::stop_token& stop) {
  auto info = client_.Info(stop);
  if (!info) return std::move(info).error();
  state_.Lock()->host = info->host;
  if (options_.on_engine) options_.on_engine(*info);
  return {};
}

Expected<void> ContainerIndex::ListOtherAddresses(const std::stop_token& stop) {
  auto listed = ListContainers(client_, {.values = {std::string(label::kAddress)}}, stop);
  if (!listed) return std::move(listed).error();
  auto state = state_.Lock();
  state->other_addresses.clear();
  for (const auto& container : *listed) {
    if (container.Label(label::kInstance) == options_.instance) continue;
    if (auto address = ParseIpv4(container.Label(label::kAddress))) state->other_addresses[container.id] = *address;
  }
  return {};
}

}  // namespace tinyforge::docker
