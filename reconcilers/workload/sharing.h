// Services that share namespaces of another one: `network_mode`, `pid` or `ipc: service:x`.
//
// A container keeps the namespaces that it was made with, so one that shares them has to follow: it is made anew once x
// has another container in place, and restarted when x was, since a network namespace ends with the process that it
// began with. x itself is replaced on its own terms: where its old and its new container may run side by side, both do
// until those that share the old one's namespaces have followed to the new one; only then the old one stops. Replacing
// x together with them would stop what serves before anything is known of the new x.
#pragma once

#include <span>
#include <string>

#include "reconcilers/workload/services.h"

namespace tinyforge {

// Fills in whose namespaces the containers of a service have to have, from those planned before it. Of an x that is
// being replaced that is the old one while it is up, then the new one.
void FindShared(DesiredState& desired, std::span<const ServicePass> before);

// The services whose namespaces it is to have and that are about to be replaced themselves: what is made now would have
// to be made once more. Empty: none.
std::string LeavingOf(const DesiredState& desired, std::span<const ServicePass> before);

// Tells each service which of its containers others are in.
void MarkShared(std::vector<ServicePass>& services);

// Why a container cannot go on in the namespaces that it has: "follows vpn". Empty: it can, or has ended well.
std::string FollowCause(const ObservedContainer& container, const DesiredContainer& desired);
bool IsFollowCause(std::string_view cause);

// Why it has to be started again in them. Empty: it has not.
std::string RestartedUnder(const ObservedContainer& container, const DesiredContainer& desired);

}  // namespace tinyforge
