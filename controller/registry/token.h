// Bearer tokens of a registry's token server (distribution specification, "Token Authentication").
#pragma once

#include <optional>
#include <string>

#include "api-types/meta/time.h"
#include "controller/registry/challenge.h"
#include "controller/registry/http_client.h"

namespace tinyforge::registry {

struct Token {
  std::string text;
  Duration lifetime{0};      // from when it came; what is left when it is still good for one more request
  SteadyTime valid_until{};  // set by who keeps it
  ~Token() { logins::Wipe(text); }
};

// What asks the token server at `realm` for leave to pull one repository, and nothing else: by GET with the user and
// password of `login`, by POST with its identity token (OAuth 2.0 refresh), or as nobody. `login` may be null and must
// outlive the request.
HttpRequest TokenRequest(const Url& realm, const std::string& service, const std::string& repository,
                         const logins::RegistryLogin* login);

// The token in an answer. Lives 60 s where the answer does not say, an hour at most. Empty when there is none, or when
// it is more than 16 KiB or anything but printable ASCII. Wipes the answer.
std::optional<Token> ParseToken(std::string& body);

}  // namespace tinyforge::registry
