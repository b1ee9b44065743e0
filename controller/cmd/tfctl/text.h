// Small texts as people read them in a terminal.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "api-types/meta/time.h"

namespace tinyforge::tfctl {

// As kubectl: "45s", "5m12s", "47m", "3h10m", "26h", "5d4h", "40d". Negative: "0s".
std::string FormatAge(Duration age);
std::string AgeSince(std::optional<SysTime> time, SysTime now);  // "<unknown>" without a time

// First 7 characters of a commit or 12 of a container id or digest ("sha256:" is dropped).
std::string ShortRevision(std::string_view revision);
std::string ShortId(std::string_view id);

// Columns taken on a terminal, one for each code point. Bytes that are not UTF-8 count too.
std::size_t DisplayWidth(std::string_view text);
// At most `width` columns, the last being "…" when something was cut. Width 0: uncut.
std::string Cut(std::string_view text, std::size_t width);
// One line, without control characters, so that no text of the world can drive the terminal.
std::string OneLine(std::string_view text);

}  // namespace tinyforge::tfctl
