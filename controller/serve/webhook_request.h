// What a webhook's header says, and what is wrong with it. Internal to controller/serve.
#pragma once

#include <optional>
#include <string_view>

#include "api-types/meta/time.h"
#include "controller/serve/http_message.h"

namespace tinyforge::serve {

inline constexpr std::string_view kSecretCapture = "secret";  // of the route's pattern

// 411, 415, or 400 for a wrong ?wait.
std::optional<HttpResponse> RefuseForm(const HttpRequest& request);

// Of ?wait, which is well-formed; empty: it is not asked for.
std::optional<Duration> WaitOf(const HttpRequest& request);

}  // namespace tinyforge::serve
