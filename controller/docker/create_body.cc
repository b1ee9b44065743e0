#include "controller/docker/create_body.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "controller/docker/create_env.h"
#include "controller/docker/host_config.h"
#include "controller/docker/version_needs.h"

namespace tinyforge::docker {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kServiceMode = "service:";

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string_view ProtocolName(v1::Protocol protocol) {
  switch (protocol) {
    case v1::Protocol::TCP: return "tcp";
    case v1::Protocol::UDP: return "udp";
    case v1::Protocol::SCTP: return "sctp";
  }
  return "tcp";
}

std::int64_t Nanoseconds(Duration duration) {
  return std::chrono::nanoseconds(duration).count();
}

// "service:x" as the Engine takes it; anything else as it is.
std::string ModeOf(const std::string& mode, const CreateBodyOptions& options) {
  if (!mode.starts_with(kServiceMode)) return mode;
  const std::string name = mode.substr(kServiceMode.size());
  const auto found = options.services.find(name);
  return "container:" + (found == options.services.end() ? name : found->second);
}

std::string NetworkMode(const CreateRequest& request, const CreateBodyOptions& options) {
  const auto& mode = request.spec.network_mode;
  if (!mode.empty()) return ModeOf(mode, options);
  return request.networks.empty() ? "none" : request.networks.front().network;
}

Json EndpointJson(const NetworkAttachment& attachment) {
  Json endpoint = Json::object();
  if (!attachment.aliases.empty()) endpoint["Aliases"] = attachment.aliases;
  Json asked = Json::object();
  if (attachment.address) asked["IPv4Address"] = *attachment.address;
  if (!attachment.ipv6_address.empty()) asked["IPv6Address"] = attachment.ipv6_address;
  if (!attachment.link_local_ips.empty()) asked["LinkLocalIPs"] = attachment.link_local_ips;
  if (!asked.empty()) endpoint["IPAMConfig"] = std::move(asked);
  if (!attachment.mac_address.empty()) endpoint["MacAddress"] = attachment.mac_address;
  if (!attachment.driver_opts.empty()) endpoint["DriverOpts"] = attachment.driver_opts;
  if (attachment.gw_priority != 0) endpoint["GwPriority"] = attachment.gw_priority;
  return endpoint;
}

void AddMountOptions(const Mount& mount, ApiVersion version, Json& json) {
  if (!mount.propagation.empty()) json["BindOptions"]["Propagation"] = mount.propagation;
  if (mount.create_host_path && version >= kCreateMountpointVersion) json["BindOptions"]["CreateMountpoint"] = true;
  if (mount.no_copy) json["VolumeOptions"]["NoCopy"] = true;
  if (!mount.subpath.empty()) json["VolumeOptions"]["Subpath"] = mount.subpath;
}

Json MountJson(const Mount& mount) {
  Json json = {{"Target", mount.target}};
  if (mount.read_only) json["ReadOnly"] = true;
  switch (mount.type) {
    case MountType::Bind: json["Type"] = "bind"; break;
    case MountType::Volume: json["Type"] = "volume"; break;
    case MountType::Tmpfs: json["Type"] = "tmpfs"; break;
  }
  if (mount.type != MountType::Tmpfs) {
    json["Source"] = mount.source;
  } else if (mount.tmpfs_size || mount.tmpfs_mode) {
    auto& options = json["TmpfsOptions"] = Json::object();
    if (mount.tmpfs_size) options["SizeBytes"] = mount.tmpfs_size;
    if (mount.tmpfs_mode) options["Mode"] = mount.tmpfs_mode;
  }
  return json;
}

// What Mounts cannot say of a tmpfs goes the older way, HostConfig.Tmpfs.
bool HasOptions(const Mount& mount) {
  return mount.type == MountType::Tmpfs && (mount.tmpfs_uid || mount.tmpfs_gid || mount.tmpfs_exec);
}

// Mounts cannot be relabelled. The renderer lets no colon into source or target, and the host policy judges the text.
std::string BindText(const Mount& mount) {
  std::string text = mount.source + ":" + mount.target + ":" + mount.relabel;
  if (mount.read_only) text += ",ro";
  if (!mount.propagation.empty()) text += "," + mount.propagation;
  if (mount.no_copy) text += ",nocopy";
  return text;
}

std::string Octal(std::uint32_t mode) {
  std::array<char, 16> digits{};
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), mode, 8).ptr};
}

// The anonymous volume that the replaced container has there; empty: a new one is to be made.
std::string ReattachedAt(const std::string& target, const CreateRequest& request) {
  const auto found = std::ranges::find(request.reattach, target, &ObservedMount::target);
  return found == request.reattach.end() || found->type != MountType::Volume ? std::string() : found->source;
}

