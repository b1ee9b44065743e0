#include "controller/registry/http_client.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "controller/registry/http_session.h"
#include "controller/runtime/guarded.h"

namespace tinyforge::registry {

// The sessions that nobody uses now, longest idle first.
struct HttpClient::Idle {
  static constexpr std::size_t kMax = 8;
  Guarded<std::vector<std::unique_ptr<HttpSession>>> sessions;

  // One whose connections were made for the registry, else a new one: what was connected to for one registry may be
  // an address that another one may not lead to.
  std::unique_ptr<HttpSession> Take(const std::string& registry) {
    {
      auto held = sessions.Lock();
      const auto found = std::ranges::find(held->rbegin(), held->rend(), registry,
                                           [](const auto& session) { return session->registry(); });
      if (found != held->rend()) {
        auto session = std::move(*found);
        held->erase(std::next(found).base());
        return session;
      }
    }
    return std::make_unique<HttpSession>(registry);
  }

  void Return(std::unique_ptr<HttpSession> session) {
    std::unique_ptr<HttpSession> oldest;  // closes its connections after the lock is gone
    auto held = sessions.Lock();
    if (held->size() >= kMax) {
      oldest = std::move(held->front());
      held->erase(held->begin());
    }
    held->push_back(std::move(session));
  }
};

HttpClient::HttpClient(HttpClientOptions options) : options_(std::move(options)), idle_(std::make_unique<Idle>()) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
}

HttpClient::~HttpClient() {
  idle_->sessions.Lock()->clear();
  curl_global_cleanup();
}

std::variant<HttpAnswer, HttpFailure> HttpClient::Send(const HttpRequest& request, const std::stop_token& stop) {
  if (stop.stop_requested()) return HttpFailure{HttpFault::Cancelled, {}};
  auto session = idle_->Take(request.registry);
  auto outcome = session->Exchange(request, options_, stop);
  if (std::holds_alternative<HttpAnswer>(outcome)) idle_->Return(std::move(session));
  return outcome;
}

}  // namespace tinyforge::registry
