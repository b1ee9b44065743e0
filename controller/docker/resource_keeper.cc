#include "controller/docker/resource_keeper.h"

namespace tinyforge::docker {
namespace {

bool IsManaged(const ObservedNetwork& network) {
  auto found = network.labels.find(label::kManaged);
  return found != network.labels.end() && found->second == "true";
}

// Docker compose made it, for a project that was taken over.
bool IsAdopted(const ObservedNetwork& found, const DesiredNetwork& wanted) {
  const auto project = found.labels.find(label::kComposeProject);
  return !IsManaged(found) && !wanted.adopted_from.empty() && project != found.labels.end() &&
         project->second == wanted.adopted_from;
}

// From what it is to be made; empty: one that exists is taken as it is.
std::string HashOf(const DesiredNetwork& network) {
  return network.config ? NetworkHash(*network.config) : std::string();
}

std::string WishOf(const DesiredVolume& volume) {
  std::string wish = volume.driver;
  for (const auto& [key, value] : volume.driver_opts) wish += "\n" + key + "=" + value;
  return wish;
}

Error StillUsed(const std::string& network, const std::vector<OutdatedNetwork::Member>& members) {
  std::string names;
  for (const auto& member : members) names += (names.empty() ? "" : ", ") + member.name;
  return Error{ErrorKind::Conflict, "network " + network +
                                        " is to be made anew from another config, which it cannot be while "
                                        "containers are on it: " +
                                        names + "; remove them, or give the network another name"};
}

Error NotOurs(const std::string& network) {
  return Error{ErrorKind::Conflict, "network " + network +
                                        " exists and was not created by this controller; say external: true to use it, "
                                        "or remove it"};
}

bool IsMadeFrom(const DesiredNetwork& wanted, const ObservedNetwork& found) {
  if (IsAdopted(found, wanted)) return Fits(*wanted.config, found);
  const auto hash = found.labels.find(label::kNetworkHash);
  return HashOf(wanted) == (hash == found.labels.end() ? NetworkHash({}) : hash->second);
}

// The options are named, not shown: they may hold the login of a file server.
Expected<void> CompareVolume(const DesiredVolume& want, const ObservedVolume& have) {
  std::string what;
  if (!want.driver.empty() && want.driver != have.driver) what = "driver " + have.driver + " instead of " + want.driver;
  const auto differs = [&](const std::string& option) {
    what += (what.empty() ? "" : ", ") + std::string("another driver option ") + option;
  };
  for (const auto& [key, value] : want.driver_opts)
    if (const auto found = have.driver_opts.find(key); found == have.driver_opts.end() || found->second != value)
      differs(key);
  if (!want.driver.empty())
    for (const auto& [key, value] : have.driver_opts)
      if (!want.driver_opts.contains(key)) differs(key);
  if (what.empty() || want.external) return {};
  return Error{ErrorKind::Conflict, "volume " + want.name + " exists with " + what +
                                        "; volumes are never made anew: give it another name, or move its data and "
                                        "remove it"};
}

}  // namespace

ResourceKeeper::ResourceKeeper(EngineClient& client, ResourceKeeperOptions options)
    : client_(client), options_(std::move(options)) {}

Expected<bool> ResourceKeeper::EnsureNetwork(const DesiredNetwork& network) {
  Known& known = network.external ? external_networks_ : networks_;
  if (IsKnown(known, network.name, {})) return false;
  std::lock_guard making(making_);
  if (IsKnown(known, network.name, {})) return false;
  const std::uint64_t asked = Forgotten();
  auto done = FindOrMakeNetwork(network);
  if (done) Learn(known, network.name, *done ? HashOf(network) : std::string(), asked);
  return done;
}

Expected<bool> ResourceKeeper::FindOrMakeNetwork(const DesiredNetwork& network) {
  auto found = Find(network.name);
  if (!found) return std::move(found).error();
  if (*found) return Accept(network, **found);
  if (network.external) {
    return Error{ErrorKind::Waiting, "network " + network.name + " is external and does not exist on this host"};
  }
  auto made = MakeNetwork(network);
  if (made) return true;
  if (made.error().kind != ErrorKind::Conflict) return std::move(made).error();
  found = Find(network.name);
  if (!found) return std::move(found).error();
  if (!*found) return std::move(made).error();
  return Accept(network, **found);
}

Expected<std::optional<ObservedNetwork>> ResourceKeeper::Find(const std::string& name) {
  EngineCall call{.endpoint = Endpoint::NetworkInspect, .object = name};
  auto answer = client_.Send(call);
  if (!answer) return std::move(answer).error();
  if (answer->status == 404) return std::optional<ObservedNetwork>();
  if (answer->status >= 400) return EngineClient::ToError(call, *answer);
  auto network = DecodeNetwork(answer->body);
  if (!network) return Error{ErrorKind::Transient, "inspect network " + name + ": the answer is no network"};
  // The Engine also takes the beginning of an id for a name.
  if (network->name != name) network.reset();
  return network;
}

Expected<bool> ResourceKeeper::Accept(const DesiredNetwork& network, const ObservedNetwork& found) {
  if (network.external) return false;
  if (!IsOurs(found) && !IsAdopted(found, network) && !(network.shared && IsManaged(found))) {
    return NotOurs(network.name);
  }
  if (network.shared && found.subnet && options_.on_shared_subnet) options_.on_shared_subnet(*found.subnet);
  return false;
}

Expected<std::optional<OutdatedNetwork>> ResourceKeeper::Outdated(const DesiredNetwork& network) {
  const std::optional<OutdatedNetwork> none;
  if (network.external || !network.config || IsKnown(networks_, network.name, HashOf(network))) return none;
  const std::uint64_t asked = Forgotten();
  auto found = Find(network.name);
  if (!found) return std::move(found).error();
  if (!*found || !(IsOurs(**found) || IsAdopted(**found, network))) return none;
  if (IsMadeFrom(network, **found)) {
    Learn(networks_, network.name, HashOf(network), asked);
    return none;
  }
  auto members = MembersOf(network.name);
  if (!members) return std::move(members).error();
  return std::optional(OutdatedNetwork{network, std::move(*members), RefusalOf(network)});
}

Expected<bool> ResourceKeeper::RemakeNetwork(const DesiredNetwork& network) {
  std::lock_guard making(making_);
  auto found = Find(network.name);
  if (!found) return std::move(found).error();
  if (!*found) {
    auto made = MakeNetwork(network);
    return made ? Expected<bool>(true) : Expected<bool>(std::move(made).error());
  }
  if (!IsOurs(**found) && !IsAdopted(**found, network)) return NotOurs(network.name);
  if (IsMadeFrom(network, **found)) return false;
  if (auto removed = RemoveUnused(network.name); !removed) return std::move(removed).error();
  return MakeOrBringBack(network, **found);
}

Expected<void> ResourceKeeper::RemoveUnused(const std::string& network) {
  auto members = MembersOf(network);
  if (!members) return std::move(members).error();
  if (!members->empty()) return StillUsed(network, *members);
  const EngineCall remove{.endpoint = Endpoint::NetworkRemove, .object = network};
  auto removed = client_.Send(remove);
  {
    std::lock_guard lock(mutex_);
    networks_.erase(network);
    ++forgotten_;
  }
  if (!removed) return std::move(removed).error();
  if (removed->status == 403) return StillUsed(network, {{.id = {}, .name = "one that came just now"}});
  if (removed->status >= 400 && removed->status != 404) return EngineClient::ToError(remove, *removed);
  return {};
}

// Who was on the old one shall not be left without any for a config that cannot be had. As the Engine made the old one
// again, what it has against the new one is the config, though it may have said so as an error of its own (500).
Expected<bool> ResourceKeeper::MakeOrBringBack(const DesiredNetwork& network, const ObservedNetwork& old) {
  auto made = MakeNetwork(network);
  if (made) return true;
  auto again = client_.Call({.endpoint = Endpoint::NetworkCreate, .object = network.name, .body = old.body});
  if (!again) return std::move(made).error();
  std::lock_guard lock(mutex_);
  refused_.insert_or_assign(network.name, Refusal{HashOf(network), made.error().message});
  return std::move(made).error().Within("it was made again as it was");
}

std::string ResourceKeeper::RefusalOf(const DesiredNetwork& network) const {
  std::lock_guard lock(mutex_);
  const auto found = refused_.find(network.name);
  return found != refused_.end() && found->second.hash == HashOf(network) ? found->second.why : std::string();
}

Expected<std::vector<OutdatedNetwork::Member>> ResourceKeeper::MembersOf(const std::string& network) {
  auto listed = client_.Call({.endpoint = Endpoint::ContainerList,
                              .query = {{"all", "1"}, {"filters", FiltersJson({{"network", {network}}})}}});
  if (!listed) return std::move(listed).error();
  return DecodeMembers(listed->body);
}

Expected<void> ResourceKeeper::MakeNetwork(const DesiredNetwork& network) {
  NetworkBody body{.name = network.name, .ipv6 = options_.ipv6};
  if (network.config) {
    body.config = *network.config;
    body.labels = network.config->labels;
    body.labels[std::string(label::kNetworkHash)] = HashOf(network);
    body.ipv6 = network.config->enable_ipv6.value_or(options_.ipv6);
  }
  body.labels[std::string(label::kManaged)] = "true";
  body.labels[std::string(label::kInstance)] = options_.instance;
  if (network.shared) body.subnet = options_.subnet;
  auto json = EncodeNetworkBody(body);
  EngineCall call{.endpoint = Endpoint::NetworkCreate, .object = network.name, .body = json};
  auto answer = client_.Send(call);
  if (!answer) return std::move(answer).error();
  if (answer->status < 400) {
    if (network.shared && options_.on_shared_subnet) options_.on_shared_subnet(options_.subnet);
    return {};
  }
  auto error = EngineClient::ToError(call, *answer);
  if (error.message.find("overlap") != std::string::npos) {
    error.kind = ErrorKind::Conflict;
    if (network.shared) error.message += "; choose another subnet under hostPolicy.subnet in the controller's config";
  }
  return error;
}

Expected<bool> ResourceKeeper::EnsureVolume(const DesiredVolume& volume, std::string_view workload) {
  const std::string made = WishOf(volume);
  if (IsKnown(volumes_, volume.name, made)) return false;
  std::lock_guard making(making_);
  const std::uint64_t asked = Forgotten();
  auto done = FindOrMakeVolume(volume, workload);
  if (done) Learn(volumes_, volume.name, made, asked);
  return done;
}

Expected<bool> ResourceKeeper::FindOrMakeVolume(const DesiredVolume& volume, std::string_view workload) {
  EngineCall find{.endpoint = Endpoint::VolumeInspect, .object = volume.name};
  auto answer = client_.Send(find);
  if (!answer) return std::move(answer).error();
  if (answer->status >= 400 && answer->status != 404) return EngineClient::ToError(find, *answer);
  if (answer->status < 400) {
    const auto found = DecodeVolume(answer->body);
    if (!found) return Error{ErrorKind::Transient, "inspect volume " + volume.name + ": the answer is no volume"};
    auto same = CompareVolume(volume, *found);
    return same ? Expected<bool>(false) : Expected<bool>(std::move(same).error());
  }
  if (volume.external)
    return Error{ErrorKind::Waiting, "volume " + volume.name + " is external and does not exist on this host"};
  auto made = MakeVolume(volume, workload);
  return made ? Expected<bool>(true) : Expected<bool>(std::move(made).error());
}

Expected<void> ResourceKeeper::MakeVolume(const DesiredVolume& volume, std::string_view workload) {
  StringMap labels = volume.labels;
  labels[std::string(label::kManaged)] = "true";
  labels[std::string(label::kInstance)] = options_.instance;
  labels[std::string(label::kWorkload)] = workload;
  const auto json = EncodeVolumeBody(volume, labels);
  auto made = client_.Call({.endpoint = Endpoint::VolumeCreate, .object = volume.name, .body = json});
  if (!made) return std::move(made).error();
  return {};
}

Expected<bool> ResourceKeeper::RemoveNetwork(const std::string& name) {
  std::lock_guard making(making_);
  auto found = Find(name);
  if (!found) return std::move(found).error();
  if (!*found || !IsOurs(**found)) return false;
  EngineCall list{.endpoint = Endpoint::ContainerList,
                  .query = {{"all", "1"}, {"limit", "1"}, {"filters", FiltersJson({{"network", {name}}})}}};
  auto attached = client_.Call(list);
  if (!attached) return std::move(attached).error();
  if (attached->body.find('{') != std::string::npos) return false;
  EngineCall remove{.endpoint = Endpoint::NetworkRemove, .object = name};
  auto answer = client_.Send(remove);
  {
    std::lock_guard lock(mutex_);
    networks_.erase(name);
    ++forgotten_;
  }
  if (!answer) return std::move(answer).error();
  // 403: a container came in between.
  if (answer->status < 400 || answer->status == 404 || answer->status == 403) return answer->status < 400;
  return EngineClient::ToError(remove, *answer);
}

bool ResourceKeeper::IsOurs(const ObservedNetwork& network) const {
  auto instance = network.labels.find(label::kInstance);
  return instance != network.labels.end() && instance->second == options_.instance;
}

void ResourceKeeper::OnEvent(const EngineEvent& event) {
  if (event.action != "destroy") return;
  std::lock_guard lock(mutex_);
  if (event.type == EngineEvent::Type::Network) {
    networks_.erase(event.name);
    external_networks_.erase(event.name);
  }
  if (event.type == EngineEvent::Type::Volume) volumes_.erase(event.id);
  ++forgotten_;
}

void ResourceKeeper::ForgetAll() {
  std::lock_guard lock(mutex_);
  networks_.clear();
  external_networks_.clear();
  volumes_.clear();
  ++forgotten_;
}

bool ResourceKeeper::IsKnown(const Known& known, const std::string& name, const std::string& made) const {
  std::lock_guard lock(mutex_);
  const auto found = known.find(name);
  return found != known.end() && (made.empty() || found->second == made);
}

std::uint64_t ResourceKeeper::Forgotten() const {
  std::lock_guard lock(mutex_);
  return forgotten_;
}

void ResourceKeeper::Learn(Known& known, const std::string& name, const std::string& made, std::uint64_t asked) {
  std::lock_guard lock(mutex_);
  if (forgotten_ != asked) return;
  if (made.empty())
    known.try_emplace(name);
  else
    known.insert_or_assign(name, made);
}

}  // namespace tinyforge::docker
