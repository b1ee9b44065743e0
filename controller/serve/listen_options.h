// What one listener does differently.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controller/serve/ip_address.h"
#include "controller/serve/rate_limiter.h"
#include "controller/serve/request_guard.h"
#include "controller/serve/tls_context.h"

namespace tinyforge::serve {

struct ListenOptions {
  std::optional<std::string> token;     // every request needs "Authorization: Bearer TOKEN"
  std::shared_ptr<RequestGuard> guard;  // null: none
  std::shared_ptr<TlsContext> tls;      // null: in clear
  // Their X-Forwarded-For says who called, and connections_per_source is not for them.
  std::vector<IpNetwork> trusted_proxies;
  std::size_t connections_per_source = 0;  // of one IpAddress::Host; 0: no limit but the server's
  // Of one Host, where there is TLS: a handshake costs us far more than who asks for it. Those beyond it are closed.
  // Not for trusted proxies.
  Rate handshakes{.per_second = 50, .burst = 500};
};

}  // namespace tinyforge::serve
