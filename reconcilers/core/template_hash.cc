#include <algorithm>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "api-types/codec/hash.h"
#include "api-types/doc/json.h"
#include "api-types/v1/enum_names.h"
#include "reconcilers/core/desired_state.h"

// The keys are part of every stored hash. They are written out here and do not follow the names of members or of
// manifest keys, so that renaming one of those replaces no container.

namespace tinyforge {
namespace {

using doc::Node;

Node Json(bool value) {
  return Node::Of(value);
}
Node Json(const std::string& value) {
  return Node::Of(value);
}
Node Json(std::int64_t value) {
  return Node::Of(value);
}
Node Json(int value) {
  return Node::Of(std::int64_t{value});
}
Node Json(std::uint16_t value) {
  return Node::Of(std::int64_t{value});
}
Node Json(std::uint32_t value) {
  return Node::Of(std::int64_t{value});
}
Node Json(Duration value) {
  return Node::Of(std::int64_t{value.count()});
}
Node Json(v1::Protocol value) {
  return Node::Of(std::string(v1::NameOf(value)));
}

Node Json(MountType value) {
  switch (value) {
    case MountType::Bind: return Node::Of(std::string("bind"));
    case MountType::Volume: return Node::Of(std::string("volume"));
    case MountType::Tmpfs: return Node::Of(std::string("tmpfs"));
  }
  return {};
}

Node Json(const StringMap& map) {
  Node node = Node::Map();
  for (const auto& [key, value] : map) node.Add(key, Json(value));
  return node;
}

Node Json(const v1::Capabilities& capabilities);
Node Json(const v1::Device& device);
Node Json(const v1::Ulimit& ulimit);
Node Json(const v1::Logging& logging);
Node Json(const SecretHandle& secret);
Node Json(const EnvEntry& entry);
Node Json(const PublishedPort& port);
Node Json(const Mount& mount);
Node Json(const NativeHealthcheck& healthcheck);
Node Json(const EnvInsert& insert);
Node Json(const DeviceRequest& request);
Node Json(const BlkioRate& rate);
Node Json(const Blkio& blkio);
Node Json(const Scheduling& scheduling);
Node Json(const Namespaces& namespaces);
Node Json(const IpamPool& pool);
Node Json(const Hook& hook);

template <class T>
Node Json(const std::vector<T>& list) {
  Node node = Node::List();
  for (const T& item : list) node.items.push_back(Json(item));
  return node;
}

// Adds members that are not at their default.
class Members {
 public:
  template <class T>
  void Add(std::string_view key, const T& value, const T& standard = T{}) {
    if (value != standard) node_.Add(std::string(key), Json(value));
  }
  template <class T>
  void Add(std::string_view key, const std::optional<T>& value) {
    if (value) node_.Add(std::string(key), Json(*value));
  }
  Node Take() { return std::move(node_); }

