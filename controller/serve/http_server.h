// An HTTP/1.1 server: unix sockets and TCP, in clear or through TLS, keep-alive, pipelining, HEAD, streamed answers.
//
// One io thread reads, parses and writes; handlers run on the lane of their route. Every size and wait is bounded by
// HttpLimits. Whatever breaks a bound or the grammar gets one JSON error and the connection ends: 400 malformed, 401 no
// or wrong token (before any body is read), 404, 405, 408 too slow, 413, 414, 415 a Content-Encoding, 431. Ambiguous
// framing (Transfer-Encoding beside Content-Length, two lengths) is refused. No answer holds a byte of the request, and
// no path is logged. What shall not starve another is a server of its own.
// With nobody connected the server never wakes up.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "api-types/meta/error.h"
#include "controller/runtime/log.h"
#include "controller/serve/limits.h"
#include "controller/serve/listen_options.h"
#include "controller/serve/router.h"

namespace tinyforge::serve {

class ServerCore;

class HttpServer {
 public:
  // `log` outlives the server. No thread runs before Start.
  HttpServer(const HttpLimits& limits, Logger& log);
  ~HttpServer();  // Stop
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Adds a listener; before Start. Clients can connect from here on and are served from Start on. See ListenSocket for
  // what `path` and `address` may be.
  Expected<void> ListenUnix(const std::string& path, mode_t mode, std::shared_ptr<const Router> router);
  Expected<std::string> ListenTcp(const std::string& address, std::shared_ptr<const Router> router,
                                  ListenOptions options = {});  // the address bound

  void Start();

  // Closes every connection, tells running handlers through Exchange::Gone, waits for them. Idempotent.
  void Stop();

 private:
  std::shared_ptr<ServerCore> core_;
};

// The token of a file, without white space at its end. Invalid when it is shorter than 16 bytes, longer than 4 KiB or
// holds anything but printable ASCII.
Expected<std::string> ReadTokenFile(const std::string& path);

}  // namespace tinyforge::serve
