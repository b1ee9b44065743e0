// A server on a port of the loopback that answers probes as a test says. One thread serves all connections.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "controller/runtime/guarded.h"

namespace tinyforge::probe {

inline std::string HttpAnswer(int status, const std::string& more_head = "") {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\n" + more_head + "Content-Length: 2\r\n\r\nok";
}

inline int LoopbackSocket(std::uint16_t& port, int backlog) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof address;
  bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  if (backlog >= 0) listen(fd, backlog);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return fd;
}

// A port that refuses connections for as long as this lives: bound, and nobody listens.
class ClosedPort {
 public:
  ClosedPort() : fd_(LoopbackSocket(port_, -1)) {}
  ~ClosedPort() { close(fd_); }
  ClosedPort(const ClosedPort&) = delete;
  ClosedPort& operator=(const ClosedPort&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  std::uint16_t port_ = 0;
  int fd_;
};

// A port that leaves connects without an answer: its queue is full, and the kernel drops what comes.
class SilentPort {
 public:
  SilentPort() : fds_{LoopbackSocket(port_, 0)} {
    sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(port_), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    for (int i = 0; i < 4; ++i) {
      fds_.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      connect(fds_.back(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    }
  }
  ~SilentPort() {
    for (int fd : fds_) close(fd);
  }
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  std::uint16_t port_ = 0;
  std::vector<int> fds_;
};

class ProbedServer {
 public:
  enum class Then { Close, Keep, Reset };
  struct Reply {
    std::string bytes;
    Then then = Then::Close;
  };
  // For the whole head of a request; called on the server's thread, which does nothing else meanwhile.
  using Script = std::function<Reply(const std::string& request)>;

  explicit ProbedServer(Script script)
      : script_(std::move(script)),
        listener_(LoopbackSocket(port_, 512)),
        thread_([this](const std::stop_token& stop) { Run(stop); }) {}
  ~ProbedServer() {
    thread_.request_stop();
    thread_.join();
    for (const auto& [fd, request] : open_) close(fd);
    close(listener_);
  }
  ProbedServer(const ProbedServer&) = delete;
  ProbedServer& operator=(const ProbedServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::vector<std::string> requests() { return *requests_.Lock(); }
  int accepted() const { return accepted_; }
  int open() const { return accepted_ - closed_; }

 private:
  void Run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::vector<pollfd> waiting{{.fd = listener_, .events = POLLIN}};
      for (const auto& [fd, request] : open_) waiting.push_back({.fd = fd, .events = POLLIN});
      if (poll(waiting.data(), waiting.size(), 20) <= 0) continue;
      for (const pollfd& each : waiting) {
        if (!each.revents) continue;
        if (each.fd == listener_) {
          open_[accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)];
          ++accepted_;
        } else if (!Serve(each.fd)) {
          close(each.fd);
          open_.erase(each.fd);
          ++closed_;
        }
      }
    }
  }

  // False: the connection is to be closed.
  bool Serve(int fd) {
    char buffer[4096];
    const auto count = read(fd, buffer, sizeof buffer);
    if (count <= 0) return false;
    std::string& request = open_.at(fd);
    request.append(buffer, static_cast<std::size_t>(count));
    if (!request.ends_with("\r\n\r\n")) return true;
    requests_.Lock()->push_back(request);
    const Reply reply = script_(request);
    Send(fd, reply.bytes);
    const linger abort{.l_onoff = 1, .l_linger = 0};
    if (reply.then == Then::Reset) setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
    return reply.then == Then::Keep;
  }

  static void Send(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
      const auto count = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  const Script script_;
  std::uint16_t port_ = 0;
  const int listener_;
  std::map<int, std::string> open_;  // by descriptor: what was read; of the thread
  Guarded<std::vector<std::string>> requests_;
  std::atomic<int> accepted_ = 0;
  std::atomic<int> closed_ = 0;
  std::jthread thread_;
};

}  // namespace tinyforge::probe
