#include "reconcilers/source/compose/resource_sections.h"

#include "api-types/codec/formats.h"
#include "reconcilers/source/compose/external.h"
#include "reconcilers/source/compose/label_reader.h"
#include "reconcilers/source/compose/mapping.h"
#include "reconcilers/source/compose/paths.h"

namespace tinyforge::compose {
namespace {

void CheckDockerName(const Value& value, const Identity& identity) {
  if (!codec::format::kDockerName.valid(identity.name))
    value.Fail("name " + Quoted(identity.name) + ": expected " + std::string(codec::format::kDockerName.expected));
}

IpamPool ReadPool(const Value& item) {
  const Section keys(item, "networks.*.ipam.config[]");
  IpamPool pool;
  keys.Take("subnet", pool.subnet, &Value::Word);
  keys.Take("ip_range", pool.ip_range, &Value::Word);
  keys.Take("gateway", pool.gateway, Value::Of(codec::format::kIp));
  keys.Take("aux_addresses", pool.aux_addresses, ReadOptions);
  return pool;
}

Ipam ReadIpam(const Value& value) {
  const Section keys(value, "networks.*.ipam");
  Ipam ipam;
  keys.Take("driver", ipam.driver, &Value::Word);
  keys.Take("options", ipam.options, ReadOptions);
  if (const auto pools = keys.Find("config"))
    for (const Value& item : pools->Items()) ipam.pools.push_back(ReadPool(item));
  return ipam;
}

// The value of the variable that `environment` names.
std::optional<SecretText> ReadVariable(const Value& value, const Variables& variables) {
  const auto name = value.Word();
  auto text = name ? variables(*name) : std::nullopt;
  if (name && !text)
    value.Fail("the environment of the project has no variable " + Quoted(*name) + "; set it in env of the source");
  return text;
}

std::optional<ComposePath> ReadPath(const Value& value) {
  const auto text = value.Word();
  return text ? ReadSourcePath(value, *text) : std::nullopt;
}

std::optional<SecretText> ReadContent(const Value& value) {
  if (value.Is(doc::Type::String)) return value.node().text;
  value.Mismatch("a string");
  return std::nullopt;
}

FileSource ReadFileSource(const Value& value, std::string_view section, std::string_view key,
                          const ProjectScope& scope) {
  const Section keys(value, section);
  FileSource source;
  const Identity identity = ReadIdentity(keys, key, scope.project);
  if (identity.external) {
    source.external = identity.name;
    return source;
  }
  keys.Take("file", source.file, ReadPath);
  keys.Take("content", source.content, ReadContent);
  keys.Take("environment", source.content,
            [&](const Value& v) { return ReadVariable(v, scope.surroundings.variables); });
  const int sources =
      keys.Find("file").has_value() + keys.Find("content").has_value() + keys.Find("environment").has_value();
  if (sources != 1 && value.Is(doc::Type::Map)) {
    const bool config = section == "configs.*";
    value.Fail(config ? "expected exactly one of file, content, environment and external: true"
                      : "expected exactly one of file, environment and external: true");
  }
  return source;
}

void CheckIpv4(const Value& value) {
  if (value.Boolean() == false) value.Fail("not supported: networks without IPv4 need Engine 27.4; remove it");
}

}  // namespace

Network ReadNetworkSection(const Value& value, std::string_view key, const ProjectScope& scope) {
  if (value.Is(doc::Type::Null)) return {.name = std::string(scope.project) + "_" + std::string(key)};
  const Section keys(value, "networks.*");
  const Identity identity = ReadIdentity(keys, key, scope.project);
  CheckDockerName(value, identity);
  Network network{.name = identity.name, .external = identity.external};
  keys.Take("driver", network.driver, &Value::Word);
  keys.Take("driver_opts", network.driver_opts, ReadOptions);
  if (const auto ipam = keys.Find("ipam")) network.ipam = ReadIpam(*ipam);
  keys.Take("internal", network.internal, &Value::Boolean);
  keys.Take("attachable", network.attachable, &Value::Boolean);
  keys.Check("enable_ipv4", CheckIpv4);
  keys.Take("enable_ipv6", network.enable_ipv6, &Value::Boolean);
  keys.Take("labels", network.labels, ReadOwnLabels);
  return network;
}

Volume ReadVolumeSection(const Value& value, std::string_view key, const ProjectScope& scope) {
  if (value.Is(doc::Type::Null)) return {.name = std::string(scope.project) + "_" + std::string(key)};
  const Section keys(value, "volumes.*");
  const Identity identity = ReadIdentity(keys, key, scope.project);
  CheckDockerName(value, identity);
  Volume volume{.name = identity.name, .external = identity.external};
  keys.Take("driver", volume.driver, &Value::Word);
  keys.Take("driver_opts", volume.driver_opts, ReadOptions);
  keys.Take("labels", volume.labels, ReadOwnLabels);
  return volume;
}

FileSource ReadSecretSection(const Value& value, std::string_view key, const ProjectScope& scope) {
  return ReadFileSource(value, "secrets.*", key, scope);
}

FileSource ReadConfigSection(const Value& value, std::string_view key, const ProjectScope& scope) {
  return ReadFileSource(value, "configs.*", key, scope);
}

}  // namespace tinyforge::compose
