// What a handler reads and answers. Plain data, free of the HTTP library's types.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api-types/meta/error.h"
#include "api-types/meta/object.h"
#include "controller/serve/ip_address.h"

namespace tinyforge::serve {

struct HttpRequest {
  std::string method;  // GET for a HEAD request too: the server cuts the body
  std::string path;    // without the query; never percent-encoded (such a path is refused)
  StringMap captures;  // {name} segments of the route's pattern
  StringMap query;     // percent-decoded; the last of equal keys
  std::string body;
  std::vector<std::pair<std::string, std::string>> fields;  // of the header, as they came
  bool has_length = false;                                  // it says how long its body is, or that it is chunked
  IpAddress source;                                         // of the caller; empty over a unix socket

  // The first field of this name, whose case does not matter; empty when absent.
  std::string_view Field(std::string_view name) const;
  std::vector<std::string_view> Fields(std::string_view name) const;  // all of them, in their order
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
  bool close = false;                                        // the connection ends with it
};

// {"error": {"reason", "message"}}. `message` is for people and must hold no byte of the request.
HttpResponse ErrorResponse(int status, std::string_view reason, std::string_view message);

// 404 of what is not there, and of what is not to be seen: the same bytes.
HttpResponse NotFoundResponse();

// The status and reason that stand for an ErrorKind: 404 NotFound, 400 Invalid, 409 Conflict, 503 Unavailable
// (Transient and Waiting), 422 Failed (Terminal).
HttpResponse ErrorResponse(const Error& error);

// "OK", "Not Found"; "Unknown" for a code that the server never sends.
std::string_view ReasonPhrase(int status);

}  // namespace tinyforge::serve
