#include "controller/serve/byte_stream.h"

#include <sys/socket.h>

#include <cerrno>

namespace tinyforge::serve {
namespace {

using Result = ByteStream::Result;
using State = ByteStream::State;

bool WouldWait() {
  return errno == EAGAIN || errno == EWOULDBLOCK;
}

class PlainStream : public ByteStream {
 public:
  explicit PlainStream(int socket) : socket_(socket) {}

  Result Open() override { return {State::Done}; }
  Result Read(std::span<char> into) override { return ReceiveSome(socket_, into); }
  Result Write(std::string_view bytes) override { return SendSome(socket_, bytes); }
  bool HasBuffered() const override { return false; }
  void EndWrite() override { ::shutdown(socket_, SHUT_WR); }

 private:
  const int socket_;
};

}  // namespace

Result SendSome(int socket, std::string_view bytes) {
  for (;;) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return {State::Done, static_cast<std::size_t>(sent)};
    if (errno != EINTR) return {WouldWait() ? State::WaitWrite : State::Failed};
  }
}

Result ReceiveSome(int socket, std::span<char> into) {
  for (;;) {
    const ssize_t got = ::recv(socket, into.data(), into.size(), MSG_DONTWAIT);
    if (got > 0) return {State::Done, static_cast<std::size_t>(got)};
    if (got == 0) return {State::Ended};
    if (errno != EINTR) return {WouldWait() ? State::WaitRead : State::Failed};
  }
}

std::unique_ptr<ByteStream> MakePlainStream(int socket) {
  return std::make_unique<PlainStream>(socket);
}

}  // namespace tinyforge::serve
