// The trial of a release whose containers may not run side by side for their fixed host ports alone: a container of it
// runs without those ports beside the old one until it is proven, so that a release that does not work costs no gap
// (design 4.4). It never serves: nobody finds it by name, and it goes when its release begins to take over.
#pragma once

#include <string>
#include <string_view>

#include "reconcilers/core/desired_state.h"
#include "reconcilers/core/observed_state.h"

namespace tinyforge {

// What a trial of this container runs: the same without what others would find it by (published ports, aliases, the
// user's labels, its hostname), in a role of its own.
DesiredContainer TrialOf(const DesiredContainer& desired);

std::string TrialRole(std::string_view role);

bool IsTrial(const ObservedContainer& container);
// Of the present template of `desired`.
bool IsTrialOf(const ObservedContainer& container, const DesiredContainer& desired);

}  // namespace tinyforge
