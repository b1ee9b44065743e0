// What a listener asks of each request before its body is read, and is told of each answer.
#pragma once

#include <optional>

#include "controller/serve/http_message.h"

namespace tinyforge::serve {

// Why a connection ended without an answer.
enum class ConnectionDrop {
  SourceLimit,  // one source has too many, or asks for TLS too often
  TotalLimit,   // there are too many
  Evicted,      // the one that waited for longest, for another or for memory
  Handshake     // no TLS came of it
};

// Called on the io thread: never waits.
class RequestGuard {
 public:
  virtual ~RequestGuard() = default;
  // The request without its body; with captures when a route fits. An answer refuses it and ends the connection.
  virtual std::optional<HttpResponse> Refuse(const HttpRequest& request) = 0;
  // Once an answer. The request knows its source and captures alone; of what is no HTTP just its source.
  virtual void Answered(const HttpRequest& request, int status) = 0;
  virtual void Dropped(ConnectionDrop why) = 0;
};

}  // namespace tinyforge::serve
