// How one container differs from what is desired: what must be replaced, and what the Engine changes in place.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reconcilers/core/desired_state.h"
#include "reconcilers/core/observed_state.h"

namespace tinyforge {

// Why the container cannot become the desired one in place; empty: it can, or replacing it was tried. Compared are the
// template hash ("env.LOG_LEVEL differs"), the namespaces that it shares ("follows vpn"), the limits that the Engine
// cannot take away ("limit memory was removed"), and what another hand altered though it kept the hash ("env.LOG_LEVEL
// differs from what was created: drift").
std::string ReplaceCause(const ObservedContainer& container, const DesiredContainer& desired);

// What the Engine still reports to differ, though the container was created to mend that, or by this very run of the
// controller: replacing again would loop (condition EngineDisagrees). Empty: nothing.
std::string WhereEngineDisagrees(const ObservedContainer& container, const DesiredContainer& desired);

// Whether a replacement was made since another hand had altered the container.
bool IsAlteredCause(std::string_view cause);

// Takes away the limits that the host cannot keep, which would be asked for again and again, and those that containers
// still name from a kernel that could. Returns the names of those asked for; empty: none.
std::string DropUnsupported(DesiredState& desired, ObservedState& observed, const HostSupport& host);

// Limits or restart policy differ in a way that an update call mends.
bool LimitsDiffer(const ObservedContainer& container, const DesiredContainer& desired);

// What an update call must say so that they do not: also that there is no bound any more, where the Engine can be told.
Limits LimitsToSet(const ObservedContainer& container, const DesiredContainer& desired);

// What to do with the networks of a container so that it has `wanted` and nothing else. A network whose aliases differ
// is left and joined again with the same static address; so is one of other IPv6 or link-local addresses, MAC address
// or driver options than asked for.
struct NetworkDrift {
  std::vector<std::string> disconnect;
  std::vector<NetworkAttachment> connect;
  bool empty() const { return disconnect.empty() && connect.empty(); }
};
NetworkDrift CompareNetworks(const ObservedContainer& container, const std::vector<NetworkAttachment>& wanted);

}  // namespace tinyforge
