#include "api-types/meta/object.h"

#include <algorithm>
#include <array>

namespace tinyforge {
namespace {

constexpr std::array<Kind, 4> kKinds = {Kind::Workload, Kind::Trigger, Kind::Binding, Kind::Secret};

bool IsLowerAlnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

}  // namespace

std::string_view ToString(Kind kind) {
  switch (kind) {
    case Kind::Workload: return "Workload";
    case Kind::Trigger: return "Trigger";
    case Kind::Binding: return "Binding";
    case Kind::Secret: return "Secret";
  }
  return "Unknown";
}

std::optional<Kind> ParseKind(std::string_view text) {
  const auto* found = std::find_if(kKinds.begin(), kKinds.end(), [&](Kind k) { return ToString(k) == text; });
  return found == kKinds.end() ? std::nullopt : std::optional(*found);
}

std::string ToString(const ObjectKey& key) {
  std::string text(ToString(key.kind));
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return text + "/" + key.name;
}

std::string ToString(const SourcePosition& position) {
  return position.path + ":" + std::to_string(position.line) + ":" + std::to_string(position.column);
}

bool IsDnsLabel(std::string_view text) {
  if (text.empty() || text.size() > 63 || text.front() == '-' || text.back() == '-') return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return IsLowerAlnum(c) || c == '-'; });
}

}  // namespace tinyforge
