// What went wrong with a registry, in words for the one who can mend it, and who has to wait for it.
#pragma once

#include <optional>
#include <string>

#include "api-types/meta/error.h"
#include "controller/registry/http_client.h"
#include "controller/registry/pace.h"

namespace tinyforge::registry {

// What was being done, for messages.
struct Asked {
  std::string what;         // "tags of registry.example.com/team/shop"
  std::string missing;      // what a 404 means is not there: "repository team/shop"
  std::string registry;     // as in the image's name: "docker.io"
  std::string source;       // of the login: "Secret shop/login"; empty: anonymous
  std::string lacking;      // a Secret that was to have a login and has none for the registry; empty: none
  std::string authorities;  // where the Engine has certificates of authorities
};

// Who answered, or did not.
struct Peer {
  std::string place;        // its host
  bool is_registry = true;  // or its token server; false: a server that it leads to
};

struct Fault {
  Error error;
  std::optional<PaceFailure> failure;  // empty: the registry did its part
};

// Of an answer that is no success. `excerpt`: of its body, fit to be shown; may be empty.
Fault ExplainStatus(const Asked& asked, const Peer& peer, int status, const std::string& excerpt);

// Of an exchange without an answer.
Fault ExplainFailure(const Asked& asked, const Peer& peer, const HttpFailure& failure);

// Of a registry that answers something else than its API says; `why` completes "registry.example.com …".
Fault ExplainNonsense(const Asked& asked, const Peer& peer, const std::string& why);

// At most 160 characters of printable ASCII.
std::string Excerpt(std::string_view text);

}  // namespace tinyforge::registry
