#include "controller/serve/api.h"

#include "controller/serve/api_actions.h"
#include "controller/serve/api_reads.h"
#include "controller/serve/api_triggers.h"

namespace tinyforge::serve {
namespace {

void AddHealth(Router& router, std::string path, std::function<Health()> ask) {
  router.Add({.method = "GET",
              .pattern = std::move(path),
              .lane = Lane::Io,
              .handler = [ask = std::move(ask)](const ExchangePtr& exchange) {
                const Health health = ask();
                exchange->Send({.status = health.ok ? 200 : 503,
                                .content_type = std::string(kTextType),
                                .body = (health.ok ? "ok" : health.message) + "\n"});
              }});
}

}  // namespace

std::shared_ptr<const Router> MakeApiRouter(Backend& backend) {
  auto router = std::make_shared<Router>();
  AddReads(*router, backend);
  AddActions(*router, backend);
  AddTriggerActions(*router, backend);
  return router;
}

std::shared_ptr<const Router> MakeMetricsRouter(Backend& backend) {
  auto router = std::make_shared<Router>();
  AddHealth(*router, "/healthz", [&backend] { return backend.Healthz(); });
  AddHealth(*router, "/readyz", [&backend] { return backend.Readyz(); });
  router->Add({.method = "GET", .pattern = "/metrics", .handler = [&backend](const ExchangePtr& exchange) {
                 exchange->Send(
                     {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = backend.MetricsText()});
               }});
  return router;
}

}  // namespace tinyforge::serve
