#include "controller/serve/http_message.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tinyforge::serve {
namespace {

std::string_view ValueOf(const StringMap& map, std::string_view name) {
  const auto it = map.find(name);
  return it == map.end() ? std::string_view() : std::string_view(it->second);
}

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool SameWord(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, Lower, Lower);
}

}  // namespace

std::string_view HttpRequest::Field(std::string_view name) const {
  for (const auto& [known, value] : fields)
    if (SameWord(known, name)) return value;
  return {};
}
std::vector<std::string_view> HttpRequest::Fields(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [known, value] : fields)
    if (SameWord(known, name)) values.emplace_back(value);
  return values;
}
std::string_view HttpRequest::Capture(std::string_view name) const {
  return ValueOf(captures, name);
}
std::string_view HttpRequest::Query(std::string_view name) const {
  return ValueOf(query, name);
}

HttpResponse ErrorResponse(int status, std::string_view reason, std::string_view message) {
  const nlohmann::ordered_json body = {{"error", {{"reason", reason}, {"message", message}}}};
  return {.status = status, .body = body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n"};
}

HttpResponse NotFoundResponse() {
  return ErrorResponse(404, "NotFound", "nothing is served at this path");
}

HttpResponse ErrorResponse(const Error& error) {
  switch (error.kind) {
    case ErrorKind::NotFound: return ErrorResponse(404, "NotFound", error.message);
    case ErrorKind::Invalid: return ErrorResponse(400, "Invalid", error.message);
    case ErrorKind::Conflict: return ErrorResponse(409, "Conflict", error.message);
    case ErrorKind::Terminal: return ErrorResponse(422, "Failed", error.message);
    case ErrorKind::Transient:
    case ErrorKind::Waiting: break;
  }
  return ErrorResponse(503, "Unavailable", error.message);
}

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 202: return "Accepted";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Unknown";
  }
}

}  // namespace tinyforge::serve
