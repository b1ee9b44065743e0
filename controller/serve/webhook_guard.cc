#include "controller/serve/webhook_guard.h"

#include <algorithm>
#include <string>

#include "api-types/meta/time.h"
#include "controller/serve/webhook_request.h"

namespace tinyforge::serve {
namespace {

constexpr std::size_t kCells = 16 * 1024;
constexpr std::chrono::seconds kLogInterval{1};

HttpResponse TooOften(std::chrono::nanoseconds wait) {
  HttpResponse response = ErrorResponse(429, "TooManyRequests", "too many requests; try again later");
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  response.headers.emplace_back("Retry-After", std::to_string(std::max<std::int64_t>(seconds, 1)));
  return response;
}

std::string_view WordOf(ConnectionDrop why) {
  switch (why) {
    case ConnectionDrop::SourceLimit: return "source_limit";
    case ConnectionDrop::TotalLimit: return "total_limit";
    case ConnectionDrop::Evicted: return "evicted";
    case ConnectionDrop::Handshake: return "handshake";
  }
  return "other";
}

}  // namespace

WebhookGuard::WebhookGuard(const WebhookPorts& ports, const WebhookRates& rates)
    : ports_(ports), of_source_(rates.source, kCells), in_total_(rates.total, 1), guesses_(rates.guesses, kCells) {}

std::optional<HttpResponse> WebhookGuard::Refuse(const HttpRequest& request) {
  const SteadyTime now = ports_.clock.Now();
  const std::uint64_t site = SiteOf(request);
  if (auto refusal = RefuseSource(site, now)) return refusal;
  if (request.Capture(kSecretCapture).empty()) return std::nullopt;  // no such path or method, whatever the secret
  if (auto refusal = RefuseSecret(request, site, now)) return refusal;
  if (auto refusal = RefuseTotal(now)) return refusal;
  return RefuseForm(request);
}

std::optional<HttpResponse> WebhookGuard::RefuseSource(std::uint64_t site, SteadyTime now) {
  if (of_source_.Take(site, now)) return std::nullopt;
  return TooOften(of_source_.Wait(site, now));
}

// Only who knows a secret is counted in total: floods of strangers, from however many sources, are no matter of the
// others'.
std::optional<HttpResponse> WebhookGuard::RefuseTotal(SteadyTime now) {
  if (in_total_.Take(0, now)) return std::nullopt;
  return TooOften(in_total_.Wait(0, now));
}

// Whoever knows one is let in: secrets are too long to be guessed, and who guesses may share its network with others.
std::optional<HttpResponse> WebhookGuard::RefuseSecret(const HttpRequest& request, std::uint64_t site, SteadyTime now) {
  const std::string_view secret = request.Capture(kSecretCapture);
  if (ports_.backend.Knows(secret)) return std::nullopt;
  if (const auto wait = guesses_.Wait(site, now); wait.count() != 0) return TooOften(wait);
  return NotFoundResponse();
}

void WebhookGuard::Answered(const HttpRequest& request, int status) {
  ports_.metrics.WebhookRequest(status);
  Remember(request, status);
  if (status >= 400) LogRefused(request, status);
}

// A wrong secret that is sent again tells its sender nothing new: a registry that was not told of a deleted trigger
// does not use up what others of its network may try.
void WebhookGuard::Remember(const HttpRequest& request, int status) {
  const std::string_view secret = request.Capture(kSecretCapture);
  if (secret.empty()) return;
  const std::uint64_t site = SiteOf(request);
  const std::uint64_t pair = PairOf(site, secret);
  if (status < 300) {
    failed_.Erase(pair);
  } else if (status == 401 || status == 404) {
    if (!failed_.Holds(pair)) guesses_.Count(site, ports_.clock.Now());
    failed_.Insert(pair);
  }
}

void WebhookGuard::LogRefused(const HttpRequest& request, int status) {
  const SteadyTime now = ports_.clock.Now();
  if (now < next_log_) {
    ++not_logged_;
    return;
  }
  next_log_ = now + kLogInterval;
  ports_.log.Info("webhook refused", {{"source", request.source.ToString()},
                                      {"status", std::to_string(status)},
                                      {"not_logged", std::to_string(std::exchange(not_logged_, 0))}});
}

void WebhookGuard::Dropped(ConnectionDrop why) {
  ports_.metrics.WebhookConnectionDropped(WordOf(why));
}

std::uint64_t WebhookGuard::SiteOf(const HttpRequest& request) const {
  const IpAddress site = request.source.Site();
  std::string text(site.bytes().begin(), site.bytes().end());
  text += site.is_ipv4() ? '4' : '6';
  return hash_(text);
}

std::uint64_t WebhookGuard::PairOf(std::uint64_t site, std::string_view secret) const {
  return hash_(std::to_string(site).append("/").append(secret));
}

}  // namespace tinyforge::serve
