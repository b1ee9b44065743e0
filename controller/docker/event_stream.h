// The Engine's event stream, kept open for as long as the object lives.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "controller/docker/engine_client.h"
#include "controller/docker/engine_event.h"
#include "controller/runtime/log.h"

namespace tinyforge::docker {

// All are called on the stream's own thread, which reads nothing meanwhile: they must be quick, as the Engine drops
// events of who does not read.
struct EventStreamCallbacks {
  std::function<void()> on_connected;  // events flow from here on; what was before must be listed
  std::function<void(const Error&)> on_disconnected;
  std::function<void(const EngineEvent&)> on_event;
};

// Reconnects once a second; a socket that is missing at start is no error. A new connection asks for the events since
// one second before the last one seen, so some come twice; none is a reason to act by itself.
class EventStream {
 public:
  // The client and the logger outlive the stream.
  EventStream(EngineClient& client, Logger& log, EventStreamCallbacks callbacks);

  void Start();
  void Stop();  // returns when no callback runs any more
  bool connected() const { return connected_.load(); }

 private:
  void Run(const std::stop_token& stop);
  Expected<void> Follow(const std::stop_token& stop);

  EngineClient& client_;
  Logger& log_;
  const EventStreamCallbacks callbacks_;
  std::atomic<bool> connected_{false};
  std::int64_t last_event_ns_ = 0;  // of the thread
  std::jthread thread_;
};

}  // namespace tinyforge::docker
