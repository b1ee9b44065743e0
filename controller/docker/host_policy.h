// What workloads may do to the host. It stands in the daemon's configuration, never in git; the default allows nothing.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/meta/error.h"
#include "reconcilers/core/ports.h"

namespace tinyforge::docker {

// `workloads` are name patterns with "*" and "?"; a rule without any matches no workload.
struct PathRule {
  std::string path;        // absolute; itself and what lies below
  bool exact = false;      // itself only
  bool read_only = false;  // may be mounted read-only only
  std::vector<std::string> workloads = {"*"};
};

struct NamedRule {
  std::string name;
  std::vector<std::string> workloads = {"*"};
};

struct HostPolicy {
  std::vector<PathRule> paths;          // host paths that may be mounted
  std::vector<std::string> privileged;  // workload patterns, as the next three
  std::vector<std::string> host_network;
  std::vector<std::string> host_pid;
  std::vector<std::string> docker_socket;  // in addition to a path rule: what holds the socket owns the host
  std::vector<NamedRule> devices;       // paths; what device requests ask for ("gpu", a CDI name); a cgroup rule's text
  std::vector<NamedRule> capabilities;  // with or without "CAP_"; beyond those that the Engine gives to every container
  std::vector<NamedRule> host_namespaces{};   // "ipc", "uts", "user", "cgroup", "mount" (shared propagation)
  std::vector<NamedRule> security_options{};  // as written: "seccomp=unconfined"; no-new-privileges needs none
  std::vector<NamedRule> runtimes{};          // beside the Engine's default one
  std::vector<NamedRule> cgroup_parents{};
  std::vector<NamedRule> volume_drivers{};   // beside local; and file systems that local mounts: "nfs"
  std::vector<NamedRule> network_drivers{};  // beside bridge

  std::string default_host_ip = "127.0.0.1";  // of published ports that name none
  std::string subnet = "10.213.0.0/16";       // of the shared network, /8 to /28
  bool ipv6 = false;                          // on networks that we create
};

// What one container may have whatever the rules say, since it is of its own workload.
struct PolicyGrants {
  std::set<std::string> containers{};  // ids, whose process and IPC namespaces it may share
  RenderedPaths rendered{};
};

// Judges create bodies. Constant after construction.
class PolicyChecker {
 public:
  // Below `own` lies what is kept for all workloads, their secrets too: what is granted may be mounted and nothing
  // else, whatever the rules say. `docker_socket` is the Engine's socket, guarded under every name it has.
  PolicyChecker(HostPolicy policy, const HostPaths& own, std::string docker_socket);

  // `body` is the JSON that will be sent. Terminal, naming field, workload and the setting that would allow it. Only
  // members known to be harmless or judged here may stand in HostConfig; any other is refused. A mounted path is judged
  // as written and as resolved through symlinks, and both must be allowed.
  Expected<void> Check(std::string_view workload, std::string_view body, const PolicyGrants& grants = {}) const;

  // Whether a workload may have a volume or a network made. A volume that binds a host path is judged as a mount of it.
  Expected<void> CheckVolume(std::string_view workload, const DesiredVolume& volume) const;
  Expected<void> CheckNetwork(std::string_view workload, const NetworkConfig& network) const;

  // Whether a workload may share the network of a container that is attached by `mode`, as the Engine reports it.
  Expected<void> CheckSharedNetwork(std::string_view workload, std::string_view mode) const;

  // Whether a workload may run a command with all privileges in a container of it.
  Expected<void> CheckPrivilegedHook(std::string_view workload) const;

  const HostPolicy& policy() const { return policy_; }

 private:
  struct Bind {
    std::string source;
    bool read_only = false;
  };
  Expected<void> CheckMounts(std::string_view workload, const nlohmann::json& mounts,
                             const RenderedPaths& rendered) const;
  Expected<void> CheckBinds(std::string_view workload, const nlohmann::json& binds,
                            const RenderedPaths& rendered) const;
  Expected<void> CheckBind(std::string_view workload, const Bind& bind, const RenderedPaths& rendered) const;
  bool IsOwn(const std::string& path) const;
  bool IsRendered(const Bind& bind, const RenderedPaths& rendered) const;
  bool PathAllowed(std::string_view workload, const std::string& path, bool read_only) const;
  bool IsSocket(const std::string& path) const;

  const HostPolicy policy_;
  std::vector<std::string> own_;
  std::vector<std::string> sockets_;
};

}  // namespace tinyforge::docker
