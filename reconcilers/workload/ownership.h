// Which containers are ours (design 4.3): labels can be copied, by hand or by `docker commit`, so a container counts as
// ours only when its labels agree with what it is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reconcilers/core/observed_state.h"

namespace tinyforge {

// Number in the seq label; 0 when it is not a positive number.
int SeqOf(const ObservedContainer& container);
int ReplicaOf(const ObservedContainer& container);

struct ForeignContainer {
  std::string id;
  std::string name;
  std::string reason;  // "its image is not the one that its label names"
};

struct Ownership {
  std::vector<const ObservedContainer*> owned;  // by seq
  std::vector<ForeignContainer> foreign;        // bear our labels and are not ours
};

// Sorts out those that bear our labels. Owned: managed, role, replica and seq labels in order, the image id that its
// label says, and the first created of those of its service with its seq. The result points into `containers`.
Ownership ClassifyOwnership(const std::vector<ObservedContainer>& containers);

}  // namespace tinyforge
