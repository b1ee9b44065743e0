#include "reconcilers/source/compose/template_renderer.h"

#include <limits>

namespace tinyforge::compose {
namespace {

// As the Engine's create body names it, but for services.
std::string ModeOf(const Namespace& mode) {
  switch (mode.kind) {
    case NamespaceKind::Default: return {};
    case NamespaceKind::None: return "none";
    case NamespaceKind::Host: return "host";
    case NamespaceKind::Bridge: return "bridge";
    case NamespaceKind::Private: return "private";
    case NamespaceKind::Shareable: return "shareable";
    case NamespaceKind::Service: return "service:" + mode.service;
  }
  return {};
}

}  // namespace

void RenderProcess(const Service& service, ContainerTemplate& t) {
  t.entrypoint = service.entrypoint;
  t.cmd = service.command;
  t.user = service.user;
  t.group_add = service.group_add;
  t.working_dir = service.working_dir;
  t.stop_signal = service.stop_signal;
  t.stop_timeout = service.stop_grace_period;
  t.init = service.init;
  t.tty = service.tty;
  t.stdin_open = service.stdin_open;
  t.read_only_root_filesystem = service.read_only;
  t.labels = service.labels;
  t.annotations = service.annotations;
  t.logging = service.logging;
  t.platform = service.platform;
}

void RenderRights(const Service& service, ContainerTemplate& t) {
  t.privileged = service.privileged;
  t.capabilities = service.capabilities;
  t.devices = service.devices;
  t.device_cgroup_rules = service.device_cgroup_rules;
  t.security_opt = service.security_opt;
  t.sysctls = service.sysctls;
  t.ulimits = service.ulimits;
  t.namespaces = {.pid = ModeOf(service.pid),
                  .ipc = ModeOf(service.ipc),
                  .uts = service.uts,
                  .user = service.userns_mode,
                  .cgroup = service.cgroup};
  t.cgroup_parent = service.cgroup_parent;
  t.runtime = service.runtime;
  t.shm_size = service.shm_size;
  t.storage_opt = service.storage_opt;
}

void RenderNames(const Service& service, ContainerTemplate& t) {
  t.network_mode = ModeOf(service.network_mode);
  t.hostname = service.hostname;
  t.domainname = service.domainname.value_or("");
  t.mac_address = service.mac_address.value_or("");
  t.dns = service.dns;
  t.dns_search = service.dns_search;
  t.dns_options = service.dns_opt;
  for (const ExtraHost& host : service.extra_hosts) t.extra_hosts.push_back(host.host + ":" + host.address);
}

void RenderPorts(const Service& service, int replica, ContainerTemplate& t) {
  for (const Port& port : service.ports) {
    const int offset = port.host_last > port.host ? replica - 1 : 0;
    t.ports.push_back({.container = port.container,
                       .protocol = port.protocol,
                       .published = true,
                       .host = static_cast<std::uint16_t>(port.host + offset),
                       .host_ip = port.host_ip});
  }
  for (const ExposedPort& port : service.expose)
    t.ports.push_back({.container = port.container, .protocol = port.protocol});
}

void RenderScheduling(const Resources& resources, ContainerTemplate& t) {
  t.scheduling = {.cpu_period = resources.cpu_period,
                  .cpu_quota = resources.cpu_quota,
                  .realtime_period = resources.cpu_rt_period,
                  .realtime_runtime = resources.cpu_rt_runtime,
                  .memory_swappiness = resources.memory_swappiness,
                  .oom_score_adj = resources.oom_score_adj.value_or(0),
                  .oom_kill_disable = resources.oom_kill_disable};
  t.blkio = resources.blkio;
  for (const DeviceRequest& device : resources.devices)
    t.device_requests.push_back({.driver = device.driver,
                                 .count = device.count,
                                 .device_ids = device.ids,
                                 .capabilities = {device.capabilities},
                                 .options = device.options});
}

void RenderHealthcheck(const Healthcheck& health, ContainerTemplate& t) {
  if (health.disabled) {
    t.healthcheck = NativeHealthcheck{.test = {"NONE"}};
    return;
  }
  t.healthcheck = NativeHealthcheck{.test = health.test,
                                    .interval = health.interval,
                                    .timeout = health.timeout,
                                    .start_period = health.start_period,
                                    .retries = health.retries,
                                    .start_interval = health.start_interval};
}

Limits LimitsOf(const Service& service) {
  const Resources& resources = service.resources;
  Limits limits{.nano_cpus = resources.nano_cpus,
                .memory = resources.memory,
                .memory_reservation = resources.memory_reservation,
                .memory_swap = resources.memory_swap,
                .pids = resources.pids,
                .cpu_shares = resources.cpu_shares,
                .cpuset = resources.cpuset};
  if (limits.memory_swap == 0 && limits.memory <= std::numeric_limits<std::int64_t>::max() / 2)
    limits.memory_swap = 2 * limits.memory;  // the specification's default: as much swap as memory
  else if (limits.memory_swap == limits.memory)
    limits.memory_swap = 0;  // no swap, as Limits says it
  switch (service.restart.kind) {
    case RestartKind::No: limits.restart = v1::RestartPolicy::Never; break;
    case RestartKind::OnFailure:
      limits.restart = v1::RestartPolicy::OnFailure;
      limits.max_attempts = service.restart.max_attempts;
      break;
    case RestartKind::UnlessStopped: limits.unless_stopped = true; [[fallthrough]];
    case RestartKind::Always: limits.restart = v1::RestartPolicy::Always; break;
  }
  return limits;
}

}  // namespace tinyforge::compose
