// Who may call a webhook, and how often. Internal to controller/serve.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "controller/serve/keyed_hash.h"
#include "controller/serve/rate_limiter.h"
#include "controller/serve/request_guard.h"
#include "controller/serve/webhook.h"

namespace tinyforge::serve {

// The pairs that were put in last, in memory of a fixed size: each has one place, and puts out who had it.
class RecentPairs {
 public:
  static constexpr std::size_t kPlaces = 4096;

  void Insert(std::uint64_t pair) { Place(pair) = pair; }
  void Erase(std::uint64_t pair) {
    if (Holds(pair)) Place(pair) = 0;
  }
  bool Holds(std::uint64_t pair) const { return places_[pair % kPlaces] == pair; }

 private:
  std::uint64_t& Place(std::uint64_t pair) { return places_[pair % kPlaces]; }
  std::vector<std::uint64_t> places_ = std::vector<std::uint64_t>(kPlaces);
};

// Io thread only. Its memory is of a fixed size, whoever calls.
class WebhookGuard : public RequestGuard {
 public:
  WebhookGuard(const WebhookPorts& ports, const WebhookRates& rates);

  std::optional<HttpResponse> Refuse(const HttpRequest& request) override;
  void Answered(const HttpRequest& request, int status) override;
  void Dropped(ConnectionDrop why) override;

 private:
  std::optional<HttpResponse> RefuseSource(std::uint64_t site, SteadyTime now);
  std::optional<HttpResponse> RefuseSecret(const HttpRequest& request, std::uint64_t site, SteadyTime now);
  std::optional<HttpResponse> RefuseTotal(SteadyTime now);
  void Remember(const HttpRequest& request, int status);
  void LogRefused(const HttpRequest& request, int status);

  std::uint64_t SiteOf(const HttpRequest& request) const;
  std::uint64_t PairOf(std::uint64_t site, std::string_view secret) const;

  const WebhookPorts ports_;
  const KeyedHash hash_;
  RateLimiter of_source_;
  RateLimiter in_total_;
  RateLimiter guesses_;
  RecentPairs failed_;  // of source and secret
  SteadyTime next_log_{};
  std::size_t not_logged_ = 0;
};

}  // namespace tinyforge::serve
