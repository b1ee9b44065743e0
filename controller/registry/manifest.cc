#include "controller/registry/manifest.h"

#include "api-types/codec/field.h"
#include "api-types/codec/formats.h"
#include "api-types/codec/hash.h"
#include "api-types/doc/json.h"
#include "controller/registry/http_client.h"

namespace tinyforge::registry {
namespace {

constexpr doc::Limits kLimits{.bytes = kMaxBodyBytes};

// The member of a mapping, when it has the type.
const doc::Node* Find(const doc::Node* node, std::string_view key, doc::Type type) {
  if (!node || node->type != doc::Type::Map) return nullptr;
  const doc::Node* found = node->Find(key);
  return found && found->type == type ? found : nullptr;
}

std::string Text(const doc::Node* node, std::string_view key) {
  const doc::Node* found = Find(node, key, doc::Type::String);
  return found ? found->text : std::string();
}

std::string DigestAt(const doc::Node* node) {
  std::string digest = Text(node, "digest");
  return IsDigest(digest) ? digest : std::string();
}

Manifest IndexOf(const doc::Node& list) {
  Manifest index;
  for (const doc::Node& item : list.items) {
    const doc::Node* platform = Find(&item, "platform", doc::Type::Map);
    Manifest::Entry entry{DigestAt(&item),
                          {Text(platform, "os"), Text(platform, "architecture"), Text(platform, "variant")}};
    if (platform && !entry.digest.empty()) index.entries.push_back(std::move(entry));
  }
  return index;
}

// How well an entry fits a platform; 0: not at all.
int Fit(const Platform& entry, const Platform& platform) {
  if (entry.os != platform.os || entry.architecture != platform.architecture) return 0;
  if (entry.variant == platform.variant) return 3;
  return entry.variant.empty() ? 2 : 1;
}

}  // namespace

bool IsDigest(std::string_view text) {
  return codec::format::kImageDigest.valid(text);
}

std::string DigestOf(std::string_view bytes) {
  return "sha256:" + Sha256Hex(bytes);
}

std::string Manifest::For(const Platform& platform) const {
  int best = 0;
  std::string digest;
  for (const Entry& entry : entries) {
    const int fit = Fit(entry.platform, platform);
    if (fit <= best) continue;
    best = fit;
    digest = entry.digest;
  }
  return digest;
}

std::optional<Manifest> ParseManifest(std::string_view json) {
  const auto root = doc::ParseJson(json, kLimits);
  if (!root) return std::nullopt;
  if (const doc::Node* list = Find(&*root, "manifests", doc::Type::List)) return IndexOf(*list);
  Manifest manifest{.config = DigestAt(Find(&*root, "config", doc::Type::Map))};
  return manifest.config.empty() ? std::nullopt : std::optional(manifest);
}

std::optional<SysTime> ParseCreated(std::string_view config_json) {
  const auto root = doc::ParseJson(config_json, kLimits);
  if (!root) return std::nullopt;
  const auto created = ParseRfc3339(Text(&*root, "created"));
  return created && *created >= SysTime() ? created : std::nullopt;
}

std::string FirstError(std::string_view json) {
  const auto root = doc::ParseJson(json, {.bytes = std::size_t{64} << 10});
  if (!root) return {};
  const doc::Node* errors = Find(&*root, "errors", doc::Type::List);
  if (!errors || errors->items.empty()) return Text(&*root, "details");  // of a token server
  const std::string code = Text(&errors->items.front(), "code");
  const std::string message = Text(&errors->items.front(), "message");
  return code.empty() || message.empty() ? code + message : code + ": " + message;
}

}  // namespace tinyforge::registry
