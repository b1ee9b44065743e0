// UTF-8, as RFC 3629 and the Unicode Standard (15, table 3-7) define it: without overlong forms, surrogates and what
// lies beyond U+10FFFF.
#pragma once

#include <cstddef>
#include <string_view>

namespace tinyforge {

// The length of the sequence at the start of `text`; 0 when there is none, or no text.
std::size_t Utf8SequenceLength(std::string_view text);

// Where the first byte stands that begins no sequence; npos: the text is UTF-8.
std::size_t FindNonUtf8(std::string_view text);

}  // namespace tinyforge
