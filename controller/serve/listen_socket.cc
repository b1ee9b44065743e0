#include "controller/serve/listen_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

namespace tinyforge::serve {
namespace {

constexpr int kBacklog = 512;

struct Endpoint {
  sockaddr_storage storage{};
  socklen_t size = 0;
  sockaddr* Get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Error SystemError(const std::string& what) {
  const ErrorKind kind = errno == EADDRINUSE ? ErrorKind::Conflict : ErrorKind::Terminal;
  return {kind, what + ": " + std::strerror(errno)};
}

Expected<Endpoint> UnixEndpoint(const std::string& path) {
  Endpoint endpoint;
  auto* address = reinterpret_cast<sockaddr_un*>(&endpoint.storage);
  if (path.empty() || path.size() >= sizeof(address->sun_path)) {
    return Error{ErrorKind::Invalid, "socket path " + path + ": must have 1 to " +
                                         std::to_string(sizeof(address->sun_path) - 1) + " characters"};
  }
  address->sun_family = AF_UNIX;
  path.copy(address->sun_path, path.size());
  endpoint.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return endpoint;
}

// Makes room for a new socket at `path`.
Expected<void> RemoveStale(const std::string& path, Endpoint endpoint) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return {};
  if (!S_ISSOCK(info.st_mode)) return Error{ErrorKind::Invalid, path + " exists and is not a socket"};
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return SystemError("socket");
  const bool refused = ::connect(probe, endpoint.Get(), endpoint.size) != 0 && errno == ECONNREFUSED;
  ::close(probe);
  if (!refused) return Error{ErrorKind::Conflict, "another process serves " + path};
  if (::unlink(path.c_str()) != 0) return SystemError("remove the stale socket " + path);
  return {};
}

std::optional<std::uint16_t> ParsePort(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

std::optional<Endpoint> ParseTcp(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  const auto port = ParsePort(std::string_view(text).substr(colon + 1));
  std::string host = text.substr(0, colon);
  if (!port) return std::nullopt;
  if (host.empty()) host = "0.0.0.0";
  if (host == "localhost") host = "127.0.0.1";
  Endpoint endpoint;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&endpoint.storage);
    *v6 = {.sin6_family = AF_INET6, .sin6_port = htons(*port)};
    endpoint.size = sizeof(*v6);
    if (::inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &v6->sin6_addr) != 1) return std::nullopt;
    return endpoint;
  }
  auto* v4 = reinterpret_cast<sockaddr_in*>(&endpoint.storage);
  *v4 = {.sin_family = AF_INET, .sin_port = htons(*port)};
  endpoint.size = sizeof(*v4);
  if (::inet_pton(AF_INET, host.c_str(), &v4->sin_addr) != 1) return std::nullopt;
  return endpoint;
}

// `text` with the port that was bound.
std::string BoundAddress(int fd, const std::string& text) {
  Endpoint bound;
  bound.size = sizeof(bound.storage);
  if (::getsockname(fd, bound.Get(), &bound.size) != 0) return text;
  const bool v6 = bound.storage.ss_family == AF_INET6;
  const auto port = v6 ? reinterpret_cast<sockaddr_in6*>(&bound.storage)->sin6_port
                       : reinterpret_cast<sockaddr_in*>(&bound.storage)->sin_port;
  return text.substr(0, text.rfind(':') + 1) + std::to_string(ntohs(port));
}

}  // namespace

ListenSocket::ListenSocket(int fd, int family, std::string address)
    : fd_(fd), family_(family), address_(std::move(address)) {
  struct stat info {};
  if (family_ == AF_UNIX && ::lstat(address_.c_str(), &info) == 0) {
    device_ = info.st_dev;
    inode_ = info.st_ino;
  }
}

ListenSocket::ListenSocket(ListenSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      family_(other.family_),
      address_(std::move(other.address_)),
      device_(other.device_),
      inode_(std::exchange(other.inode_, 0)) {}

ListenSocket::~ListenSocket() {
  if (fd_ >= 0) ::close(fd_);
  struct stat info {};
  if (inode_ == 0 || ::lstat(address_.c_str(), &info) != 0) return;
  if (info.st_dev == device_ && info.st_ino == inode_) ::unlink(address_.c_str());
}

Expected<ListenSocket> ListenSocket::Unix(const std::string& path, mode_t mode) {
  auto endpoint = UnixEndpoint(path);
  if (!endpoint) return std::move(endpoint).error();
  if (auto free = RemoveStale(path, *endpoint); !free) return std::move(free).error();
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return SystemError("socket");
  // The file appears with the mode of the unbound socket less the umask; chmod afterwards only widens it.
  if (::fchmod(fd, mode) != 0 || ::bind(fd, endpoint->Get(), endpoint->size) != 0 || ::chmod(path.c_str(), mode) != 0 ||
      ::listen(fd, kBacklog) != 0) {
    auto error = SystemError("listen on " + path);
    ::close(fd);
    return error;
  }
  return ListenSocket(fd, AF_UNIX, path);
}

Expected<ListenSocket> ListenSocket::Tcp(const std::string& address) {
  auto endpoint = ParseTcp(address);
  if (!endpoint)
    return Error{ErrorKind::Invalid, "listen address " + address + ": expected ADDRESS:PORT, as 127.0.0.1:9464"};
  const int family = endpoint->storage.ss_family;
  const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return SystemError("socket");
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));  // inherited by accepted sockets
  if (::bind(fd, endpoint->Get(), endpoint->size) != 0 || ::listen(fd, kBacklog) != 0) {
    auto error = SystemError("listen on " + address);
    ::close(fd);
    return error;
  }
  return ListenSocket(fd, family, BoundAddress(fd, address));
}

}  // namespace tinyforge::serve
