#include "api-types/codec/quantity.h"

#include <array>
#include <charconv>

namespace tinyforge::codec {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr Wide kLimit = static_cast<Wide>(INT64_MAX);
constexpr std::int64_t kNano = 1'000'000'000;

// A factor numerator / denominator.
struct Factor {
  Wide up = 1;
  Wide down = 1;
};

struct Suffix {
  std::string_view text;
  Factor factor;
};

constexpr Wide Power(Wide base, int exponent) {
  Wide value = 1;
  for (int i = 0; i < exponent; ++i) value *= base;
  return value;
}

constexpr std::array<Suffix, 16> kSuffixes = {{{"", {}},
                                               {"n", {1, Power(10, 9)}},
                                               {"u", {1, Power(10, 6)}},
                                               {"m", {1, Power(10, 3)}},
                                               {"k", {Power(10, 3), 1}},
                                               {"M", {Power(10, 6), 1}},
                                               {"G", {Power(10, 9), 1}},
                                               {"T", {Power(10, 12), 1}},
                                               {"P", {Power(10, 15), 1}},
                                               {"E", {Power(10, 18), 1}},
                                               {"Ki", {Power(2, 10), 1}},
                                               {"Mi", {Power(2, 20), 1}},
                                               {"Gi", {Power(2, 30), 1}},
                                               {"Ti", {Power(2, 40), 1}},
                                               {"Pi", {Power(2, 50), 1}},
                                               {"Ei", {Power(2, 60), 1}}}};

std::optional<Factor> Exponent(std::string_view text) {
  text.remove_prefix(1);
  if (text.starts_with('+')) text.remove_prefix(1);
  int exponent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
  if (error != std::errc{} || end != text.data() + text.size() || exponent > 18 || exponent < -18) return std::nullopt;
  return exponent >= 0 ? Factor{Power(10, exponent), 1} : Factor{1, Power(10, -exponent)};
}

std::optional<Factor> FactorOf(std::string_view text) {
  for (const Suffix& suffix : kSuffixes)
    if (suffix.text == text) return suffix.factor;
  if (text.size() > 1 && (text.front() == 'e' || text.front() == 'E')) return Exponent(text);
  return std::nullopt;
}

// Digits with an optional fraction, as value / down. At most 18 digits in all.
struct Decimal {
  Wide value = 0;
  Wide down = 1;
};

std::optional<Decimal> TakeDecimal(std::string_view& text) {
  Decimal decimal;
  std::size_t digits = 0;
  bool fraction = false;
  for (; !text.empty(); text.remove_prefix(1)) {
    const char c = text.front();
    if (c == '.' && !fraction) {
      fraction = true;
      continue;
    }
    if (c < '0' || c > '9') break;
    if (++digits > 18) return std::nullopt;
    decimal.value = decimal.value * 10 + static_cast<unsigned>(c - '0');
    if (fraction) decimal.down *= 10;
  }
  if (digits == 0) return std::nullopt;
  return decimal;
}

}  // namespace

std::optional<std::int64_t> ParseQuantity(std::string_view text, std::int64_t scale) {
  const auto decimal = TakeDecimal(text);
  const auto factor = decimal ? FactorOf(text) : std::nullopt;
  if (!factor) return std::nullopt;
  // Each factor is below 2^60 and the product of two below 2^120; the third is checked before it is applied.
  Wide up = decimal->value * factor->up;
  const Wide down = decimal->down * factor->down;
  if (up > ~Wide{0} / static_cast<Wide>(scale)) return std::nullopt;
  up *= static_cast<Wide>(scale);
  if (up % down != 0 || up / down > kLimit) return std::nullopt;
  return static_cast<std::int64_t>(up / down);
}

std::optional<std::int64_t> ParseBytes(std::string_view text) {
  return ParseQuantity(text, 1);
}

std::string FormatBytes(std::int64_t bytes) {
  constexpr std::array<std::string_view, 7> kUnits = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
  std::size_t unit = 0;
  while (bytes != 0 && bytes % 1024 == 0 && unit + 1 < kUnits.size()) bytes /= 1024, ++unit;
  return std::to_string(bytes) + std::string(kUnits[unit]);
}

std::optional<std::int64_t> ParseCpus(std::string_view text) {
  return ParseQuantity(text, kNano);
}

std::string FormatCpus(std::int64_t nano_cpus) {
  if (nano_cpus % kNano == 0) return std::to_string(nano_cpus / kNano);
  if (nano_cpus % 1'000'000 == 0) return std::to_string(nano_cpus / 1'000'000) + "m";
  return std::to_string(nano_cpus) + "n";
}

std::optional<std::int64_t> ParseMode(std::string_view text) {
  if (text.size() < 3 || text.size() > 5) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0 || value > 07777) return std::nullopt;
  return value;
}

std::string FormatMode(std::int64_t mode) {
  std::string text(mode > 0777 ? 5 : 4, '0');
  for (std::size_t i = text.size(); mode != 0 && i-- > 0; mode /= 8) text[i] = static_cast<char>('0' + mode % 8);
  return text;
}

}  // namespace tinyforge::codec
