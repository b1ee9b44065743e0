#include "reconcilers/source/compose/service_renderer.h"

#include <algorithm>
#include <utility>

#include "reconcilers/source/compose/mounts.h"
#include "reconcilers/source/compose/network_renderer.h"
#include "reconcilers/source/compose/secret_mark.h"
#include "reconcilers/source/compose/template_renderer.h"

namespace tinyforge::compose {
namespace {

constexpr std::string_view kTag = "com.docker.compose.";
// Of the docker compose whose labels these are.
constexpr std::string_view kComposeVersion = "2";

// A reference without tag and digest is that of the tag "latest"; the Engine would pull all of them.
bool HasTag(std::string_view reference) {
  const std::size_t slash = reference.rfind('/');
  const std::string_view last = reference.substr(slash == std::string_view::npos ? 0 : slash + 1);
  return last.find_first_of(":@") != std::string_view::npos;
}

// "1.27" of "nginx:1.27", the digest of what is asked for by digest.
std::string TagOf(const std::string& reference) {
  if (const std::size_t at = reference.find('@'); at != std::string::npos) return reference.substr(at + 1);
  return reference.substr(reference.rfind(':') + 1);
}

std::string Join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : std::string(separator)) + part;
  return text;
}

ServiceCondition ConditionOf(const Dependency& dependency) {
  if (!dependency.required) return ServiceCondition::Started;  // it may fail
  switch (dependency.condition) {
    case Condition::Started: return ServiceCondition::Started;
    case Condition::Healthy: return ServiceCondition::Healthy;
    case Condition::CompletedSuccessfully: return ServiceCondition::Completed;
  }
  return ServiceCondition::Started;
}

bool KeepsData(const ServiceVolume& volume) {
  return volume.type != MountType::Tmpfs && !volume.read_only;
}

}  // namespace

std::string ContainerName(const Project& project, const std::string& name, const Service& service, int replica) {
  if (service.container_name) return *service.container_name;
  return project.name + "-" + name + "-" + std::to_string(replica);
}

std::string ImageOf(const Project& project, const std::string& name, const Service& service) {
  const std::string reference = service.image.value_or(project.name + "-" + name);
  return HasTag(reference) ? reference : reference + ":latest";
}

Expected<DesiredState> ServiceRenderer::Render(const DesiredServices& before) {
  desired_.workload = v1::IdentityOf(input_.request.workload);
  desired_.service = name_;
  desired_.source_kind = "compose";
  const bool adopt = input_.request.workload.workload().source.compose->adopt;
  desired_.project = ComposeProject{.name = input_.project.name, .adopt = adopt};
  container_.role = name_;
  RenderImage();
  RenderProcess(service_, container_.spec);
  RenderRights(service_, container_.spec);
  RenderNames(service_, container_.spec);
  if (auto done = RenderPorts(service_, container_.spec); !done) return std::move(done).error();
  RenderScheduling(service_.resources, container_.spec);
  if (service_.healthcheck) RenderHealthcheck(*service_.healthcheck, container_.spec);
  container_.limits = LimitsOf(service_);
  desired_.runs_once = container_.limits.restart != v1::RestartPolicy::Always;
  for (const auto& [key, joined] : service_.networks) AddNetwork(input_.project.networks.at(key), adopt);
  container_.networks = RenderAttachments(input_.project, name_);
  if (auto done = RenderEnvironment(); !done) return std::move(done).error();
  if (auto done = RenderMounts(input_, service_, read_set_, desired_, container_.spec); !done)
    return std::move(done).error();
  RenderDependencies(before);
  RenderTerms();
  AddContainers();
  return std::move(desired_);
}

void ServiceRenderer::AddNetwork(const Network& network, bool adopt) {
  desired_.networks.push_back(RenderNetwork(network));
  if (adopt) desired_.networks.back().adopted_from = input_.project.name;
}

void ServiceRenderer::RenderImage() {
  desired_.image = ImageOf(input_.project, name_, service_);
  desired_.version = TagOf(desired_.image) + " by manifest";
  container_.spec.image = desired_.image;
  switch (service_.pull_policy) {
    case PullPolicy::Missing: desired_.pull_policy = v1::PullPolicy::IfNotPresent; break;
    case PullPolicy::Always: desired_.pull_policy = v1::PullPolicy::Always; break;
    case PullPolicy::Never:
    case PullPolicy::Build: desired_.pull_policy = v1::PullPolicy::Never; break;
  }
  if (!service_.image) desired_.pull_policy = v1::PullPolicy::Never;  // no registry has it
}

