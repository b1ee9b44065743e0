// One service of a project, in the one form that the many of the Compose Specification mean the same as: lists and
// mappings, short and long syntax, ranges and units are gone, names are resolved. The rules are those of the
// specification's page "Services" (05-services.md) and of "Deploy" (deploy.md); keys.h says which keys there are.
//
// An optional that is empty was not given: the image's or the Engine's own value holds. Maps are sorted, so that files
// which say the same decode to equal values. Texts in which a secret may stand say so; everywhere else the decoder has
// refused it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api-types/meta/object.h"
#include "api-types/meta/time.h"
#include "api-types/v1/workload.h"
#include "reconcilers/core/desired_state.h"

namespace tinyforge::compose {

// A text in which "\x01<index>\x02" stands for the secret of that index among those the project was loaded with. More
// than one may stand in it, and text around them.
using SecretText = std::string;

// Variables of a process by name. Without a text: the variable is not in the container, even if the image has it.
using Environment = std::map<std::string, std::optional<SecretText>, std::less<>>;

// Where a path points: absolute on the host, or relative to the project directory, clean, "." for that folder itself;
// it may climb with "..".
using ComposePath = std::string;

// `ports`. One container port; ranges are expanded pairwise.
struct Port {
  std::uint16_t container = 0;
  v1::Protocol protocol = v1::Protocol::TCP;
  std::uint16_t host = 0;  // 0: one that the Engine picks
  // Above `host` where a range of host ports was given for a single container port: the n-th replica has the n-th.
  std::uint16_t host_last = 0;
  std::string host_ip;  // empty: not given, the host policy's default
  auto operator<=>(const Port&) const = default;
};

// `expose`, ranges expanded.
struct ExposedPort {
  std::uint16_t container = 0;
  v1::Protocol protocol = v1::Protocol::TCP;
  auto operator<=>(const ExposedPort&) const = default;
};

enum class Propagation { Default, Private, RPrivate, Shared, RShared, Slave, RSlave };

// One entry of `volumes`.
struct ServiceVolume {
  MountType type = MountType::Volume;
  // Bind: the path. Volume: the key in Project::volumes, empty for an anonymous one. Tmpfs: empty.
  std::string source;
  std::string target;  // absolute and clean
  bool read_only = false;
  bool writable = false;  // said so, not only not read_only
  // Bind only.
  bool create_host_path = false;  // make a directory on the host where nothing is; always so with the short syntax
  Propagation propagation = Propagation::Default;
  // Bind and named Volume.
  std::string relabel{};  // "z": for SELinux, shared by containers; "Z": for this one alone; empty: not
  // Volume only.
  bool no_copy = false;  // an empty volume does not get what the image has at the target
  // Tmpfs only; zero: the Engine's.
  std::int64_t tmpfs_size = 0;  // bytes
  std::uint32_t tmpfs_mode = 0;
  std::optional<std::uint32_t> tmpfs_uid{};  // of its root folder
  std::optional<std::uint32_t> tmpfs_gid{};
  bool tmpfs_exec = false;  // programs on it may be run
  bool operator==(const ServiceVolume&) const = default;
};

// One entry of `secrets` or `configs`: a file in the container.
struct FileGrant {
  std::string source;  // key in Project::secrets or Project::configs
  std::string target;  // absolute; by default /run/secrets/SOURCE, or /SOURCE for a config
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  std::optional<std::uint32_t> mode;  // permission bits; the specification's default is 0444
  bool operator==(const FileGrant&) const = default;
};

// One entry of `networks`.
struct ServiceNetwork {
  std::vector<std::string> aliases;  // sorted, beside the service's name and the container's
  std::optional<std::string> ipv4_address;
  std::optional<std::string> ipv6_address;
  std::vector<std::string> link_local_ips;
  std::optional<std::string> mac_address;
  StringMap driver_opts;
  int priority = 0;  // networks are connected in descending order; equal ones by key
  bool operator==(const ServiceNetwork&) const = default;
};

// `network_mode`, `ipc` and `pid`. Which kinds each may have is the decoder's rule.
enum class NamespaceKind { Default, None, Host, Bridge, Private, Shareable, Service };
struct Namespace {
  NamespaceKind kind = NamespaceKind::Default;
  std::string service;  // Service only: whose namespace is shared
  bool operator==(const Namespace&) const = default;
};

struct Link {
  std::string service;
  std::string alias;  // the service's name unless another was given
  auto operator<=>(const Link&) const = default;
};

enum class Condition { Started, Healthy, CompletedSuccessfully };

// One dependency: of `depends_on`, or implied by `links` or a namespace that is shared with a service, which counts
// as {Started, restart}.
struct Dependency {
  Condition condition = Condition::Started;
  bool restart = false;  // this service is restarted after the dependency was changed
  bool required = true;  // false: it may be missing or fail
  bool operator==(const Dependency&) const = default;
};

// `healthcheck`. Durations zero and retries zero: the image's or the Engine's.
struct Healthcheck {
  bool disabled = false;          // also {"NONE"}: the image's own check does not run; the rest is empty then
  std::vector<std::string> test;  // {"CMD", …} or {"CMD-SHELL", line}; empty: the image's own test
  Duration interval{0};
  Duration timeout{0};
  Duration start_period{0};
  Duration start_interval{0};
  int retries = 0;
  bool operator==(const Healthcheck&) const = default;
};

// `restart`, which deploy.restart_policy overrules.
enum class RestartKind { No, Always, UnlessStopped, OnFailure };
struct Restart {
  RestartKind kind = RestartKind::No;
  int max_attempts = 0;  // OnFailure only; 0: no limit
  bool operator==(const Restart&) const = default;
};

enum class UpdateOrder { StopFirst, StartFirst };

// `deploy.update_config`; how a changed service is replaced.
struct UpdateConfig {
  std::optional<int> parallelism;  // 0: all at once
  std::optional<UpdateOrder> order;
  bool operator==(const UpdateConfig&) const = default;
};

// A GPU or the like: an entry of deploy.resources.reservations.devices or `gpus`.
struct DeviceRequest {
  std::string driver;
  int count = 0;  // -1: all; 0: those of `ids`
  std::vector<std::string> ids;
  std::vector<std::string> capabilities;
  StringMap options;
  bool operator==(const DeviceRequest&) const = default;
};

// Limits, of the keys of the service or of deploy.resources; where both stand they have to agree. Zero or empty: none.
struct Resources {
  std::int64_t nano_cpus = 0;
  std::int64_t memory = 0;              // bytes, as all below
  std::int64_t memory_reservation = 0;  //
  std::int64_t memory_swap = 0;         // memory and swap together; -1: no limit; 0: as much as memory
  std::optional<std::int64_t> memory_swappiness;
  std::int64_t pids = 0;  // -1: no limit
  std::int64_t cpu_shares = 0;
  std::int64_t cpu_quota = 0;       // microseconds a period
  std::int64_t cpu_period = 0;      // microseconds
  std::int64_t cpu_rt_runtime = 0;  // microseconds a period, of real-time scheduling
  std::int64_t cpu_rt_period = 0;   // microseconds
  std::string cpuset;
  std::optional<int> oom_score_adj;
  bool oom_kill_disable = false;
  std::vector<DeviceRequest> devices;
  Blkio blkio;
  bool operator==(const Resources&) const = default;
};

// `build`, checked. Until images are built here it only says that the service's image comes from a build.
struct Build {
  ComposePath context = ".";  // or the URL of a repository
  std::string dockerfile;     // empty: "Dockerfile"
  std::string dockerfile_inline;
  std::string target;
  StringMap args;
  StringMap labels;
  std::vector<std::string> platforms;
  std::vector<std::string> tags;
  bool operator==(const Build&) const = default;
};

// When the image is pulled. `if_not_present` is Missing; without a policy too.
enum class PullPolicy { Missing, Always, Never, Build };

struct ExtraHost {
  std::string host;
  std::string address;  // an IP address without brackets, or "host-gateway"
  auto operator<=>(const ExtraHost&) const = default;
};

// One entry of `post_start` or `pre_stop`.
struct ServiceHook {
  std::vector<std::string> command;
  std::optional<std::string> user;
  std::optional<std::string> working_dir;
  bool privileged = false;
  Environment environment;
  bool operator==(const ServiceHook&) const = default;
};

// At least one of image and build is there.
struct Service {
  std::optional<std::string> image;
  std::optional<Build> build;
  PullPolicy pull_policy = PullPolicy::Missing;
  std::string platform;  // "linux/arm64"; empty: the host's

