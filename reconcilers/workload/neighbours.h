// Who may run beside whom: of one workload two at once only where its strategy and its volumes allow it, and beside a
// writer that is not ours nobody.
#pragma once

#include <optional>
#include <string>

#include "reconcilers/workload/compute_plan.h"
#include "reconcilers/workload/slots.h"

namespace tinyforge {

class Neighbours {
 public:
  // All arguments are kept by reference and must outlive this.
  Neighbours(const DesiredState& desired, const ObservedState& observed, const PlanContext& context, const Slots& slots)
      : desired_(desired), observed_(observed), context_(context), slots_(slots) {}

  // The candidate of a slot and the old one may run at once: the strategy says so, and no volume that only one may
  // write moves from one to the other.
  bool SideBySide(const Slot& slot) const;
  // Another one of ours is up that a start of `starting` (null: a new one) in this slot would run beside. A trial may,
  // as long as trials are made.
  bool OthersUp(const Slot& slot, const ObservedContainer* starting) const;
  // Another slot counts on this container.
  bool IsCurrentElsewhere(const Slot& slot, const ObservedContainer& container) const;
  bool IsForeign(const ObservedContainer& container) const;

  // Who writes what only this workload may write, or what is to be written in the place of one that is leaving.
  struct Blocker {
    std::string message;
    bool tells;  // its end is an event that queues this workload
  };
  std::optional<Blocker> FindBlocker() const;

 private:
  std::optional<Blocker> FindLeaving() const;
  bool WritesOurs(const ObservedContainer& container) const;

  const DesiredState& desired_;
  const ObservedState& observed_;
  const PlanContext& context_;
  const Slots& slots_;
};

}  // namespace tinyforge
