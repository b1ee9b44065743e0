#include "controller/docker/host_policy.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "api-types/v1/hosts.h"

namespace tinyforge::docker {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// Members of HostConfig that cannot reach the host, whatever their value.
constexpr auto kHarmless = std::to_array<std::string_view>({"NanoCpus",
                                                            "Memory",
                                                            "MemorySwap",
                                                            "MemoryReservation",
                                                            "MemorySwappiness",
                                                            "CpuShares",
                                                            "CpuPeriod",
                                                            "CpuQuota",
                                                            "CpusetCpus",
                                                            "PidsLimit",
                                                            "BlkioWeight",
                                                            "BlkioWeightDevice",
                                                            "BlkioDeviceReadBps",
                                                            "BlkioDeviceWriteBps",
                                                            "BlkioDeviceReadIOps",
                                                            "BlkioDeviceWriteIOps",
                                                            "RestartPolicy",
                                                            "Dns",
                                                            "DnsSearch",
                                                            "DnsOptions",
                                                            "Ulimits",
                                                            "CapDrop",
                                                            "ReadonlyRootfs",
                                                            "Init",
                                                            "ShmSize",
                                                            "Tmpfs",
                                                            "ExtraHosts",
                                                            "PortBindings",
                                                            "LogConfig",
                                                            "GroupAdd",
                                                            "StorageOpt",
                                                            "Annotations"});

// What the Engine gives to every container (moby, oci/caps/defaults.go).
constexpr std::array<std::string_view, 14> kDefaultCapabilities = {
    "CHOWN",   "DAC_OVERRIDE", "FSETID", "FOWNER",           "MKNOD",      "NET_RAW",    "SETGID", "SETUID",
    "SETFCAP", "SETPCAP",      "KILL",   "NET_BIND_SERVICE", "SYS_CHROOT", "AUDIT_WRITE"};

constexpr std::string_view kContainerMode = "container:";
constexpr std::string_view kBridgeName = "com.docker.network.bridge.name";

constexpr std::array<std::string_view, 2> kUsualSockets = {"/var/run/docker.sock", "/run/docker.sock"};

bool Matches(const std::vector<std::string>& patterns, std::string_view workload) {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) { return v1::GlobMatches(pattern, workload); });
}

Error Forbidden(std::string_view what, std::string_view workload, std::string_view setting) {
  return Error{ErrorKind::Terminal, std::string(what) + " is not allowed for workload " + std::string(workload) +
                                        " by the host policy; allow it under hostPolicy.rules[]." +
                                        std::string(setting) + " in the controller's config"};
}

// Without ".", ".." and doubled or trailing slashes.
std::string Lexical(const std::string& path) {
  auto normal = fs::path(path).lexically_normal().string();
  while (normal.size() > 1 && normal.back() == '/') normal.pop_back();
  while (normal.starts_with("//")) normal.erase(0, 1);
  return normal;
}

// Lexical, and with the symlinks of what exists resolved.
std::string Resolved(const std::string& path) {
  std::error_code error;
  auto real = fs::weakly_canonical(path, error);
  return Lexical(error ? path : real.string());
}

bool IsBelow(std::string_view path, std::string_view root) {
  if (root == "/") return true;
  return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
}

std::string Capability(std::string_view name) {
  std::string upper(name);
  std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return upper.starts_with("CAP_") ? upper.substr(4) : upper;
}