Json MountsJson(const CreateRequest& request, ApiVersion version) {
  Json mounts = Json::array();
  for (Mount mount : request.spec.mounts) {
    if (HasOptions(mount) || !mount.relabel.empty()) continue;
    if (mount.type == MountType::Volume && mount.source.empty()) mount.source = ReattachedAt(mount.target, request);
    mounts.push_back(MountJson(mount));
    AddMountOptions(mount, version, mounts.back());
  }
  for (const auto& volume : request.reattach) {
    bool taken = std::ranges::any_of(request.spec.mounts, [&](const Mount& m) { return m.target == volume.target; });
    if (taken || volume.type != MountType::Volume || volume.source.empty()) continue;
    mounts.push_back(MountJson({MountType::Volume, volume.source, volume.target, volume.read_only}));
  }
  return mounts;
}

Json HealthcheckJson(const NativeHealthcheck& check) {
  Json json = {{"Test", check.test}};
  if (check.interval.count()) json["Interval"] = Nanoseconds(check.interval);
  if (check.timeout.count()) json["Timeout"] = Nanoseconds(check.timeout);
  if (check.start_period.count()) json["StartPeriod"] = Nanoseconds(check.start_period);
  if (check.retries) json["Retries"] = check.retries;
  if (check.start_interval.count()) json["StartInterval"] = Nanoseconds(check.start_interval);
  return json;
}

void AddProcess(const ContainerTemplate& spec, Json& body) {
  if (spec.entrypoint) body["Entrypoint"] = *spec.entrypoint;
  if (spec.cmd) body["Cmd"] = *spec.cmd;
  if (spec.user) body["User"] = *spec.user;
  if (spec.working_dir) body["WorkingDir"] = *spec.working_dir;
  if (spec.hostname) body["Hostname"] = *spec.hostname;
  if (spec.stop_signal) body["StopSignal"] = *spec.stop_signal;
  if (spec.stop_timeout) body["StopTimeout"] = std::chrono::ceil<std::chrono::seconds>(*spec.stop_timeout).count();
  if (spec.tty) body["Tty"] = true;
  if (spec.stdin_open) body["OpenStdin"] = true;
  if (!spec.domainname.empty()) body["Domainname"] = spec.domainname;
  if (spec.healthcheck) body["Healthcheck"] = HealthcheckJson(*spec.healthcheck);
}

void AddPorts(const ContainerTemplate& spec, const std::string& default_host_ip, Json& body, Json& host) {
  for (const auto& port : spec.ports) {
    body["ExposedPorts"][PortKey(port)] = Json::object();
    if (!port.published) continue;
    host["PortBindings"][PortKey(port)].push_back({{"HostIp", port.host_ip.empty() ? default_host_ip : port.host_ip},
                                                   {"HostPort", port.host ? std::to_string(port.host) : ""}});
  }
}

void AddLimits(const Limits& limits, Json& host) {
  if (limits.nano_cpus) host["NanoCpus"] = limits.nano_cpus;
  if (limits.memory) {
    host["Memory"] = limits.memory;
    host["MemorySwap"] = limits.memory_swap ? limits.memory_swap : limits.memory;
  }
  if (limits.memory_reservation) host["MemoryReservation"] = limits.memory_reservation;
  if (limits.pids) host["PidsLimit"] = limits.pids;
  if (limits.cpu_shares) host["CpuShares"] = limits.cpu_shares;
  if (!limits.cpuset.empty()) host["CpusetCpus"] = limits.cpuset;
  host["RestartPolicy"] = {{"Name", EngineRestartPolicy(limits)}};
  if (limits.max_attempts) host["RestartPolicy"]["MaximumRetryCount"] = limits.max_attempts;
}

// Below API 1.44 a create takes one network, and the MAC address on it as the container's.
void AddEndpoints(const CreateRequest& request, ApiVersion version, Json& body) {
  for (const auto& attachment : request.networks) {
    Json endpoint = EndpointJson(attachment);
    if (version < kManyEndpointsVersion && endpoint.contains("MacAddress")) {
      body["MacAddress"] = attachment.mac_address;
      endpoint.erase("MacAddress");
    }
    body["NetworkingConfig"]["EndpointsConfig"][attachment.network] = std::move(endpoint);
    if (version < kManyEndpointsVersion) break;
  }
}

