// How a server that answered 401 wants to be asked.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace tinyforge::registry {

struct Challenge {
  enum class Scheme {
    Basic,   // RFC 7617
    Bearer,  // RFC 6750 with the token server of the distribution specification
  };
  Scheme scheme = Scheme::Basic;
  std::string realm;    // of Bearer: the URL of the token server, as it was sent
  std::string service;  // of Bearer; may be empty
};

// The best of the challenges in WWW-Authenticate fields (RFC 9110 section 11.6.1): Bearer with a realm, else Basic. The
// scope that a challenge names is not taken: what is asked for is what the caller needs. Empty: none that is known.
std::optional<Challenge> ParseChallenges(const std::vector<std::string>& fields);

}  // namespace tinyforge::registry
