// Text from elsewhere (log lines, Engine messages) made fit to be stored and shown.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tinyforge {

// Valid UTF-8 (Unicode 15, table 3-7): each byte that belongs to no well-formed sequence becomes U+FFFD, as does each
// control character other than line feed and tab (a terminal would obey it). What is longer than `max` bytes is cut
// between characters and ends in "…", which stays within `max` too. `max` is at least 3.
std::string PlainText(std::string_view text, std::size_t max);

// True: PlainText would give it back as it is. False for some of which that holds too.
bool IsPlainText(std::string_view text, std::size_t max);

}  // namespace tinyforge
