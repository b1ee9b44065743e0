// Changes one value on a line of a text file and not another byte of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api-types/meta/error.h"

namespace tinyforge::codec {

// What stands between two texts that fill the rest of a line. Its end (LF or CR LF) belongs to none of them.
struct LinePlace {
  std::uint32_t line = 0;  // 1-based
  std::string before;      // from the line's start to the value
  std::string behind;      // from the value to the line's end
  bool operator==(const LinePlace&) const = default;
};

// The place of the bytes from `begin` to `end` of a text. Empty: they are not on one line of it.
std::optional<LinePlace> PlaceOf(std::string_view text, std::size_t begin, std::size_t end);

// The value. Conflict when another line stands there by now, NotFound when none does.
Expected<std::string> ReadOnLine(std::string_view text, const LinePlace& place);

struct LineEdit {
  LinePlace place;
  std::string to;                   // on one line
  std::optional<std::string> from;  // what must stand there now; Conflict when something else does
};

// The text with the value replaced; errors as of ReadOnLine, Invalid for a value of several lines.
Expected<std::string> EditOnLine(std::string_view text, const LineEdit& edit);

}  // namespace tinyforge::codec
