#include "reconcilers/workload/sharing.h"

#include <algorithm>

#include "reconcilers/workload/release_judge.h"
#include "reconcilers/workload/slots.h"

namespace tinyforge {
namespace {

constexpr std::string_view kFollows = "follows ";

struct Leader {
  const ObservedContainer* container = nullptr;
  bool leaving = false;  // it must be replaced
};

// Of the first replica.
Leader LeaderOf(const ServicePass& service) {
  const Slots slots = GroupBySlot(service.desired, service.observed);
  if (slots.slots.empty() || !slots.slots.front().desired) return {};
  const ObservedContainer* current = slots.slots.front().current;
  const ObservedContainer* old = slots.slots.front().serving_old;
  if (old && IsUp(*old)) return {old, true};
  if (current && (!old || IsUp(*current))) return {current, false};
  // Between the end of one and the start of the other nothing is decided.
  return current ? Leader{} : Leader{old, true};
}

const ServicePass* Find(std::string_view name, std::span<const ServicePass> services) {
  const auto found = std::ranges::find(services, name, [](const ServicePass& s) { return s.desired.service; });
  return found == services.end() ? nullptr : &*found;
}

SharedNamespace ShareOf(const std::string& name, std::span<const ServicePass> before) {
  SharedNamespace share{.service = name};
  const ServicePass* service = Find(name, before);
  const ObservedContainer* container = service ? LeaderOf(*service).container : nullptr;
  if (!container) return share;
  share.container = container->id;
  share.up = IsUp(*container);
  share.started = container->started;
  return share;
}

bool Has(const ObservedContainer& container, const SharedNamespace& share) {
  return std::ranges::find(container.shares, share.container) != container.shares.end();
}

// By itself, and its policy leaves it so.
bool EndedWell(const ObservedContainer& c, const DesiredContainer& desired) {
  const bool ended = c.state == ContainerState::Exited && c.exit_code == 0 && !c.interrupted;
  return ended && desired.limits.restart != v1::RestartPolicy::Always && !HaltedByUs(c, desired);
}

}  // namespace

void FindShared(DesiredState& desired, std::span<const ServicePass> before) {
  if (desired.service.empty()) return;
  for (DesiredContainer& container : desired.containers) {
    container.shares.clear();
    for (const std::string& name : ServicesShared(container.spec)) container.shares.push_back(ShareOf(name, before));
  }
}

std::string LeavingOf(const DesiredState& desired, std::span<const ServicePass> before) {
  std::string text;
  if (desired.containers.empty()) return text;
  for (const SharedNamespace& share : desired.containers.front().shares) {
    const ServicePass* service = Find(share.service, before);
    const bool replaced = service && service->decision.verdict.phase == Phase::Progressing;
    if (replaced && LeaderOf(*service).leaving) text += (text.empty() ? "" : ", ") + share.service + " to be replaced";
  }
  return text;
}

void MarkShared(std::vector<ServicePass>& services) {
  for (const ServicePass& service : services)
    for (const ObservedContainer& c : service.observed.containers) {
      if (!IsUp(c)) continue;
      for (ServicePass& other : services)
        if (&other != &service) other.observed.shared.insert(c.shares.begin(), c.shares.end());
    }
}

std::string FollowCause(const ObservedContainer& container, const DesiredContainer& desired) {
  if (EndedWell(container, desired)) return {};
  for (const SharedNamespace& share : desired.shares)
    if (!share.container.empty() && !Has(container, share)) return std::string(kFollows) + share.service;
  return {};
}

bool IsFollowCause(std::string_view cause) {
  return cause.starts_with(kFollows);
}

std::string RestartedUnder(const ObservedContainer& container, const DesiredContainer& desired) {
  for (const SharedNamespace& share : desired.shares)
    if (share.up && Has(container, share) && share.started > container.started)
      return std::string(kFollows) + share.service + ", which was started again";
  return {};
}

}  // namespace tinyforge
