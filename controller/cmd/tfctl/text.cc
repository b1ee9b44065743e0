#include "controller/cmd/tfctl/text.h"

#include <algorithm>

namespace tinyforge::tfctl {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

bool StartsCodePoint(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

// "5m12s", or "5m" when the second part is zero.
std::string TwoParts(std::int64_t first, const char* unit, std::int64_t second, const char* small_unit) {
  std::string text = std::to_string(first) + unit;
  return second == 0 ? text : text + std::to_string(second) + small_unit;
}

}  // namespace

std::string FormatAge(Duration age) {
  const std::int64_t s = std::max<std::int64_t>(0, std::chrono::duration_cast<seconds>(age).count());
  if (age < minutes(2)) return std::to_string(s) + "s";
  if (age < minutes(10)) return TwoParts(s / 60, "m", s % 60, "s");
  if (age < hours(3)) return std::to_string(s / 60) + "m";
  if (age < hours(8)) return TwoParts(s / 3600, "h", s / 60 % 60, "m");
  if (age < hours(48)) return std::to_string(s / 3600) + "h";
  if (age < days(8)) return TwoParts(s / 86400, "d", s / 3600 % 24, "h");
  return std::to_string(s / 86400) + "d";
}

std::string AgeSince(std::optional<SysTime> time, SysTime now) {
  return time ? FormatAge(now - *time) : "<unknown>";
}

std::string ShortRevision(std::string_view revision) {
  return std::string(revision.substr(0, 7));
}

std::string ShortId(std::string_view id) {
  if (id.starts_with("sha256:")) id.remove_prefix(7);
  return std::string(id.substr(0, 12));
}

std::size_t DisplayWidth(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, StartsCodePoint));
}

std::string Cut(std::string_view text, std::size_t width) {
  if (width == 0 || DisplayWidth(text) <= width) return std::string(text);
  std::size_t columns = 0;
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    if (StartsCodePoint(text[end]) && ++columns == width) break;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string OneLine(std::string_view text) {
  std::string line(text);
  std::ranges::replace_if(
      line, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; }, ' ');
  return line;
}

}  // namespace tinyforge::tfctl
