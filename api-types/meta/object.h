// What every object has: a key (identity), metadata, and where it was read from.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tinyforge {

enum class Kind { Workload, Trigger, Binding, Secret };

inline constexpr std::string_view kApiVersion = "tinyforge.dev/v1";

std::string_view ToString(Kind kind);
// Exact PascalCase match.
std::optional<Kind> ParseKind(std::string_view text);

// Identity. Names are unique per kind; the file an object stands in is not part of it.
struct ObjectKey {
  Kind kind = Kind::Workload;
  std::string name;
  auto operator<=>(const ObjectKey&) const = default;
};

// "workload/shop"
std::string ToString(const ObjectKey& key);

using StringMap = std::map<std::string, std::string, std::less<>>;

struct ObjectMeta {
  std::string name;
  StringMap labels;
  StringMap annotations;
  bool operator==(const ObjectMeta&) const = default;
};

// A commit id in lower-case hex; empty: none yet.
using Revision = std::string;

// Where a document starts: repository-relative path, 1-based line and column.
struct SourcePosition {
  std::string path;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  bool operator==(const SourcePosition&) const = default;
};

// "apps/shop.yaml:12:7"
std::string ToString(const SourcePosition& position);

// A DNS label as of RFC 1123: [a-z0-9]([-a-z0-9]*[a-z0-9])?, at most 63 characters.
bool IsDnsLabel(std::string_view text);

}  // namespace tinyforge