std::string Text(const Json& json, const char* key) {
  auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool Allows(const std::vector<NamedRule>& rules, std::string_view workload, std::string_view name) {
  return std::ranges::any_of(
      rules, [&](const NamedRule& rule) { return rule.name == name && Matches(rule.workloads, workload); });
}

bool AllowsCapability(const HostPolicy& policy, std::string_view workload, const std::string& name) {
  return std::ranges::any_of(policy.capabilities, [&](const NamedRule& rule) {
    return Capability(rule.name) == name && Matches(rule.workloads, workload);
  });
}

bool AllowsDevice(const HostPolicy& policy, std::string_view workload, const std::string& path) {
  return std::ranges::any_of(policy.devices, [&](const NamedRule& rule) {
    return Lexical(rule.name) == Lexical(path) && Matches(rule.workloads, workload);
  });
}

Expected<void> CheckCapabilities(const HostPolicy& policy, std::string_view workload, const Json& added) {
  for (const auto& item : added) {
    auto name = Capability(item.get<std::string>());
    if (std::ranges::find(kDefaultCapabilities, name) != kDefaultCapabilities.end()) continue;
    if (!AllowsCapability(policy, workload, name))
      return Forbidden("spec.capabilities.add: " + name, workload, "capabilities");
  }
  return {};
}

Expected<void> CheckDevices(const HostPolicy& policy, std::string_view workload, const Json& devices) {
  for (const auto& item : devices) {
    auto path = Text(item, "PathOnHost");
    if (!AllowsDevice(policy, workload, path)) return Forbidden("spec.devices: " + path, workload, "devices");
  }
  return {};
}

// CDI names devices, all of which must be allowed; other drivers are asked by what the devices can do.
bool AllowsRequest(const HostPolicy& policy, std::string_view workload, const Json& request) {
  const auto allowed = [&](const Json& name) { return Allows(policy.devices, workload, name.get<std::string>()); };
  const Json ids = request.value("DeviceIDs", Json::array());
  if (Text(request, "Driver") == "cdi") return !ids.empty() && std::ranges::all_of(ids, allowed);
  return std::ranges::any_of(request.value("Capabilities", Json::array()),
                             [&](const Json& set) { return std::ranges::any_of(set, allowed); });
}

Expected<void> CheckDeviceRequests(const HostPolicy& policy, std::string_view workload, const Json& requests) {
  for (const auto& request : requests)
    if (!AllowsRequest(policy, workload, request))
      return Forbidden("the device request " + request.dump(-1, ' ', false, Json::error_handler_t::replace), workload,
                       "devices");
  return {};
}

Expected<void> CheckNames(const std::vector<NamedRule>& rules, std::string_view workload, const Json& names,
                          std::pair<std::string_view, std::string_view> what_and_setting) {
  for (const auto& item : names) {
    const auto name = item.get<std::string>();
    if (!Allows(rules, workload, name))
      return Forbidden(std::string(what_and_setting.first) + " " + name, workload, what_and_setting.second);
  }
  return {};
}

// What only takes rights away from the container needs no permission.
Expected<void> CheckSecurityOptions(const HostPolicy& policy, std::string_view workload, Json options) {
  std::erase_if(options.get_ref<Json::array_t&>(), [](const Json& item) {
    const auto option = item.get<std::string>();
    return option == "no-new-privileges" || option == "no-new-privileges:true" || option == "no-new-privileges=true";
  });
  return CheckNames(policy.security_options, workload, options, {"security option", "securityOptions"});
}

// Sysctls that the Engine confines to the container's namespaces; it refuses the rest itself.
bool IsNamespacedSysctl(std::string_view name) {
  return name.starts_with("net.") || name.starts_with("fs.mqueue.") || name.starts_with("kernel.msg") ||
         name.starts_with("kernel.shm") || name == "kernel.sem";
}

Expected<void> CheckSysctls(std::string_view workload, const Json& sysctls) {
  for (const auto& [name, unused] : sysctls.items()) {
    if (!IsNamespacedSysctl(name)) {
      return Error{
          ErrorKind::Terminal,
          "spec.sysctls: " + name + " would change the host, not the container of workload " + std::string(workload)};
    }
  }
  return {};
}

// The namespaces of the host, and of containers that are not of the workload.
Expected<void> CheckNamespace(const HostPolicy& policy, std::string_view workload, std::string_view key,
                              const std::string& mode) {
  const auto allowed = [&](const char* name) -> Expected<void> {
    if (Allows(policy.host_namespaces, workload, name)) return {};
    return Forbidden(
        "the " + std::string(name) + " namespace of the host (HostConfig." + std::string(key) + ": " + mode + ")",
        workload, "hostNamespaces");
  };
  const bool private_ipc = mode == "private" || mode == "shareable" || mode == "none";
  if (mode.empty() || (key == "IpcMode" && private_ipc) || (key == "CgroupnsMode" && mode == "private")) return {};
  if (key == "PidMode" && !Matches(policy.host_pid, workload))
    return Forbidden("a host PID namespace", workload, "hostPID");
  if (key == "IpcMode") return allowed("ipc");
  if (key == "UTSMode") return allowed("uts");
  if (key == "UsernsMode") return allowed("user");
  if (key == "CgroupnsMode") return allowed("cgroup");
  return {};
}

// What may starve the host of processor time or memory.
Expected<void> CheckPrecedence(const HostPolicy& policy, std::string_view workload, std::string_view key,
                               const Json& host) {
  const bool bounded = host.contains("Memory");
  const bool harmless = (key == "OomScoreAdj" && host["OomScoreAdj"] >= 0) || (key == "OomKillDisable" && bounded);
  if (harmless) return {};
  const std::string capability = key.starts_with("CpuRealtime") ? "SYS_NICE" : "SYS_RESOURCE";
  if (AllowsCapability(policy, workload, capability)) return {};
  return Forbidden("HostConfig." + std::string(key) + " (which needs " + capability + ")", workload, "capabilities");
}

bool IsNamespace(std::string_view key) {
  return key == "PidMode" || key == "IpcMode" || key == "UTSMode" || key == "UsernsMode" || key == "CgroupnsMode";
}

bool IsPrecedence(std::string_view key) {
  return key == "OomScoreAdj" || key == "OomKillDisable" || key == "CpuRealtimePeriod" || key == "CpuRealtimeRuntime";
}

Expected<void> CheckModes(const HostPolicy& policy, std::string_view workload, std::string_view key,
                          const Json& value) {
  if (key == "Privileged") {
    if (value == true && !Matches(policy.privileged, workload))
      return Forbidden("spec.privileged", workload, "privileged");
  } else if (key == "NetworkMode") {
    if (value == "host" && !Matches(policy.host_network, workload)) {
      return Forbidden("spec.networkMode: host", workload, "hostNetwork");
    }
  } else if (key == "Sysctls") {
    return CheckSysctls(workload, value);
  } else if (key == "SecurityOpt") {
    return CheckSecurityOptions(policy, workload, value);
  } else if (key == "DeviceCgroupRules") {
    return CheckNames(policy.devices, workload, value, {"device cgroup rule", "devices"});
  } else if (key == "DeviceRequests") {
    return CheckDeviceRequests(policy, workload, value);
  } else if (key == "Runtime") {
    return CheckNames(policy.runtimes, workload, Json::array({value}), {"runtime", "runtimes"});
  } else if (key == "CgroupParent") {
    return CheckNames(policy.cgroup_parents, workload, Json::array({value}), {"cgroup parent", "cgroupParents"});
  } else if (std::ranges::find(kHarmless, key) == kHarmless.end()) {
    return Error{ErrorKind::Terminal, "HostConfig." + std::string(key) +
                                          " is never allowed in a create body (workload " + std::string(workload) +
                                          ")"};
  }
  return {};
}

Expected<void> CheckPropagation(const HostPolicy& policy, std::string_view workload, std::string_view propagation) {
  const bool shared = propagation == "shared" || propagation == "rshared";
  if (!shared || Allows(policy.host_namespaces, workload, "mount")) return {};
  return Forbidden("mount propagation " + std::string(propagation), workload, "hostNamespaces");
}

// Which options a mount may have; a driver of its own would be a second way to a volume.
Expected<void> CheckMountOptions(const HostPolicy& policy, std::string_view workload, const Json& mount) {
  const Json of_volume = mount.value("VolumeOptions", Json::object());
  const Json of_bind = mount.value("BindOptions", Json::object());
  for (const auto& [key, value] : of_volume.items())
    if (key != "NoCopy" && key != "Subpath")
      return Error{ErrorKind::Terminal, "VolumeOptions." + key + " is never allowed in a create body"};
  for (const auto& [key, value] : of_bind.items()) {
    if (key == "CreateMountpoint") continue;
    if (key != "Propagation")
      return Error{ErrorKind::Terminal, "BindOptions." + key + " is never allowed in a create body"};
    if (auto allowed = CheckPropagation(policy, workload, value.get<std::string>()); !allowed) return allowed;
  }
  return {};
}

Expected<void> CheckBindOptions(const HostPolicy& policy, std::string_view workload, std::string_view options) {
  constexpr std::array<std::string_view, 10> kKnown = {"z",        "Z",      "ro",      "nocopy", "private",
                                                       "rprivate", "shared", "rshared", "slave",  "rslave"};
  while (!options.empty()) {
    const std::string_view option = options.substr(0, options.find(','));
    if (std::ranges::find(kKnown, option) == kKnown.end())
      return Error{ErrorKind::Terminal,
                   "option \"" + std::string(option) + "\" of HostConfig.Binds is never allowed in a create body"};
    if (auto allowed = CheckPropagation(policy, workload, option); !allowed) return allowed;
    options.remove_prefix(std::min(options.size(), option.size() + 1));
  }
  return {};
}

// The options of local that mount would be given: "o" is a list with commas.
bool HasFlag(std::string_view list, std::string_view flag) {
  while (!list.empty()) {
    const std::string_view one = list.substr(0, list.find(','));
    if (one == flag) return true;
    list.remove_prefix(std::min(list.size(), one.size() + 1));
  }
  return false;
}

std::string OptionOf(const StringMap& options, std::string_view key) {
  const auto found = options.find(key);
  return found == options.end() ? std::string() : found->second;
}

// The environment is not judged, and its secrets stay out of the parsed copy.
Json ParseWithoutEnv(std::string_view body) {
  auto keep = [](int depth, Json::parse_event_t event, Json& parsed) {
    return !(event == Json::parse_event_t::key && depth == 1 && parsed == "Env");
  };
  return Json::parse(body, keep, false);
}

}  // namespace

