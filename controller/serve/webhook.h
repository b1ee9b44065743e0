// The public listener: POST /api/webhook/triggers/{secret}, and nothing else.
//
//   202  {"delivery", "matched", "skipped", "noMatch", "errored"}, and "repeated": true when the vendor sent it before
//   200  with ?wait=DURATION (Go's, at most 5m): once the delivery is final, or the time is over, {"delivery",
//        "deployed", "skipped", "noMatch", "errored", "pending", "bindings": [{"binding", "workload", "service",
//        "result", "reason"}]}; a reason is one word for each result, and why in full is told by tfctl alone. When
//        kMostWaiting wait already it is 202.
//   400  not HTTP, a wrong ?wait, or a known vendor's payload that is not what it sends
//   401  a signature is missing or wrong
//   404  no such secret: the same bytes as for every path that is not served
//   405  not POST, whatever the secret
//   408  too slow, 413 a body over 1 MiB, 414, 431
//   411  neither Content-Length nor chunked
//   415  compressed, or neither JSON (any +json too) nor a form nor empty
//   429  too often, with Retry-After; 503 too much is waiting, likewise
//
// All but 200 and 202 are {"error": {"reason", "message"}}. A secret that nobody knows is refused before any body is
// read. Of the path nothing is logged or counted.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "controller/runtime/clock.h"
#include "controller/runtime/log.h"
#include "controller/runtime/metrics.h"
#include "controller/serve/http_server.h"
#include "controller/serve/rate_limiter.h"
#include "controller/serve/webhook_backend.h"

namespace tinyforge::serve {

inline constexpr std::chrono::minutes kLongestWebhookWait{5};
inline constexpr std::size_t kMostWaiting = 256;

// How often requests are let in. A source is an IpAddress::Site. What a vendor sends in a burst fits; nobody is refused
// because of what others do, up to `total` of those who know a secret.
struct WebhookRates {
  Rate source{.per_second = 200, .burst = 2'000};
  Rate total{.per_second = 2'000, .burst = 20'000};
  // Answers 401 and 404 to different secrets; then unknown secrets of a source are 429. Known ones are let in all the
  // same, so that a mistake or an attack at one customer of a forge does not lock out the others.
  Rate guesses{.per_second = 10.0 / 60, .burst = 10};
};

// All outlive the server.
struct WebhookPorts {
  WebhookBackend& backend;
  const Clock& clock;
  Metrics& metrics;
  Logger& log;
};

struct WebhookListenOptions {
  WebhookRates rates;
  std::shared_ptr<TlsContext> tls;  // null: in clear
  std::vector<IpNetwork> trusted_proxies;
  std::size_t connections_per_source = 64;
  Rate handshakes = ListenOptions{}.handshakes;
};

// Of the server that listens for webhooks: one of its own, so that strangers never keep tfctl waiting. Its connections
// are at most half of the descriptors that are left now.
HttpLimits WebhookLimits();

// Adds the listener; before the server's Start. The address bound.
Expected<std::string> ListenForWebhooks(HttpServer& server, const std::string& address, const WebhookPorts& ports,
                                        WebhookListenOptions options);

std::shared_ptr<const Router> MakeWebhookRouter(const WebhookPorts& ports);

}  // namespace tinyforge::serve
