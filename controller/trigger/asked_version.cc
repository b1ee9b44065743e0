#include "controller/trigger/asked_version.h"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace tinyforge {
namespace {

constexpr std::string_view kAlgorithm = "sha256:";

bool IsTag(std::string_view text) {
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  return !text.empty() && text.size() <= 128 && is_word(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return is_word(c) || c == '.' || c == '-'; });
}

bool IsDigest(std::string_view text) {
  constexpr std::size_t kHexDigits = 64;
  if (!text.starts_with(kAlgorithm) || text.size() != kAlgorithm.size() + kHexDigits) return false;
  return text.find_first_not_of("0123456789abcdef", kAlgorithm.size()) == std::string_view::npos;
}

}  // namespace

Expected<ImageVersion> ParseAskedVersion(const std::string& text) {
  if (text.empty()) return ImageVersion{};
  const auto at = text.find('@');
  ImageVersion version{text.substr(0, at), at == std::string::npos ? "" : text.substr(at + 1)};
  if (text.starts_with(kAlgorithm)) version = {"", text};
  const bool by_digest = version.tag.empty() || at != std::string::npos;
  if ((version.tag.empty() || IsTag(version.tag)) && (!by_digest || IsDigest(version.digest)) && at != 0)
    return version;
  return Error{ErrorKind::Invalid,
               "\"" + text +
                   "\" is no version: say TAG (letters, digits, _ . and -, at most 128 characters), "
                   "sha256:DIGEST (64 hex digits) or TAG@sha256:DIGEST"};
}

}  // namespace tinyforge