Expected<void> ServiceRenderer::RenderEnvironment() {
  for (const auto& [name, text] : service_.environment) {
    EnvEntry entry{.name = name, .unset = !text};
    for (TextPart& part : SplitMarks(text.value_or(""))) {
      if (!part.secret) {
        entry.value += part.text;
        continue;
      }
      const v1::SecretKeyRef& ref = input_.secrets.at(*part.secret);
      read_set_.secrets.insert(ref.name);
      auto handle = input_.request.secrets.Find(ref);
      if (!handle) return std::move(handle).error().Within("service " + name_ + ": environment " + name);
      entry.inserts.push_back({entry.value.size(), std::move(*handle)});
    }
    container_.spec.env.push_back(std::move(entry));
  }
  return {};
}

// What asks to be restarted along with a dependency is made anew with it: its label follows the other's template.
void ServiceRenderer::RenderDependencies(const DesiredServices& before) {
  for (const auto& [name, dependency] : service_.depends_on) {
    const auto other = std::ranges::find(before, name, &DesiredState::service);
    if (other == before.end()) continue;  // not required, and not there
    desired_.after.push_back({name, ConditionOf(dependency)});
    if (dependency.restart && !other->containers.empty())
      container_.spec.labels["tinyforge.follows." + name] = other->containers.front().template_hash;
  }
}

// Side by side only where nothing of a container can be had once alone: a host port, an address, a namespace, data that
// it writes. `order: start-first` says of the data that two may write it.
void ServiceRenderer::RenderTerms() {
  const UpdateConfig& update = service_.update;
  const bool port = std::ranges::any_of(service_.ports, [](const Port& p) { return p.host != 0; });
  const bool address =
      std::ranges::any_of(service_.networks, [](const auto& n) { return n.second.ipv4_address.has_value(); });
  const bool data = std::ranges::any_of(service_.volumes, KeepsData) && update.order != UpdateOrder::StartFirst;
  const bool alone = port || address || data || service_.network_mode.kind == NamespaceKind::Host ||
                     service_.network_mode.kind == NamespaceKind::Service || update.order == UpdateOrder::StopFirst;
  RolloutTerms terms;
  if (!alone)
    terms.strategy =
        update.parallelism.value_or(0) == 1 ? v1::RolloutStrategy::Rolling : v1::RolloutStrategy::BlueGreen;
  terms.trial = alone && port && !address && !data && update.order != UpdateOrder::StopFirst &&
                service_.network_mode.kind == NamespaceKind::Default;
  desired_.rollout = terms;
}

// So that `docker compose ps` and `logs` find them.
StringMap ServiceRenderer::ComposeLabels(int replica) const {
  StringMap labels;
  const auto set = [&](std::string_view key, std::string value) {
    labels[std::string(kTag).append(key)] = std::move(value);
  };
  set("project", input_.project.name);
  set("service", name_);
  set("container-number", std::to_string(replica));
  set("oneoff", "False");
  set("version", std::string(kComposeVersion));
  set("config-hash", container_.template_hash.substr(container_.template_hash.find(':') + 1));
  set("project.config_files", Join(input_.files, ","));
  set("project.working_dir", input_.folder);
  std::vector<std::string> dependencies;
  for (const auto& [name, dependency] : service_.depends_on)
    dependencies.push_back(name + ":" +
                           (dependency.condition == Condition::Started   ? "service_started"
                            : dependency.condition == Condition::Healthy ? "service_healthy"
                                                                         : "service_completed_successfully") +
                           ":" + (dependency.restart ? "true" : "false"));
  set("depends_on", Join(dependencies, ","));
  return labels;
}

void ServiceRenderer::AddContainers() {
  SortUnordered(container_.spec);
  container_.template_hash = TemplateHash(container_.spec);
  for (int replica = 1; replica <= service_.replicas; ++replica) {
    container_.replica = replica;
    container_.name = ContainerName(input_.project, name_, service_, replica);
    container_.tags = ComposeLabels(replica);
    desired_.containers.push_back(container_);
  }
}

}  // namespace tinyforge::compose
