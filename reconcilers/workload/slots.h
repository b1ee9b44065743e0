// One replica of one role, with the containers that exist for it.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "reconcilers/core/desired_state.h"
#include "reconcilers/core/observed_state.h"
#include "reconcilers/workload/ownership.h"

namespace tinyforge {

struct Slot {
  const DesiredContainer* desired = nullptr;   // null: surplus, all of it goes
  const ObservedContainer* current = nullptr;  // the best that matches
  const ObservedContainer* serving_old = nullptr;     // what serves and must be replaced
  std::vector<const ObservedContainer*> superfluous;  // doubles, abandoned candidates, retired ones
  std::vector<const ObservedContainer*> dead;         // dead: only a removal is left to do

  bool Serves(const ObservedContainer& container) const { return desired && container.name == desired->name; }
  // One matching container under its name and nothing else.
  bool Settled() const { return desired && current && Serves(*current) && !serving_old && superfluous.empty(); }
};

struct Slots {
  std::vector<Slot> slots;       // desired ones in order, then surplus
  std::set<std::string> names;   // held by any container that bears our labels
  std::vector<ForeignContainer> foreign;
  int next_seq = 1;
};

// The result points into both arguments.
Slots GroupBySlot(const DesiredState& desired, const ObservedState& observed);

bool IsUp(const ObservedContainer& container);  // its process exists: running, paused or restarting

}  // namespace tinyforge
