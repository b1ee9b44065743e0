#include "reconcilers/source/image/image_source.h"

#include <algorithm>

#include "reconcilers/source/image/files.h"

namespace tinyforge {
namespace {

Expected<void> RenderEnv(const RenderRequest& request, ReadSet& read_set, ContainerTemplate& t) {
  for (const v1::EnvVar& env : request.workload.workload().env) {
    EnvEntry entry{.name = env.name, .value = env.value.value_or("")};
    if (env.secret) {
      read_set.secrets.insert(env.secret->name);
      auto handle = request.secrets.Find(*env.secret);
      if (!handle) return std::move(handle).error().Within("env " + env.name);
      entry.secret = std::move(*handle);
    }
    t.env.push_back(std::move(entry));
  }
  return {};
}

void RenderProcess(const v1::WorkloadSpec& spec, ContainerTemplate& t) {
  t.entrypoint = spec.command;
  t.cmd = spec.args;
  t.user = spec.user;
  t.working_dir = spec.working_dir;
  t.hostname = spec.hostname;
  t.stop_signal = spec.stop_signal;
  t.stop_timeout = spec.stop_grace_period;
  if (spec.init) t.init = true;
  t.tty = spec.tty;
  t.read_only_root_filesystem = spec.read_only_root_filesystem;
  t.privileged = spec.privileged;
  t.capabilities = spec.capabilities;
  t.devices = spec.devices;
  t.extra_hosts = spec.extra_hosts;
  t.dns = spec.dns;
  t.sysctls = spec.sysctls;
  t.ulimits = spec.ulimits;
  t.shm_size = spec.shm_size;
  t.logging = spec.logging;
  t.network_mode = spec.network_mode.value_or("");
  t.labels = spec.container_labels;
}

void RenderPorts(const v1::WorkloadSpec& spec, ContainerTemplate& t) {
  for (const v1::Port& port : spec.ports)
    t.ports.push_back({.container = port.container,
                       .protocol = port.protocol,
                       .published = port.host.has_value(),
                       .host = port.host.value_or(0),
                       .host_ip = port.host_ip.value_or("")});
}

// What the image's own shell tools can ask: wget stands in busybox, curl in most others.
std::vector<std::string> HttpTest(const v1::HttpProbe& probe) {
  const std::string url = "http://127.0.0.1:" + std::to_string(probe.port) + probe.path;
  return {"CMD-SHELL", "wget -q -O /dev/null '" + url + "' || curl -fsS -o /dev/null '" + url + "'"};
}

void RenderHealthcheck(const v1::WorkloadSpec& spec, ContainerTemplate& t) {
  if (!spec.healthcheck) return;
  const v1::Healthcheck& h = *spec.healthcheck;
  NativeHealthcheck native{
      .interval = h.interval, .timeout = h.timeout, .start_period = h.start_period, .retries = h.retries};
  if (h.exec) {
    native.test = {"CMD"};
    native.test.insert(native.test.end(), h.exec->begin(), h.exec->end());
  } else if (h.http && h.native) {
    native.test = HttpTest(*h.http);
  } else if (h.tcp && h.native) {
    native.test = {"CMD-SHELL", "nc -z 127.0.0.1 " + std::to_string(h.tcp->port)};
  } else {
    return;
  }
  t.healthcheck = std::move(native);
}

// What the controller probes itself: what is asked for and is no HEALTHCHECK, else the first port that is declared.
void RenderProbe(const v1::WorkloadSpec& spec, DesiredContainer& container) {
  if (spec.healthcheck) container.on_unhealthy = spec.healthcheck->on_unhealthy;
  if (spec.healthcheck && (spec.healthcheck->http || spec.healthcheck->tcp)) {
    if (!spec.healthcheck->native) container.probe = spec.healthcheck;
    return;
  }
  if (spec.healthcheck && spec.healthcheck->exec) return;
  const auto tcp = std::ranges::find(spec.ports, v1::Protocol::TCP, &v1::Port::protocol);
  if (tcp == spec.ports.end()) return;
  container.probe = spec.healthcheck.value_or(v1::Healthcheck());
  container.probe->tcp = v1::TcpProbe{tcp->container};
  container.probe_implied = true;
}

std::vector<NetworkAttachment> RenderNetworks(const v1::Object& workload, DesiredState& desired) {
  const v1::WorkloadSpec& spec = workload.workload();
  std::vector<NetworkAttachment> attachments;
  if (spec.network_mode) return attachments;
  if (spec.networks.empty()) {
    desired.networks.push_back({.name = std::string(kSharedNetwork), .shared = true});
    attachments.push_back({.network = std::string(kSharedNetwork), .aliases = {workload.key.name}});
  }
  for (const v1::Network& network : spec.networks) {
    const bool shared = network.name == kSharedNetwork && !network.external;
    desired.networks.push_back({.name = network.name, .external = network.external, .shared = shared});
    NetworkAttachment attachment{.network = network.name, .aliases = network.aliases, .address = network.address};
    attachment.aliases.push_back(workload.key.name);
    std::sort(attachment.aliases.begin(), attachment.aliases.end());
    attachment.aliases.erase(std::unique(attachment.aliases.begin(), attachment.aliases.end()),
                             attachment.aliases.end());
    attachments.push_back(std::move(attachment));
  }
  return attachments;
}

ResolvedImage FromManifest(const v1::ImageSource& image) {
  const std::string reference = ImageReference(image);
  return {reference, reference, image.digest ? *image.digest : image.tag.value_or("latest"), "manifest"};
}

// That it is not there harms nobody who has the image.
void RenderPullSecret(const RenderRequest& request, ReadSet& read_set, DesiredState& desired) {
  const auto& ref = request.workload.workload().source.image->pull_secret;
  if (!ref) return;
  read_set.secrets.insert(ref->name);
  auto handle = request.secrets.Find(*ref);
  if (!handle) handle = std::move(handle).error().Within("source.image.pullSecret");
  desired.pull_secret = std::move(handle);
}

}  // namespace

std::string ImageReference(const v1::ImageSource& image) {
  if (image.digest) return image.repository + "@" + *image.digest;
  return image.repository + ":" + image.tag.value_or("latest");
}

std::string_view ImageSourceKind::Sample() const {
  return R"(apiVersion: tinyforge.dev/v1
kind: Workload
metadata: {name: hello}
spec:
  source:
    image: {repository: nginx, tag: "1.27"}
  replicas: 2
)";
}

