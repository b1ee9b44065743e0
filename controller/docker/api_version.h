// Versions of the Engine API, and which one to speak with a daemon.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "api-types/meta/error.h"

namespace tinyforge::docker {

struct ApiVersion {
  int major = 1;
  int minor = 41;
  auto operator<=>(const ApiVersion&) const = default;
};

inline constexpr ApiVersion kMinApiVersion{1, 41};  // Engine 20.10
inline constexpr ApiVersion kMaxApiVersion{1, 47};  // Engine 27; newer daemons still speak it
// From here on a create takes all networks, and aliases are reported as they were given.
inline constexpr ApiVersion kManyEndpointsVersion{1, 44};
// From here on a create can ask for the directory of a bind mount to be made.
inline constexpr ApiVersion kCreateMountpointVersion{1, 42};

std::optional<ApiVersion> ParseApiVersion(std::string_view text);
std::string ToString(ApiVersion version);

// The newest version that both know. `newest` and `oldest` as the daemon reports them; an absent `oldest` is no bound.
// Terminal, with both ranges in the message, when there is none.
Expected<ApiVersion> NegotiateApiVersion(std::string_view newest, std::string_view oldest);

}  // namespace tinyforge::docker
