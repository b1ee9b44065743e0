#include "reconcilers/source/compose/external.h"

#include "api-types/codec/formats.h"

namespace tinyforge::compose {
namespace {

struct External {
  bool external = false;
  std::optional<std::string> name;
};

// true, false, or the old form {name: …}.
std::optional<External> ReadExternal(const Value& value, std::string_view section) {
  if (!value.Is(doc::Type::Map)) {
    const auto flag = value.Boolean();
    return flag ? std::optional(External{*flag, std::nullopt}) : std::nullopt;
  }
  External external{true, std::nullopt};
  Section(value, section).Take("name", external.name, &Value::Word);
  return external;
}

void RefuseOthers(const Section& keys) {
  for (const Value::Entry& entry : keys.value().Entries(true))
    if (entry.key != "name" && entry.key != "external")
      entry.value.Fail("has no meaning with external: true, which says that it is made elsewhere; remove one of them");
}

}  // namespace

Identity ReadIdentity(const Section& keys, std::string_view key, std::string_view project) {
  External external;
  const std::string section = std::string(keys.keys().path) + ".external";
  keys.Take("external", external, [&](const Value& value) { return ReadExternal(value, section); });
  std::optional<std::string> name;
  keys.Take("name", name, &Value::Word);
  if (name && external.name && *name != *external.name)
    keys.Find("external")->Fail("name and external.name differ; keep name");
  if (!name) name = external.name;
  if (external.external) RefuseOthers(keys);
  const std::string by_key = external.external ? std::string(key) : std::string(project) + "_" + std::string(key);
  return {name.value_or(by_key), external.external};
}

}  // namespace tinyforge::compose