Expected<DesiredServices> ImageSourceKind::Render(const RenderRequest& request, ReadSet& read_set) const {
  const v1::WorkloadSpec& spec = request.workload.workload();
  const v1::ImageSource& image = *spec.source.image;
  DesiredState desired{.workload = v1::IdentityOf(request.workload), .source_kind = std::string(Kind())};
  const ResolvedImage resolved = request.resolved.value_or(FromManifest(image));
  desired.image = resolved.reference;
  // What was decided on is one image, however its tag moves.
  desired.pull_policy = request.resolved && image.pull_policy == v1::PullPolicy::Always ? v1::PullPolicy::IfNotPresent
                                                                                        : image.pull_policy;
  RenderPullSecret(request, read_set, desired);
  desired.version = resolved.tag + " by " + resolved.set_by;

  DesiredContainer container;
  container.spec.image = resolved.name;
  RenderProcess(spec, container.spec);
  if (auto env = RenderEnv(request, read_set, container.spec); !env) return std::move(env).error();
  RenderPorts(spec, container.spec);
  RenderHealthcheck(spec, container.spec);
  RenderProbe(spec, container);
  if (auto files = RenderFiles(request, read_set, desired, container.spec); !files) return std::move(files).error();
  if (auto done = RenderVolumes(request, desired, container.spec); !done) return std::move(done).error();
  desired.job = spec.restart == v1::RestartPolicy::Never;
  container.limits = {spec.resources.nano_cpus.value_or(0), spec.resources.memory.value_or(0), spec.restart};
  container.networks = RenderNetworks(request.workload, desired);
  SortUnordered(container.spec);
  PlaceRewrittenFiles(desired, container.spec);
  container.template_hash = TemplateHash(container.spec);
  for (container.replica = 1; container.replica <= spec.replicas; ++container.replica) {
    container.name = ServingName(request.workload.key.name, container.replica);
    desired.containers.push_back(container);
  }
  DesiredServices services;
  services.push_back(std::move(desired));
  return services;
}

}  // namespace tinyforge
