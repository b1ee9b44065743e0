#include "reconcilers/source/compose/paths.h"
#include "reconcilers/source/compose/service_readers.h"

namespace tinyforge::compose {
namespace {

// What differs between `secrets` and `configs`.
struct GrantKind {
  std::string_view key;      // of the service
  std::string_view section;  // of the table
  std::string_view name;     // "secret"
  std::string_view folder;   // that relative targets, and the default one, are below
};

constexpr GrantKind kSecrets = {"secrets", "services.*.secrets[]", "secret", "/run/secrets/"};
constexpr GrantKind kConfigs = {"configs", "services.*.configs[]", "config", "/"};
constexpr std::int64_t kMaxId = 4'294'967'294;

// The text of the grant's target; relative ones are below the folder of the kind.
std::optional<std::string> TargetOf(const Value& value, std::string_view text, const GrantKind& kind) {
  return ReadTarget(value, text.starts_with('/') ? std::string(text) : std::string(kind.folder) + std::string(text));
}

std::optional<FileGrant> ReadShort(const Value& item, const GrantKind& kind,
                                   const std::vector<std::string_view>& names) {
  auto source = item.Word();
  if (!source || !CheckName(item, *source, names, kind.name)) return std::nullopt;
  auto target = TargetOf(item, *source, kind);
  if (!target) return std::nullopt;
  return FileGrant{.source = *std::move(source), .target = *std::move(target)};
}

std::optional<FileGrant> ReadLong(const Value& item, const GrantKind& kind,
                                  const std::vector<std::string_view>& names) {
  const Section keys(item, kind.section);
  FileGrant grant;
  const auto id = [](const Value& value) { return value.Integer(0, kMaxId); };
  keys.Take("uid", grant.uid, id);
  keys.Take("gid", grant.gid, id);
  keys.Take("mode", grant.mode, &Value::Mode);
  std::string text;
  keys.Take("target", text, &Value::Word);
  const auto source_value = keys.Require("source");
  const auto source = source_value ? source_value->Word() : std::nullopt;
  if (!source || !CheckName(*source_value, *source, names, kind.name)) return std::nullopt;
  grant.source = *source;
  auto target = TargetOf(keys.Find("target").value_or(item), text.empty() ? *source : text, kind);
  if (!target) return std::nullopt;
  grant.target = *std::move(target);
  return grant;
}

std::vector<FileGrant> Read(const ServiceInput& in, const GrantKind& kind, const std::vector<std::string_view>& names) {
  std::vector<FileGrant> grants;
  const auto list = in.keys.Find(kind.key);
  if (!list) return grants;
  for (const Value& item : list->Items()) {
    auto grant = item.Is(doc::Type::Map) ? ReadLong(item, kind, names) : ReadShort(item, kind, names);
    if (grant) grants.push_back(*std::move(grant));
  }
  return grants;
}

}  // namespace

void ReadGrants(const ServiceInput& in, Service& out) {
  out.secrets = Read(in, kSecrets, in.scope.names.secrets);
  out.configs = Read(in, kConfigs, in.scope.names.configs);
}

}  // namespace tinyforge::compose
