#include "reconcilers/source/compose/service_renderer.h"

#include <algorithm>
#include <set>
#include <utility>

#include "reconcilers/core/hook_label.h"
#include "reconcilers/source/compose/mounts.h"
#include "reconcilers/source/compose/network_renderer.h"
#include "reconcilers/source/compose/project_labels.h"
#include "reconcilers/source/compose/secret_mark.h"
#include "reconcilers/source/compose/template_renderer.h"

namespace tinyforge::compose {
namespace {

constexpr std::string_view kTag = "com.docker.compose.";
// Linux takes a quarter of the stack's limit, which is 2 MiB as a rule, for arguments and environment together.
constexpr std::size_t kMaxEnvironment = 1 << 20;

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
  switch (dependency.condition) {
    case Condition::Started: return ServiceCondition::Started;
    case Condition::Healthy: return ServiceCondition::Healthy;
    case Condition::CompletedSuccessfully: return ServiceCondition::Completed;
  }
  return ServiceCondition::Started;
}

bool HasAddress(const Service& service) {
  return service.mac_address || std::ranges::any_of(service.networks, [](const auto& joined) {
           const ServiceNetwork& n = joined.second;
           return n.ipv4_address || n.ipv6_address || !n.link_local_ips.empty() || n.mac_address;
         });
}

// A file of the repository is mounted read-only, whatever the compose file says.
bool KeepsData(const Mount& mount) {
  return mount.type != MountType::Tmpfs && !mount.read_only;
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

// What time may mend is of this service alone, and of those that are made anew with it.
Expected<DesiredState> ServiceRenderer::Render(const DesiredServices& before) {
  desired_.workload = v1::IdentityOf(input_.request.workload);
  desired_.service = name_;
  desired_.source_kind = "compose";
  desired_.project = ComposeProject{.name = input_.project.name, .adopt = input_.adopt};
  container_.role = name_;
  const auto filled = Fill(before);
  if (!filled && filled.error().kind != ErrorKind::Waiting) return filled.error();
  if (!filled) desired_.unready = filled.error();
  AddContainers();
  return std::move(desired_);
}

Expected<void> ServiceRenderer::Fill(const DesiredServices& before) {
  RenderImage();
  RenderProcess(service_, container_.spec);
  RenderRights(service_, container_.spec);
  RenderNames(service_, container_.spec);
  RenderScheduling(service_.resources, container_.spec);
  if (service_.healthcheck) RenderHealthcheck(*service_.healthcheck, container_.spec);
  container_.limits = LimitsOf(service_);
  desired_.job = container_.limits.restart != v1::RestartPolicy::Always && IsAwaitedToComplete();
  for (const auto& [key, joined] : service_.networks) desired_.networks.push_back(RenderNetwork(input_.project, key));
  container_.networks = RenderAttachments(input_.project, name_);
  if (auto done = RenderEnvironment(); !done) return std::move(done).error();
  if (auto done = RenderHooks(); !done) return std::move(done).error();
  if (auto done = RenderMounts(input_, service_, read_set_, desired_, container_.spec); !done)
    return std::move(done).error();
  RenderTerms();
  return RenderDependencies(before);
}

void ServiceRenderer::RenderImage() {
  desired_.image = ImageOf(input_.project, name_, service_);
  desired_.version = TagOf(desired_.image) + " by manifest";
  container_.spec.image = desired_.image;
  RenderPullPolicy();
  const auto decided = input_.request.resolved.find(name_);
  if (decided == input_.request.resolved.end()) return;
  const ResolvedImage& resolved = decided->second;
  desired_.image = resolved.reference;
  desired_.version = resolved.tag + " by " + resolved.set_by;
  container_.spec.image = resolved.name;
  // What was decided on is one image of a registry, however its tag moves and whatever could be built here.
  desired_.build.clear();
  if (service_.pull_policy != PullPolicy::Never) desired_.pull_policy = v1::PullPolicy::IfNotPresent;
}

void ServiceRenderer::RenderPullPolicy() {
  switch (service_.pull_policy) {
    case PullPolicy::Missing: desired_.pull_policy = v1::PullPolicy::IfNotPresent; break;
    case PullPolicy::Always: desired_.pull_policy = v1::PullPolicy::Always; break;
    case PullPolicy::Never:
    case PullPolicy::Build: desired_.pull_policy = v1::PullPolicy::Never; break;
  }
  if (service_.build) desired_.build = service_.build->context;
  if (!service_.image) desired_.pull_policy = v1::PullPolicy::Never;  // no registry has it
}

Expected<std::vector<EnvEntry>> ServiceRenderer::EntriesOf(const Environment& environment) {
  std::vector<EnvEntry> entries;
  for (const auto& [name, text] : environment) {
    EnvEntry entry{.name = name, .unset = !text};
    for (TextPart& part : SplitMarks(text.value_or(""))) {
      if (!part.secret) {
        entry.value += part.text;
        continue;
      }
      auto handle = SecretAt(input_, *part.secret, read_set_);
      if (!handle) return std::move(handle).error().Within("service " + name_ + ": environment " + name);
      entry.inserts.push_back({entry.value.size(), std::move(*handle)});
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

Expected<void> ServiceRenderer::RenderEnvironment() {
  auto entries = EntriesOf(service_.environment);
  if (!entries) return std::move(entries).error();
  std::size_t bytes = 0;
  for (const EnvEntry& entry : *entries) bytes += entry.name.size() + entry.value.size();
  if (bytes > kMaxEnvironment)
    return Error{ErrorKind::Terminal, "the environment is larger than 1 MiB, and no process can be started with it"};
  container_.spec.env = std::move(*entries);
  return {};
}

Expected<std::vector<Hook>> ServiceRenderer::HooksOf(const std::vector<ServiceHook>& given) {
  std::vector<Hook> hooks;
  for (const ServiceHook& hook : given) {
    auto env = EntriesOf(hook.environment);
    if (!env) return std::move(env).error();
    hooks.push_back({.command = hook.command,
                     .user = hook.user,
                     .working_dir = hook.working_dir,
                     .privileged = hook.privileged,
                     .env = std::move(*env)});
  }
  if (EncodeHooks(hooks).size() > kMaxHookLabel)
    return Error{ErrorKind::Terminal, "commands and environments are more than 16 KiB; put them into a script"};
  return hooks;
}

Expected<void> ServiceRenderer::RenderHooks() {
  auto post_start = HooksOf(service_.post_start);
  if (!post_start) return std::move(post_start).error().Within("post_start");
  auto pre_stop = HooksOf(service_.pre_stop);
  if (!pre_stop) return std::move(pre_stop).error().Within("pre_stop");
  container_.spec.post_start = std::move(*post_start);
  container_.spec.pre_stop = std::move(*pre_stop);
  return {};
}

bool ServiceRenderer::IsAwaitedToComplete() const {
  return std::ranges::any_of(input_.project.services, [&](const auto& other) {
    const auto on = other.second.depends_on.find(name_);
    return on != other.second.depends_on.end() && on->second.condition == Condition::CompletedSuccessfully;
  });
}

// What asks to be restarted along with a dependency is made anew with it: its label follows the other's template. One
// whose namespaces it shares it follows anyhow.
Expected<void> ServiceRenderer::RenderDependencies(const DesiredServices& before) {
  const std::set<std::string> shared = ServicesShared(container_.spec);
  for (const auto& [name, dependency] : service_.depends_on) {
    const auto other = std::ranges::find(before, name, &DesiredState::service);
    if (other == before.end()) continue;      // not required, and not there
    if (other->containers.empty()) continue;  // it is to have none: there is nothing to wait for
    desired_.after.push_back({name, ConditionOf(dependency), dependency.required});
    if (!dependency.restart || shared.contains(name)) continue;
    if (other->unready) return Error(*other->unready).Within("it is made anew with service " + name);
    container_.spec.labels["tinyforge.follows." + name] = other->containers.front().template_hash;
  }
  return {};
}

// Side by side only where nothing of a container can be had once alone: a host port, an address, a namespace, data that
// it writes. `order: start-first` says of the data that two may write it.
void ServiceRenderer::RenderTerms() {
  const UpdateConfig& update = service_.update;
  const bool port = std::ranges::any_of(service_.ports, [](const Port& p) { return p.host != 0; });
  const bool address = HasAddress(service_);
  const bool data = std::ranges::any_of(container_.spec.mounts, KeepsData) && update.order != UpdateOrder::StartFirst;
  for (const Mount& mount : container_.spec.mounts)
    if (data && KeepsData(mount) && mount.type == MountType::Volume && !mount.source.empty())
      desired_.exclusive_sources.insert(mount.source);
  const bool alone = port || address || data || service_.network_mode.kind == NamespaceKind::Host ||
                     service_.network_mode.kind == NamespaceKind::Service || update.order == UpdateOrder::StopFirst;
  RolloutTerms terms;
  if (!alone)
    terms.strategy = update.parallelism.value_or(0) > 0 ? v1::RolloutStrategy::Rolling : v1::RolloutStrategy::BlueGreen;
  terms.trial = alone && port && !address && !data && update.order != UpdateOrder::StopFirst &&
                service_.network_mode.kind == NamespaceKind::Default;
  desired_.rollout = terms;
}

// So that `docker compose ps` and `logs` find them.
StringMap ServiceRenderer::ComposeLabels(const DesiredContainer& container) const {
  StringMap labels = ProjectLabels(input_.project, "service", name_);
  const auto set = [&](std::string_view key, std::string value) {
    labels[std::string(kTag).append(key)] = std::move(value);
  };
  set("container-number", std::to_string(container.replica));
  set("oneoff", "False");
  set("config-hash", container.template_hash.substr(container.template_hash.find(':') + 1));
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

// All are of one template, that of the first: its number says which port of a range another replica has.
void ServiceRenderer::AddContainers() {
  for (int replica = 1; replica <= service_.replicas; ++replica) {
    DesiredContainer& container = desired_.containers.emplace_back(container_);
    RenderPorts(service_, replica, container.spec);
    SortUnordered(container.spec);
    container.template_hash = replica == 1 ? TemplateHash(container.spec) : desired_.containers[0].template_hash;
    container.replica = replica;
    container.name = ContainerName(input_.project, name_, service_, replica);
    container.tags = ComposeLabels(container);
  }
}

}  // namespace tinyforge::compose
