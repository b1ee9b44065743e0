#include "controller/docker/resource_keeper.h"

namespace tinyforge::docker {
namespace {

bool IsManaged(const ObservedNetwork& network) {
  auto found = network.labels.find(label::kManaged);
  return found != network.labels.end() && found->second == "true";
}

}  // namespace

ResourceKeeper::ResourceKeeper(EngineClient& client, ResourceKeeperOptions options)
    : client_(client), options_(std::move(options)) {}

Expected<bool> ResourceKeeper::EnsureNetwork(const DesiredNetwork& network) {
  const auto& known = network.external ? external_networks_ : networks_;
  if (Known(known, network.name)) return false;
  std::lock_guard making(making_);
  if (Known(known, network.name)) return false;
  std::uint64_t asked = 0;
  {
    std::lock_guard lock(mutex_);
    asked = forgotten_;
  }
  auto made = FindOrMakeNetwork(network);
  if (made) Learn(network.external ? external_networks_ : networks_, network.name, asked);
  return made;
}

Expected<bool> ResourceKeeper::FindOrMakeNetwork(const DesiredNetwork& network) {
  auto found = Find(network.name);
  if (!found) return std::move(found).error();
  if (*found) return Accept(network, **found);
  if (network.external) {
    return Error{ErrorKind::NotFound, "network " + network.name + " is external and does not exist on this host"};
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

Expected<bool> ResourceKeeper::Accept(const DesiredNetwork& network, const ObservedNetwork& found) const {
  if (network.external) return false;
  if (!IsOurs(found) && !(network.shared && IsManaged(found))) {
    return Error{ErrorKind::Conflict, "network " + network.name +
                                          " exists and was not created by this controller; say "
                                          "external: true to use it, or remove it"};
  }
  if (network.shared && found.subnet && options_.on_shared_subnet) options_.on_shared_subnet(*found.subnet);
  return false;
}

Expected<void> ResourceKeeper::MakeNetwork(const DesiredNetwork& network) {
  NetworkBody body{
      .name = network.name,
      .labels = {{std::string(label::kManaged), "true"}, {std::string(label::kInstance), options_.instance}},
      .ipv6 = options_.ipv6};
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

Expected<bool> ResourceKeeper::EnsureVolume(std::string_view name, std::string_view workload) {
  if (Known(volumes_, name)) return false;
  std::lock_guard making(making_);
  std::uint64_t asked = 0;
  {
    std::lock_guard lock(mutex_);
    asked = forgotten_;
  }
  EngineCall find{.endpoint = Endpoint::VolumeInspect, .object = std::string(name)};
  auto found = client_.Send(find);
  if (!found) return std::move(found).error();
  if (found->status >= 400 && found->status != 404) return EngineClient::ToError(find, *found);
  if (found->status == 404) {
    auto json = EncodeVolumeBody(name, {{std::string(label::kManaged), "true"},
                                        {std::string(label::kInstance), options_.instance},
                                        {std::string(label::kWorkload), std::string(workload)}});
    auto made = client_.Call({.endpoint = Endpoint::VolumeCreate, .object = std::string(name), .body = json});
    if (!made) return std::move(made).error();
  }
  Learn(volumes_, name, asked);
  return found->status == 404;
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

bool ResourceKeeper::Known(const Names& names, std::string_view name) const {
  std::lock_guard lock(mutex_);
  return names.contains(name);
}

void ResourceKeeper::Learn(Names& names, std::string_view name, std::uint64_t asked) {
  std::lock_guard lock(mutex_);
  if (forgotten_ == asked) names.emplace(name);
}

}  // namespace tinyforge::docker
