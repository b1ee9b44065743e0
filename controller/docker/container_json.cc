#include "controller/docker/container_json.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "controller/docker/json_members.h"

namespace tinyforge::docker {
namespace {

using Json = nlohmann::json;

SysTime Time(const Json& json) {
  auto time = ParseRfc3339(Text(json));
  return time && *time > SysTime{} ? *time : SysTime{};
}

std::string WithoutSlash(std::string name) {
  if (name.starts_with('/')) name.erase(0, 1);
  return name;
}

ContainerState State(std::string_view word) {
  for (auto state :
       {ContainerState::Created, ContainerState::Running, ContainerState::Paused, ContainerState::Restarting,
        ContainerState::Removing, ContainerState::Exited, ContainerState::Dead}) {
    if (ToString(state) == word) return state;
  }
  return ContainerState::Created;
}

ContainerHealth Health(std::string_view word) {
  for (auto health : {ContainerHealth::Starting, ContainerHealth::Healthy, ContainerHealth::Unhealthy}) {
    if (ToString(health) == word) return health;
  }
  return ContainerHealth::None;
}

StringMap Labels(const Json& json) {
  StringMap labels;
  if (!json.is_object()) return labels;
  for (const auto& [key, value] : json.items()) labels.emplace(key, Text(value));
  return labels;
}

std::vector<std::string> Texts(const Json& json) {
  std::vector<std::string> texts;
  if (!json.is_array()) return texts;
  for (const auto& item : json) texts.push_back(Text(item));
  return texts;
}

// What names a container beside its aliases.
struct OwnNames {
  std::string_view id;
  std::string hostname;
};

// Below API 1.44 the Engine appends the short id and, behind it, the host name unless that was asked for as an alias.
std::vector<std::string> Aliases(const Json& json, const OwnNames& own) {
  std::vector<std::string> aliases;
  if (!json.is_array()) return aliases;
  bool behind_id = false;
  for (const auto& alias : json) {
    auto text = Text(alias);
    bool is_id = text == ShortId(own.id);
    bool added = is_id || (behind_id && text == own.hostname);
    behind_id = behind_id || is_id;
    if (!added && !text.empty()) aliases.push_back(std::move(text));
  }
  std::ranges::sort(aliases);
  aliases.erase(std::unique(aliases.begin(), aliases.end()), aliases.end());
  return aliases;
}

std::map<std::string, ObservedEndpoint> Networks(const Json& json, const OwnNames& own) {
  std::map<std::string, ObservedEndpoint> networks;
  const auto& all = At(At(json, "NetworkSettings"), "Networks");
  if (!all.is_object()) return networks;
  for (const auto& [name, endpoint] : all.items()) {
    const auto& asked = At(endpoint, "IPAMConfig");
    networks.emplace(name, ObservedEndpoint{.aliases = Aliases(At(endpoint, "Aliases"), own),
                                            .address = Text(At(endpoint, "IPAddress")),
                                            .static_address = Text(At(asked, "IPv4Address")),
                                            .static_ipv6 = Text(At(asked, "IPv6Address")),
                                            .link_local_ips = Texts(At(asked, "LinkLocalIPs")),
                                            .mac_address = Text(At(endpoint, "MacAddress")),
                                            .driver_opts = Labels(At(endpoint, "DriverOpts"))});
  }
  return networks;
}

std::vector<ObservedMount> Mounts(const Json& json) {
  std::vector<ObservedMount> mounts;
  if (!json.is_array()) return mounts;
  for (const auto& item : json) {
    auto type = Text(At(item, "Type"));
    ObservedMount mount{.target = Text(At(item, "Destination"))};
    mount.type = type == "volume" ? MountType::Volume : type == "tmpfs" ? MountType::Tmpfs : MountType::Bind;
    mount.source = Text(At(item, mount.type == MountType::Volume ? "Name" : "Source"));
    mount.read_only = At(item, "RW").is_boolean() && !True(At(item, "RW"));
    mounts.push_back(std::move(mount));
  }
  std::ranges::sort(mounts, {}, &ObservedMount::target);
  return mounts;
}

std::optional<v1::RestartPolicy> Restart(std::string_view name) {
  if (name == "always") return v1::RestartPolicy::Always;
  if (name == "on-failure") return v1::RestartPolicy::OnFailure;
  if (name == "no" || name.empty()) return v1::RestartPolicy::Never;
  return std::nullopt;
}

void DecodeState(const Json& json, ObservedContainer& container) {
  const auto& state = At(json, "State");
  container.state = State(Text(At(state, "Status")));
  container.health = Health(Text(At(At(state, "Health"), "Status")));
  container.exit_code = static_cast<int>(Number(At(state, "ExitCode")));
  container.oom_killed = True(At(state, "OOMKilled"));
  container.error = Text(At(state, "Error"));
  container.started = Time(At(state, "StartedAt"));
  container.finished = Time(At(state, "FinishedAt"));
}

void DecodeMemory(const Json& host, Limits& limits) {
  limits.memory = Number(At(host, "Memory"));
  limits.memory_reservation = Number(At(host, "MemoryReservation"));
  const std::int64_t swap = Number(At(host, "MemorySwap"));
  if (limits.memory != 0 && swap != limits.memory) limits.memory_swap = swap;
}

void DecodeShares(const Json& host, ObservedContainer& container) {
  constexpr std::string_view kContainer = "container:";
  for (const char* key : {"NetworkMode", "PidMode", "IpcMode"})
    if (const std::string mode = Text(At(host, key)); mode.starts_with(kContainer))
      container.shares.push_back(mode.substr(kContainer.size()));
  std::ranges::sort(container.shares);
  container.shares.erase(std::unique(container.shares.begin(), container.shares.end()), container.shares.end());
}

void DecodeHostConfig(const Json& host, ObservedContainer& container) {
  container.limits.nano_cpus = Number(At(host, "NanoCpus"));
  DecodeMemory(host, container.limits);
  container.limits.pids = std::max<std::int64_t>(Number(At(host, "PidsLimit")), 0);
  container.limits.cpu_shares = Number(At(host, "CpuShares"));
  container.limits.cpuset = Text(At(host, "CpusetCpus"));
  const auto& restart = At(host, "RestartPolicy");
  container.restart = Restart(Text(At(restart, "Name")));
  if (container.restart) container.limits.restart = *container.restart;
  container.limits.unless_stopped = Text(At(restart, "Name")) == "unless-stopped";
  container.limits.max_attempts = static_cast<int>(Number(At(restart, "MaximumRetryCount")));
  container.network_mode = Text(At(host, "NetworkMode"));
  DecodeShares(host, container);
}

// "Up 3 hours (healthy)" and "Up 3 hours (health: starting)"
ContainerHealth HealthInStatus(std::string_view status) {
  if (status.ends_with("(healthy)")) return ContainerHealth::Healthy;
  if (status.ends_with("(unhealthy)")) return ContainerHealth::Unhealthy;
  if (status.ends_with("(health: starting)")) return ContainerHealth::Starting;
  return ContainerHealth::None;
}

// "Exited (137) 3 minutes ago"
int ExitCodeInStatus(std::string_view status) {
  int code = 0;
  auto open = status.find('(');
  if (status.starts_with("Exited") && open != std::string_view::npos) {
    std::from_chars(status.data() + open + 1, status.data() + status.size(), code);
  }
  return code;
}

bool SameNetworks(const ObservedContainer& a, const ObservedContainer& b) {
  return std::ranges::equal(a.networks, b.networks, [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.address == y.second.address &&
           x.second.static_address == y.second.static_address;
  });
}

}  // namespace

Expected<ContainerDetails> DecodeInspect(std::string_view text) {
  auto json = Json::parse(text, nullptr, false);
  ContainerDetails details;
  auto& container = details.container;
  container.id = Text(At(json, "Id"));
  if (container.id.empty()) return Error{ErrorKind::Transient, "inspect container: the answer is no container"};
  container.name = WithoutSlash(Text(At(json, "Name")));
  container.image_id = Text(At(json, "Image"));
  container.restart_count = static_cast<int>(Number(At(json, "RestartCount")));
  container.created = Time(At(json, "Created"));
  const auto& config = At(json, "Config");
  container.image = Text(At(config, "Image"));
  container.labels = Labels(At(config, "Labels"));
  DecodeState(json, container);
  DecodeHostConfig(At(json, "HostConfig"), container);
  container.networks = Networks(json, {container.id, Text(At(config, "Hostname"))});
  container.mounts = Mounts(At(json, "Mounts"));
  details.tty = True(At(config, "Tty"));
  if (At(config, "StopTimeout").is_number_integer()) {
    details.stop_timeout = std::chrono::seconds(Number(At(config, "StopTimeout")));
  }
  return details;
}

std::optional<ObservedContainer> DecodeSummary(std::string_view text) {
  auto json = Json::parse(text, nullptr, false);
  ObservedContainer container;
  container.id = Text(At(json, "Id"));
  if (container.id.empty()) return std::nullopt;
  const auto& names = At(json, "Names");
  // Links of other containers add names with two slashes.
  for (const auto& name : names.is_array() ? names : Json::array()) {
    auto text_name = WithoutSlash(Text(name));
    if (text_name.find('/') == std::string::npos) container.name = std::move(text_name);
  }
  container.labels = Labels(At(json, "Labels"));
  container.image = Text(At(json, "Image"));
  container.image_id = Text(At(json, "ImageID"));
  container.state = State(Text(At(json, "State")));
  auto status = Text(At(json, "Status"));
  container.health = HealthInStatus(status);
  container.exit_code = ExitCodeInStatus(status);
  container.created = SysTime(std::chrono::seconds(Number(At(json, "Created"))));
  container.network_mode = Text(At(At(json, "HostConfig"), "NetworkMode"));
  container.networks = Networks(json, {container.id, ""});
  container.mounts = Mounts(At(json, "Mounts"));
  return container;
}

bool SummaryAgrees(const ObservedContainer& summary, const ObservedContainer& inspected) {
  bool running = inspected.state == ContainerState::Running;
  return summary.name == inspected.name && summary.state == inspected.state && summary.labels == inspected.labels &&
         (!running || summary.health == inspected.health) &&
         (inspected.state != ContainerState::Exited || summary.exit_code == inspected.exit_code) &&
         SameNetworks(summary, inspected);
}

}  // namespace tinyforge::docker
