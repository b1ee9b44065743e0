// The fields of the Workload manifest, in the order of the reference.
#pragma once

#include "api-types/codec/field.h"
#include "api-types/codec/formats.h"
#include "api-types/v1/workload.h"

namespace tinyforge::codec {

inline constexpr std::int64_t kMaxSeconds = 365LL * 24 * 3600 * 1000;  // a year, in milliseconds
inline constexpr std::int64_t kMaxId = 4'294'967'294;                  // the largest uid and gid

template <class V>
void Fields(V& v, Of<v1::SecretKeyRef>) {
  using T = v1::SecretKeyRef;
  v(&T::name, "name", {.doc = "Name of the Secret.", .required = true, .text = &format::kDnsLabel});
  v(&T::key, "key", {.doc = "Key of the Secret.", .required = true, .text = &format::kSecretKey});
}

template <class V>
void Fields(V& v, Of<v1::ImageSource>) {
  using T = v1::ImageSource;
  v(&T::repository, "repository",
    {.doc = "Repository of the image, with its registry unless it is Docker Hub.",
     .required = true,
     .text = &format::kImageRepository});
  v(&T::tag, "tag",
    {.doc = "Tag to run. Quote it: \"1.10\" is not 1.1. Omitted together with digest: latest.",
     .text = &format::kImageTag});
  v(&T::digest, "digest", {.doc = "Digest to run; excludes tag.", .text = &format::kImageDigest});
  v(&T::pull_policy, "pullPolicy",
    {.doc = "When to pull: IfNotPresent, Always (before each create) or Never (the image must be on the host)."});
  v(&T::pull_secret, "pullSecret",
    {.doc =
         "Key of a Secret that holds a Docker config.json with the login of the registry (its auths). Omitted, or "
         "with nothing for this registry: the controller's --registry-config. Another value replaces no container."});
}

template <class V>
void Fields(V& v, Of<v1::EnvVar>) {
  using T = v1::EnvVar;
  v(&T::name, "name", {.doc = "Name of the variable.", .required = true, .text = &format::kEnvName});
  v(&T::value, "value", {.doc = "Its value, as a string: quote numbers and true or false."});
  v(&T::secret, "valueFrom", {.doc = "Key of a Secret that holds the value; excludes value.", .wrapper = "secret"});
}

// The mapping of the two forms.
template <class V>
void Fields(V& v, Of<v1::ComposeEnvFile>) {
  using T = v1::ComposeEnvFile;
  v(&T::secret, "secret", {.doc = "Key of a Secret whose value is the text of the file.", .required = true});
}

template <class V>
void Fields(V& v, Of<v1::ComposeSource>) {
  using T = v1::ComposeSource;
  v(&T::file, "file",
    {.doc = "Compose file of the config repository, relative to the manifest.",
     .text = &format::kRepositoryPath,
     .alternative = true});
  v(&T::files, "files",
    {.doc = "Compose files, merged in this order.",
     .text = &format::kRepositoryPath,
     .min_items = 1,
     .alternative = true});
  v(&T::inline_, "inline",
    {.doc = "The compose file itself. Relative paths in it are relative to the manifest.",
     .text = &format::kNotEmpty,
     .alternative = true});
  v(&T::project_name, "projectName",
    {.doc = "Name of the project. Omitted: COMPOSE_PROJECT_NAME of env or envFiles, name of the compose file, or that "
            "of the workload.",
     .text = &format::kProjectName});
  v(&T::project_directory, "projectDirectory",
    {.doc =
         "Folder of the host below which relative bind mounts lie that the config repository does not hold; the host "
         "policy has to allow it. Omitted: they are an error.",
     .text = &format::kAbsolutePath});
  v(&T::profiles, "profiles", {.doc = "Compose profiles to enable; \"*\": all.", .text = &format::kNotEmpty});
  v(&T::env, "env", {.doc = "Variables for ${…} in the compose files. They go before those of envFiles."});
  v(&T::env_files, "envFiles",
    {.doc = "Files with values for ${…} in the compose files, later ones win: a path of the config repository, or "
            "{secret: {name, key}}. Omitted: .env beside the compose file, where there is one."});
  v(&T::adopt, "adopt",
    {.doc = "Take over the containers of the project that docker compose started, and replace only those that differ. "
            "Refused where a volume or the source of a mount would change."});
}

template <class V>
void Fields(V& v, Of<v1::StaticSource>) {
  using T = v1::StaticSource;
  v(&T::path, "path", {.doc = "Folder to serve.", .required = true, .text = &format::kRepositoryPath});
}

template <class V>
void Fields(V& v, Of<v1::DockerfileSource>) {
  using T = v1::DockerfileSource;
  v(&T::context, "context",
    {.doc = "Folder that is the build context.", .required = true, .text = &format::kRepositoryPath});
  v(&T::dockerfile, "dockerfile", {.doc = "Dockerfile, below the context.", .text = &format::kRelativePath});
  v(&T::target, "target", {.doc = "Stage to build; omitted: the last.", .text = &format::kNotEmpty});
  v(&T::args, "args", {.doc = "Build arguments.", .key = &format::kEnvName});
}

template <class V>
void Fields(V& v, Of<v1::Source>) {
  using T = v1::Source;
  v(&T::image, "image", {.doc = "An image of a registry."});
  v(&T::compose, "compose", {.doc = "Compose files of the config repository."});
  v(&T::static_, "static", {.doc = "A folder of the config repository, served as it is."});
  v(&T::dockerfile, "dockerfile", {.doc = "An image built from a folder of the config repository."});
}

template <class V>
void Fields(V& v, Of<v1::Port>) {
  using T = v1::Port;
  v(&T::container, "container", {.doc = "Port that the process listens on.", .required = true, .min = 1, .max = 65535});
  v(&T::host, "host",
    {.doc = "Port of the host; 0: one that the Engine picks. Omitted: not published.", .min = 0, .max = 65535});
  v(&T::host_ip, "hostIP",
    {.doc = "Address of the host to publish on. Omitted: as the host policy says, 127.0.0.1.", .text = &format::kIp});
  v(&T::protocol, "protocol", {.doc = "Transport protocol."});
}

template <class V>
void Fields(V& v, Of<v1::Network>) {
  using T = v1::Network;
  v(&T::name, "name", {.doc = "Name of the Docker network.", .required = true, .text = &format::kDockerName});
  v(&T::external, "external", {.doc = "The network exists and is neither created nor removed."});
  v(&T::aliases, "aliases",
    {.doc = "More names on this network, beside the workload's own.", .text = &format::kHostname});
  v(&T::address, "address",
    {.doc = "Static IPv4 address; two containers may then not run side by side.", .text = &format::kIpv4});
}

template <class V>
void Fields(V& v, Of<v1::Device>) {
  using T = v1::Device;
  v(&T::host, "host", {.doc = "Device of the host.", .required = true, .text = &format::kAbsolutePath});
  v(&T::container, "container",
    {.doc = "Its path in the container.", .required = true, .text = &format::kAbsolutePath});
  v(&T::permissions, "permissions",
    {.doc = "Any of r (read), w (write) and m (mknod).", .text = &format::kDevicePermissions});
}

template <class V>
void Fields(V& v, Of<v1::Capabilities>) {
  using T = v1::Capabilities;
  v(&T::add, "add", {.doc = "Kernel capabilities to add.", .text = &format::kCapability});
  v(&T::drop, "drop", {.doc = "Kernel capabilities to drop.", .text = &format::kCapability});
}

template <class V>
void Fields(V& v, Of<v1::Ulimit>) {
  using T = v1::Ulimit;
  v(&T::name, "name", {.doc = "Name of the limit, as in setrlimit(2).", .required = true, .text = &format::kUlimit});
  v(&T::soft, "soft", {.doc = "Soft limit; -1: none.", .required = true, .min = -1});
  v(&T::hard, "hard", {.doc = "Hard limit; -1: none.", .required = true, .min = -1});
}

template <class V>
void Fields(V& v, Of<v1::Logging>) {
  using T = v1::Logging;
  v(&T::driver, "driver", {.doc = "Logging driver of the Engine.", .required = true, .text = &format::kNotEmpty});
  v(&T::options, "options", {.doc = "Options of the driver.", .key = &format::kNotEmpty});
}

template <class V>
void Fields(V& v, Of<v1::FileMount>) {
  using T = v1::FileMount;
  v(&T::target, "target", {.doc = "Path in the container.", .required = true, .text = &format::kAbsolutePath});
  v(&T::from, "from",
    {.doc = "File or folder of the config repository, relative to the manifest.", .text = &format::kRepositoryPath});
  v(&T::content, "content", {.doc = "The content itself."});
  v(&T::secret, "secret", {.doc = "Key of a Secret whose value is the content."});
  v(&T::mode, "mode", {.doc = "Permission bits. Omitted: 0644, for a secret 0400.", .number = &format::kMode});
  v(&T::uid, "uid", {.doc = "Owner. Omitted: 0, for a secret the container's user.", .min = 0, .max = kMaxId});
  v(&T::gid, "gid", {.doc = "Group. Omitted: 0, for a secret that of the container's user.", .min = 0, .max = kMaxId});
  v(&T::on_change, "onChange",
    {.doc = "What a changed content does: Recreate the container, None, or {signal: NAME}."});
}

template <class V>
void Fields(V& v, Of<v1::Volume>) {
  using T = v1::Volume;
  v(&T::scope, "scope",
    {.doc = "Where the data lies and how long: Absolute (a path of the host), Ephemeral (tmpfs), Instance (per tag), "
            "Stage "
            "(this workload), Project (the whole parent chain), ProjectNamed and Named (a Docker volume).",
     .required = true});
  v(&T::source, "source",
    {.doc = "Absolute: the host path. Ephemeral: omitted. Else a name.", .text = &format::kNotEmpty});
  v(&T::target, "target", {.doc = "Path in the container.", .required = true, .text = &format::kAbsolutePath});
  v(&T::read_only, "readOnly", {.doc = "The container cannot write it."});
  v(&T::shared, "shared", {.doc = "Two containers may write it at once, so that updates need no gap."});
  v(&T::uid, "uid", {.doc = "Owner of a directory that the controller creates.", .min = 0, .max = kMaxId});
  v(&T::gid, "gid", {.doc = "Group of a directory that the controller creates.", .min = 0, .max = kMaxId});
  v(&T::mode, "mode", {.doc = "Permission bits of a directory that the controller creates.", .number = &format::kMode});
  v(&T::size, "size", {.doc = "Size of an Ephemeral volume.", .number = &format::kBytes});
}

template <class V>
void Fields(V& v, Of<v1::Resources>) {
  using T = v1::Resources;
  v(&T::nano_cpus, "cpus", {.doc = "CPU time the container may use; 0: no limit.", .number = &format::kCpus});
  v(&T::memory, "memory", {.doc = "Memory the container may use; 0: no limit.", .number = &format::kBytes});
}

template <class V>
void Fields(V& v, Of<v1::HttpProbe>) {
  using T = v1::HttpProbe;
  v(&T::path, "path", {.doc = "Path to ask for; 200 to 399 is healthy.", .text = &format::kUrlPath});
  v(&T::port, "port", {.doc = "Port of the container.", .required = true, .min = 1, .max = 65535});
}

template <class V>
void Fields(V& v, Of<v1::TcpProbe>) {
  using T = v1::TcpProbe;
  v(&T::port, "port", {.doc = "Port of the container.", .required = true, .min = 1, .max = 65535});
}

template <class V>
void Fields(V& v, Of<v1::Healthcheck>) {
  using T = v1::Healthcheck;
  v(&T::http, "http", {.doc = "Healthy when an HTTP request succeeds."});
  v(&T::tcp, "tcp", {.doc = "Healthy when a connection succeeds."});
  v(&T::exec, "exec",
    {.doc = "Healthy when this command exits with 0 in the container.", .text = nullptr, .min_items = 1});
  v(&T::native, "native", {.doc = "Run the probe as a Docker HEALTHCHECK in the container."});
  v(&T::interval, "interval", {.doc = "Time between probes.", .min = 1, .max = kMaxSeconds});
  v(&T::timeout, "timeout", {.doc = "Time one probe may take.", .min = 1, .max = kMaxSeconds});
  v(&T::retries, "retries", {.doc = "Failures in a row that make it unhealthy.", .min = 1, .max = 100});
  v(&T::start_period, "startPeriod",
    {.doc = "Time after the start in which failures do not count.", .min = 0, .max = kMaxSeconds});
  v(&T::on_unhealthy, "onUnhealthy", {.doc = "What happens when a serving container turns unhealthy."});
}

template <class V>
void Fields(V& v, Of<v1::DeployWindow>) {
  using T = v1::DeployWindow;
  v(&T::cron, "cron",
    {.doc = "When it opens: minute, hour, day of month, month, day of week.",
     .required = true,
     .text = &format::kCron});
  v(&T::duration, "duration",
    {.doc = "How long it stays open, up to a week.", .min = 60'000, .max = 7 * 24 * 3600 * 1000LL});
  v(&T::time_zone, "timeZone", {.doc = "IANA name of the zone that cron is read in.", .text = &format::kTimeZone});
}

template <class V>
void Fields(V& v, Of<v1::Rollout>) {
  using T = v1::Rollout;
  v(&T::strategy, "strategy",
    {.doc = "BlueGreen: all new ones up, then switch. Rolling: one at a time, start first. Recreate: stop, then start. "
            "Omitted: Recreate where two may not run side by side (a fixed host port, host or service network mode, a "
            "static address, a read-write volume that is not shared), else BlueGreen. Where that is a fixed host port "
            "alone "
            "and strategy is omitted, a release first proves itself beside the old one, without the port."});
  v(&T::deadline, "deadline",
    {.doc = "Time a new container may take to become healthy.", .min = 1, .max = kMaxSeconds});
  v(&T::healthy_after, "healthyAfter",
    {.doc = "Without a probe: time it must run without a restart to count as healthy.", .min = 0, .max = kMaxSeconds});
  v(&T::on_failure, "onFailure", {.doc = "Rollback to what ran before, or Hold for a person to look."});
  v(&T::windows, "windows",
    {.doc = "When updates may begin; none: always. First starts, repairs and what has begun go on outside of them."});
  v(&T::retain, "retain",
    {.doc =
         "How many releases that ran well are kept for a rollback, the one that runs included. The images of earlier "
         "ones are pruned.",
     .min = 1,
     .max = 10});
}

template <class V>
void Fields(V& v, Of<v1::Face>) {
  using T = v1::Face;
  v(&T::host, "host", {.doc = "Public host name.", .required = true, .text = &format::kDomainPattern});
  v(&T::path, "path", {.doc = "Path prefix.", .text = &format::kUrlPath});
  v(&T::port, "port", {.doc = "Port of the container.", .required = true, .min = 1, .max = 65535});
}

template <class V>
void ProcessFields(V& v) {
  using T = v1::WorkloadSpec;
  v(&T::command, "command", {.doc = "Replaces the image's ENTRYPOINT.", .min_items = 1});
  v(&T::args, "args", {.doc = "Replaces the image's CMD.", .min_items = 1});
  v(&T::user, "user", {.doc = "User, and group, of the process.", .text = &format::kUser});
  v(&T::working_dir, "workingDir", {.doc = "Directory the process starts in.", .text = &format::kAbsolutePath});
  v(&T::hostname, "hostname", {.doc = "Host name inside the container.", .text = &format::kHostname});
  v(&T::stop_signal, "stopSignal", {.doc = "Signal that asks the process to end.", .text = &format::kSignal});
  v(&T::stop_grace_period, "stopGracePeriod",
    {.doc = "Time between that signal and SIGKILL. Omitted: the image's, or 10s.", .min = 0, .max = kMaxSeconds});
  v(&T::init, "init", {.doc = "Run an init that reaps children and forwards signals."});
  v(&T::tty, "tty", {.doc = "Allocate a terminal."});
  v(&T::read_only_root_filesystem, "readOnlyRootFilesystem", {.doc = "Mount the root file system read-only."});
  v(&T::privileged, "privileged", {.doc = "All capabilities and devices; only where the host policy allows it."});
  v(&T::capabilities, "capabilities", {.doc = "Kernel capabilities to add and drop."});
  v(&T::devices, "devices", {.doc = "Devices of the host; only where the host policy allows them."});
  v(&T::extra_hosts, "extraHosts", {.doc = "Lines for /etc/hosts, NAME:ADDRESS.", .text = &format::kExtraHost});
  v(&T::dns, "dns", {.doc = "Name servers.", .text = &format::kIp});
  v(&T::sysctls, "sysctls", {.doc = "Kernel parameters of the container's namespaces.", .key = &format::kSysctl});
  v(&T::ulimits, "ulimits", {.doc = "Resource limits of the process."});
  v(&T::shm_size, "shmSize", {.doc = "Size of /dev/shm.", .number = &format::kBytes});
  v(&T::logging, "logging", {.doc = "Where the Engine sends the output."});
  v(&T::network_mode, "networkMode",
    {.doc = "host, none, or service:NAME for the network of another workload; excludes networks.",
     .text = &format::kNetworkMode});
}

template <class V>
void Fields(V& v, Of<v1::WorkloadSpec>) {
  using T = v1::WorkloadSpec;
  v(&T::hosts, "hosts",
    {.doc = "Controllers whose --host name matches one of these patterns run it. Omitted: all.",
     .text = &format::kHostPattern});
  v(&T::source, "source",
    {.doc = "What runs: exactly one of image, compose, static and dockerfile.", .required = true});
  v(&T::replicas, "replicas", {.doc = "How many containers run.", .min = 0, .max = 100});
  ProcessFields(v);
  v(&T::env, "env", {.doc = "Environment variables."});
  v(&T::ports, "ports", {.doc = "Ports of the container, and where the host publishes them."});
  v(&T::networks, "networks", {.doc = "Docker networks to join. Omitted: the shared tinyforge network."});
  v(&T::container_labels, "containerLabels", {.doc = "Labels of the containers.", .key = &format::kContainerLabel});
  v(&T::files, "files",
    {.doc = "Files and folders mounted read-only; their content is part of what decides whether a container is "
            "replaced."});
  v(&T::volumes, "volumes", {.doc = "Data that outlives a container."});
  v(&T::resources, "resources", {.doc = "Limits, changed in place where the Engine can."});
  v(&T::restart, "restart", {.doc = "What the Engine does when the process ends."});
  v(&T::healthcheck, "healthcheck",
    {.doc = "When a container is healthy. Omitted: the image's HEALTHCHECK, else a connection to its first port, else "
            "rollout.healthyAfter."});
  v(&T::rollout, "rollout", {.doc = "How a new version replaces the old one."});
  v(&T::faces, "faces", {.doc = "Public routes through the proxy."});
  v(&T::depends_on, "dependsOn",
    {.doc = "Workloads that must serve before this one starts.", .text = &format::kDnsLabel});
  v(&T::parent, "parent", {.doc = "Stage that this one is promoted from.", .text = &format::kDnsLabel});
  v(&T::suspend, "suspend", {.doc = "No rollouts; drift is reported and not repaired."});
  v(&T::deletion_policy, "deletionPolicy",
    {.doc = "What happens to the containers when the manifest is removed: Delete, or Orphan to leave them."});
}

}  // namespace tinyforge::codec
