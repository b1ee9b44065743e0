#include "api-types/codec/recognize.h"

#include <algorithm>
#include <vector>

#include "api-types/codec/suggestion.h"

namespace tinyforge::codec {
namespace {

constexpr std::string_view kGroup = kApiVersion.substr(0, kApiVersion.find('/'));
constexpr std::string_view kGroupWord = kGroup.substr(0, kGroup.find('.'));

std::vector<std::string_view> KindNames() {
  return {ToString(Kind::Workload), ToString(Kind::Trigger), ToString(Kind::Binding), ToString(Kind::Secret)};
}

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool EqualFolded(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return Lower(x) == Lower(y); });
}

bool ContainsFolded(std::string_view text, std::string_view word) {
  return std::search(text.begin(), text.end(), word.begin(), word.end(),
                     [](char x, char y) { return Lower(x) == Lower(y); }) != text.end();
}

// "tinyforge.dev/v2", "tinyforge.io/v1", "Tinyforge.dev/v1", "tinyfroge.dev/v1".
bool NearGroup(std::string_view api_version) {
  const std::string_view group = api_version.substr(0, api_version.find('/'));
  return ContainsFolded(group, kGroupWord) || EditDistance(group, kGroup) <= 2;
}

const doc::Node::Member* FindFolded(const doc::Node& document, std::string_view key) {
  for (const auto& member : document.members)
    if (EqualFolded(member.key, key)) return &member;
  return nullptr;
}

Recognition Miss(std::string field, std::string message, doc::Mark mark) {
  return {std::nullopt, std::move(field), std::move(message), mark};
}

Recognition RecognizeKind(const doc::Node& document) {
  const doc::Node* kind = document.Find("kind");
  if (kind == nullptr) {
    if (const auto* slip = FindFolded(document, "kind"))
      return Miss(slip->key, "unknown key; did you mean \"kind\"?", slip->mark);
    return Miss("kind", "is required but missing; expected one of Workload, Trigger, Binding, Secret", document.mark);
  }
  if (const auto known = kind->type == doc::Type::String ? ParseKind(kind->text) : std::nullopt)
    return {known, {}, {}, {}};
  std::string message = "expected one of Workload, Trigger, Binding, Secret";
  if (kind->type == doc::Type::String) {
    message += ", got \"" + kind->text + "\"";
    if (const auto nearest = Nearest(kind->text, KindNames()); !nearest.empty())
      message += "; did you mean " + std::string(nearest) + "?";
  }
  return Miss("kind", std::move(message), kind->mark);
}

// Without apiVersion, a kind of ours with a spec is taken for a manifest in the making.
Recognition WithoutApiVersion(const doc::Node& document) {
  const doc::Node* kind = document.Find("kind");
  const bool ours = kind != nullptr && kind->type == doc::Type::String && ParseKind(kind->text).has_value();
  if (!ours || document.Find("spec") == nullptr) return {};
  return Miss("apiVersion", "is required but missing; expected " + std::string(kApiVersion), document.mark);
}

}  // namespace

Recognition Recognize(const doc::Node& document) {
  if (document.type != doc::Type::Map) return {};
  const auto* member = FindFolded(document, "apiVersion");
  if (member == nullptr) return WithoutApiVersion(document);
  if (member->value.type != doc::Type::String) return {};
  const std::string& api_version = member->value.text;
  if (!NearGroup(api_version)) return {};
  if (member->key != "apiVersion") return Miss(member->key, "unknown key; did you mean \"apiVersion\"?", member->mark);
  if (api_version == kApiVersion) return RecognizeKind(document);
  return Miss("apiVersion", "expected " + std::string(kApiVersion) + ", got \"" + api_version + "\"",
              member->value.mark);
}

bool MayConcernUs(std::string_view text) {
  if (text.find("apiVersion") != std::string_view::npos) return true;
  return text.find("kind") != std::string_view::npos || ContainsFolded(text, kGroupWord);
}

bool NamesOurGroup(std::string_view text) {
  return text.find(std::string(kGroup) + "/") != std::string_view::npos;
}

}  // namespace tinyforge::codec
