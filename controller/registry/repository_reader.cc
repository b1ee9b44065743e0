#include "controller/registry/repository_reader.h"

#include <set>
#include <utility>

#include "controller/registry/manifest.h"
#include "controller/registry/tag_list.h"

namespace tinyforge::registry {
namespace {

constexpr const char* kFirstPage = "/tags/list?n=1000";
constexpr const char* kJson = "application/json";

Error TooManyTags(const RegistryCall& call) {
  return {ErrorKind::Waiting, call.what() + ": there are more than " + std::to_string(kMaxTags) + " tags, or than " +
                                  std::to_string(kMaxPages) +
                                  " pages of them; delete old ones, or follow one tag by its digest"};
}

// Where a list goes on. Of the link only path and query count: a registry behind a proxy often takes its own scheme or
// port for something else.
Expected<Url> NextPage(RegistryCall& call, const Url& page, const std::string& link) {
  const auto next = Resolve(page, link);
  if (!next || next->host != page.host)
    return call.Nonsense(page, "continues its list of tags at something that is not itself");
  Url url = page;
  url.target = next->target;
  return url;
}

std::string ManifestPath(const std::string& reference) {
  return "/manifests/" + reference;
}

// Content that is named by its hash.
Expected<std::string> GetVerified(RegistryCall& call, const std::string& path, const std::string& digest) {
  auto answer = call.Get(call.endpoint().At(path + digest), path == "/blobs/" ? "*/*" : std::string(kManifestTypes));
  if (!answer) return std::move(answer).error();
  if (DigestOf(answer->http.body) != digest)
    return call.Nonsense(answer->url, "gave something else than " + digest + " when asked for it");
  return std::move(answer->http.body);
}

Expected<Manifest> GetManifest(RegistryCall& call, const std::string& digest) {
  auto body = GetVerified(call, "/manifests/", digest);
  if (!body) return std::move(body).error();
  auto manifest = ParseManifest(*body);
  if (!manifest) return Error{ErrorKind::Invalid, call.what() + ": " + digest + " is no manifest of an image"};
  return std::move(*manifest);
}

// The digest of the configuration, of an index that of its image for the platform.
Expected<std::string> ConfigOf(RegistryCall& call, const std::string& digest, const Platform& platform) {
  auto manifest = GetManifest(call, digest);
  if (!manifest) return std::move(manifest).error();
  if (!manifest->config.empty()) return std::move(manifest->config);
  const std::string image = manifest->For(platform);
  if (image.empty()) return Error{ErrorKind::NotFound, call.what() + ": there is no image for " + platform.text()};
  manifest = GetManifest(call, image);
  if (!manifest) return std::move(manifest).error();
  if (manifest->config.empty())
    return Error{ErrorKind::Invalid, call.what() + ": the image for " + platform.text() + " is an index again"};
  return std::move(manifest->config);
}

// Of what a HEAD could not answer.
Expected<std::string> DigestByGet(RegistryCall& call, const std::string& reference) {
  auto answer = call.Get(call.endpoint().At(ManifestPath(reference)), std::string(kManifestTypes));
  if (!answer) return std::move(answer).error();
  const std::string& said = answer->http.head.digest;
  std::string digest = DigestOf(answer->http.body);
  if (!ParseManifest(answer->http.body)) return call.Nonsense(answer->url, "gave no manifest");
  if (!said.empty() && said != digest) return call.Nonsense(answer->url, "gave a manifest with another one's digest");
  return digest;
}

// A registry, or a proxy before it, that knows no HEAD.
bool KnowsNoHead(int status) {
  return status == 400 || status == 405 || status == 501;
}

Expected<std::string> DigestByHead(RegistryCall& call, const std::string& reference) {
  auto answer = call.Ask("HEAD", call.endpoint().At(ManifestPath(reference)), std::string(kManifestTypes));
  if (!answer) return std::move(answer).error();
  const bool silent = answer->http.status == 200 && answer->http.head.digest.empty();
  if (silent || KnowsNoHead(answer->http.status)) return DigestByGet(call, reference);
  if (answer->http.status != 200) return call.Refusal(*answer);
  if (!IsDigest(answer->http.head.digest)) return call.Nonsense(answer->url, "gave a digest that is none");
  return std::move(answer->http.head.digest);
}

}  // namespace

Expected<std::vector<std::string>> ReadTags(RegistryCall& call) {
  TagList tags;
  Url url = call.endpoint().At(kFirstPage);
  std::set<std::string> read;
  for (int pages = 0; pages < kMaxPages && tags.size() <= kMaxTags; ++pages) {
    auto answer = call.Get(url, kJson);
    if (!answer) return std::move(answer).error();
    if (!tags.Add(answer->http.body)) return call.Nonsense(answer->url, "gave no list of tags");
    read.insert(answer->url.text());
    const auto link = NextLink(answer->http.head.links);
    if (!link && tags.size() <= kMaxTags) return tags.Take();
    if (!link) break;
    auto next = NextPage(call, answer->url, *link);
    if (!next) return std::move(next).error();
    if (read.contains(next->text())) return call.Nonsense(answer->url, "gives a list of tags that goes in a circle");
    url = std::move(*next);
  }
  return TooManyTags(call);
}

Expected<std::string> ReadDigest(RegistryCall& call, const std::string& reference) {
  auto digest = DigestByHead(call, reference);
  if (digest && IsDigest(reference) && *digest != reference)
    return call.Nonsense(call.endpoint().base, "gave something else than " + reference + " when asked for it");
  return digest;
}

Expected<SysTime> ReadCreated(RegistryCall& call, const std::string& digest, const Platform& platform) {
  auto config = ConfigOf(call, digest, platform);
  if (!config) return std::move(config).error();
  auto body = GetVerified(call, "/blobs/", *config);
  if (!body) return std::move(body).error();
  const auto created = ParseCreated(*body);
  if (!created) {
    return Error{ErrorKind::Invalid,
                 call.what() + ": the image does not say when it was made; order its tags by another policy"};
  }
  return *created;
}

}  // namespace tinyforge::registry
