// Signatures of webhooks: only who knows the secret has a valid one, and the first header that counts decides alone.
//
// Input: a byte, one bit a header that is there; a line for each of these with its value, in which the bytes 1, 2 and 3
// stand for the digest, the digest in capitals and the secret; then the body.
#include "controller/serve/webhook_signature.h"

#include <algorithm>
#include <array>

#include "api-types/codec/hash.h"
#include "tests/fuzz/property.h"

using namespace tinyforge;
using namespace tinyforge::serve;

namespace {

// In the order in which they decide.
constexpr std::array<std::string_view, 8> kNames = {"X-Hub-Signature-256", "X-Forgejo-Signature", "X-Gitea-Signature",
                                                    "X-Gogs-Signature",    "X-Signature-256",     "X-Hub-Signature",
                                                    "X-Gitlab-Token",      "Authorization"};
constexpr std::size_t kHub = 5;
constexpr std::size_t kFirstToken = 6;
const std::string kSecret = "It's a Secret to Everybody";

using Values = std::array<std::string, kNames.size()>;

std::string Upper(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c; });
  return text;
}

std::string Expand(std::string_view line, const std::string& digest) {
  std::string value;
  for (const char c : line) {
    switch (c) {
      case 1: value += digest; break;
      case 2: value += Upper(digest); break;
      case 3: value += kSecret; break;
      default: value += c;
    }
  }
  return value;
}

SignatureCheck Check(const Values& values, std::string_view body, std::string_view secret = kSecret) {
  const HeaderLookup header = [&](std::string_view name) -> std::string_view {
    const auto found = std::ranges::find(kNames, name);
    return found == kNames.end() ? std::string_view() : values[static_cast<std::size_t>(found - kNames.begin())];
  };
  return CheckSignature(header, body, secret);
}

// The first header that counts; their number when none does.
std::size_t Deciding(const Values& values) {
  std::size_t i = 0;
  while (i < values.size() && (values[i].empty() || (i == kHub && !values[i].starts_with("sha256=")))) ++i;
  return i;
}

// Whether this value proves that its sender knows the secret.
bool Proves(std::size_t header, const std::string& value, const std::string& digest) {
  if (header >= kFirstToken) return value == kSecret || (header > kFirstToken && value == "Bearer " + kSecret);
  const bool bare = header != 0 && header != kHub;
  const bool prefixed = header == 0 || header == kHub || header == 4;
  return (bare && Upper(value) == Upper(digest)) ||
         (prefixed && value.starts_with("sha256=") && Upper(value.substr(7)) == Upper(digest));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned there = input.Byte();
  std::array<std::string_view, kNames.size()> lines;
  for (std::size_t i = 0; i < lines.size(); ++i)
    if ((there >> i & 1U) != 0) lines[i] = input.Line();
  const std::string body(input.Rest());
  const std::string digest = HmacSha256Hex(kSecret, body);
  Values values;
  std::ranges::transform(lines, values.begin(), [&](std::string_view line) { return Expand(line, digest); });

  const SignatureCheck check = Check(values, body);
  const std::size_t decides = Deciding(values);
  fuzz::Require((check == SignatureCheck::Missing) == (decides == values.size()),
                "only without a header it is missing");
  if (check == SignatureCheck::Missing) return 0;
  const std::string& value = values[decides];
  fuzz::Require((check == SignatureCheck::Valid) == Proves(decides, value, digest), "it is valid when it proves it",
                value);
  Values alone;
  alone[decides] = value;
  fuzz::Require(Check(alone, body) == check, "the first header decides alone", value);
  fuzz::Require(Check(values, body, kSecret + "s") == SignatureCheck::Wrong, "another secret makes it wrong", value);
  fuzz::Require(Check(values, body, kSecret.substr(0, 15)) == SignatureCheck::Wrong, "a short secret too", value);
  if (decides < kFirstToken)
    fuzz::Require(Check(values, body + "x") == SignatureCheck::Wrong, "another body too", value);
  return 0;
}