void AddNetworking(const CreateRequest& request, const CreateBodyOptions& options, Json& body, Json& host) {
  host["NetworkMode"] = NetworkMode(request, options);
  const Namespaces& namespaces = request.spec.namespaces;
  if (!namespaces.pid.empty()) host["PidMode"] = ModeOf(namespaces.pid, options);
  if (!namespaces.ipc.empty()) host["IpcMode"] = ModeOf(namespaces.ipc, options);
  if (!request.spec.dns.empty()) host["Dns"] = request.spec.dns;
  if (!request.spec.extra_hosts.empty()) host["ExtraHosts"] = request.spec.extra_hosts;
  if (!request.spec.dns_search.empty()) host["DnsSearch"] = request.spec.dns_search;
  if (!request.spec.dns_options.empty()) host["DnsOptions"] = request.spec.dns_options;
  if (!request.spec.network_mode.empty()) return;
  AddEndpoints(request, options.version, body);
}

// The body without the environment, as an object that is not empty.
Json BodyWithoutEnv(const CreateRequest& request, const CreateBodyOptions& options) {
  Json body = Json::object();
  Json host = Json::object();
  body["Image"] = request.image.empty() ? request.spec.image : request.image;
  AddProcess(request.spec, body);
  AddPorts(request.spec, options.default_host_ip, body, host);
  AddHostConfig(request.spec, host);
  AddLimits(request.limits, host);
  AddNetworking(request, options, body, host);
  if (auto mounts = MountsJson(request, options.version); !mounts.empty()) host["Mounts"] = std::move(mounts);
  for (const Mount& mount : request.spec.mounts)
    if (HasOptions(mount))
      host["Tmpfs"][mount.target] = TmpfsOptions(mount);
    else if (!mount.relabel.empty())
      host["Binds"].push_back(BindText(mount));
  if (request.spec.logging) {
    const auto& log = *request.spec.logging;
    host["LogConfig"] = {{"Type", log.driver},
                         {"Config", std::map<std::string, std::string>(log.options.begin(), log.options.end())}};
  }
  body["Labels"] = std::map<std::string, std::string>(request.labels.begin(), request.labels.end());
  body["HostConfig"] = std::move(host);
  return body;
}

}  // namespace

Expected<SecretText> EncodeCreateBody(const CreateRequest& request, const CreateBodyOptions& options,
                                      SecretReader& secrets) {
  if (auto met = CheckVersion(request, options.version); !met) return std::move(met).error();
  std::string open = Dump(BodyWithoutEnv(request, options));
  auto env = CreateEnv::Reveal(request.spec.env, secrets);
  if (!env) return std::move(env).error();
  SecretText body;
  if (env->empty()) {
    body.text() = std::move(open);
    return body;
  }
  body.text().reserve(open.size() + env->MaxBytes());
  open.pop_back();
  body.text() += open;
  if (auto added = env->AppendTo(body.text()); !added) return std::move(added).error();
  body.text() += '}';
  return body;
}

std::string TmpfsOptions(const Mount& mount) {
  std::string options;
  const auto add = [&](std::string_view option) { options.append(options.empty() ? "" : ",").append(option); };
  if (mount.read_only) add("ro");
  if (mount.tmpfs_exec) add("exec");
  if (mount.tmpfs_size) add("size=" + std::to_string(mount.tmpfs_size));
  if (mount.tmpfs_mode) add("mode=" + Octal(mount.tmpfs_mode));
  if (mount.tmpfs_uid) add("uid=" + std::to_string(*mount.tmpfs_uid));
  if (mount.tmpfs_gid) add("gid=" + std::to_string(*mount.tmpfs_gid));
  return options;
}

std::string PortKey(const PublishedPort& port) {
  return std::to_string(port.container) + "/" + std::string(ProtocolName(port.protocol));
}

std::vector<NetworkAttachment> NetworksAfterCreate(const CreateRequest& request, ApiVersion version) {
  if (!request.spec.network_mode.empty() || request.networks.size() < 2 || version >= kManyEndpointsVersion) return {};
  return {request.networks.begin() + 1, request.networks.end()};
}

std::string EncodeConnectBody(std::string_view container, const NetworkAttachment& attachment) {
  return Dump({{"Container", container}, {"EndpointConfig", EndpointJson(attachment)}});
}

std::string EncodeDisconnectBody(std::string_view container) {
  return Dump({{"Container", container}, {"Force", false}});
}

std::string EncodeUpdateBody(const Limits& limits) {
  Json body = Json::object();
  AddLimits(limits, body);
  return Dump(body);
}

std::string_view EngineRestartPolicy(const Limits& limits) {
  switch (limits.restart) {
    case v1::RestartPolicy::Always: return limits.unless_stopped ? "unless-stopped" : "always";
    case v1::RestartPolicy::OnFailure: return "on-failure";
    case v1::RestartPolicy::Never: return "no";
  }
  return "no";
}

}  // namespace tinyforge::docker
