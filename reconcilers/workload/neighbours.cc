#include "reconcilers/workload/neighbours.h"

#include <algorithm>

#include "reconcilers/workload/step_builder.h"
#include "reconcilers/workload/trial.h"

namespace tinyforge {

bool Neighbours::SideBySide(const Slot& slot) const {
  if (context_.strategy == v1::RolloutStrategy::Recreate) return false;
  return !slot.serving_old || InheritedVolumes(*slot.serving_old, *slot.desired).empty();
}

bool Neighbours::OthersUp(const Slot& slot, const ObservedContainer* starting) const {
  return std::ranges::any_of(observed_.containers, [&](const ObservedContainer& c) {
    return &c != starting && IsUp(c) && !(context_.trial && IsTrial(c)) && !IsForeign(c) &&
           !IsCurrentElsewhere(slot, c);
  });
}

bool Neighbours::IsForeign(const ObservedContainer& c) const {
  return std::ranges::any_of(slots_.foreign, [&](const ForeignContainer& f) { return f.id == c.id; });
}

bool Neighbours::IsCurrentElsewhere(const Slot& slot, const ObservedContainer& c) const {
  return std::ranges::any_of(slots_.slots, [&](const Slot& s) {
    return &s != &slot && s.desired && (s.current == &c || s.serving_old == &c);
  });
}

bool Neighbours::WritesOurs(const ObservedContainer& c) const {
  return std::ranges::any_of(
      c.mounts, [&](const ObservedMount& m) { return !m.read_only && desired_.exclusive_sources.contains(m.source); });
}

std::optional<Neighbours::Blocker> Neighbours::FindLeaving() const {
  for (const DesiredContainer& d : desired_.containers)
    for (const Mount& m : d.spec.mounts)
      if (const auto writer = observed_.writers_leaving.find(m.source);
          !m.read_only && writer != observed_.writers_leaving.end())
        return Blocker{.message = "container " + writer->second + ", which is about to go, writes " + m.source,
                       .tells = true};
  return std::nullopt;
}

std::optional<Neighbours::Blocker> Neighbours::FindBlocker() const {
  if (auto leaving = FindLeaving()) return leaving;
  for (const std::string& source : desired_.exclusive_sources) {
    auto writer = observed_.writers_elsewhere.find(source);
    if (writer != observed_.writers_elsewhere.end())
      return Blocker{.message = writer->second + " writes " + source, .tells = false};
  }
  for (const ObservedContainer& c : observed_.containers)
    if (IsUp(c) && IsForeign(c) && WritesOurs(c))
      return Blocker{.message = "container " + c.name + ", which is not ours, writes a volume of this workload",
                     .tells = true};
  return std::nullopt;
}

}  // namespace tinyforge
