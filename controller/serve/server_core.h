// What the server, its sessions and its exchanges share. Internal to controller/serve: the only header with Asio in it.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "controller/runtime/log.h"
#include "controller/serve/handler_lanes.h"
#include "controller/serve/limits.h"
#include "controller/serve/listen_socket.h"
#include "controller/serve/router.h"

namespace tinyforge::serve {

using Protocol = boost::asio::generic::stream_protocol;
using Acceptor = boost::asio::basic_socket_acceptor<Protocol>;

struct Listener {
  ListenSocket socket;
  Acceptor acceptor;
  boost::asio::steady_timer retry;  // after accept ran out of descriptors
  std::shared_ptr<const Router> router;
  std::optional<std::string> token;
};

// A connection as the server sees it. Io thread only.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual void Start() = 0;
  virtual void Close() = 0;
  // Since when it waits for the first byte of a request; empty while it does anything else.
  virtual std::optional<std::chrono::steady_clock::time_point> IdleSince() const = 0;
};

class ServerCore : public std::enable_shared_from_this<ServerCore> {
 public:
  ServerCore(const HttpLimits& the_limits, Logger& logger)
      : limits(the_limits), log(logger), lanes(the_limits.pool_threads, the_limits.own_threads) {}

  void Start();
  void Stop();
  // Runs `task` on the io thread. From any thread; does nothing after Stop, so that nothing queued keeps the core
  // alive.
  void Post(std::function<void()> task);
  // Forgets a closed connection.
  void Remove(const std::shared_ptr<Connection>& connection) { connections.erase(connection); }

  const HttpLimits limits;
  Logger& log;
  HandlerLanes lanes;
  boost::asio::io_context io{1};
  std::vector<std::unique_ptr<Listener>> listeners;
  std::set<std::shared_ptr<Connection>> connections;

 private:
  void Accept(Listener& listener);
  void OnAccepted(Listener& listener, Protocol::socket socket);
  bool MakeRoom();
  void CloseAll();

  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io.get_executor()};
  std::mutex post_mutex_;
  bool closed_ = false;
  bool stopped_ = false;
  std::jthread thread_;
};

std::shared_ptr<Connection> MakeSession(std::shared_ptr<ServerCore> core, Protocol::socket socket,
                                        const Listener& listener);

}  // namespace tinyforge::serve
