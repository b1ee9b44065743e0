// Profiles: the page of that name of the Compose Specification.
#pragma once

#include <set>
#include <string>

#include "reconcilers/source/compose/load_session.h"

namespace tinyforge::compose {

// Takes out of a merged model the services that are not enabled: those with profiles none of which is in `active`,
// where "*" stands for all of them. A depends_on with `required: false` on one of them goes too. Terminal when another
// depends_on of an enabled service, its links, its volumes_from, or `service:` in its network_mode, ipc or pid names
// one: profiles are never enabled by a reference. Services that are nowhere are no matter of this.
Expected<void> ApplyProfiles(LoadSession& session, doc::Node& model, const std::set<std::string>& active);

}  // namespace tinyforge::compose
