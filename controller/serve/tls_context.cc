#include "controller/serve/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <array>
#include <optional>
#include <tuple>
#include <utility>

#include "controller/serve/tls_stream.h"

namespace tinyforge::serve {
namespace {

constexpr std::chrono::minutes kLookInterval{1};
constexpr const char* kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kGroups = "X25519:P-256:P-384";
constexpr std::array<unsigned char, 9> kHttp11 = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

using ContextPtr = std::shared_ptr<SSL_CTX>;

Error Unusable(const std::string& what) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return {ErrorKind::Invalid, what + (reason == nullptr ? "" : std::string(" (") + reason + ")")};
}

// Without this, OpenSSL would ask for a passphrase on the terminal.
int NoPassphrase(char*, int, int, void*) {
  return 0;
}

// RFC 7301, 3.2: a client that offers protocols of which none is known is refused.
int SelectProtocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned in_size,
                   void*) {
  unsigned char* chosen = nullptr;
  const int result = SSL_select_next_proto(&chosen, out_size, kHttp11.data(), kHttp11.size(), in, in_size);
  *out = chosen;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

ContextPtr MakeContext() {
  ContextPtr context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_default_passwd_cb(context.get(), NoPassphrase);
  SSL_CTX_set_alpn_select_cb(context.get(), SelectProtocol, nullptr);
  return context;
}

Expected<ContextPtr> LoadContext(const TlsFiles& files) {
  ERR_clear_error();
  ContextPtr context = MakeContext();
  if (SSL_CTX_set_cipher_list(context.get(), kCiphers) != 1 || SSL_CTX_set1_groups_list(context.get(), kGroups) != 1)
    return Unusable("TLS cannot be set up");
  if (SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1)
    return Unusable(files.certificate + ": expected a PEM file with the server's certificate first");
  if (SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1)
    return Unusable(files.key + ": expected a PEM file with the key of the certificate in " + files.certificate +
                    ", without a passphrase");
  return context;
}

// Moves when a file is written, replaced, or pointed to another by a link.
using Stamp = std::tuple<dev_t, ino_t, off_t, time_t, long>;

Stamp StampOf(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return {};
  return {info.st_dev, info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
}

class FileTlsContext : public TlsContext {
 public:
  FileTlsContext(TlsFiles files, const Clock& clock, Logger& log)
      : files_(std::move(files)), clock_(clock), log_(log), next_look_(clock.Now() + kLookInterval) {}

  Expected<void> Reload() {
    stamps_ = Stamps();  // before reading: what changes meanwhile is read the next time
    auto context = LoadContext(files_);
    if (!context) return std::move(context).error();
    context_ = std::move(*context);
    return {};
  }

  std::unique_ptr<ByteStream> Accept(int socket) override {
    if (clock_.Now() >= next_look_) Look();
    return MakeTlsStream(context_, socket);
  }

 private:
  std::pair<Stamp, Stamp> Stamps() const { return {StampOf(files_.certificate), StampOf(files_.key)}; }

  void Look() {
    next_look_ = clock_.Now() + kLookInterval;
    if (Stamps() == stamps_) return;
    if (auto done = Reload(); !done)
      log_.Warn("the new TLS certificate is not taken, the one before stays in use", {{"error", done.error().message}});
    else
      log_.Info("a new TLS certificate is in use", {{"file", files_.certificate}});
  }

  const TlsFiles files_;
  const Clock& clock_;
  Logger& log_;
  SteadyTime next_look_;
  std::pair<Stamp, Stamp> stamps_;
  ContextPtr context_;
};

}  // namespace

Expected<std::shared_ptr<TlsContext>> TlsContext::Load(TlsFiles files, const Clock& clock, Logger& log) {
  auto context = std::make_shared<FileTlsContext>(std::move(files), clock, log);
  if (auto done = context->Reload(); !done) return std::move(done).error();
  return std::shared_ptr<TlsContext>(std::move(context));
}

Expected<void> CheckTlsFiles(const TlsFiles& files) {
  if (auto context = LoadContext(files); !context) return std::move(context).error();
  return {};
}

}  // namespace tinyforge::serve
