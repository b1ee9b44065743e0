#include "controller/serve/webhook.h"

#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>
#include <utility>

#include "controller/serve/descriptors.h"
#include "controller/serve/log_ration.h"
#include "controller/serve/webhook_guard.h"
#include "controller/serve/webhook_request.h"

namespace tinyforge::serve {
namespace {

using Json = nlohmann::ordered_json;
using Code = WebhookReceipt::Code;

constexpr std::size_t kBodyBytes = 1024 * 1024;
constexpr std::size_t kFewestConnections = 16;
constexpr std::size_t kHeldBytes = 16 * 1024 * 1024;
constexpr const char* kRetrySeconds = "5";
constexpr std::size_t kLinesPerSecond = 20;  // of the log; each delivery is in the delivery log

HttpResponse JsonResponse(int status, const Json& body) {
  return {.status = status, .body = body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"};
}

HttpResponse AcceptedResponse(const WebhookReceipt& receipt) {
  const DeliveryCounts counts = CountOutcomes(receipt.delivery);
  Json body = {{"delivery", receipt.delivery.id},
               {"matched", counts.pending + counts.deployed},
               {"skipped", counts.skipped},
               {"noMatch", counts.no_match},
               {"errored", counts.errored}};
  if (receipt.repeated) body["repeated"] = true;
  return JsonResponse(202, body);
}

// Messages are not for strangers: they hold names of the payload, hosts of this network and what registries said.
const char* ReasonOf(DeliveryResult result) {
  switch (result) {
    case DeliveryResult::Pending: return "Waiting";
    case DeliveryResult::Rolling: return "RollingOut";
    case DeliveryResult::Deployed: return "Deployed";
    case DeliveryResult::Skipped: return "NothingToDo";
    case DeliveryResult::NoMatch: return "NoMatch";
    case DeliveryResult::Errored: return "Failed";
  }
  return "Unknown";
}

Json BindingJson(const DeliveryOutcome& outcome) {
  Json json = {{"binding", outcome.binding}, {"workload", outcome.workload}};
  if (!outcome.service.empty()) json["service"] = outcome.service;
  json["result"] = ToString(outcome.result);
  json["reason"] = ReasonOf(outcome.result);
  return json;
}

HttpResponse FinalResponse(const Delivery& delivery) {
  const DeliveryCounts counts = CountOutcomes(delivery);
  Json body = {{"delivery", delivery.id},    {"deployed", counts.deployed}, {"skipped", counts.skipped},
               {"noMatch", counts.no_match}, {"errored", counts.errored},   {"pending", counts.pending},
               {"bindings", Json::array()}};
  for (const DeliveryOutcome& outcome : delivery.outcomes) body["bindings"].push_back(BindingJson(outcome));
  return JsonResponse(200, body);
}

// RFC 9110, 11.6.1, wants a challenge beside every 401; there is no registered scheme for signed webhooks.
HttpResponse UnauthorizedResponse() {
  HttpResponse response = ErrorResponse(401, "Unauthorized", "a valid signature is needed");
  response.headers.emplace_back("WWW-Authenticate", "Signature");
  response.close = true;
  return response;
}

HttpResponse HiddenResponse() {
  HttpResponse response = NotFoundResponse();
  response.close = true;  // as the server does for a path that is not served
  return response;
}

HttpResponse BusyResponse(const WebhookReceipt& receipt) {
  HttpResponse response = ErrorResponse(503, receipt.reason, receipt.message);
  response.headers.emplace_back("Retry-After", kRetrySeconds);
  return response;
}

class WebhookHandler : public std::enable_shared_from_this<WebhookHandler> {
 public:
  explicit WebhookHandler(const WebhookPorts& ports) : ports_(ports) {}

  void Handle(const ExchangePtr& exchange) {
    const HttpRequest& request = exchange->request();
    const std::string source = request.source.ToString();
    const WebhookReceipt receipt =
        ports_.backend.Accept({.secret = request.Capture(kSecretCapture),
                               .header = [&request](std::string_view name) { return request.Field(name); },
                               .body = request.body,
                               .source = source});
    switch (receipt.code) {
      case Code::Accepted: return OnAccepted(exchange, receipt);
      case Code::NotFound: return exchange->Send(HiddenResponse());
      case Code::Unauthorized: return exchange->Send(UnauthorizedResponse());
      case Code::Invalid: return exchange->Send(ErrorResponse(400, receipt.reason, receipt.message));
      case Code::Busy: return exchange->Send(BusyResponse(receipt));
    }
  }

 private:
  void OnAccepted(const ExchangePtr& exchange, const WebhookReceipt& receipt) {
    const auto wait = WaitOf(exchange->request());
    const bool waits = wait && EnterWaiting();
    LogAccepted(exchange->request(), waits ? "200" : "202", receipt.delivery.id);
    if (!waits) return exchange->Send(AcceptedResponse(receipt));
    const auto wake = exchange->Park(*wait, [self = shared_from_this(), exchange, id = receipt.delivery.id] {
      --self->waiting_;
      exchange->Send(FinalResponse(self->ports_.backend.DeliveryOf(id)));
    });
    ports_.backend.AwaitDelivery(receipt.delivery.id, wake);
  }

  void LogAccepted(const HttpRequest& request, const char* status, const std::string& delivery) {
    const auto not_logged = ration_.Ask(ports_.clock.Now());
    if (!not_logged) return;
    const std::string source = request.source.ToString();
    if (*not_logged == 0)
      return ports_.log.Info("webhook accepted", {{"source", source}, {"status", status}, {"delivery", delivery}});
    ports_.log.Info(
        "webhook accepted",
        {{"source", source}, {"status", status}, {"delivery", delivery}, {"not_logged", std::to_string(*not_logged)}});
  }

  bool EnterWaiting() {
    if (++waiting_ <= kMostWaiting) return true;
    --waiting_;
    return false;
  }

  const WebhookPorts ports_;
  LogRation ration_{kLinesPerSecond};
  std::atomic<std::size_t> waiting_ = 0;
};

}  // namespace

HttpLimits WebhookLimits() {
  const std::size_t most = HttpLimits{}.connections;
  return {.connections = std::clamp(DescriptorsLeft() / 2, kFewestConnections, most),
          .held_bytes = kHeldBytes,
          .own_threads = 0};
}

std::shared_ptr<const Router> MakeWebhookRouter(const WebhookPorts& ports) {
  auto router = std::make_shared<Router>();
  router->Add({.method = "POST",
               .pattern = "/api/webhook/triggers/{" + std::string(kSecretCapture) + "}",
               .lane = Lane::Pool,
               .handler = [handler = std::make_shared<WebhookHandler>(ports)](
                              const ExchangePtr& exchange) { handler->Handle(exchange); },
               .body_bytes = kBodyBytes});
  return router;
}

Expected<std::string> ListenForWebhooks(HttpServer& server, const std::string& address, const WebhookPorts& ports,
                                        WebhookListenOptions options) {
  auto guard = std::make_shared<WebhookGuard>(ports, options.rates);
  return server.ListenTcp(address, MakeWebhookRouter(ports),
                          {.guard = std::move(guard),
                           .tls = std::move(options.tls),
                           .trusted_proxies = std::move(options.trusted_proxies),
                           .connections_per_source = options.connections_per_source,
                           .handshakes = options.handshakes});
}

}  // namespace tinyforge::serve
