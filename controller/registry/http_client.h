// HTTP/1.1 with registries and with the servers that they point to. Every exchange is bounded in time and memory and
// can be aborted; connections are kept and reused.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>

#include "api-types/meta/time.h"
#include "controller/logins/docker_config.h"
#include "controller/registry/answer_head.h"
#include "controller/registry/url.h"

namespace tinyforge::registry {

inline constexpr std::size_t kMaxBodyBytes = std::size_t{4} << 20;
inline constexpr std::size_t kMaxHeadBytes = std::size_t{64} << 10;

struct HttpRequest {
  std::string registry;             // on whose behalf: connections are not shared between registries
  std::string_view method = "GET";  // or HEAD, POST
  Url url;
  std::string accept{};                          // media types; empty: any
  std::string bearer{};                          // a token (RFC 6750); empty: none
  const logins::RegistryLogin* basic = nullptr;  // user and password (RFC 7617); null: none
  std::string form{};                            // body of a POST, application/x-www-form-urlencoded
  bool outside_only = false;                     // refuse addresses that are AddressScope::Inside
  std::string ca_file{};                         // authorities to trust beside the system's; empty: none
  Duration timeout{0};                           // of the whole exchange
};

struct HttpAnswer {
  int status = 0;
  AnswerHead head;
  std::string body;     // at most kMaxBodyBytes
  bool inside = false;  // whether the address that answered is AddressScope::Inside
};

enum class HttpFault {
  Name,         // does not resolve
  Connect,      // nobody takes the connection
  Certificate,  // not trusted
  Tls,          // the other side speaks something else
  Timeout,
  TooLarge,
  Broken,     // the connection ended, or it is no HTTP
  Forbidden,  // its address is not one that may be asked
  Cancelled   // by the stop
};

struct HttpFailure {
  HttpFault fault = HttpFault::Broken;
  std::string detail;  // "connection refused"; printable, may be empty
};

struct HttpClientOptions {
  Duration connect_timeout = std::chrono::seconds(5);  // name, connection and TLS together
};

// Thread-safe. No redirect is followed and no proxy asked, whatever the environment says. Keeps at most eight idle
// sessions.
class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Any HTTP status is an answer.
  std::variant<HttpAnswer, HttpFailure> Send(const HttpRequest& request, const std::stop_token& stop);

 private:
  struct Idle;
  const HttpClientOptions options_;
  const std::unique_ptr<Idle> idle_;
};

}  // namespace tinyforge::registry