PolicyChecker::PolicyChecker(HostPolicy policy, const HostPaths& own, std::string docker_socket)
    : policy_(std::move(policy)) {
  for (const auto& path : {own.volumes, own.files}) {
    if (path.starts_with('/')) own_.push_back(Lexical(path));
  }
  sockets_.assign(kUsualSockets.begin(), kUsualSockets.end());
  if (!docker_socket.empty()) sockets_.push_back(std::move(docker_socket));
}

Expected<void> PolicyChecker::Check(std::string_view workload, std::string_view body, const PolicyGrants& grants) const
    try {
  auto json = ParseWithoutEnv(body);
  if (!json.is_object() || !json.contains("HostConfig")) {
    return Error{ErrorKind::Terminal, "the create body of workload " + std::string(workload) + " is no JSON object"};
  }
  for (const auto& [key, value] : json["HostConfig"].items()) {
    Expected<void> verdict;
    if (key == "CapAdd") {
      verdict = CheckCapabilities(policy_, workload, value);
    } else if (key == "Devices") {
      verdict = CheckDevices(policy_, workload, value);
    } else if (key == "Mounts") {
      verdict = CheckMounts(workload, value, grants.rendered);
    } else if (key == "Binds") {
      verdict = CheckBinds(workload, value, grants.rendered);
    } else if (IsNamespace(key)) {
      const auto mode = value.get<std::string>();
      const bool shared =
          mode.starts_with(kContainerMode) && grants.containers.contains(mode.substr(kContainerMode.size()));
      if (!shared) verdict = CheckNamespace(policy_, workload, key, mode);
    } else if (IsPrecedence(key)) {
      verdict = CheckPrecedence(policy_, workload, key, json["HostConfig"]);
    } else {
      verdict = CheckModes(policy_, workload, key, value);
    }
    if (!verdict) return verdict;
  }
  return {};
} catch (const std::exception& error) {
  return Error{ErrorKind::Terminal,
               std::string("the create body cannot be judged by the host policy: ") + error.what()};
}

