#include "reconcilers/workload/retirement.h"

#include <set>
#include <vector>

#include "reconcilers/workload/teardown_order.h"

namespace tinyforge {
namespace {

// From the moment nobody finds it by name until it is stopped: who has just resolved the name still comes, may have to
// send its first packet again a second later, since names change by reconnecting, and what it asks for is answered.
constexpr Duration kDrain = std::chrono::milliseconds(2500);

bool Drained(Draft& draft, const ObservedContainer& c, std::string_view cause) {
  if (draft.build.Silence(c, cause)) return false;
  auto age = draft.observed.ages.find(c.id);
  const Duration silent = age == draft.observed.ages.end() ? Duration(0) : age->second.attached;
  if (silent >= kDrain) return true;
  draft.ComeBackIn(kDrain - silent);
  return false;
}

// Of slots that nobody asks for any more.
std::set<const ObservedContainer*> AwaitDependents(const Slots& slots) {
  std::vector<const ObservedContainer*> leaving;
  for (const Slot& slot : slots.slots)
    if (!slot.desired) leaving.insert(leaving.end(), slot.superfluous.begin(), slot.superfluous.end());
  return AwaitDependents(leaving);
}

void Retire(Draft& draft, const Slot& slot, const ObservedContainer& c) {
  const std::string_view cause = slot.desired ? "superseded" : "no longer asked for";
  const bool at_once = draft.context.departures.at_once.contains(c.id);
  if (IsUp(c) && !at_once && draft.observed.shared.contains(c.id))
    return draft.Say(Phase::Progressing, "Draining", c.name + " goes once nobody shares its namespaces any more");
  const bool serves = c.state == ContainerState::Running && !c.networks.empty();
  if (serves && draft.neighbours.SideBySide(slot) && !Drained(draft, c, cause))
    return draft.Say(Phase::Progressing, "Draining", "draining " + c.name);
  draft.Say(Phase::Progressing, "Removing", "removing " + c.name);
  if (!IsUp(c)) return draft.build.Add(action::Remove{RefTo(c)}, cause);
  draft.build.Halt(c, cause);
}

// The newest failed candidate, kept until the next success; null: there is none.
const ObservedContainer* RecordOf(const Slot& slot) {
  const ObservedContainer* record = nullptr;
  for (const ObservedContainer* c : slot.superfluous)
    if (slot.serving_old && !IsUp(*c) && (!record || SeqOf(*c) > SeqOf(*record))) record = c;
  return record;
}

// What was killed, or can never be started, has its successor among them.
bool MaySucceed(const ObservedContainer& c, const Slot& slot) {
  if (!slot.current || slot.serving_old || IsUp(c)) return WasKilled(slot);
  return WasKilled(slot) || !Unusable(*slot.current).empty();
}

}  // namespace

void PlanRetirement(Draft& draft) {
  const auto waiting = AwaitDependents(draft.slots);
  for (const Slot& slot : draft.slots.slots) {
    const ObservedContainer* record = RecordOf(slot);
    for (const ObservedContainer* c : slot.superfluous) {
      if (c == record || MaySucceed(*c, slot)) continue;
      const Departures& departures = draft.context.departures;
      if (waiting.contains(c) && !departures.at_once.contains(c->id)) {
        draft.Say(Phase::Progressing, "Removing", c->name + " goes after those that depend on it");
        continue;
      }
      if (!slot.desired && departures.staying.contains(c->id)) {
        draft.Say(Phase::Progressing, "Replacing", c->name + " serves until what is asked for does");
        continue;
      }
      draft.build.NextGroup();
      Retire(draft, slot, *c);
    }
    for (const ObservedContainer* c : slot.dead) {
      draft.build.NextGroup();
      draft.build.Add(action::Remove{RefTo(*c)}, "the Engine could not remove it");
    }
  }
}

}  // namespace tinyforge