  std::optional<std::string> container_name;  // with a single replica only
  int replicas = 1;                           // of `scale` or deploy.replicas

  // The process. An empty list says that the image's own is not used.
  std::optional<std::vector<std::string>> command;     // the Engine's Cmd
  std::optional<std::vector<std::string>> entrypoint;  // the Engine's Entrypoint
  Environment environment;                             // with what env_file gave
  std::optional<std::string> user;
  std::vector<std::string> group_add;
  std::optional<std::string> working_dir;
  std::optional<std::string> stop_signal;
  std::optional<Duration> stop_grace_period;
  std::optional<bool> init;
  bool tty = false;
  bool stdin_open = false;
  bool read_only = false;

  // Names and networks.
  std::optional<std::string> hostname;
  std::optional<std::string> domainname;
  std::optional<std::string> mac_address;
  Namespace network_mode;                                       // not Default: `networks` is empty
  std::map<std::string, ServiceNetwork, std::less<>> networks;  // by key in Project::networks
  std::vector<Link> links;
  std::vector<Port> ports;
  std::vector<ExposedPort> expose;
  std::vector<ExtraHost> extra_hosts;
  std::vector<std::string> dns;
  std::vector<std::string> dns_search;
  std::vector<std::string> dns_opt;

  // Data.
  std::vector<ServiceVolume> volumes;
  std::vector<ServiceVolume> tmpfs;  // `tmpfs`, by target
  std::vector<FileGrant> secrets;
  std::vector<FileGrant> configs;
  std::optional<std::int64_t> shm_size;  // bytes
  StringMap storage_opt;

  // Rights; the host policy judges them.
  bool privileged = false;
  v1::Capabilities capabilities;
  std::vector<v1::Device> devices;
  std::vector<std::string> device_cgroup_rules;
  std::vector<std::string> security_opt;
  StringMap sysctls;
  std::vector<v1::Ulimit> ulimits;  // by name
  Namespace ipc;
  Namespace pid;
  std::string uts;          // "host" or empty
  std::string userns_mode;  // "host" or empty
  std::string cgroup;       // "host", "private" or empty
  std::string cgroup_parent;
  std::string runtime;

  std::vector<ServiceHook> post_start;
  std::vector<ServiceHook> pre_stop;
  std::map<std::string, Dependency, std::less<>> depends_on;  // by service
  std::optional<Healthcheck> healthcheck;
  Restart restart;
  UpdateConfig update;
  Resources resources;

  StringMap labels;  // of the containers; with what label_file gave
  StringMap annotations;
  std::optional<v1::Logging> logging;  // its driver may be empty: the Engine's default with these options
  bool operator==(const Service&) const = default;
};

}  // namespace tinyforge::compose