Expected<void> PolicyChecker::CheckMounts(std::string_view workload, const Json& mounts,
                                          const RenderedPaths& rendered) const {
  for (const auto& mount : mounts) {
    if (auto allowed = CheckMountOptions(policy_, workload, mount); !allowed) return allowed;
    if (Text(mount, "Type") != "bind") continue;
    auto allowed = CheckBind(workload, {Text(mount, "Source"), mount.value("ReadOnly", false)}, rendered);
    if (!allowed) return allowed;
  }
  return {};
}

// "source:target:options". What is relabelled is written to, also where it is mounted read-only.
Expected<void> PolicyChecker::CheckBinds(std::string_view workload, const Json& binds,
                                         const RenderedPaths& rendered) const {
  for (const auto& bind : binds) {
    const auto text = bind.get<std::string>();
    const auto first = text.find(':');
    const auto second = text.find(':', std::min(first, text.size() - 1) + 1);
    if (first == std::string::npos || second == std::string::npos || text.find(':', second + 1) != std::string::npos)
      return Error{ErrorKind::Terminal, "HostConfig.Binds: \"" + text + "\" is not SOURCE:TARGET:OPTIONS"};
    const std::string source = text.substr(0, first);
    const std::string options = text.substr(second + 1);
    if (auto allowed = CheckBindOptions(policy_, workload, options); !allowed) return allowed;
    if (!source.starts_with('/')) continue;  // a volume
    const bool read_only = HasFlag(options, "ro") && IsOwn(Lexical(source));
    if (auto allowed = CheckBind(workload, {source, read_only}, rendered); !allowed)
      return std::move(allowed).error().Within("relabelling for SELinux");
  }
  return {};
}

Expected<void> PolicyChecker::CheckSharedNetwork(std::string_view workload, std::string_view mode) const {
  // What that one shares in its turn is not known here.
  const bool wide = mode == "host" || mode.starts_with("container:");
  if (!wide || Matches(policy_.host_network, workload)) return {};
  return Forbidden("spec.networkMode: the network of a container that has that of " +
                       std::string(mode == "host" ? "the host" : "another one"),
                   workload, "hostNetwork");
}

Expected<void> PolicyChecker::CheckPrivilegedHook(std::string_view workload) const {
  if (Matches(policy_.privileged, workload)) return {};
  return Forbidden("a hook with privileged: true", workload, "privileged");
}

