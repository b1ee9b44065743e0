// A client that sends the bytes it is told and shows the bytes that come back.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace tinyforge::serve {

class RawClient {
 public:
  explicit RawClient(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  // From an address of its own, as 127.0.3.4, where one is given.
  explicit RawClient(std::uint16_t port, const std::string& from = "")
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (!from.empty()) {
      sockaddr_in own{};
      own.sin_family = AF_INET;
      ::inet_pton(AF_INET, from.c_str(), &own.sin_addr);
      (void)::bind(fd_, reinterpret_cast<sockaddr*>(&own), sizeof(own));
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  RawClient(RawClient&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_), seen_(std::move(other.seen_)) {}
  RawClient& operator=(RawClient&&) = delete;
  ~RawClient() {
    if (fd_ >= 0) ::close(fd_);
  }

  bool connected() const { return connected_; }
  int fd() const { return fd_; }

  // False when the server no longer takes bytes.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  void HalfClose() { ::shutdown(fd_, SHUT_WR); }

  // Everything until the server closes, or what came when nothing more comes for 10 s.
  std::string ReadAll() {
    while (Receive()) {
    }
    return std::exchange(seen_, {});
  }

  // Everything up to and with `mark`; all that came when the server closes before.
  std::string ReadUntil(std::string_view mark) {
    std::size_t at = seen_.find(mark);
    while (at == std::string::npos) {
      const std::size_t searched = seen_.size() - std::min(seen_.size(), mark.size());
      if (!Receive()) break;
      at = seen_.find(mark, searched);
    }
    const std::size_t end = at == std::string::npos ? seen_.size() : at + mark.size();
    std::string taken = seen_.substr(0, end);
    seen_.erase(0, end);
    return taken;
  }

  // Head and body of an answer with a Content-Length.
  std::string ReadAnswer() {
    std::string head = ReadUntil("\r\n\r\n");
    const std::size_t at = head.find("Content-Length: ");
    std::size_t length = at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
    while (seen_.size() < length && Receive()) {
    }
    length = std::min(length, seen_.size());
    head += seen_.substr(0, length);
    seen_.erase(0, length);
    return head;
  }

  // True when the server closes within 10 s, whatever it says before.
  bool SeesClose() {
    while (Receive()) {
    }
    return closed_;
  }

 private:
  bool Receive() {
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, 10'000) != 1) return false;
    char bytes[65536];
    const ssize_t got = ::recv(fd_, bytes, sizeof(bytes), 0);
    if (got <= 0) {
      closed_ = true;
      return false;
    }
    seen_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }

  int fd_;
  bool connected_ = false;
  bool closed_ = false;
  std::string seen_;
};

}  // namespace tinyforge::serve
