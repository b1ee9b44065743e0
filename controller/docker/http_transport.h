// HTTP/1.1 over a unix socket. Connections are kept and reused; every call is bounded and can be aborted.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/meta/error.h"
#include "api-types/meta/time.h"

namespace tinyforge::docker {

struct HttpRequest {
  std::string_view method = "GET";
  std::string target;                // path and query, percent-encoded; sent as it is
  std::string_view body;             // sent with its exact Content-Length; POST without a body says Content-Length: 0
  std::vector<std::string> headers;  // "Name: value"
  Duration deadline{0};              // of the whole exchange; zero: none
  Duration idle{0};                  // longest silence; zero: none
};

struct HttpAnswer {
  int status = 0;
  std::string body;  // at most kMaxAnswerBytes; empty of what a stream handler took
};

inline constexpr std::size_t kMaxAnswerBytes = std::size_t{8} << 20;

// Takes the body of an answer with a status below 400 piece by piece, on the calling thread.
struct HttpStreamHandler {
  std::function<void(std::string_view content_type)> on_head;  // may be empty
  std::function<bool(std::string_view bytes)> on_data;         // false ends the exchange, which then counts as complete
};

// Thread-safe: each exchange in flight has its own connection. At most eight idle ones are kept.
//
// Errors are Transient: nobody listens, the connection broke, the deadline passed, the answer is larger than the cap,
// or `stop` was requested. Any HTTP status is an answer, not an error. The peer may have done what a failed exchange
// asked.
class HttpTransport {
 public:
  explicit HttpTransport(std::string socket_path);
  ~HttpTransport();
  HttpTransport(const HttpTransport&) = delete;
  HttpTransport& operator=(const HttpTransport&) = delete;

  Expected<HttpAnswer> Send(const HttpRequest& request, const std::stop_token& stop = {});
  Expected<HttpAnswer> Stream(const HttpRequest& request, const HttpStreamHandler& handler,
                              const std::stop_token& stop = {});

  const std::string& socket_path() const { return socket_path_; }

 private:
  class Session;
  struct Idle;
  Expected<HttpAnswer> Exchange(const HttpRequest& request, const HttpStreamHandler* handler,
                                const std::stop_token& stop);

  const std::string socket_path_;
  const std::unique_ptr<Idle> idle_;
};

// Percent-encodes everything but letters, digits and "-._~"; with `keep_slash`, "/" and ":" too.
std::string PercentEncode(std::string_view text, bool keep_slash = false);

}  // namespace tinyforge::docker
