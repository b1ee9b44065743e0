// The server's side of one TLS connection. Internal to controller/serve.
#pragma once

#include <openssl/ssl.h>

#include <memory>

#include "controller/serve/byte_stream.h"

namespace tinyforge::serve {

std::unique_ptr<ByteStream> MakeTlsStream(const std::shared_ptr<SSL_CTX>& context, int socket);

}  // namespace tinyforge::serve