Expected<void> PolicyChecker::CheckVolume(std::string_view workload, const DesiredVolume& volume) const {
  const auto refuse = [&](const std::string& what, std::string_view setting) {
    return Forbidden("volume " + volume.name + ": " + what, workload, setting);
  };
  if (!volume.driver.empty() && volume.driver != "local") {
    if (Allows(policy_.volume_drivers, workload, volume.driver)) return {};
    return refuse("driver " + volume.driver, "volumeDrivers");
  }
  const std::string type = OptionOf(volume.driver_opts, "type");
  const std::string flags = OptionOf(volume.driver_opts, "o");
  const std::string device = OptionOf(volume.driver_opts, "device");
  if (type.empty() && flags.empty() && device.empty()) return {};
  const bool binds = HasFlag(flags, "bind") || HasFlag(flags, "rbind");
  if (binds) return CheckBind(workload, {device, HasFlag(flags, "ro")}, {});
  if (type == "tmpfs") return {};
  if (device.starts_with('/') && AllowsDevice(policy_, workload, device)) return {};
  if (Allows(policy_.volume_drivers, workload, type)) return {};
  return device.starts_with('/') ? refuse("device " + device, "devices")
                                 : refuse("file system " + type, "volumeDrivers");
}

Expected<void> PolicyChecker::CheckNetwork(std::string_view workload, const NetworkConfig& network) const {
  if (!network.driver.empty() && network.driver != "bridge") {
    if (Allows(policy_.network_drivers, workload, network.driver)) return {};
    return Forbidden("network driver " + network.driver, workload, "networkDrivers");
  }
  if (network.driver_opts.contains(kBridgeName) && !Matches(policy_.host_network, workload))
    return Forbidden("network option " + std::string(kBridgeName), workload, "hostNetwork");
  return {};
}

Expected<void> PolicyChecker::CheckBind(std::string_view workload, const Bind& bind,
                                        const RenderedPaths& rendered) const {
  const std::string& source = bind.source;
  auto what = "mounting " + source + (bind.read_only ? "" : " read-write");
  if (!source.starts_with('/')) {
    return Error{ErrorKind::Terminal, "mounting " + source + ": a host path must be absolute"};
  }
  for (const auto& path : {Lexical(source), Resolved(source)}) {
    if (IsOwn(path)) {
      if (IsRendered({path, bind.read_only}, rendered)) continue;
      return Error{ErrorKind::Terminal, what +
                                            ": that folder holds what Tinyforge keeps for all workloads; expected a "
                                            "path outside of it, or a named volume"};
    }
    if (!PathAllowed(workload, path, bind.read_only)) {
      return Forbidden(path == source ? what : what + " (which is " + path + ")", workload, "absoluteRoots");
    }
    if (IsSocket(path) && !Matches(policy_.docker_socket, workload)) {
      return Forbidden(what + ", which gives the Docker socket,", workload, "dockerSocket");
    }
  }
  return {};
}

bool PolicyChecker::IsOwn(const std::string& path) const {
  return std::ranges::any_of(own_, [&](const auto& own) { return IsBelow(path, own) || IsBelow(path, Resolved(own)); });
}

// The folder may be reached through symlinks; below it they are what a container may have written.
bool PolicyChecker::IsRendered(const Bind& bind, const RenderedPaths& rendered) const {
  const auto names = [&](const std::string& path) {
    return std::ranges::any_of(own_, [&](const std::string& own) {
      return IsBelow(path, own) && (bind.source == path || bind.source == Resolved(own) + path.substr(own.size()));
    });
  };
  const auto is_one_of = [&](const std::set<std::string>& paths) {
    return std::ranges::any_of(paths, [&](const std::string& path) { return names(Lexical(path)); });
  };
  return is_one_of(rendered.directories) || (bind.read_only && is_one_of(rendered.files));
}

bool PolicyChecker::PathAllowed(std::string_view workload, const std::string& path, bool read_only) const {
  return std::ranges::any_of(policy_.paths, [&](const PathRule& rule) {
    if (!Matches(rule.workloads, workload) || (rule.read_only && !read_only)) return false;
    for (const auto& root : {Lexical(rule.path), Resolved(rule.path)}) {
      if (rule.exact ? path == root : IsBelow(path, root)) return true;
    }
    return false;
  });
}

bool PolicyChecker::IsSocket(const std::string& path) const {
  return std::ranges::any_of(
      sockets_, [&](const auto& socket) { return IsBelow(Lexical(socket), path) || IsBelow(Resolved(socket), path); });
}

}  // namespace tinyforge::docker
