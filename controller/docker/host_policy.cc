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
constexpr std::array<std::string_view, 13> kHarmless = {
    "NanoCpus",       "Memory", "MemorySwap", "RestartPolicy", "Dns",          "Ulimits",  "CapDrop",
    "ReadonlyRootfs", "Init",   "ShmSize",    "ExtraHosts",    "PortBindings", "LogConfig"};

// What the Engine gives to every container (moby, oci/caps/defaults.go).
constexpr std::array<std::string_view, 14> kDefaultCapabilities = {
    "CHOWN",   "DAC_OVERRIDE", "FSETID", "FOWNER",           "MKNOD",      "NET_RAW",    "SETGID", "SETUID",
    "SETFCAP", "SETPCAP",      "KILL",   "NET_BIND_SERVICE", "SYS_CHROOT", "AUDIT_WRITE"};

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

Expected<void> CheckCapabilities(const HostPolicy& policy, std::string_view workload, const Json& added) {
  for (const auto& item : added) {
    auto name = Capability(item.get<std::string>());
    if (std::ranges::find(kDefaultCapabilities, name) != kDefaultCapabilities.end()) continue;
    bool allowed = std::ranges::any_of(policy.capabilities, [&](const NamedRule& rule) {
      return Capability(rule.name) == name && Matches(rule.workloads, workload);
    });
    if (!allowed) return Forbidden("spec.capabilities.add: " + name, workload, "capabilities");
  }
  return {};
}

Expected<void> CheckDevices(const HostPolicy& policy, std::string_view workload, const Json& devices) {
  for (const auto& item : devices) {
    auto path = Text(item, "PathOnHost");
    bool allowed = std::ranges::any_of(policy.devices, [&](const NamedRule& rule) {
      return Lexical(rule.name) == Lexical(path) && Matches(rule.workloads, workload);
    });
    if (!allowed) return Forbidden("spec.devices: " + path, workload, "devices");
  }
  return {};
}

// Sysctls that the Engine confines to the container's namespaces; it refuses the rest itself.
bool IsNamespacedSysctl(std::string_view name) {
  return name.starts_with("net.") || name.starts_with("fs.mqueue.") || name.starts_with("kernel.msg") ||
         name.starts_with("kernel.shm") || name == "kernel.sem";
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
  } else if (key == "PidMode") {
    if (value != "" && !Matches(policy.host_pid, workload))
      return Forbidden("a host PID namespace", workload, "hostPID");
  } else if (key == "Sysctls") {
    for (const auto& [name, unused] : value.items()) {
      if (!IsNamespacedSysctl(name)) {
        return Error{
            ErrorKind::Terminal,
            "spec.sysctls: " + name + " would change the host, not the container of workload " + std::string(workload)};
      }
    }
  } else if (std::ranges::find(kHarmless, key) == kHarmless.end()) {
    return Error{ErrorKind::Terminal, "HostConfig." + std::string(key) +
                                          " is never allowed in a create body (workload " + std::string(workload) +
                                          ")"};
  }
  return {};
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

Expected<void> PolicyChecker::Check(std::string_view workload, std::string_view body) const try {
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
      for (const auto& mount : value) {
        auto type = Text(mount, "Type");
        if (mount.contains("VolumeOptions") || mount.contains("BindOptions")) {
          return Error{ErrorKind::Terminal, "mount options are never allowed in a create body"};
        }
        if (type == "bind") verdict = CheckBind(workload, Text(mount, "Source"), mount.value("ReadOnly", false));
        if (!verdict) break;
      }
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

Expected<void> PolicyChecker::CheckSharedNetwork(std::string_view workload, std::string_view mode) const {
  // What that one shares in its turn is not known here.
  const bool wide = mode == "host" || mode.starts_with("container:");
  if (!wide || Matches(policy_.host_network, workload)) return {};
  return Forbidden("spec.networkMode: the network of a container that has that of " +
                       std::string(mode == "host" ? "the host" : "another one"),
                   workload, "hostNetwork");
}

Expected<void> PolicyChecker::CheckBind(std::string_view workload, const std::string& source, bool read_only) const {
  auto what = "mounting " + source + (read_only ? "" : " read-write");
  if (!source.starts_with('/')) {
    return Error{ErrorKind::Terminal, "mounting " + source + ": a host path must be absolute"};
  }
  for (const auto& path : {Lexical(source), Resolved(source)}) {
    if (!PathAllowed(workload, path, read_only)) {
      return Forbidden(path == source ? what : what + " (which is " + path + ")", workload, "absoluteRoots");
    }
    if (IsSocket(path) && !Matches(policy_.docker_socket, workload)) {
      return Forbidden(what + ", which gives the Docker socket,", workload, "dockerSocket");
    }
  }
  return {};
}

bool PolicyChecker::PathAllowed(std::string_view workload, const std::string& path, bool read_only) const {
  if (std::ranges::any_of(own_, [&](const auto& own) { return IsBelow(path, own) || IsBelow(path, Resolved(own)); })) {
    return true;
  }
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
