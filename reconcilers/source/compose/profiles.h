// Profiles: the page of that name of the Compose Specification.
#pragma once

#include <set>
#include <string>

#include "reconcilers/source/compose/load_session.h"

namespace tinyforge::compose {

// Takes out of a merged model the services that are not enabled, and answers with a mapping of them: those with
// profiles none of which is in `active`, where "*" stands for all of them. A depends_on with `required: false` on one
// of them goes too. Terminal for profiles that are no list of names, and when another depends_on of an enabled service,
// its links, or `service:` in its network_mode, ipc or pid names one that is not enabled: profiles are never enabled by
// a reference. Services that are nowhere are no matter of this.
Expected<doc::Node> ApplyProfiles(LoadSession& session, doc::Node& model, const std::set<std::string>& active);

}  // namespace tinyforge::compose
