// Whether an answer repeats what it was asked.
#pragma once

#include <cstdint>
#include <string_view>

namespace tinyforge::fuzz {

// Coverage and the C library's comparisons would tell the fuzzer our own words, which it would then put into its
// inputs.
#if defined(__clang__)
#define TINYFORGE_NOT_OBSERVED __attribute__((no_sanitize("coverage")))
#else
#define TINYFORGE_NOT_OBSERVED
#endif

TINYFORGE_NOT_OBSERVED inline std::uint32_t HashOfFour(const char* at) {
  std::uint32_t word = 0;
  for (int i = 0; i < 4; ++i) word = word << 8U | static_cast<unsigned char>(at[i]);
  return word * 2'654'435'761U >> 16U;
}

TINYFORGE_NOT_OBSERVED inline bool StandsIn(std::string_view text, const char* run, std::size_t length) {
  for (std::size_t at = 0; at + length <= text.size(); ++at) {
    std::size_t same = 0;
    while (same < length && text.data()[at + same] == run[same]) ++same;
    if (same == length) return true;
  }
  return false;
}

// The first run of `length` (at least 4) bytes that stands both in `answer`, which is short, and in `request`; empty:
// there is none.
TINYFORGE_NOT_OBSERVED inline std::string_view Overlap(std::string_view answer, std::string_view request,
                                                       std::size_t length) {
  static bool begins[1 << 16];
  for (std::size_t at = 0; at + length <= answer.size(); ++at) begins[HashOfFour(answer.data() + at)] = true;
  std::string_view found;
  for (std::size_t at = 0; at + length <= request.size() && found.empty(); ++at)
    if (begins[HashOfFour(request.data() + at)] && StandsIn(answer, request.data() + at, length))
      found = request.substr(at, length);
  for (std::size_t at = 0; at + length <= answer.size(); ++at) begins[HashOfFour(answer.data() + at)] = false;
  return found;
}

}  // namespace tinyforge::fuzz
