// What should run, as a source kind renders it: a snapshot made of plain data, free of the Engine's own words where the
// two differ. Everything needed to build a create body stands here, except secret values, which stay handles.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/meta/error.h"
#include "api-types/meta/object.h"
#include "api-types/v1/set_rules.h"
#include "api-types/v1/workload.h"

namespace tinyforge {

// Stands for a secret value. `fingerprint` is a keyed HMAC of the value (hex), so that a changed value is a change
// without the value being known here.
struct SecretHandle {
  v1::SecretKeyRef ref;
  std::string fingerprint;
  bool operator==(const SecretHandle&) const = default;
};

struct EnvEntry {
  std::string name;
  std::string value;  // unused with a secret
  std::optional<SecretHandle> secret;
  bool operator==(const EnvEntry&) const = default;
};

struct PublishedPort {
  std::uint16_t container = 0;
  v1::Protocol protocol = v1::Protocol::TCP;
  bool published = false;  // false: exposed only
  std::uint16_t host = 0;  // 0: ephemeral
  std::string host_ip;     // empty: the host policy's default
  bool operator==(const PublishedPort&) const = default;
};

enum class MountType { Bind, Volume, Tmpfs };

struct Mount {
  MountType type = MountType::Bind;
  std::string source;  // host path or volume name; empty for Tmpfs
  std::string target;
  bool read_only = false;
  std::int64_t tmpfs_size = 0;   // bytes; 0: the Engine's
  std::uint32_t tmpfs_mode = 0;  // 0: the Engine's
  std::string origin;            // "secret.shop/db-password", "file./etc/motd": for naming what differs; not hashed
  bool operator==(const Mount&) const = default;
};

// A Docker HEALTHCHECK. Durations zero: the Engine's.
struct NativeHealthcheck {
  std::vector<std::string> test;  // as the Engine takes it: {"CMD", ...} or {"CMD-SHELL", line}
  Duration interval{0};
  Duration timeout{0};
  Duration start_period{0};
  int retries = 0;
  bool operator==(const NativeHealthcheck&) const = default;
};

// The part of a container that the Engine cannot change after create. Its hash decides whether a container is replaced,
// so a member at its default never enters the hash, and a new member never moves the hash of who does not use it.
struct ContainerTemplate {
  std::string image;  // the reference as asked for: "registry.example.com/shop:1.4.2" or "…@sha256:…"
  std::optional<std::vector<std::string>> entrypoint;
  std::optional<std::vector<std::string>> cmd;
  std::optional<std::string> user;
  std::optional<std::string> working_dir;
  std::optional<std::string> hostname;
  std::optional<std::string> stop_signal;
  std::optional<Duration> stop_timeout;
  bool init = false;
  bool tty = false;
  bool read_only_root_filesystem = false;
  bool privileged = false;
  v1::Capabilities capabilities;
  std::vector<v1::Device> devices;
  std::vector<std::string> extra_hosts;
  std::vector<std::string> dns;
  StringMap sysctls;
  std::vector<v1::Ulimit> ulimits;
  std::optional<std::int64_t> shm_size;
  std::optional<v1::Logging> logging;
  std::string network_mode;  // "" (networks below), "none", "host" or "service:<workload>"
  std::vector<EnvEntry> env;
  std::vector<PublishedPort> ports;
  StringMap labels;           // the user's; ours come from the planner
  std::vector<Mount> mounts;  // volumes and files
  std::optional<NativeHealthcheck> healthcheck;
  bool operator==(const ContainerTemplate&) const = default;
};

// "v1:" + sha256 hex of the canonical JSON of the template. Golden files keep it stable across releases.
std::string TemplateHash(const ContainerTemplate& container);

// Limits and restart policy, which the Engine changes in place. Zero: no limit.
struct Limits {
  std::int64_t nano_cpus = 0;
  std::int64_t memory = 0;
  v1::RestartPolicy restart = v1::RestartPolicy::Always;
  bool operator==(const Limits&) const = default;
};

struct NetworkAttachment {
  std::string network;
  std::vector<std::string> aliases;    // sorted, without those that the Engine adds
  std::optional<std::string> address;  // static, asked for by the user
  bool operator==(const NetworkAttachment&) const = default;
};

// A file or folder to write below the controller's state directory before a start and to mount. `host_path` is a
// function of the content (or, for a file that is rewritten in place, of workload and target).
struct DesiredFile {
  struct Entry {
    std::string path;     // relative to host_path; empty: host_path is the file itself
    std::string content;  // unused with a secret
    std::uint32_t mode = 0644;
    bool operator==(const Entry&) const = default;
  };
  std::string target;
  std::string host_path;
  std::vector<Entry> entries;
  std::optional<SecretHandle> secret;  // one entry, its content is the value
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  v1::OnFileChange on_change;
  std::string content_hash;  // of entries, modes and owner; compared for files with on_change Signal
  bool operator==(const DesiredFile&) const = default;
};

// A host directory to exist before a start.
struct DesiredDirectory {
  std::string path;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t mode = 0755;
  bool operator==(const DesiredDirectory&) const = default;
};

// The network of all workloads.
inline constexpr std::string_view kSharedNetwork = "tinyforge";

struct DesiredNetwork {
  std::string name;
  bool external = false;  // must exist; never created
  bool shared = false;    // the installation's own network, with the subnet of the host policy
  bool operator==(const DesiredNetwork&) const = default;
};

using v1::ServingName;

// One container to run: replica 1..n of a role ("main" for image workloads, the service for compose).
struct DesiredContainer {
  std::string role = "main";
  int replica = 1;
  std::string name;  // the name it serves under
  ContainerTemplate spec;
  std::string template_hash;
  Limits limits;
  std::vector<NetworkAttachment> networks;  // empty with a network_mode
  std::optional<v1::Healthcheck> probe;     // by the controller: http or tcp
  bool probe_implied = false;               // nobody asked for it: it serves where the image has no HEALTHCHECK
  v1::OnUnhealthy on_unhealthy = v1::OnUnhealthy::Report;
  bool operator==(const DesiredContainer&) const = default;
};

struct DesiredState {
  std::string workload;     // its identity, see v1::IdentityOf
  std::string source_kind;  // "image"
  std::string version;      // for people and the version label: "1.4.2 by manifest"
  std::vector<DesiredContainer> containers;
  std::vector<DesiredNetwork> networks;
  std::vector<std::string> volumes;         // Docker volumes to exist; never removed
  std::set<std::string> exclusive_sources;  // host paths and volumes that one container at a time may write
  std::vector<DesiredDirectory> directories;
  std::vector<DesiredFile> files;
  std::string image;  // what the puller must have present
  v1::PullPolicy pull_policy = v1::PullPolicy::IfNotPresent;
  // The login of its registry, or why it is not there (yet): that matters only once something has to be pulled.
  std::optional<Expected<SecretHandle>> pull_secret;
};

}  // namespace tinyforge
