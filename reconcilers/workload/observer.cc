#include "reconcilers/workload/observer.h"

#include <algorithm>
#include <iterator>

#include "reconcilers/workload/health.h"
#include "reconcilers/workload/ownership.h"
#include "reconcilers/workload/releases.h"
#include "reconcilers/workload/slots.h"

namespace tinyforge {
namespace {

// Replicas of one generation run one image, however its tag moves meanwhile: that of those that serve already.
void JoinGeneration(const DesiredState& desired, ImagePuller& images, ObservedState& observed) {
  for (const ObservedContainer* c : ClassifyOwnership(observed.containers).owned) {
    const bool serves = std::ranges::any_of(
        desired.containers, [&](const DesiredContainer& d) { return d.name == c->name && IsOfTemplate(*c, d); });
    if (!serves || !IsUp(*c) || c->image_id == observed.image_id || !images.Peek(c->image_id).id) continue;
    observed.image_id = c->image_id;
    observed.image_pinned = c->image.find('@') == std::string::npos ? c->image_id : c->image;
    return;
  }
}

// Without the login that was asked for nothing is pulled; what is here needs none.
ImagePresence Bring(const DesiredState& desired, ImagePuller& images, const ObjectKey& owner) {
  ImageRequest request{.reference = desired.image,
                       .policy = desired.pull_policy,
                       .owner = owner,
                       .platform = desired.containers.front().spec.platform};
  if (!desired.pull_secret || request.policy == v1::PullPolicy::Never) return images.Ensure(request);
  if (const auto& handle = *desired.pull_secret) {
    request.pull_secret = *handle;
    return images.Ensure(request);
  }
  const Error& missing = desired.pull_secret->error();
  if (request.policy == v1::PullPolicy::Always) return {.failure = missing};
  request.policy = v1::PullPolicy::Never;
  ImagePresence image = images.Ensure(request);
  if (image.failure) image.failure = missing;
  return image;
}

// What is built from a folder is in no registry, as a rule: whoever has it can bring it.
ImagePresence EnsureImage(const DesiredState& desired, ImagePuller& images, const ObjectKey& owner) {
  ImagePresence image = Bring(desired, images, owner);
  if (!image.failure || desired.build.empty()) return image;
  const bool pulls = desired.pull_policy != v1::PullPolicy::Never;
  const std::string why = pulls ? image.failure->message : "image " + desired.image + " is not on this host";
  image.failure =
      Error{pulls ? image.failure->kind : ErrorKind::Terminal,
            "service " + desired.service + ": " + why + ", and images are not built here (build: " + desired.build +
                "); build it elsewhere and push it to a registry that `image:` names, or " +
                "build it on this host under the name " + desired.image};
  return image;
}

// The steps of a preview name an image that is not there yet.
constexpr std::string_view kToBePulled = "to be pulled";

DesiredRefs DesiredOf(const std::vector<ServicePass>& services) {
  DesiredRefs desired;
  for (const ServicePass& service : services) desired.push_back(&service.desired);
  return desired;
}

bool AllOfTemplate(const ServicePass& service) {
  return std::ranges::all_of(service.observed.containers, [&](const ObservedContainer& c) {
    return IsOfTemplate(c, service.desired.containers.front());
  });
}

}  // namespace

Expected<void> Observer::Observe(std::vector<ServicePass>& services, std::vector<ObservedContainer> adopted) const {
  auto containers = Containers().Compared(DesiredOf(services));
  if (!containers) return std::move(containers).error();
  ObservedState all = WithoutContainers(services);
  all.containers = std::move(*containers);
  std::ranges::move(adopted, std::back_inserter(all.containers));
  Divide(std::move(all), services);
  Probe(services);
  return {};
}

ObservedState Observer::WithoutContainers(const std::vector<ServicePass>& services) const {
  const std::string& workload = services.front().desired.workload;
  ObservedState observed{.ages = Containers().Ages(workload), .hooks = ports_.engine.HookReports(workload)};
  std::set<std::string> exclusive;
  for (const ServicePass& service : services) {
    exclusive.insert(service.desired.exclusive_sources.begin(), service.desired.exclusive_sources.end());
    for (const DesiredFile& file : service.desired.files)
      if (file.on_change.action != v1::FileChange::Recreate)
        observed.written_files[file.host_path] = ports_.files.WrittenHash(file);
  }
  if (!exclusive.empty()) observed.writers_elsewhere = Containers().WritersElsewhere(workload, exclusive);
  return observed;
}

// Those of all services at once: what is not named is probed no more.
void Observer::Probe(std::vector<ServicePass>& services) const {
  const std::string& workload = services.front().desired.workload;
  std::vector<ProbeTarget> targets;
  for (const ServicePass& service : services)
    std::ranges::move(ProbeTargets(service.desired, service.observed), std::back_inserter(targets));
  const auto reports =
      purpose_ == Purpose::Preview ? ports_.health.Peek(workload) : ports_.health.Watch(workload, std::move(targets));
  for (ServicePass& service : services)
    for (const ObservedContainer& c : service.observed.containers)
      if (const auto report = reports.find(c.id); report != reports.end()) service.observed.probes.insert(*report);
}

// Only a pass that may change something pulls and takes addresses.
Expected<void> Observer::PrepareCreate(const Need& need, ServicePass& service) const {
  const DesiredState& desired = service.desired;
  ObservedState& observed = service.observed;
  if (desired.containers.empty()) return {};
  if (AllOfTemplate(service) && !NeedsImage(desired, observed, need.context)) return {};
  ImagePresence present = ports_.images.Peek(desired.image);
  observed.image_id = std::move(present.id);
  observed.image_pinned = std::move(present.pinned);
  if (!NeedsImage(desired, observed, need.context)) return {};
  if (need.held) {
    if (!observed.image_id) observed.image_id = kToBePulled;
    return {};
  }
  if (auto brought = BringImage(need, service); !brought) return brought;
  const bool shared = std::ranges::any_of(desired.networks, &DesiredNetwork::shared);
  if (!shared || !observed.image_id) return {};
  auto addresses = ports_.containers.FreeAddresses(desired.containers.size());
  if (!addresses) return std::move(addresses).error();
  observed.free_addresses = std::move(*addresses);
  return {};
}

// Noted before the pull, and again before the first container: what is brought to the host is known to be ours to
// remove.
Expected<void> Observer::BringImage(const Need& need, ServicePass& service) const {
  const DesiredState& desired = service.desired;
  ObservedState& observed = service.observed;
  const bool may_pull = !observed.image_id || desired.pull_policy == v1::PullPolicy::Always ||
                        !desired.containers.front().spec.platform.empty();
  const std::string known = may_pull ? "" : *observed.image_id;
  if (auto noted = NoteRelease(desired, known, need.context.now); !noted) return noted;
  ImagePresence image = EnsureImage(desired, ports_.images, need.owner);
  observed.image_id = std::move(image.id);
  observed.image_pinned = std::move(image.pinned);
  observed.pull_failure = std::move(image.failure);
  if (auto noted = NoteRelease(desired, observed.image_id.value_or(""), need.context.now); !noted) return noted;
  if (observed.image_id) JoinGeneration(desired, ports_.images, observed);
  return {};
}

Expected<void> Observer::NoteRelease(const DesiredState& desired, const std::string& image_id, SysTime now) const {
  auto noted = ports_.facts.Update(FactKeyOf(desired), [&](Facts& facts) {
    BeginRelease(facts, {desired.image, image_id}, now);
  });
  if (!noted) return std::move(noted).error().Within("note the release");
  return {};
}

}  // namespace tinyforge
