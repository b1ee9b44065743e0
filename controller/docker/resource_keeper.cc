#include "controller/docker/resource_keeper.h"

namespace tinyforge::docker {
namespace {

bool IsManaged(const ObservedNetwork& network) {
  auto found = network.labels.find(label::kManaged);
  return found != network.labels.end() && found->second == "true";
}

bool IsOfProject(const ObservedNetwork& found, const DesiredNetwork& wanted) {
  const auto project = found.labels.find(label::kComposeProject);
  return !wanted.adopted_from.empty() && project != found.labels.end() && project->second == wanted.adopted_from;
}

Expected<bool> UseAsItIs(const DesiredNetwork& wanted, const ObservedNetwork& found) {
  const std::string misfit = wanted.config ? MisfitOf(*wanted.config, found) : "";
  if (misfit.empty()) return false;
  return Error{ErrorKind::Conflict, "network " + wanted.name + " was made by docker compose with another " + misfit +
                                        "; remove it, give the network another name, or say here what it has"};
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

Error StillUsed(const std::string& network, const std::vector<std::string>& containers) {
  std::string names;
  for (const std::string& name : containers) names += (names.empty() ? "" : ", ") + name;
  return Error{ErrorKind::Conflict, "network " + network +
                                        " is to be made anew from another config, which it cannot be while "
                                        "containers are on it: " +
                                        names + "; remove them, or give the network another name"};
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
  const std::string made = HashOf(network);
  if (IsKnown(known, network.name, made)) return false;
  std::lock_guard making(making_);
  if (IsKnown(known, network.name, made)) return false;
  const std::uint64_t asked = Forgotten();
  auto done = FindOrMakeNetwork(network);
  if (done) Learn(known, network.name, made, asked);
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
  if (!IsOurs(found) && IsOfProject(found, network)) return UseAsItIs(network, found);
  if (!IsOurs(found) && !(network.shared && IsManaged(found))) {
    return Error{ErrorKind::Conflict, "network " + network.name +
                                          " exists and was not created by this controller; say "
                                          "external: true to use it, or remove it"};
  }
  if (network.shared && found.subnet && options_.on_shared_subnet) options_.on_shared_subnet(*found.subnet);
  const auto hash = found.labels.find(label::kNetworkHash);
  const std::string made = hash == found.labels.end() ? NetworkHash({}) : hash->second;
  if (!network.config || made == HashOf(network)) return false;
  return MakeAnew(network);
}

Expected<bool> ResourceKeeper::MakeAnew(const DesiredNetwork& network) {
  auto containers = ContainersOn(network.name);
  if (!containers) return std::move(containers).error();
  if (!containers->empty()) return StillUsed(network.name, *containers);
  const EngineCall remove{.endpoint = Endpoint::NetworkRemove, .object = network.name};
  auto removed = client_.Send(remove);
  if (!removed) return std::move(removed).error();
  if (removed->status == 403) return StillUsed(network.name, {"one that came just now"});
  if (removed->status >= 400 && removed->status != 404) return EngineClient::ToError(remove, *removed);
  auto made = MakeNetwork(network);
  return made ? Expected<bool>(true) : Expected<bool>(std::move(made).error());
}

Expected<std::vector<std::string>> ResourceKeeper::ContainersOn(const std::string& network) {
  auto listed = client_.Call({.endpoint = Endpoint::ContainerList,
                              .query = {{"all", "1"}, {"filters", FiltersJson({{"network", {network}}})}}});
  if (!listed) return std::move(listed).error();
  return DecodeContainerNames(listed->body);
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
  if (forgotten_ == asked) known.insert_or_assign(name, made);
}

}  // namespace tinyforge::docker
