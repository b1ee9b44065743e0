// The Workload manifest: what runs, from which source, and how it is replaced. Field order is the order of the manifest
// reference. An optional that is empty was omitted, which differs from zero or "": the image's or the Engine's own
// value holds. A plain member holds its default when omitted.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api-types/meta/object.h"
#include "api-types/meta/time.h"

namespace tinyforge::v1 {

enum class PullPolicy { IfNotPresent, Always, Never };
enum class Protocol { TCP, UDP, SCTP };
enum class RestartPolicy { Always, OnFailure, Never };
enum class VolumeScope { Absolute, Ephemeral, Instance, Stage, Project, ProjectNamed, Named };
enum class RolloutStrategy { BlueGreen, Rolling, Recreate };
enum class OnRolloutFailure { Rollback, Hold };
enum class OnUnhealthy { Report, Restart };
enum class FileChange { Recreate, Signal, None };
enum class DeletionPolicy { Delete, Orphan };

struct SecretKeyRef {
  std::string name;  // of the Secret
  std::string key;
  auto operator<=>(const SecretKeyRef&) const = default;
};

// One image of a registry. At most one of tag and digest; neither means tag "latest".
struct ImageSource {
  std::string repository;
  std::optional<std::string> tag;
  std::optional<std::string> digest;  // "sha256:<64 hex>"
  PullPolicy pull_policy = PullPolicy::IfNotPresent;
  std::optional<SecretKeyRef> pull_secret;  // its value is a Docker config.json with the registry's login
  bool operator==(const ImageSource&) const = default;
};

// Exactly one of value and secret.
struct EnvVar {
  std::string name;
  std::optional<std::string> value;
  std::optional<SecretKeyRef> secret;  // manifest: valueFrom.secret
  bool operator==(const EnvVar&) const = default;
};

// A file of variables. Manifest: a path of the config repository, or {secret: {name, key}}.
struct ComposeEnvFile {
  std::string path;                    // empty with a secret
  std::optional<SecretKeyRef> secret;  // its value is the text of the file
  bool operator==(const ComposeEnvFile&) const = default;
};

// A compose project. Exactly one of file, files and inline; paths are of the config repository, relative to the
// manifest, and those in the files are relative to the first of them, with `inline` to the manifest.
struct ComposeSource {
  std::optional<std::string> file;
  std::vector<std::string> files;  // merged in this order
  std::optional<std::string> inline_;
  std::optional<std::string> project_name;       // omitted: as Compose finds it, the workload's name in the end
  std::optional<std::string> project_directory;  // on the host, for relative bind mounts that the repository has not
  std::vector<std::string> profiles;
  std::vector<EnvVar> env;                // for ${…} in the files; go before env_files
  std::vector<ComposeEnvFile> env_files;  // later ones win; none: `.env` beside the files, where there is one
  bool adopt = false;                     // take over the containers of this project that docker compose made
  bool operator==(const ComposeSource&) const = default;
};

// A folder of the config repository served as it is.
struct StaticSource {
  std::string path;
  bool operator==(const StaticSource&) const = default;
};

// An image built from a folder of the config repository.
struct DockerfileSource {
  std::string context;
  std::string dockerfile = "Dockerfile";
  std::optional<std::string> target;
  StringMap args;
  bool operator==(const DockerfileSource&) const = default;
};

// Exactly one is set (validated).
struct Source {
  std::optional<ImageSource> image;
  std::optional<ComposeSource> compose;
  std::optional<StaticSource> static_;
  std::optional<DockerfileSource> dockerfile;
  bool operator==(const Source&) const = default;
};

struct Port {
  std::uint16_t container = 0;
  std::optional<std::uint16_t> host;   // omitted: not published; 0: an ephemeral host port
  std::optional<std::string> host_ip;  // omitted: the host policy's default
  Protocol protocol = Protocol::TCP;
  bool operator==(const Port&) const = default;
};

struct Network {
  std::string name;
  bool external = false;  // exists already and is not ours to create or remove
  std::vector<std::string> aliases;
  std::optional<std::string> address;  // static IPv4; excludes two side by side
  bool operator==(const Network&) const = default;
};

struct Device {
  std::string host;
  std::string container;
  std::string permissions = "rwm";
  bool operator==(const Device&) const = default;
};

struct Capabilities {
  std::vector<std::string> add;
  std::vector<std::string> drop;
  bool operator==(const Capabilities&) const = default;
};

struct Ulimit {
  std::string name;
  std::int64_t soft = 0;
  std::int64_t hard = 0;
  bool operator==(const Ulimit&) const = default;
};

struct Logging {
  std::string driver;
  StringMap options;
  bool operator==(const Logging&) const = default;
};

// Recreate (default), None, or {signal: NAME}.
struct OnFileChange {
  FileChange action = FileChange::Recreate;
  std::string signal;  // set with Signal only
  bool operator==(const OnFileChange&) const = default;
};

// Exactly one of from, content and secret. Owner and mode default to 0:0 and 0644; a secret's to the container's user
// and 0400.
struct FileMount {
  std::string target;               // absolute path in the container
  std::optional<std::string> from;  // file or folder of the config repository, relative to the manifest
  std::optional<std::string> content;
  std::optional<SecretKeyRef> secret;
  std::optional<std::uint32_t> mode;  // permission bits; manifest: an octal string, "0644"
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  OnFileChange on_change;
  bool operator==(const FileMount&) const = default;
};

struct Volume {
  VolumeScope scope = VolumeScope::Stage;
  std::string source;  // not used with Ephemeral
  std::string target;
  bool read_only = false;
  bool shared = false;               // two containers may write it at once
  std::optional<std::uint32_t> uid;  // of a directory that we create
  std::optional<std::uint32_t> gid;
  std::optional<std::uint32_t> mode;
  std::optional<std::int64_t> size;  // bytes; Ephemeral only
  bool operator==(const Volume&) const = default;
};

// Zero or omitted: no limit.
struct Resources {
  std::optional<std::int64_t> nano_cpus;  // manifest: cpus, a quantity ("500m", "1.5")
  std::optional<std::int64_t> memory;     // bytes; manifest: a quantity ("256Mi")
  bool operator==(const Resources&) const = default;
};

struct HttpProbe {
  std::string path = "/";
  std::uint16_t port = 0;
  bool operator==(const HttpProbe&) const = default;
};

struct TcpProbe {
  std::uint16_t port = 0;
  bool operator==(const TcpProbe&) const = default;
};

// At most one of http, tcp and exec.
struct Healthcheck {
  std::optional<HttpProbe> http;
  std::optional<TcpProbe> tcp;
  std::optional<std::vector<std::string>> exec;
  bool native = false;  // run the probe as a Docker HEALTHCHECK inside the container
  Duration interval = std::chrono::seconds(10);
  Duration timeout = std::chrono::seconds(5);
  int retries = 3;
  Duration start_period = std::chrono::seconds(0);
  OnUnhealthy on_unhealthy = OnUnhealthy::Report;
  bool operator==(const Healthcheck&) const = default;
};

// Opens at the times of `cron`, read in `time_zone`, and stays open for `duration`.
struct DeployWindow {
  std::string cron;
  Duration duration = std::chrono::hours(1);
  std::string time_zone = "UTC";
  bool operator==(const DeployWindow&) const = default;
};

struct Rollout {
  std::optional<RolloutStrategy> strategy;  // omitted: Recreate where two may not run side by side, else BlueGreen
  Duration deadline = std::chrono::minutes(2);
  Duration healthy_after = std::chrono::seconds(10);
  OnRolloutFailure on_failure = OnRolloutFailure::Rollback;
  std::vector<DeployWindow> windows;  // when updates may begin; none: always
  int retain = 3;                     // good releases that a rollback may go to; the images of others are pruned
  bool operator==(const Rollout&) const = default;
};

struct Face {
  std::string host;
  std::string path = "/";
  std::uint16_t port = 0;
  bool operator==(const Face&) const = default;
};

struct WorkloadSpec {
  std::vector<std::string> hosts;  // glob patterns of --host names; empty: all
  Source source;
  int replicas = 1;
  std::optional<std::vector<std::string>> command;  // the image's ENTRYPOINT; not empty
  std::optional<std::vector<std::string>> args;     // the image's CMD; not empty
  std::optional<std::string> user;
  std::optional<std::string> working_dir;
  std::optional<std::string> hostname;
  std::optional<std::string> stop_signal;
  std::optional<Duration> stop_grace_period;  // omitted: the image's or the Engine's (10 s)
  bool init = false;
  bool tty = false;
  bool read_only_root_filesystem = false;
  bool privileged = false;
  Capabilities capabilities;
  std::vector<Device> devices;
  std::vector<std::string> extra_hosts;  // "name:address"
  std::vector<std::string> dns;
  StringMap sysctls;
  std::vector<Ulimit> ulimits;
  std::optional<std::int64_t> shm_size;  // bytes
  std::optional<Logging> logging;
  std::optional<std::string> network_mode;  // host | none | service:NAME
  std::vector<EnvVar> env;
  std::vector<Port> ports;
  std::vector<Network> networks;  // empty: the shared "tinyforge" network
  StringMap container_labels;
  std::vector<FileMount> files;
  std::vector<Volume> volumes;
  Resources resources;
  RestartPolicy restart = RestartPolicy::Always;
  std::optional<Healthcheck> healthcheck;
  Rollout rollout;
  std::vector<Face> faces;
  std::vector<std::string> depends_on;
  std::optional<std::string> parent;
  bool suspend = false;
  DeletionPolicy deletion_policy = DeletionPolicy::Delete;
  bool operator==(const WorkloadSpec&) const = default;
};

// Why two containers of this workload may not run side by side ("host port 80", "volume data"), or empty when they may:
// a fixed host port, host or service: network mode, a static address, or a read-write volume (except Ephemeral and
// Instance) that is not marked shared.
std::string ExclusiveReason(const WorkloadSpec& spec);

// The strategy that holds: the one asked for, else Recreate where two may not run side by side, else BlueGreen.
RolloutStrategy EffectiveStrategy(const WorkloadSpec& spec);

// Whether a release can be tried without its fixed host ports beside the old one: nothing else that is known keeps two
// from running side by side (no device, no volume that both would write), it is no job that runs once, and nobody asked
// for Recreate, who may have other reasons.
bool MayBeTried(const WorkloadSpec& spec);

}  // namespace tinyforge::v1
