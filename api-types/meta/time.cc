#include "api-types/meta/time.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>

namespace tinyforge {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::milliseconds;

struct Unit {
  std::string_view name;
  double milliseconds;
};
// Longest names first: "ms" must not be read as "m".
constexpr std::array<Unit, 7> kUnits = {
    {{"ms", 1}, {"us", 1e-3}, {"µs", 1e-3}, {"ns", 1e-6}, {"h", 3.6e6}, {"m", 6e4}, {"s", 1e3}}};
constexpr double kMaxMilliseconds = 9.0e15;

std::optional<int> Digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (char c : text.substr(0, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool Take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<int> Fraction(std::string_view& text) {
  if (!Take(text, '.')) return 0;
  int value = 0;
  std::size_t count = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), ++count)
    if (count < 3) value = value * 10 + (text.front() - '0');
  if (count == 0) return std::nullopt;
  for (; count < 3; ++count) value *= 10;
  return value;
}

std::optional<std::chrono::minutes> Offset(std::string_view text) {
  if (text == "Z") return std::chrono::minutes(0);
  const bool minus = !text.empty() && text.front() == '-';
  if (!minus && (text.empty() || text.front() != '+')) return std::nullopt;
  text.remove_prefix(1);
  const auto hours = Digits(text, 2);
  if (!hours || !Take(text, ':')) return std::nullopt;
  const auto minutes = Digits(text, 2);
  if (!minutes || !text.empty()) return std::nullopt;
  const std::chrono::minutes offset(*hours * 60 + *minutes);
  return minus ? -offset : offset;
}

std::optional<double> Number(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && ((text[length] >= '0' && text[length] <= '9') || text[length] == '.')) ++length;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + length, value, std::chars_format::fixed);
  if (error != std::errc{} || end != text.data() + length) return std::nullopt;
  text.remove_prefix(length);
  return value;
}

}  // namespace

std::string FormatRfc3339(SysTime time) {
  const auto day = floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 40> out{};
  const int size =
      std::snprintf(out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", int(date.year()),
                    unsigned(date.month()), unsigned(date.day()), int(clock.hours().count()),
                    int(clock.minutes().count()), int(clock.seconds().count()), int(clock.subseconds().count()));
  return {out.data(), static_cast<std::size_t>(size)};
}

std::optional<SysTime> ParseRfc3339(std::string_view text) {
  const auto year = Digits(text, 4);
  if (!year || !Take(text, '-')) return std::nullopt;
  const auto month = Digits(text, 2);
  if (!month || !Take(text, '-')) return std::nullopt;
  const auto day = Digits(text, 2);
  if (!day || !Take(text, 'T')) return std::nullopt;
  const auto hour = Digits(text, 2);
  if (!hour || !Take(text, ':')) return std::nullopt;
  const auto minute = Digits(text, 2);
  if (!minute || !Take(text, ':')) return std::nullopt;
  const auto second = Digits(text, 2);
  const auto fraction = second ? Fraction(text) : std::nullopt;
  const auto offset = fraction ? Offset(text) : std::nullopt;
  if (!offset) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(unsigned(*month)),
                                         std::chrono::day(unsigned(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) - *offset +
         std::chrono::seconds(*second) + milliseconds(*fraction);
}

std::optional<Duration> ParseDuration(std::string_view text) {
  if (text == "0") return Duration(0);
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    const auto value = Number(text);
    if (!value) return std::nullopt;
    const Unit* unit = nullptr;
    for (const Unit& candidate : kUnits)
      if (!unit && text.starts_with(candidate.name)) unit = &candidate;
    if (!unit) return std::nullopt;
    text.remove_prefix(unit->name.size());
    total += *value * unit->milliseconds;
    if (total > kMaxMilliseconds) return std::nullopt;
  }
  return Duration(std::llround(total));
}

std::string FormatDuration(Duration duration) {
  auto rest = duration.count();
  if (rest == 0) return "0s";
  if (rest % 1000 != 0 && rest < 1000) return std::to_string(rest) + "ms";
  std::string text;
  if (rest >= 3'600'000) text += std::to_string(rest / 3'600'000) + "h", rest %= 3'600'000;
  if (rest >= 60'000) text += std::to_string(rest / 60'000) + "m", rest %= 60'000;
  if (rest == 0) return text;
  text += std::to_string(rest / 1000);
  if (rest % 1000 != 0) {
    std::string fraction = std::to_string(1000 + rest % 1000).substr(1);
    while (fraction.back() == '0') fraction.pop_back();
    text += "." + fraction;
  }
  return text + "s";
}

}  // namespace tinyforge
