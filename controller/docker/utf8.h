// UTF-8, as far as JSON bodies and log lines need it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tinyforge::docker {

// The length of the well-formed sequence (RFC 3629) at the beginning of `text`, which is not empty; 0 when there is
// none.
std::size_t Utf8SequenceLength(std::string_view text);

// `text` with "?" for each byte that is no UTF-8 and " " for control characters other than tab and newline.
std::string PrintableText(std::string_view text);

}  // namespace tinyforge::docker
