// One replica of one role, with the containers that exist for it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reconcilers/core/desired_state.h"
#include "reconcilers/core/observed_state.h"
#include "reconcilers/workload/ownership.h"

namespace tinyforge {

struct Slot {
  const DesiredContainer* desired = nullptr;          // null: surplus, all of it goes
  const ObservedContainer* current = nullptr;         // the best that matches
  const ObservedContainer* serving_old = nullptr;     // holds the name and must be replaced; without a current one that
                                                      // holds it: the best of the others, up or down
  const ObservedContainer* trial = nullptr;           // of the same release as a current one would be; only without one
                                                      // and beside an old one
  std::vector<const ObservedContainer*> superfluous;  // doubles, abandoned and failed candidates, retired ones
  std::vector<const ObservedContainer*> dead;         // only a removal is left to do

  bool Serves(const ObservedContainer& container) const { return desired && container.name == desired->name; }
};

struct Slots {
  std::vector<Slot> slots;                                // desired ones in order, then surplus
  std::map<std::string, const ObservedContainer*> names;  // held by any container that bears our labels
  std::vector<ForeignContainer> foreign;
  int next_seq = 1;
};

// The result points into both arguments.
Slots GroupBySlot(const DesiredState& desired, const ObservedState& observed);

// Its process exists: running, paused or restarting.
bool IsUp(const ObservedContainer& container);

// We took its restart policy away, to retire it or because its release failed. Cannot be told where the policy asked
// for is Never.
bool HaltedByUs(const ObservedContainer& container, const DesiredContainer& desired);

}  // namespace tinyforge
