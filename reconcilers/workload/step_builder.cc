#include "reconcilers/workload/step_builder.h"

#include <algorithm>

#include "reconcilers/core/field_digests.h"
#include "reconcilers/core/hook_label.h"
#include "reconcilers/workload/drift.h"
#include "reconcilers/workload/hooks.h"

namespace tinyforge {
namespace {

// Asked for as any volume.
bool IsAnonymous(const Mount& mount) {
  return mount.type == MountType::Volume && mount.source.empty();
}

bool IsAnonymous(const ObservedMount& mount) {
  return mount.type == MountType::Volume && IsAnonymousVolume(mount.source);
}

// "1.4.2 by manifest" -> "1.4.2@sha256:… by manifest".
std::string WithDigest(std::string version, std::string_view pinned) {
  const std::size_t at = pinned.find('@');
  if (at != std::string_view::npos) version.insert(std::min(version.find(' '), version.size()), pinned.substr(at));
  return version;
}

std::string DependenciesOf(const DesiredState& desired) {
  std::string names;
  for (const ServiceDependency& on : desired.after) names += (names.empty() ? "" : ",") + on.service;
  return names;
}

// The same place on a network, for nobody to find.
NetworkAttachment WithoutNames(const std::string& network, const ObservedEndpoint& endpoint) {
  NetworkAttachment silent{.network = network};
  if (!endpoint.static_address.empty()) silent.address = endpoint.static_address;
  silent.ipv6_address = endpoint.static_ipv6;
  silent.link_local_ips = endpoint.link_local_ips;
  return silent;
}

}  // namespace

std::vector<ObservedMount> InheritedVolumes(const ObservedContainer& old, const DesiredContainer& desired) {
  std::vector<ObservedMount> found;
  for (const ObservedMount& mount : old.mounts) {
    const bool wanted_otherwise =
        std::any_of(desired.spec.mounts.begin(), desired.spec.mounts.end(),
                    [&](const Mount& m) { return m.target == mount.target && !IsAnonymous(m); });
    if (IsAnonymous(mount) && !wanted_otherwise) found.push_back(mount);
  }
  return found;
}

bool PublishesPorts(const DesiredContainer& desired) {
  return std::any_of(desired.spec.ports.begin(), desired.spec.ports.end(), [](const auto& p) { return p.published; });
}

std::vector<NetworkAttachment> StepBuilder::Attachments(const DesiredContainer& desired, std::string_view address,
                                                        bool with_aliases) {
  std::vector<NetworkAttachment> attachments = desired.networks;
  for (NetworkAttachment& attachment : attachments) {
    if (!with_aliases) attachment.aliases.clear();
    if (attachment.network == kSharedNetwork && !attachment.address && !address.empty()) attachment.address = address;
  }
  if (!attachments.empty() && attachments.front().mac_address.empty())
    attachments.front().mac_address = desired.spec.mac_address;
  return attachments;
}

void StepBuilder::EnsureEnvironment(std::string_view cause) {
  if (std::exchange(environment_ensured_, true)) return;
  for (const DesiredNetwork& network : desired_.networks) Add(action::EnsureNetwork{network, desired_.workload}, cause);
  for (const DesiredVolume& volume : desired_.volumes) Add(action::EnsureVolume{volume, desired_.workload}, cause);
}

void StepBuilder::WriteFiles(std::string_view cause) {
  if (std::exchange(files_written_, true)) return;
  if (desired_.files.empty() && desired_.directories.empty()) return;
  Add(action::WriteFiles{desired_.files, desired_.directories}, cause);
}

std::string StepBuilder::NextAddress(const DesiredContainer& desired) {
  const bool ours =
      std::any_of(desired_.networks.begin(), desired_.networks.end(), [](const DesiredNetwork& n) { return n.shared; });
  const bool shared =
      ours && std::any_of(desired.networks.begin(), desired.networks.end(),
                          [](const NetworkAttachment& n) { return n.network == kSharedNetwork && !n.address; });
  if (!shared || addresses_used_ >= observed_.free_addresses.size()) return {};
  return observed_.free_addresses[addresses_used_++];
}

RenderedPaths StepBuilder::Rendered() const {
  RenderedPaths rendered;
  for (const DesiredFile& file : desired_.files) rendered.files.insert(file.host_path);
  for (const DesiredDirectory& directory : desired_.directories) rendered.directories.insert(directory.path);
  return rendered;
}

StringMap StepBuilder::Labels(const NewContainer& made, std::string_view address, std::string_view cause) const {
  StringMap labels = made.desired.spec.labels;
  labels.insert(made.desired.tags.begin(), made.desired.tags.end());
  auto set = [&](std::string_view key, std::string value) { labels[std::string(key)] = std::move(value); };
  set(label::kManaged, "true");
  set(label::kInstance, context_.instance);
  set(label::kWorkload, desired_.workload);
  set(label::kWorkloadKind, desired_.source_kind);
  set(label::kRole, made.desired.role);
  set(label::kReplica, std::to_string(made.desired.replica));
  set(label::kSeq, std::to_string(made.seq));
  set(label::kImage, observed_.image_id.value_or(""));
  set(label::kVersion, WithDigest(desired_.version, observed_.image_pinned));
  if (!address.empty()) set(label::kAddress, std::string(address));
  set(label::kTemplateHash, made.desired.template_hash);
  if (const std::string after = DependenciesOf(desired_); !after.empty()) set(label::kDependsOn, after);
  if (!made.desired.remake.empty()) set(label::kRemake, made.desired.remake);
  if (const auto& hooks = made.desired.spec.post_start; !hooks.empty()) set(label::kPostStart, EncodeHooks(hooks));
  if (const auto& hooks = made.desired.spec.pre_stop; !hooks.empty()) set(label::kPreStop, EncodeHooks(hooks));
  set(label::kFields, FieldDigests(made.desired.spec));
  set(label::kRevision, context_.revision);
  set(label::kSource, context_.source_path);
  set(label::kCause, std::string(cause));
  return labels;
}

void StepBuilder::Create(const NewContainer& made, std::string_view cause) {
  EnsureEnvironment(cause);
  WriteFiles(cause);
  const std::string address = NextAddress(made.desired);
  CreateRequest request{
      .workload = desired_.workload, .name = made.name, .spec = made.desired.spec, .limits = made.desired.limits};
  request.image = observed_.image_pinned;
  request.service = desired_.service;
  request.shares = made.desired.shares;
  request.rendered = Rendered();
  request.networks = Attachments(made.desired, address, made.with_aliases || PublishesPorts(made.desired));
  request.labels = Labels(made, address, cause);
  if (made.replaces) request.reattach = InheritedVolumes(*made.replaces, made.desired);
  Add(action::Create{std::move(request)}, cause);
}

void StepBuilder::Start(const ContainerRef& ref, std::string_view cause) {
  EnsureEnvironment(cause);
  WriteFiles(cause);
  StartAsItIs(ref, cause);
}

void StepBuilder::StartAsItIs(const ContainerRef& ref, std::string_view cause) {
  const auto found = std::ranges::find(observed_.containers, ref.container, &ObservedContainer::id);
  const bool noted = found != observed_.containers.end() && HooksAreNoted(*found, context_.facts);
  Add(action::Start{ref, noted ? FactKeyOf(desired_) : std::string()}, cause);
}

bool StepBuilder::Touches(const ObservedContainer& container) const {
  const auto of = [&](const auto& action) { return action && action->target.container == container.id; };
  return std::ranges::any_of(plan_.steps, [&](const Step& step) {
    return of(std::get_if<action::Start>(&step.action)) || of(std::get_if<action::Stop>(&step.action)) ||
           of(std::get_if<action::Signal>(&step.action)) || of(std::get_if<action::Remove>(&step.action)) ||
           of(std::get_if<action::DisableRestart>(&step.action));
  });
}

void StepBuilder::Halt(const ObservedContainer& container, std::string_view cause, Ending ending) {
  if (container.restart != v1::RestartPolicy::Never) Add(action::DisableRestart{RefTo(container)}, cause);
  if (!IsUp(container)) return;
  if (ending == Ending::Kill) return Add(action::Signal{RefTo(container), "KILL"}, cause);
  Add(action::Stop{RefTo(container)}, cause);
}

bool StepBuilder::Silence(const ObservedContainer& container, std::string_view cause) {
  bool had_names = false;
  for (const auto& [network, endpoint] : container.networks) {
    if (endpoint.aliases.empty()) continue;
    had_names = true;
    Add(action::Disconnect{RefTo(container), network}, cause);
    Add(action::Connect{RefTo(container), WithoutNames(network, endpoint)}, cause);
  }
  return had_names;
}

void StepBuilder::MendNetworks(const ObservedContainer& container, const std::vector<NetworkAttachment>& wanted,
                               std::string_view cause) {
  NetworkDrift drift = CompareNetworks(container, wanted);
  if (!drift.connect.empty()) EnsureEnvironment(cause);
  // New ones before unwanted ones, so that a network that cannot be had leaves the container where it is.
  for (NetworkAttachment& attachment : drift.connect) {
    if (std::erase(drift.disconnect, attachment.network) > 0)
      Add(action::Disconnect{RefTo(container), attachment.network}, cause);
    Add(action::Connect{RefTo(container), std::move(attachment)}, cause);
  }
  for (const std::string& network : drift.disconnect) Add(action::Disconnect{RefTo(container), network}, cause);
}

void StepBuilder::RewriteFiles(const ObservedContainer& container) {
  for (const DesiredFile& file : desired_.files) {
    if (file.on_change.action == v1::FileChange::Recreate) continue;
    auto written = observed_.written_files.find(file.host_path);
    if (written != observed_.written_files.end() && written->second == file.content_hash) continue;
    const std::string cause = "file " + file.target + " differs";
    WriteFiles(cause);
    if (file.on_change.action == v1::FileChange::Signal)
      Add(action::Signal{RefTo(container), file.on_change.signal}, cause);
  }
}

}  // namespace tinyforge
