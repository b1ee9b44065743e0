#include "controller/docker/create_body.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "controller/docker/utf8.h"

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

std::string NetworkMode(const CreateRequest& request) {
  const auto& mode = request.spec.network_mode;
  if (mode.starts_with(kServiceMode)) return "container:" + mode.substr(kServiceMode.size());
  if (!mode.empty()) return mode;
  return request.networks.empty() ? "none" : request.networks.front().network;
}

Json EndpointJson(const NetworkAttachment& attachment) {
  Json endpoint = Json::object();
  if (!attachment.aliases.empty()) endpoint["Aliases"] = attachment.aliases;
  if (attachment.address) endpoint["IPAMConfig"] = {{"IPv4Address", *attachment.address}};
  return endpoint;
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

Json MountsJson(const CreateRequest& request) {
  Json mounts = Json::array();
  for (const auto& mount : request.spec.mounts) mounts.push_back(MountJson(mount));
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

void AddIsolation(const ContainerTemplate& spec, Json& host) {
  if (spec.init) host["Init"] = true;
  if (spec.privileged) host["Privileged"] = true;
  if (spec.read_only_root_filesystem) host["ReadonlyRootfs"] = true;
  if (!spec.capabilities.add.empty()) host["CapAdd"] = spec.capabilities.add;
  if (!spec.capabilities.drop.empty()) host["CapDrop"] = spec.capabilities.drop;
  for (const auto& device : spec.devices) {
    host["Devices"].push_back({{"PathOnHost", device.host},
                               {"PathInContainer", device.container.empty() ? device.host : device.container},
                               {"CgroupPermissions", device.permissions}});
  }
  for (const auto& limit : spec.ulimits) {
    host["Ulimits"].push_back({{"Name", limit.name}, {"Soft", limit.soft}, {"Hard", limit.hard}});
  }
  if (!spec.sysctls.empty())
    host["Sysctls"] = std::map<std::string, std::string>(spec.sysctls.begin(), spec.sysctls.end());
  if (spec.shm_size) host["ShmSize"] = *spec.shm_size;
}

void AddLimits(const Limits& limits, Json& host) {
  if (limits.nano_cpus) host["NanoCpus"] = limits.nano_cpus;
  if (limits.memory) host["Memory"] = host["MemorySwap"] = limits.memory;
  host["RestartPolicy"] = {{"Name", EngineRestartPolicy(limits.restart)}};
}

void AddNetworking(const CreateRequest& request, ApiVersion version, Json& body, Json& host) {
  host["NetworkMode"] = NetworkMode(request);
  if (!request.spec.dns.empty()) host["Dns"] = request.spec.dns;
  if (!request.spec.extra_hosts.empty()) host["ExtraHosts"] = request.spec.extra_hosts;
  if (!request.spec.network_mode.empty()) return;
  for (const auto& attachment : request.networks) {
    body["NetworkingConfig"]["EndpointsConfig"][attachment.network] = EndpointJson(attachment);
    if (version < kManyEndpointsVersion) break;
  }
}

// The body without the environment, as an object that is not empty.
Json BodyWithoutEnv(const CreateRequest& request, const CreateBodyOptions& options) {
  Json body = Json::object();
  Json host = Json::object();
  body["Image"] = request.image.empty() ? request.spec.image : request.image;
  AddProcess(request.spec, body);
  AddPorts(request.spec, options.default_host_ip, body, host);
  AddIsolation(request.spec, host);
  AddLimits(request.limits, host);
  AddNetworking(request, options.version, body, host);
  if (auto mounts = MountsJson(request); !mounts.empty()) host["Mounts"] = std::move(mounts);
  if (request.spec.logging) {
    const auto& log = *request.spec.logging;
    host["LogConfig"] = {{"Type", log.driver},
                         {"Config", std::map<std::string, std::string>(log.options.begin(), log.options.end())}};
  }
  body["Labels"] = std::map<std::string, std::string>(request.labels.begin(), request.labels.end());
  body["HostConfig"] = std::move(host);
  return body;
}

// Appends `value` as the inside of a JSON string. False for what an environment cannot hold.
bool AppendEscaped(std::string_view value, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  while (!value.empty()) {
    auto length = Utf8SequenceLength(value);
    if (!length || value[0] == '\0') return false;
    auto first = static_cast<unsigned char>(value[0]);
    if (first == '"' || first == '\\') {
      out += '\\';
      out += value[0];
    } else if (first < 0x20) {
      out += "\\u00";
      out += kHex[first >> 4];
      out += kHex[first & 15];
    } else {
      out += value.substr(0, length);
    }
    value.remove_prefix(length);
  }
  return true;
}

constexpr std::size_t kEscapedBytesPerByte = 6;

struct EnvValue {
  const EnvEntry* entry;
  SecretText revealed;
  std::string_view value() const { return entry->secret ? std::string_view(revealed.text()) : entry->value; }
};

Expected<std::vector<EnvValue>> Reveal(const std::vector<EnvEntry>& env, SecretReader& secrets) {
  std::vector<EnvValue> values;
  values.reserve(env.size());
  for (const auto& entry : env) {
    values.push_back({&entry, SecretText()});
    if (!entry.secret) continue;
    auto value = secrets.Reveal(*entry.secret);
    if (!value) return std::move(value).error();
    values.back().revealed = SecretText(std::move(*value));
  }
  return values;
}

Error UnfitValue(const EnvEntry& entry) {
  std::string what = "environment variable " + entry.name;
  if (entry.secret) what += " (secret " + entry.secret->ref.name + "/" + entry.secret->ref.key + ")";
  return Error{ErrorKind::Terminal,
               what + ": the value must be UTF-8 text without NUL bytes; mount it as a file instead"};
}

// Appends ,"Env":["A=b",…]
Expected<void> AppendEnv(const std::vector<EnvValue>& values, std::string& out) {
  out += ",\"Env\":[";
  for (const auto& item : values) {
    if (&item != &values.front()) out += ',';
    out += '"';
    if (!AppendEscaped(item.entry->name, out)) return UnfitValue(*item.entry);
    out += '=';
    if (!AppendEscaped(item.value(), out)) return UnfitValue(*item.entry);
    out += '"';
  }
  out += ']';
  return {};
}

}  // namespace

SecretText& SecretText::operator=(SecretText&& other) noexcept {
  if (this == &other) return *this;
  Clear();
  text_ = std::move(other.text_);
  other.Clear();
  return *this;
}

void SecretText::Clear() {
  text_.resize(text_.capacity());
  OPENSSL_cleanse(text_.data(), text_.size());
  text_.clear();
}

Expected<SecretText> EncodeCreateBody(const CreateRequest& request, const CreateBodyOptions& options,
                                      SecretReader& secrets) {
  std::string open = Dump(BodyWithoutEnv(request, options));
  auto values = Reveal(request.spec.env, secrets);
  if (!values) return std::move(values).error();
  SecretText body;
  if (values->empty()) {
    body.text() = std::move(open);
    return body;
  }
  std::size_t size = open.size() + 16;
  for (const auto& item : *values) {
    size += kEscapedBytesPerByte * (item.entry->name.size() + item.value().size()) + 4;
  }
  body.text().reserve(size);
  open.pop_back();
  body.text() += open;
  if (auto added = AppendEnv(*values, body.text()); !added) return std::move(added).error();
  body.text() += '}';
  return body;
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

std::string_view EngineRestartPolicy(v1::RestartPolicy policy) {
  switch (policy) {
    case v1::RestartPolicy::Always: return "always";
    case v1::RestartPolicy::OnFailure: return "on-failure";
    case v1::RestartPolicy::Never: return "no";
  }
  return "no";
}

}  // namespace tinyforge::docker
