// TLS for a listener: a certificate that is replaced while the server runs.
#pragma once

#include <memory>
#include <string>

#include "api-types/meta/error.h"
#include "controller/runtime/clock.h"
#include "controller/runtime/log.h"

namespace tinyforge::serve {

class ByteStream;

struct TlsFiles {
  std::string certificate;  // PEM: the server's, then those between it and the root
  std::string key;          // PEM, without a passphrase
};

// TLS 1.2 and 1.3 with the ciphers of Mozilla's "intermediate" profile that have forward secrecy by elliptic curves
// (the others cost a server much and a stranger nothing); no renegotiation, no compression, no session resumption; ALPN
// "http/1.1". Not thread-safe: one io thread uses it.
class TlsContext {
 public:
  // Invalid names the file that cannot be read or is not what it should be, or says that the two do not belong
  // together. `clock` and `log` outlive it.
  static Expected<std::shared_ptr<TlsContext>> Load(TlsFiles files, const Clock& clock, Logger& log);
  virtual ~TlsContext() = default;

  // The server's side of a new connection, with the certificate that the files hold: at most once a minute it is looked
  // whether they changed. A pair that does not work is logged once, and the one before stays in use.
  virtual std::unique_ptr<ByteStream> Accept(int socket) = 0;
};

// What Load says of the files, without keeping anything.
Expected<void> CheckTlsFiles(const TlsFiles& files);

}  // namespace tinyforge::serve
