// What the calls to registries share.
#pragma once

#include <string>

#include "controller/registry/challenge.h"
#include "controller/registry/endpoint.h"
#include "controller/registry/http_client.h"
#include "controller/registry/memo.h"
#include "controller/registry/pace.h"
#include "controller/registry/token.h"
#include "controller/runtime/clock.h"

namespace tinyforge::registry {

// What a registry was when it last asked for a login.
struct KnownRegistry {
  Challenge challenge;
  bool inside = false;  // its address was AddressScope::Inside
};

// Thread-safe by its parts.
struct ClientState {
  const Clock& clock;
  const EndpointOptions endpoints;
  const Duration call_timeout;
  HttpClient http;
  Pace pace;
  Memo<KnownRegistry> registries{512};
  Memo<Token> tokens{1024};     // by registry, repository and login
  Memo<SysTime> created{8192};  // by repository and digest
};

}  // namespace tinyforge::registry
