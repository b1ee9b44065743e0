// The ways in which the Compose Specification writes amounts (11-extension.md), and command lines.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tinyforge::compose {

// Numbers with units us, ms, s, m and h, as in "1m30s". Nanoseconds, days and weeks, ns, d and w, as the reference
// implementation reads them too. Not negative.
std::optional<std::chrono::nanoseconds> ParseTime(std::string_view text);

// A number, perhaps with a fraction, and one of b, k, kb, m, mb, g, gb in any case, with a step of 1024; t, p and "kib"
// and the like as the reference implementation reads them. Bytes without a unit. Not negative.
std::optional<std::int64_t> ParseByteValue(std::string_view text);

// The words of a command line as a shell would part them: blanks, quotes and backslashes. Nothing is expanded, and no
// operator means anything. Nothing when a quote is not closed or a backslash ends the text.
std::optional<std::vector<std::string>> SplitWords(std::string_view text);

}  // namespace tinyforge::compose
