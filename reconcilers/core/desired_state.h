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
#include "api-types/meta/time.h"
#include "api-types/v1/set_rules.h"
#include "api-types/v1/workload.h"

namespace tinyforge {

// Stands for a secret value. `fingerprint` is a keyed HMAC of the value (hex), so that a changed value is a change
// without the value being known here.
struct SecretHandle {
  v1::SecretKeyRef ref;
  std::string fingerprint;
  std::string variable{};  // of a value that is a file of variables: the one that is meant; empty: the whole value
  bool operator==(const SecretHandle&) const = default;
};

// For people: "shop/db-password"; "shop/env.DB_PASSWORD" of a variable.
std::string NameOf(const SecretHandle& secret);

// A secret within a text.
struct EnvInsert {
  std::size_t offset = 0;  // into the text without its secrets; at most its length
  SecretHandle secret;
  bool operator==(const EnvInsert&) const = default;
};

struct EnvEntry {
  std::string name;
  std::string value;  // unused with a secret
  std::optional<SecretHandle> secret;
  // Secrets that stand within `value`, in order of their offsets: {"postgres://u:@db", offset 13} holds a password.
  std::vector<EnvInsert> inserts{};
  bool unset = false;  // it is not in the container, even if the image has it
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
  std::string source;  // host path or volume name; empty for Tmpfs and for an anonymous volume
  std::string target;
  bool read_only = false;
  std::int64_t tmpfs_size = 0;    // bytes; 0: the Engine's
  std::uint32_t tmpfs_mode = 0;   // 0: the Engine's
  std::string origin;             // "secret.shop/db-password", "file./etc/motd": for naming what differs; not hashed
  bool rewritten = false;         // a file that is rewritten in place: its source is of this template; not hashed
  std::string propagation{};      // Bind: "rslave", …; empty: the Engine's
  bool create_host_path = false;  // Bind: a directory is made where nothing is; not hashed
  bool no_copy = false;           // Volume: an empty one is not filled with what the image has at the target
  std::string subpath{};          // Volume: what of it is mounted; API 1.45
  std::string relabel{};          // Bind, named Volume: for SELinux, "z" for all containers, "Z" for this one
  // Tmpfs: of its root folder; and whether programs on it may be run.
  std::optional<std::uint32_t> tmpfs_uid{};
  std::optional<std::uint32_t> tmpfs_gid{};
  bool tmpfs_exec = false;
  bool operator==(const Mount&) const = default;
};

// A Docker HEALTHCHECK. Durations zero: the Engine's.
struct NativeHealthcheck {
  std::vector<std::string> test;  // as the Engine takes it: {"CMD", ...}, {"CMD-SHELL", line} or {"NONE"}: no check
  Duration interval{0};
  Duration timeout{0};
  Duration start_period{0};
  int retries = 0;
  Duration start_interval{0};  // within the start period; API 1.44
  bool operator==(const NativeHealthcheck&) const = default;
};

// Devices that a driver of the Engine gives (GPUs, or "cdi" with the names of devices).
struct DeviceRequest {
  std::string driver;
  int count = 0;  // -1: all; 0 with device_ids
  std::vector<std::string> device_ids;
  std::vector<std::vector<std::string>> capabilities;  // each list is one way to satisfy it: {{"gpu", "compute"}}
  StringMap options;
  bool operator==(const DeviceRequest&) const = default;
};

struct BlkioRate {
  std::string path;       // "/dev/sda"
  std::int64_t rate = 0;  // bytes or operations a second; or a weight
  bool operator==(const BlkioRate&) const = default;
};

// Shares of the host's disks.
struct Blkio {
  int weight = 0;  // 10 to 1000; 0: the Engine's
  std::vector<BlkioRate> weight_devices{};
  std::vector<BlkioRate> read_bps{};
  std::vector<BlkioRate> write_bps{};
  std::vector<BlkioRate> read_iops{};
  std::vector<BlkioRate> write_iops{};
  bool operator==(const Blkio&) const = default;
};

// Processor and memory settings that have no zero to go back to in place, or that exclude those of Limits. Zero: the
// Engine's.
struct Scheduling {
  std::int64_t cpu_period = 0;  // microseconds, as the next three
  std::int64_t cpu_quota = 0;
  std::int64_t realtime_period = 0;
  std::int64_t realtime_runtime = 0;
  std::optional<std::int64_t> memory_swappiness{};  // percent
  int oom_score_adj = 0;
  bool oom_kill_disable = false;
  bool operator==(const Scheduling&) const = default;
};

// Which namespaces are another's. Empty: its own, as the Engine makes it.
struct Namespaces {
  std::string pid;     // "host" or "service:<service of the same workload>"
  std::string ipc;     // so too, or "private", "shareable", "none"
  std::string uts;     // "host"
  std::string user;    // "host"
  std::string cgroup;  // "host" or "private"
  bool operator==(const Namespaces&) const = default;
};

// A command that is run in a container that runs.
struct Hook {
  std::vector<std::string> command;  // at least one word
  std::optional<std::string> user{};
  std::optional<std::string> working_dir{};
  bool privileged = false;
  std::vector<EnvEntry> env{};  // beside the container's own
  bool operator==(const Hook&) const = default;
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
  std::optional<bool> init;  // empty: the Engine's
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
  // "" (networks below), "none", "host" or "service:<name>": the network of a service of the same workload, and where
  // the workload has but one image, of another workload.
  std::string network_mode;
  std::vector<EnvEntry> env;
  std::vector<PublishedPort> ports;
  StringMap labels;           // the user's; ours come from the planner
  std::vector<Mount> mounts;  // volumes and files
  std::optional<NativeHealthcheck> healthcheck;
  std::string domainname{};
  bool stdin_open = false;
  std::vector<std::string> dns_search{};
  std::vector<std::string> dns_options{};
  std::vector<std::string> security_opt{};
  std::vector<std::string> group_add{};
  Namespaces namespaces{};
  std::string cgroup_parent{};
  std::string runtime{};
  std::string platform{};     // "linux/arm64"; empty: the host's
  std::string mac_address{};  // on the first network
  StringMap annotations{};    // of the OCI runtime; API 1.43
  StringMap storage_opt{};
  std::vector<std::string> device_cgroup_rules{};
  std::vector<DeviceRequest> device_requests{};
  Scheduling scheduling{};
  Blkio blkio{};
  std::vector<Hook> post_start{};  // once after each start of ours, in order; it serves when all ended with 0
  std::vector<Hook> pre_stop{};    // before each stop of ours
  bool operator==(const ContainerTemplate&) const = default;
};

// The services whose namespaces it shares, each once.
std::set<std::string> ServicesShared(const ContainerTemplate& container);

// Sorts the lists whose order means nothing, so that it does not enter the hash: a file put in another order replaces
// no container.
void SortUnordered(ContainerTemplate& container);

// "v1:" + sha256 hex of the canonical JSON of the template. Golden files keep it stable across releases.
std::string TemplateHash(const ContainerTemplate& container);

// Limits and restart policy, which the Engine changes in place. Zero: no limit.
struct Limits {
  std::int64_t nano_cpus = 0;
  std::int64_t memory = 0;
  v1::RestartPolicy restart = v1::RestartPolicy::Always;
  int max_attempts = 0;         // with OnFailure: how often it is restarted; 0: without end
  bool unless_stopped = false;  // with Always: the Engine's unless-stopped
  std::int64_t memory_reservation = 0;
  std::int64_t memory_swap = 0;  // memory and swap together, only with memory; -1: no bound; 0: as much as memory
  std::int64_t pids = 0;
  std::int64_t cpu_shares = 0;  // 0: 1024
  std::string cpuset{};         // "0-2,4"
  bool operator==(const Limits&) const = default;
};

struct NetworkAttachment {
  std::string network;
  std::vector<std::string> aliases;    // sorted, without those that the Engine adds
  std::optional<std::string> address;  // static, asked for by the user
  std::string ipv6_address{};          // so too
  std::vector<std::string> link_local_ips{};
  std::string mac_address{};  // API 1.44
  StringMap driver_opts{};
  int gw_priority = 0;  // the network of the highest gives the default route; API 1.48
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

struct IpamPool {
  std::string subnet;
  std::string ip_range{};
  std::string gateway{};
  StringMap aux_addresses{};
  bool operator==(const IpamPool&) const = default;
};

// How a network is made. Nothing of it can be changed later.
struct NetworkConfig {
  std::string driver{};  // empty: bridge
  StringMap driver_opts{};
  std::string ipam_driver{};  // empty: the Engine's
  StringMap ipam_options{};
  std::vector<IpamPool> ipam{};
  bool internal = false;
  bool attachable = false;
  std::optional<bool> enable_ipv6{};  // empty: as the host policy has it
  StringMap labels{};                 // the user's
  bool operator==(const NetworkConfig&) const = default;
};

// "v1:" + sha256 hex of the canonical JSON, as TemplateHash.
std::string NetworkHash(const NetworkConfig& config);

struct DesiredNetwork {
  std::string name;
  bool external = false;  // must exist; never created
  bool shared = false;    // the installation's own network, with the subnet of the host policy
  // A network made from another config is made anew, and the containers that are on it join it again. Empty: one that
  // was made by us is taken as it is.
  std::optional<NetworkConfig> config{};
  // The project of docker compose that was taken over: a network that docker compose made for it counts as ours.
  std::string adopted_from{};
  bool operator==(const DesiredNetwork&) const = default;
};

// A Docker volume to exist. It is never removed nor changed.
struct DesiredVolume {
  std::string name;
  bool external = false;    // must exist; never created
  std::string driver{};     // empty: one that exists is taken as it is, but for the driver_opts that are said
  StringMap driver_opts{};  // with a driver: exactly these
  StringMap labels{};       // the user's; of one that exists they are not compared
  bool operator==(const DesiredVolume&) const = default;
};

// Another service of the same workload whose network, process or IPC namespace a container has ("service:x" in its
// template), with the container of it that is in place.
struct SharedNamespace {
  std::string service;
  std::string container{};  // id; empty: it has none
  bool up = false;
  SysTime started{};
  bool operator==(const SharedNamespace&) const = default;
};

using v1::ServingName;

// One container to run: replica 1..n of a role ("main" for image workloads, the service for compose).
struct DesiredContainer {
  std::string role = "main";
  int replica = 1;
  std::string name;  // the name it serves under
  StringMap tags;    // labels that say who it is to other tools; they replace no container
  ContainerTemplate spec;
  std::string template_hash;
  Limits limits;
  std::vector<NetworkAttachment> networks;  // empty with a network_mode
  std::optional<v1::Healthcheck> probe;     // by the controller: http or tcp
  bool probe_implied = false;               // nobody asked for it: it serves where the image has no HEALTHCHECK
  v1::OnUnhealthy on_unhealthy = v1::OnUnhealthy::Report;
  // When it was last asked to be made anew, RFC 3339, and why; empty: never. A container made for an earlier one, or
  // for none, is replaced.
  std::string remake;
  std::string remake_why;
  std::vector<SharedNamespace> shares{};  // filled in by each pass
  bool operator==(const DesiredContainer&) const = default;
};

// What has to be true of another service of the same workload before one may begin: that it was started, that it serves
// (any healthy version counts), or that it ran to its end well.
enum class ServiceCondition { Started, Healthy, Completed };

struct ServiceDependency {
  std::string service;
  ServiceCondition condition = ServiceCondition::Started;
  bool required = true;  // false: it is waited for only as long as it may come true yet
  bool operator==(const ServiceDependency&) const = default;
};

// How a service is replaced, where its source says so and not spec.rollout.
struct RolloutTerms {
  v1::RolloutStrategy strategy = v1::RolloutStrategy::Recreate;
  bool trial = false;  // see PlanContext
  bool operator==(const RolloutTerms&) const = default;
};

// By what docker compose knows a service beside its name, and whether what it started of that is taken over.
struct ComposeProject {
  std::string name;
  bool adopt = false;
  bool operator==(const ComposeProject&) const = default;
};

// One service: containers of one image that roll together. A workload of one image is one service, without a name; one
// of many has their states in a list, each after those that it depends on.
struct DesiredState {
  std::string workload;     // its identity, see v1::IdentityOf
  std::string service;      // among many: its name, which is the role of its containers
  std::string source_kind;  // "image"
  std::string version;      // for people and the version label: "1.4.2 by manifest"
  std::vector<DesiredContainer> containers;
  std::vector<DesiredNetwork> networks;
  std::vector<DesiredVolume> volumes;
  std::set<std::string> exclusive_sources;  // host paths and volumes that one container at a time may write
  std::vector<DesiredDirectory> directories;
  std::vector<DesiredFile> files;
  std::string image;  // what the puller must have present
  v1::PullPolicy pull_policy = v1::PullPolicy::IfNotPresent;
  std::string build;  // folder or repository that it could be built from; empty: none is known
  // The login of its registry, or why it is not there (yet): that matters only once something has to be pulled.
  std::optional<Expected<SecretHandle>> pull_secret;
  std::vector<ServiceDependency> after;  // what first starts and replacements wait for
  std::optional<RolloutTerms> rollout;   // empty: as spec.rollout says
  std::optional<ComposeProject> project{};
  // Why its source could not say what it is to be (a Secret that is missing): it is left as it is. Of its containers
  // only roles and names count then.
  std::optional<Error> unready{};
  // It was said that it ends: its exit code 0 counts however it came about. What says nothing of it may end too, see
  // ReleaseJudge::Completed.
  bool job = false;
};

using DesiredServices = std::vector<DesiredState>;

// Where what is known of a service alone is kept, see FactStore: "shop", "shop.web".
std::string FactKeyOf(const std::string& workload, const std::string& service);
std::string FactKeyOf(const DesiredState& desired);
// Whose it is: "shop" of both.
std::string_view WorkloadOfFacts(std::string_view fact_key);

}  // namespace tinyforge
