// What the server, its sessions and its exchanges share. Internal to controller/serve: the only header with Asio in it.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "controller/runtime/log.h"
#include "controller/serve/connection_table.h"
#include "controller/serve/handler_lanes.h"
#include "controller/serve/keyed_hash.h"
#include "controller/serve/limits.h"
#include "controller/serve/listen_options.h"
#include "controller/serve/listen_socket.h"
#include "controller/serve/router.h"

namespace tinyforge::serve {

using Protocol = boost::asio::generic::stream_protocol;
using Acceptor = boost::asio::basic_socket_acceptor<Protocol>;

// What holds for every connection of a listener; they keep it.
struct ListenerRules : ListenOptions {
  std::shared_ptr<const Router> router;
};

struct Listener {
  ListenSocket socket;
  Acceptor acceptor;
  boost::asio::steady_timer retry;  // after accept ran out of descriptors
  std::shared_ptr<const ListenerRules> rules;
  RateLimiter handshakes;
};

// A connection that was let in.
struct Incoming {
  Protocol::socket socket;
  IpAddress peer;
  IpAddress source;  // what it is counted by; empty: it is not
  std::shared_ptr<const ListenerRules> rules;
};

class ServerCore : public std::enable_shared_from_this<ServerCore> {
 public:
  ServerCore(const HttpLimits& the_limits, Logger& logger)
      : limits(the_limits), log(logger), lanes(the_limits.pool_threads, the_limits.own_threads) {}

  void AddListener(ListenSocket socket, std::shared_ptr<const Router> router, ListenOptions options);  // before Start
  void Start();
  void Stop();
  // Runs `task` on the io thread. From any thread; does nothing after Stop, so that nothing queued keeps the core
  // alive.
  void Post(std::function<void()> task);
  // The bytes that a connection holds of an unfinished request went from `before` to `now`. Closes those that wait for
  // longest while all hold too many: possibly the caller.
  void Hold(std::size_t before, std::size_t now);

  // Counts a complete body that waits for its handler; false: they would be too many together, and it is not counted.
  // Io thread.
  bool QueueBody(std::size_t bytes);
  // Its handler has returned. From any thread.
  void BodyHandled(std::size_t bytes) { queued_bytes_ -= bytes; }

  const HttpLimits limits;
  Logger& log;
  HandlerLanes lanes;
  boost::asio::io_context io{1};
  ConnectionTable connections;
  std::array<char, 16 * 1024> read_buffer;  // of whichever connection reads right now

 private:
  void Accept(Listener& listener);
  void OnAccepted(Listener& listener, Protocol::socket socket);
  bool MayShakeHands(Listener& listener, const IpAddress& peer);
  bool HasRoom(const Incoming& incoming);
  void CloseAll();

  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io.get_executor()};
  std::vector<std::unique_ptr<Listener>> listeners_;
  const KeyedHash hash_;
  std::size_t held_bytes_ = 0;
  std::atomic<std::size_t> queued_bytes_ = 0;
  std::mutex post_mutex_;
  bool closed_ = false;
  bool stopped_ = false;
  std::jthread thread_;
};

std::shared_ptr<Connection> MakeSession(std::shared_ptr<ServerCore> core, Incoming incoming);

}  // namespace tinyforge::serve
