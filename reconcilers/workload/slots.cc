#include "reconcilers/workload/slots.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "reconcilers/workload/drift.h"
#include "reconcilers/workload/trial.h"

namespace tinyforge {
namespace {

using Containers = std::vector<const ObservedContainer*>;

// The one to keep of several: serving before not, up before down, newer before older.
const ObservedContainer* TakeBest(const Slot& slot, Containers& from) {
  if (from.empty()) return nullptr;
  auto rank = [&](const ObservedContainer* c) { return std::tuple(slot.Serves(*c), IsUp(*c), SeqOf(*c)); };
  auto best = std::max_element(from.begin(), from.end(), [&](auto* a, auto* b) { return rank(a) < rank(b); });
  const ObservedContainer* taken = *best;
  from.erase(best);
  return taken;
}

void SortOld(Slot& slot, Containers old) {
  const bool switched = slot.current && slot.Serves(*slot.current);
  if (!switched) slot.serving_old = TakeBest(slot, old);
  slot.superfluous.insert(slot.superfluous.end(), old.begin(), old.end());
  // What we halted beside a serving one is a record or on its way out, though it may match what is desired (again).
  if (slot.serving_old && slot.current && HaltedByUs(*slot.current, *slot.desired))
    slot.superfluous.push_back(std::exchange(slot.current, nullptr));
}

// What failed and was halted is a record, whatever it would prove now.
void SortTrials(Slot& slot, const Containers& trials) {
  for (const ObservedContainer* c : trials) {
    if (c->state == ContainerState::Removing) continue;
    const bool wanted = slot.serving_old && !slot.current && !slot.trial && c->state != ContainerState::Dead &&
                        !HaltedByUs(*c, *slot.desired) && IsTrialOf(*c, *slot.desired);
    if (wanted)
      slot.trial = c;
    else
      (c->state == ContainerState::Dead ? slot.dead : slot.superfluous).push_back(c);
  }
}

Slot MakeSlot(const DesiredContainer* desired, const Containers& containers) {
  Slot slot{.desired = desired};
  Containers matching;
  Containers old;
  for (const ObservedContainer* c : containers) {
    if (c->state == ContainerState::Removing) continue;
    if (c->state == ContainerState::Dead)
      slot.dead.push_back(c);
    else if (!desired)
      slot.superfluous.push_back(c);
    else
      (ReplaceCause(*c, *desired).empty() ? matching : old).push_back(c);
  }
  if (!desired) return slot;
  slot.current = TakeBest(slot, matching);
  slot.superfluous = matching;
  SortOld(slot, std::move(old));
  return slot;
}

}  // namespace

bool HaltedByUs(const ObservedContainer& container, const DesiredContainer& desired) {
  return container.restart == v1::RestartPolicy::Never && desired.limits.restart != v1::RestartPolicy::Never;
}

bool IsUp(const ObservedContainer& container) {
  return container.state == ContainerState::Running || container.state == ContainerState::Paused ||
         container.state == ContainerState::Restarting;
}

Slots GroupBySlot(const DesiredState& desired, const ObservedState& observed) {
  Slots result;
  Ownership ownership = ClassifyOwnership(observed.containers);
  result.foreign = std::move(ownership.foreign);
  for (const ObservedContainer& c : observed.containers) result.names.emplace(c.name, &c);
  std::map<std::pair<std::string_view, int>, Containers> groups;
  for (const ObservedContainer* c : ownership.owned) {
    result.next_seq = std::max(result.next_seq, SeqOf(*c) + 1);
    groups[{c->Label(label::kRole), ReplicaOf(*c)}].push_back(c);
  }
  for (const DesiredContainer& d : desired.containers) {
    auto group = groups.extract({d.role, d.replica});
    result.slots.push_back(MakeSlot(&d, group ? group.mapped() : Containers()));
    const std::string trial_role = TrialRole(d.role);
    if (auto trials = groups.extract({trial_role, d.replica})) SortTrials(result.slots.back(), trials.mapped());
  }
  for (const auto& [slot, containers] : groups) result.slots.push_back(MakeSlot(nullptr, containers));
  return result;
}

}  // namespace tinyforge
