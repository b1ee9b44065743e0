// Listening sockets, made by plain system calls.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>

#include "api-types/meta/error.h"

namespace tinyforge::serve {

// Owns a listening descriptor and, for a unix socket, the file: it is removed at the end if it is still ours.
class ListenSocket {
 public:
  // A socket file that nobody serves any more is replaced; one that answers is a Conflict, any other file is Invalid.
  // `mode` holds from the moment the file appears, whatever the umask.
  static Expected<ListenSocket> Unix(const std::string& path, mode_t mode);

  // "127.0.0.1:9464", "[::1]:9464", "localhost:9464" (IPv4 loopback), ":9464" (every IPv4 address); port 0: any free
  // one.
  static Expected<ListenSocket> Tcp(const std::string& address);

  ListenSocket(ListenSocket&& other) noexcept;
  ListenSocket& operator=(ListenSocket&&) = delete;
  ~ListenSocket();

  int Release() { return std::exchange(fd_, -1); }  // the caller owns the descriptor, the file stays ours
  int family() const { return family_; }
  // The address bound: a path, or "127.0.0.1:43211".
  const std::string& address() const { return address_; }

 private:
  ListenSocket(int fd, int family, std::string address);

  int fd_;
  int family_;
  std::string address_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace tinyforge::serve
