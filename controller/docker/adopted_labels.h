// The labels that containers count as bearing which were taken over where they stand, see AdoptedContainer.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "reconcilers/core/facts.h"
#include "reconcilers/core/observed_state.h"

namespace tinyforge::docker {

class AdoptedLabels {
 public:
  // The other workload that has it already, so that it is left with that; empty: it is added.
  std::string Add(const AdoptedContainer& container);
  void Remove(std::string_view id);

  bool Has(std::string_view id) const { return labels_.contains(id); }
  std::string WorkloadOf(std::string_view id) const;  // empty: it is none of these
  std::vector<std::string> Ids() const;
  // Gives it its labels, if it is one of these.
  void Complete(ObservedContainer& container) const;

 private:
  std::map<std::string, StringMap, std::less<>> labels_;  // by container id
};

}  // namespace tinyforge::docker
