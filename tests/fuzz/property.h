// How a fuzz target says what must hold, and takes its input apart.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace tinyforge::fuzz {

// Ends the process as a finding, after saying what did not hold, unless it holds.
inline void Require(bool holds, std::string_view property, std::string_view found = {}) {
  if (holds) return;
  std::fprintf(stderr, "\nPROPERTY BROKEN: %.*s\n  found: %.*s\n", static_cast<int>(property.size()), property.data(),
               static_cast<int>(found.size()), found.data());
  std::abort();
}

// The two texts are the same.
inline void RequireSame(std::string_view a, std::string_view b, std::string_view property) {
  if (a != b) Require(false, property, std::string(a) + "\n  and:   " + std::string(b));
}

// The input, taken from its front. What is missing is zero or empty.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  std::uint8_t Byte() {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }
  int TwoBytes() {
    const int high = Byte();
    return high * 256 + Byte();
  }
  // Up to the next line feed, which is taken too.
  std::string_view Line() {
    const std::size_t end = rest_.find('\n');
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    return line;
  }
  std::string_view Rest() const { return rest_; }
  bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace tinyforge::fuzz
