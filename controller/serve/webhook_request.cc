#include "controller/serve/webhook_request.h"

#include <algorithm>
#include <string>

#include "controller/serve/webhook.h"

namespace tinyforge::serve {
namespace {

constexpr std::string_view kWait = "wait";

// "application/json" of " Application/JSON; charset=utf-8".
std::string MediaType(std::string_view field) {
  std::string type(field.substr(0, field.find(';')));
  std::erase_if(type, [](char c) { return c == ' ' || c == '\t'; });
  std::ranges::transform(type, type.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return type;
}

bool IsReadable(const HttpRequest& request) {
  const std::string type = MediaType(request.Field("Content-Type"));
  const bool empty = request.Field("Content-Length") == "0";
  return type.empty() || empty || type.ends_with("/json") || type.ends_with("+json") ||
         type == "application/x-www-form-urlencoded";
}

}  // namespace

std::optional<Duration> WaitOf(const HttpRequest& request) {
  const auto wait = request.query.find(kWait);
  if (wait == request.query.end()) return std::nullopt;
  return ParseDuration(wait->second);
}

std::optional<HttpResponse> RefuseForm(const HttpRequest& request) {
  if (!request.has_length) {
    return ErrorResponse(411, "LengthRequired", "a Content-Length is needed, also for an empty body (curl -d '')");
  }
  if (!IsReadable(request)) {
    return ErrorResponse(
        415, "UnsupportedMediaType",
        "the body must be JSON (application/json), a form (application/x-www-form-urlencoded) or empty");
  }
  const auto wait = WaitOf(request);
  if (request.query.contains(kWait) && (!wait || *wait > kLongestWebhookWait))
    return ErrorResponse(400, "Invalid", "wait must be a duration of at most 5m, such as 30s");
  return std::nullopt;
}

}  // namespace tinyforge::serve