 private:
  Node node_ = Node::Map();
};

Node Json(const v1::Capabilities& capabilities) {
  Members members;
  members.Add("add", capabilities.add);
  members.Add("drop", capabilities.drop);
  return members.Take();
}

Node Json(const v1::Device& device) {
  Members members;
  members.Add("host", device.host);
  members.Add("container", device.container);
  members.Add("permissions", device.permissions, v1::Device{}.permissions);
  return members.Take();
}

Node Json(const v1::Ulimit& ulimit) {
  Members members;
  members.Add("name", ulimit.name);
  members.Add("soft", ulimit.soft);
  members.Add("hard", ulimit.hard);
  return members.Take();
}

Node Json(const v1::Logging& logging) {
  Members members;
  members.Add("driver", logging.driver);
  members.Add("options", logging.options);
  return members.Take();
}

Node Json(const SecretHandle& secret) {
  Members members;
  members.Add("name", secret.ref.name);
  members.Add("key", secret.ref.key);
  members.Add("fingerprint", secret.fingerprint);
  members.Add("variable", secret.variable);
  return members.Take();
}

Node Json(const EnvEntry& entry) {
  Members members;
  members.Add("name", entry.name);
  members.Add("value", entry.value);
  members.Add("secret", entry.secret);
  members.Add("inserts", entry.inserts);
  members.Add("unset", entry.unset);
  return members.Take();
}

Node Json(const PublishedPort& port) {
  Members members;
  members.Add("container", port.container);
  members.Add("protocol", port.protocol);
  members.Add("published", port.published);
  members.Add("host", port.host);
  members.Add("hostIP", port.host_ip);
  return members.Take();
}

Node Json(const Mount& mount) {
  Members members;
  members.Add("type", mount.type);
  members.Add("source", mount.source);
  members.Add("target", mount.target);
  members.Add("readOnly", mount.read_only);
  members.Add("tmpfsSize", mount.tmpfs_size);
  members.Add("tmpfsMode", mount.tmpfs_mode);
  members.Add("propagation", mount.propagation);
  members.Add("noCopy", mount.no_copy);
  members.Add("subpath", mount.subpath);
  members.Add("relabel", mount.relabel);
  members.Add("tmpfsUid", mount.tmpfs_uid);
  members.Add("tmpfsGid", mount.tmpfs_gid);
  members.Add("tmpfsExec", mount.tmpfs_exec);
  return members.Take();
}

Node Json(const NativeHealthcheck& healthcheck) {
  Members members;
  members.Add("test", healthcheck.test);
  members.Add("interval", healthcheck.interval);
  members.Add("timeout", healthcheck.timeout);
  members.Add("startPeriod", healthcheck.start_period);
  members.Add("retries", healthcheck.retries);
  members.Add("startInterval", healthcheck.start_interval);
  return members.Take();
}

Node Json(const EnvInsert& insert) {
  Members members;
  members.Add("offset", static_cast<std::int64_t>(insert.offset));
  members.Add("secret", insert.secret);
  return members.Take();
}

Node Json(const DeviceRequest& request) {
  Members members;
  members.Add("driver", request.driver);
  members.Add("count", request.count);
  members.Add("ids", request.device_ids);
  members.Add("capabilities", request.capabilities);
  members.Add("options", request.options);
  return members.Take();
}

Node Json(const BlkioRate& rate) {
  Members members;
  members.Add("path", rate.path);
  members.Add("rate", rate.rate);
  return members.Take();
}

Node Json(const Blkio& blkio) {
  Members members;
  members.Add("weight", blkio.weight);
  members.Add("weightDevices", blkio.weight_devices);
  members.Add("readBps", blkio.read_bps);
  members.Add("writeBps", blkio.write_bps);
  members.Add("readIops", blkio.read_iops);
  members.Add("writeIops", blkio.write_iops);
  return members.Take();
}

Node Json(const Scheduling& scheduling) {
  Members members;
  members.Add("cpuPeriod", scheduling.cpu_period);
  members.Add("cpuQuota", scheduling.cpu_quota);
  members.Add("realtimePeriod", scheduling.realtime_period);
  members.Add("realtimeRuntime", scheduling.realtime_runtime);
  members.Add("memorySwappiness", scheduling.memory_swappiness);
  members.Add("oomScoreAdj", scheduling.oom_score_adj);
  members.Add("oomKillDisable", scheduling.oom_kill_disable);
  return members.Take();
}

Node Json(const Namespaces& namespaces) {
  Members members;
  members.Add("pid", namespaces.pid);
  members.Add("ipc", namespaces.ipc);
  members.Add("uts", namespaces.uts);
  members.Add("user", namespaces.user);
  members.Add("cgroup", namespaces.cgroup);
  return members.Take();
}

Node Json(const IpamPool& pool) {
  Members members;
  members.Add("subnet", pool.subnet);
  members.Add("ipRange", pool.ip_range);
  members.Add("gateway", pool.gateway);
  members.Add("auxAddresses", pool.aux_addresses);
  return members.Take();
}

Node Json(const Hook& hook) {
  Members members;
  members.Add("command", hook.command);
  members.Add("user", hook.user);
  members.Add("workingDir", hook.working_dir);
  members.Add("privileged", hook.privileged);
  members.Add("env", hook.env);
  return members.Take();
}

void AddProcess(const ContainerTemplate& container, Members& members) {
  members.Add("image", container.image);
  members.Add("entrypoint", container.entrypoint);
  members.Add("cmd", container.cmd);
  members.Add("user", container.user);
  members.Add("workingDir", container.working_dir);
  members.Add("hostname", container.hostname);
  members.Add("stopSignal", container.stop_signal);
  members.Add("stopTimeout", container.stop_timeout);
  members.Add("init", container.init);
  members.Add("tty", container.tty);
  members.Add("readOnlyRootFilesystem", container.read_only_root_filesystem);
  members.Add("privileged", container.privileged);
  members.Add("env", container.env);
}

void AddHost(const ContainerTemplate& container, Members& members) {
  members.Add("capabilities", container.capabilities);
  members.Add("devices", container.devices);
  members.Add("extraHosts", container.extra_hosts);
  members.Add("dns", container.dns);
  members.Add("sysctls", container.sysctls);
  members.Add("ulimits", container.ulimits);
  members.Add("shmSize", container.shm_size);
  members.Add("logging", container.logging);
  members.Add("networkMode", container.network_mode);
  members.Add("ports", container.ports);
  members.Add("labels", container.labels);
  members.Add("mounts", container.mounts);
  members.Add("healthcheck", container.healthcheck);
}

void AddNames(const ContainerTemplate& container, Members& members) {
  members.Add("domainname", container.domainname);
  members.Add("stdinOpen", container.stdin_open);
  members.Add("dnsSearch", container.dns_search);
  members.Add("dnsOptions", container.dns_options);
  members.Add("macAddress", container.mac_address);
  members.Add("platform", container.platform);
  members.Add("annotations", container.annotations);
}

void AddConfinement(const ContainerTemplate& container, Members& members) {
  members.Add("securityOpt", container.security_opt);
  members.Add("groupAdd", container.group_add);
  members.Add("namespaces", container.namespaces);
  members.Add("cgroupParent", container.cgroup_parent);
  members.Add("runtime", container.runtime);
  members.Add("storageOpt", container.storage_opt);
  members.Add("deviceCgroupRules", container.device_cgroup_rules);
  members.Add("deviceRequests", container.device_requests);
  members.Add("scheduling", container.scheduling);
  members.Add("blkio", container.blkio);
}

void AddHooks(const ContainerTemplate& container, Members& members) {
  members.Add("postStart", container.post_start);
  members.Add("preStop", container.pre_stop);
}

}  // namespace

std::string NameOf(const SecretHandle& secret) {
  return secret.ref.name + "/" + secret.ref.key + (secret.variable.empty() ? "" : "." + secret.variable);
}

void SortUnordered(ContainerTemplate& t) {
  std::ranges::stable_sort(t.env, {}, &EnvEntry::name);
  std::ranges::stable_sort(t.mounts, {}, &Mount::target);
  std::ranges::stable_sort(t.ports, {},
                           [](const PublishedPort& p) { return std::tuple(p.container, p.protocol, p.host); });
  std::ranges::stable_sort(t.devices, {}, &v1::Device::container);
  std::ranges::stable_sort(t.ulimits, {}, &v1::Ulimit::name);
  std::ranges::sort(t.capabilities.add);
  std::ranges::sort(t.capabilities.drop);
}

std::set<std::string> ServicesShared(const ContainerTemplate& container) {
  constexpr std::string_view kService = "service:";
  std::set<std::string> names;
  for (const std::string* mode : {&container.network_mode, &container.namespaces.pid, &container.namespaces.ipc})
    if (mode->starts_with(kService)) names.insert(mode->substr(kService.size()));
  return names;
}

std::string FactKeyOf(const std::string& workload, const std::string& service) {
  return service.empty() ? workload : workload + "." + service;
}

std::string FactKeyOf(const DesiredState& desired) {
  return FactKeyOf(desired.workload, desired.service);
}

std::string_view WorkloadOfFacts(std::string_view fact_key) {
  return fact_key.substr(0, fact_key.find('.'));
}

std::string TemplateHash(const ContainerTemplate& container) {
  Members members;
  AddProcess(container, members);
  AddHost(container, members);
  AddNames(container, members);
  AddConfinement(container, members);
  AddHooks(container, members);
  return "v1:" + Sha256Hex(doc::CanonicalJson(members.Take()));
}

std::string NetworkHash(const NetworkConfig& config) {
  Members members;
  members.Add("driver", config.driver);
  members.Add("driverOpts", config.driver_opts);
  members.Add("ipamDriver", config.ipam_driver);
  members.Add("ipamOptions", config.ipam_options);
  members.Add("ipam", config.ipam);
  members.Add("internal", config.internal);
  members.Add("attachable", config.attachable);
  members.Add("enableIPv6", config.enable_ipv6);
  members.Add("labels", config.labels);
  return "v1:" + Sha256Hex(doc::CanonicalJson(members.Take()));
}

}  // namespace tinyforge
