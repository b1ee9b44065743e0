#include "controller/serve/tls_stream.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <limits>

namespace tinyforge::serve {
namespace {

using Result = ByteStream::Result;
using State = ByteStream::State;

// OpenSSL's own socket BIO writes with write(2), which raises SIGPIPE.
int SocketOf(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

int BioWrite(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const Result result = SendSome(SocketOf(bio), {bytes, static_cast<std::size_t>(size)});
  if (result.state == State::Done) return static_cast<int>(result.bytes);
  if (result.state == State::WaitWrite) BIO_set_retry_write(bio);
  return -1;
}

int BioRead(BIO* bio, char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const Result result = ReceiveSome(SocketOf(bio), {bytes, static_cast<std::size_t>(size)});
  if (result.state == State::Done) return static_cast<int>(result.bytes);
  if (result.state == State::WaitRead) BIO_set_retry_read(bio);
  return result.state == State::Ended ? 0 : -1;
}

long BioControl(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* SocketMethod() {
  static const std::unique_ptr<BIO_METHOD, void (*)(BIO_METHOD*)> method = [] {
    std::unique_ptr<BIO_METHOD, void (*)(BIO_METHOD*)> made(
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without signals"), BIO_meth_free);
    BIO_meth_set_write(made.get(), BioWrite);
    BIO_meth_set_read(made.get(), BioRead);
    BIO_meth_set_ctrl(made.get(), BioControl);
    return made;
  }();
  return method.get();
}

class TlsStream : public ByteStream {
 public:
  TlsStream(const std::shared_ptr<SSL_CTX>& context, int socket)
      : socket_(socket), ssl_(SSL_new(context.get()), SSL_free) {
    BIO* bio = BIO_new(SocketMethod());
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_accept_state(ssl_.get());
  }

  Result Open() override {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    return result == 1 ? Result{State::Done} : Failure(result);
  }

  Result Read(std::span<char> into) override {
    ERR_clear_error();
    const int result = SSL_read(ssl_.get(), into.data(), Clamp(into.size()));
    return result > 0 ? Result{State::Done, static_cast<std::size_t>(result)} : Failure(result);
  }

  Result Write(std::string_view bytes) override {
    ERR_clear_error();
    const int result = SSL_write(ssl_.get(), bytes.data(), Clamp(bytes.size()));
    return result > 0 ? Result{State::Done, static_cast<std::size_t>(result)} : Failure(result);
  }

  bool HasBuffered() const override { return SSL_has_pending(ssl_.get()) == 1; }

  // The alert is lost when the socket takes nothing; then the end of the stream says it.
  void EndWrite() override {
    ERR_clear_error();
    if (!failed_) SSL_shutdown(ssl_.get());
    ::shutdown(socket_, SHUT_WR);
  }

 private:
  static int Clamp(std::size_t size) {
    return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
  }

  Result Failure(int result) {
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ: return {State::WaitRead};
      case SSL_ERROR_WANT_WRITE: return {State::WaitWrite};
      case SSL_ERROR_ZERO_RETURN: return {State::Ended};
      default: break;
    }
    failed_ = true;
    const int reason = ERR_GET_REASON(ERR_peek_error());
    return {reason == SSL_R_HTTP_REQUEST ? State::PlainHttp : State::Failed};
  }

  const int socket_;
  const std::unique_ptr<SSL, void (*)(SSL*)> ssl_;
  bool failed_ = false;  // after that OpenSSL must not be asked to say goodbye
};

}  // namespace

std::unique_ptr<ByteStream> MakeTlsStream(const std::shared_ptr<SSL_CTX>& context, int socket) {
  return std::make_unique<TlsStream>(context, socket);
}

}  // namespace tinyforge::serve
