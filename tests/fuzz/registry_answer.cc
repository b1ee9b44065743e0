// What registries and token servers answer: bounded, and whatever an answer leads to is a URL that reads back the same.
//
// Input: the lines of a head up to an empty one, then the body.
#include <algorithm>

#include "api-types/codec/formats.h"
#include "controller/registry/answer_head.h"
#include "controller/registry/challenge.h"
#include "controller/registry/manifest.h"
#include "controller/registry/tag_list.h"
#include "controller/registry/token.h"
#include "controller/registry/url.h"
#include "tests/fuzz/property.h"

using namespace tinyforge;
using namespace tinyforge::registry;

namespace {

constexpr std::string_view kBase = "https://registry.example.com:5000/v2/acme/shop/tags/list?n=100";

void CheckUrl(const Url& url) {
  const std::string text = url.text();
  fuzz::Require(url.scheme == "https" || url.scheme == "http", "a URL is one of HTTP", text);
  fuzz::Require(!url.host.empty() && url.host.find_first_of("/@?#% ") == std::string::npos, "a host is plain", text);
  fuzz::Require(!url.port.empty() && url.port.find_first_not_of("0123456789") == std::string::npos, "a port", text);
  fuzz::Require(url.target.starts_with('/') && url.target.find('#') == std::string::npos, "a target is a path", text);
  const auto again = ParseUrl(text);
  fuzz::Require(again.has_value(), "a URL can be read again", text);
  fuzz::RequireSame(again->text(), text, "a URL reads back the same");
  fuzz::Require(again->SameOrigin(url), "a URL is of its own origin", text);
}

void CheckTarget(const std::string& reference) {
  if (const auto absolute = ParseUrl(reference)) CheckUrl(*absolute);
  const auto base = ParseUrl(kBase);
  const auto resolved = Resolve(*base, reference);
  if (!resolved) return;
  CheckUrl(*resolved);
  const bool relative = reference.starts_with('/') && !reference.starts_with("//");
  fuzz::Require(!relative || resolved->SameOrigin(*base), "a path stays where it is", resolved->text());
}

void CheckHead(const AnswerHead& head) {
  fuzz::Require(head.links.size() <= 16 && head.challenges.size() <= 16, "lists are bounded");
  if (const auto next = NextLink(head.links)) CheckTarget(*next);
  CheckTarget(head.location);
  const auto wait = ParseRetryAfter(head.retry_after, SysTime(std::chrono::hours(500'000)));
  fuzz::Require(!wait || *wait >= Duration(0), "nobody waits for the past", head.retry_after);
  const auto challenge = ParseChallenges(head.challenges);
  if (!challenge || challenge->scheme != Challenge::Scheme::Bearer) return;
  fuzz::Require(!challenge->realm.empty(), "a token server has a URL");
  const auto realm = ParseUrl(challenge->realm);
  if (!realm) return;
  CheckUrl(*realm);
  const HttpRequest request = TokenRequest(*realm, challenge->service, "acme/shop", nullptr);
  CheckUrl(request.url);
  fuzz::Require(request.url.SameOrigin(*realm), "a token is asked for where the challenge says", request.url.text());
}

void CheckManifest(std::string_view body) {
  const auto manifest = ParseManifest(body);
  if (!manifest) return;
  const bool index = manifest->config.empty();
  fuzz::Require(index || IsDigest(manifest->config), "a configuration is named by digest", manifest->config);
  for (const Manifest::Entry& entry : manifest->entries)
    fuzz::Require(IsDigest(entry.digest), "an entry is named by digest", entry.digest);
  const std::string own = manifest->For({.architecture = "amd64"});
  fuzz::Require(
      own.empty() || std::ranges::find(manifest->entries, own, &Manifest::Entry::digest) != manifest->entries.end(),
      "the entry for a platform is one of them", own);
}

void CheckBody(std::string_view body) {
  CheckManifest(body);
  const auto created = ParseCreated(body);
  fuzz::Require(!created || *created >= SysTime(), "no image is older than time",
                created ? FormatRfc3339(*created) : "");
  TagList list;
  if (list.Add(body)) {
    const std::size_t size = list.size();
    const std::vector<std::string> tags = list.Take();
    fuzz::Require(tags.size() == size && list.size() == 0, "the list is handed over");
    fuzz::Require(std::ranges::is_sorted(tags), "tags are sorted");
    for (const std::string& tag : tags)
      fuzz::Require(codec::format::kImageTag.valid(tag), "a tag can be asked for", tag);
  }
  fuzz::Require(FirstError(body).size() <= body.size() + 2, "an error is no longer than what said it");
  std::string copy(body);
  const auto token = ParseToken(copy);
  if (!token) return;
  fuzz::Require(!token->text.empty() && token->text.size() <= 16384, "a token is bounded");
  fuzz::Require(token->lifetime > Duration(0) && token->lifetime <= std::chrono::hours(1),
                "a token lives an hour at most");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  AnswerHead head;
  for (std::string_view line = input.Line(); !line.empty(); line = input.Line()) head.Take(line);
  CheckHead(head);
  CheckBody(input.Rest());
  return 0;
}
