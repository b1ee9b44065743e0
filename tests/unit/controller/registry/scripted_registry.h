// A server on a port of the loopback that answers HTTP requests as a test says. A thread for each connection, so that
// it may be as slow, as silent or as endless as it likes.
#pragma once

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
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "controller/runtime/guarded.h"

namespace tinyforge::registry {

struct ServedRequest {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  std::string Header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
  std::string line() const { return method + " " + target; }
};

struct Reply {
  int status = 200;
  std::vector<std::string> headers{};  // "Name: value"
  std::string body{};
  enum class Then {
    Keep,
    Close,        // after the answer
    Hang,         // in the place of an answer, until the client goes
    EndlessBody,  // the body again and again
    EndlessHead,  // the headers again and again
    Vanish,       // without a byte
    CutShort,     // announces more than it sends
  } then = Then::Keep;
};

class ScriptedRegistry {
 public:
  using Script = std::function<Reply(const ServedRequest&)>;

  explicit ScriptedRegistry(Script script) : script_(std::move(script)), listener_(Listen()) {
    acceptor_ = std::jthread([this](const std::stop_token& stop) { Accept(stop); });
  }
  ~ScriptedRegistry() {
    acceptor_.request_stop();
    acceptor_.join();
    auto threads = std::move(*threads_.Lock());
    for (auto& thread : threads) thread.request_stop();
    threads.clear();
    close(listener_);
  }
  ScriptedRegistry(const ScriptedRegistry&) = delete;
  ScriptedRegistry& operator=(const ScriptedRegistry&) = delete;

  std::uint16_t port() const { return port_; }
  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url() const { return "http://" + host(); }
  std::vector<ServedRequest> requests() { return *requests_.Lock(); }
  std::vector<std::string> lines() {
    std::vector<std::string> lines;
    const auto requests = requests_.Lock();
    for (const auto& request : *requests) lines.push_back(request.line());
    return lines;
  }
  int connections() const { return connections_; }

 private:
  int Listen() {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    bind(fd, reinterpret_cast<sockaddr*>(&address), size);
    listen(fd, 64);
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    return fd;
  }

  static bool Readable(int fd, const std::stop_token& stop) {
    pollfd waiting{.fd = fd, .events = POLLIN};
    while (!stop.stop_requested())
      if (poll(&waiting, 1, 10) > 0) return true;
    return false;
  }

  void Accept(const std::stop_token& stop) {
    while (Readable(listener_, stop)) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      ++connections_;
      threads_.Lock()->emplace_back([this, fd](const std::stop_token& ended) {
        std::string read;
        while (Serve(fd, read, ended)) {
        }
        close(fd);
      });
    }
  }

  // False: the connection is to be closed.
  bool Serve(int fd, std::string& read, const std::stop_token& stop) {
    ServedRequest request;
    if (!ReadRequest(fd, read, request, stop)) return false;
    requests_.Lock()->push_back(request);
    const Reply reply = script_(request);
    switch (reply.then) {
      case Reply::Then::Vanish: return false;
      case Reply::Then::Hang: return !Readable(fd, stop) && false;
      case Reply::Then::EndlessHead:
        Send(fd, "HTTP/1.1 200 X\r\n");
        while (!stop.stop_requested() && Send(fd, "X-Filler: " + std::string(1000, 'x') + "\r\n")) {
        }
        return false;
      case Reply::Then::EndlessBody:
        Send(fd, Head(reply) + "\r\n");
        while (!stop.stop_requested() && Send(fd, reply.body)) {
        }
        return false;
      case Reply::Then::CutShort:
        Send(fd, Head(reply) + "Content-Length: " + std::to_string(reply.body.size() + 10) + "\r\n\r\n" + reply.body);
        return false;
      default: break;
    }
    const std::string body = request.method == "HEAD" ? "" : reply.body;
    const bool sent =
        Send(fd, Head(reply) + "Content-Length: " + std::to_string(reply.body.size()) + "\r\n\r\n" + body);
    return sent && reply.then == Reply::Then::Keep;
  }

  static std::string Head(const Reply& reply) {
    std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " X\r\n";
    for (const auto& header : reply.headers) head += header + "\r\n";
    return head;
  }

  static bool ReadMore(int fd, std::string& read, const std::stop_token& stop) {
    char buffer[4096];
    if (!Readable(fd, stop)) return false;
    const auto count = recv(fd, buffer, sizeof buffer, 0);
    if (count > 0) read.append(buffer, static_cast<std::size_t>(count));
    return count > 0;
  }

  static bool ReadRequest(int fd, std::string& read, ServedRequest& request, const std::stop_token& stop) {
    std::size_t end = 0;
    while ((end = read.find("\r\n\r\n")) == std::string::npos)
      if (!ReadMore(fd, read, stop)) return false;
    ParseHead(read.substr(0, end + 2), request);
    read.erase(0, end + 4);
    const std::string length = request.Header("content-length");
    const std::size_t size = length.empty() ? 0 : std::stoul(length);
    while (read.size() < size)
      if (!ReadMore(fd, read, stop)) return false;
    request.body = read.substr(0, size);
    read.erase(0, size);
    return true;
  }

  static void ParseHead(std::string_view head, ServedRequest& request) {
    for (bool first = true; !head.empty(); first = false) {
      const std::string line(head.substr(0, head.find("\r\n")));
      head.remove_prefix(line.size() + 2);
      if (first) {
        request.method = line.substr(0, line.find(' '));
        request.target = line.substr(request.method.size() + 1, line.rfind(' ') - request.method.size() - 1);
        continue;
      }
      std::string name = line.substr(0, line.find(':'));
      for (char& c : name) c = static_cast<char>(std::tolower(c));
      request.headers[name] = line.substr(line.find(':') + 2);
    }
  }

  static bool Send(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
      const auto count = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  const Script script_;
  std::uint16_t port_ = 0;
  const int listener_;
  std::atomic<int> connections_ = 0;
  Guarded<std::vector<ServedRequest>> requests_;
  Guarded<std::vector<std::jthread>> threads_;
  std::jthread acceptor_;
};

}  // namespace tinyforge::registry
