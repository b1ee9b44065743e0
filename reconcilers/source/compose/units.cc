#include "reconcilers/source/compose/units.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace tinyforge::compose {
namespace {

constexpr double kLargest = 9.0e18;

struct Unit {
  std::string_view text;
  double factor;
};

// In nanoseconds; two letters before one, so that "ms" is not minutes.
constexpr std::array<Unit, 8> kTimes = {{{"ns", 1},
                                         {"us", 1e3},
                                         {"ms", 1e6},
                                         {"s", 1e9},
                                         {"m", 60e9},
                                         {"h", 3600e9},
                                         {"d", 24 * 3600e9},
                                         {"w", 7 * 24 * 3600e9}}};

// Digits with an optional fraction at the front of `text`, taken off.
std::optional<double> TakeNumber(std::string_view& text) {
  const std::size_t length = std::min(text.find_first_not_of("0123456789."), text.size());
  double number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + length, number, std::chars_format::fixed);
  if (length == 0 || error != std::errc{} || rest != text.data() + length) return std::nullopt;
  text.remove_prefix(length);
  return number;
}

std::optional<double> TakeTimeUnit(std::string_view& text) {
  for (const Unit& unit : kTimes) {
    if (!text.starts_with(unit.text)) continue;
    text.remove_prefix(unit.text.size());
    return unit.factor;
  }
  return std::nullopt;
}

// What one step of a command line is in.
enum class Quote { None, Single, Double };

class WordSplitter {
 public:
  std::optional<std::vector<std::string>> Split(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (c == '\\' && quote_ != Quote::Single) {
        if (++i == text.size()) return std::nullopt;
        Escaped(text[i]);
      } else if (quote_ == Quote::None) {
        Plain(c);
      } else if (c == (quote_ == Quote::Single ? '\'' : '"')) {
        quote_ = Quote::None;
      } else {
        word_ += c;
      }
    }
    if (quote_ != Quote::None) return std::nullopt;
    End();
    return std::move(words_);
  }

 private:
  void Plain(char c) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') return End();
    begun_ = true;
    if (c == '\'') {
      quote_ = Quote::Single;
    } else if (c == '"') {
      quote_ = Quote::Double;
    } else {
      word_ += c;
    }
  }

  // Between double quotes a backslash stands for itself but before what it is needed for (POSIX, 2.2.3).
  void Escaped(char c) {
    if (c == '\n') return;
    begun_ = true;
    if (quote_ == Quote::Double && c != '"' && c != '\\' && c != '$' && c != '`') word_ += '\\';
    word_ += c;
  }

  void End() {
    if (begun_) words_.push_back(std::move(word_));
    word_.clear();
    begun_ = false;
  }

  std::vector<std::string> words_;
  std::string word_;
  bool begun_ = false;
  Quote quote_ = Quote::None;
};

}  // namespace

std::optional<std::chrono::nanoseconds> ParseTime(std::string_view text) {
  if (text == "0") return std::chrono::nanoseconds(0);
  double total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const auto number = TakeNumber(text);
    const auto factor = number ? TakeTimeUnit(text) : std::nullopt;
    if (!factor) return std::nullopt;
    total += *number * *factor;
  }
  if (total > kLargest) return std::nullopt;  // the Engine counts nanoseconds in 63 bits
  return std::chrono::nanoseconds(std::llround(total));
}

std::optional<std::int64_t> ParseByteValue(std::string_view text) {
  const auto number = TakeNumber(text);
  if (!number) return std::nullopt;
  while (text.starts_with(' ')) text.remove_prefix(1);
  std::string unit(text);
  std::transform(unit.begin(), unit.end(), unit.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  constexpr std::string_view kSteps = "kmgtp";
  int power = 0;
  if (!unit.empty() && unit != "b") {
    const std::size_t step = kSteps.find(unit.front());
    const std::string_view rest = std::string_view(unit).substr(1);
    if (step == std::string_view::npos || !(rest.empty() || rest == "b" || rest == "ib")) return std::nullopt;
    power = static_cast<int>(step) + 1;
  }
  const double bytes = *number * std::pow(1024.0, power);
  if (bytes > kLargest) return std::nullopt;
  return static_cast<std::int64_t>(bytes);
}

std::optional<std::vector<std::string>> SplitWords(std::string_view text) {
  return WordSplitter().Split(text);
}

}  // namespace tinyforge::compose
