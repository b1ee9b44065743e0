// One request and the way to answer it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string_view>

#include "controller/serve/http_message.h"

namespace tinyforge::serve {

// Thread-safe, and may outlive the handler: a handler that keeps it answers later, from any thread. An exchange that is
// dropped without an answer is answered 500. After the server has stopped every call is harmless and does nothing.
class Exchange {
 public:
  virtual ~Exchange() = default;

  virtual const HttpRequest& request() const = 0;

  // The whole answer. Only the first of Send and BeginStream counts.
  virtual void Send(HttpResponse response) = 0;

  // A streamed answer with status 200: BeginStream, any number of Write, EndStream.
  virtual void BeginStream(std::string_view content_type) = 0;
  // Waits while the client is slow, so never on the io thread. False: the client is gone or the server ends.
  virtual bool Write(std::string_view bytes) = 0;
  virtual void EndStream() = 0;

  // Requested when the client has gone away or the server ends. Callbacks run on the io thread and must be quick.
  virtual std::stop_token Gone() const = 0;

  // Puts the request aside without holding a thread. `resume` runs once on a pool thread: when the returned waker is
  // called, after `timeout`, or when the client has gone, whichever comes first. The waker may be called at any time,
  // any number of times, from any thread.
  virtual std::function<void()> Park(std::chrono::milliseconds timeout, std::function<void()> resume) = 0;
};

using ExchangePtr = std::shared_ptr<Exchange>;
using Handler = std::function<void(const ExchangePtr&)>;

}  // namespace tinyforge::serve
