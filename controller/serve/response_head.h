// The bytes before the body of an answer.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "controller/serve/http_message.h"

namespace tinyforge::serve {

struct HeadOptions {
  std::optional<std::size_t> length;  // Content-Length; empty: chunked, or until the end of the connection
  bool chunked = false;
  bool keep_alive = true;
};

// Status line and fields with the empty line at the end. Content type and fields must hold no control characters; such
// a field is left out, so that nothing can split an answer.
std::string ResponseHead(const HttpResponse& response, const HeadOptions& options);

// One chunk of a chunked body; empty `bytes` make the last one.
std::string Chunk(std::string_view bytes);

}  // namespace tinyforge::serve
