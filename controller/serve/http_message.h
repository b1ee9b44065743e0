// What a handler reads and answers. Plain data, free of the HTTP library's types.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api-types/meta/error.h"
#include "api-types/meta/object.h"

namespace tinyforge::serve {

struct HttpRequest {
  std::string method;  // GET for a HEAD request too: the server cuts the body
  std::string path;    // without the query; never percent-encoded (such a path is refused)
  StringMap captures;  // {name} segments of the route's pattern
  StringMap query;     // percent-decoded; the last of equal keys
  std::string body;

  // The captured segment or query value, empty when absent.
  std::string_view Capture(std::string_view name) const;
  std::string_view Query(std::string_view name) const;
};

inline constexpr std::string_view kJsonType = "application/json";
inline constexpr std::string_view kTextType = "text/plain; charset=utf-8";

struct HttpResponse {
  int status = 200;
  std::string content_type = std::string(kJsonType);
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // beside those that the server writes itself
};

// {"error": {"reason", "message"}}. `message` is for people and must hold no byte of the request.
HttpResponse ErrorResponse(int status, std::string_view reason, std::string_view message);

// The status and reason that stand for an ErrorKind: 404 NotFound, 400 Invalid, 409 Conflict, 503 Unavailable
// (Transient and Waiting), 422 Failed (Terminal).
HttpResponse ErrorResponse(const Error& error);

// "OK", "Not Found"; "Unknown" for a code that the server never sends.
std::string_view ReasonPhrase(int status);

}  // namespace tinyforge::serve
