#include <algorithm>

#include "api-types/codec/formats.h"
#include "reconcilers/source/compose/limits.h"
#include "reconcilers/source/compose/mapping.h"
#include "reconcilers/source/compose/namespaces.h"
#include "reconcilers/source/compose/service_readers.h"

namespace tinyforge::compose {
namespace {

constexpr std::string_view kCapPrefix = "CAP_";
constexpr std::string_view kDeviceForm =
    "HOST_PATH[:CONTAINER_PATH[:PERMISSIONS]], the paths absolute, permissions of rwm";

// "cap_net_admin" and "NET_ADMIN" are the same to the Engine.
std::optional<std::string> ReadCapability(const Value& item) {
  auto text = item.Word();
  if (!text) return std::nullopt;
  std::transform(text->begin(), text->end(), text->begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  if (text->starts_with(kCapPrefix)) text->erase(0, kCapPrefix.size());
  if (codec::format::kCapability.valid(*text)) return text;
  item.Mismatch(codec::format::kCapability.expected);
  return std::nullopt;
}

std::optional<std::vector<std::string>> ReadCapabilities(const Value& value) {
  std::vector<std::string> capabilities;
  for (const Value& item : value.Items())
    if (auto capability = ReadCapability(item)) capabilities.push_back(*std::move(capability));
  std::sort(capabilities.begin(), capabilities.end());
  capabilities.erase(std::unique(capabilities.begin(), capabilities.end()), capabilities.end());
  return capabilities;
}

void AddDevice(const Value& value, v1::Device device, std::vector<v1::Device>& out) {
  if (device.container.empty()) device.container = device.host;
  const bool absolute = device.host.starts_with('/') && device.container.starts_with('/');
  if (absolute && codec::format::kDevicePermissions.valid(device.permissions))
    out.push_back(std::move(device));
  else
    value.Mismatch(kDeviceForm);
}

void ReadShortDevice(const Value& item, std::vector<v1::Device>& out) {
  const auto text = item.Word();
  if (!text) return;
  v1::Device device;
  const std::size_t first = text->find(':');
  const std::size_t second = first == std::string::npos ? first : text->find(':', first + 1);
  device.host = text->substr(0, first);
  if (first != std::string::npos) device.container = text->substr(first + 1, second - first - 1);
  if (second != std::string::npos) device.permissions = text->substr(second + 1);
  AddDevice(item, std::move(device), out);
}

std::optional<std::vector<v1::Device>> ReadDevices(const Value& value) {
  std::vector<v1::Device> devices;
  for (const Value& item : value.Items()) {
    if (!item.Is(doc::Type::Map)) {
      ReadShortDevice(item, devices);
      continue;
    }
    const Section keys(item, "services.*.devices[]");
    v1::Device device;
    const bool complete = keys.Require("source").has_value();
    keys.Take("source", device.host, &Value::Word);
    keys.Take("target", device.container, &Value::Word);
    keys.Take("permissions", device.permissions, &Value::Word);
    if (complete) AddDevice(item, std::move(device), devices);
  }
  return devices;
}

std::optional<StringMap> ReadSysctls(const Value& value) {
  auto sysctls = ReadMapping(value);
  if (!sysctls) return sysctls;
  for (const auto& [name, text] : *sysctls)
    if (!codec::format::kSysctl.valid(name))
      value.Fail("expected " + std::string(codec::format::kSysctl.expected) + ", got " + Quoted(name));
  return sysctls;
}

auto Words(std::vector<std::string_view> words) {
  return [words = std::move(words)](const Value& value) -> std::optional<std::string> {
    const auto index = value.OneOf(words);
    return index ? std::optional<std::string>(words[*index]) : std::nullopt;
  };
}

// The Engine takes the text of a seccomp profile, and of `systempaths` what the docker command makes of it.
std::optional<std::vector<std::string>> ReadSecurityOptions(const Value& value) {
  for (const Value& item : value.Items()) {
    const std::string& text = item.node().text;
    const std::string_view profile = text.size() > 8 ? std::string_view(text).substr(8) : std::string_view();
    const bool is_file = profile != "unconfined" && profile != "builtin" && !profile.starts_with('{');
    if ((text.starts_with("seccomp=") || text.starts_with("seccomp:")) && is_file)
      item.Fail("not supported: a seccomp profile in a file; expected unconfined, or the profile's JSON itself");
    if (text.starts_with("systempaths")) item.Fail("not supported: it is of the docker command, not of the Engine");
  }
  return value.Texts();
}

void ReadNamespaces(const ServiceInput& in, Service& out) {
  const Names& names = in.scope.names;
  in.keys.TakeText("ipc", out.ipc, [&](const Value& value) {
    return ReadNamespace(value,
                         {{"none", NamespaceKind::None},
                          {"host", NamespaceKind::Host},
                          {"private", NamespaceKind::Private},
                          {"shareable", NamespaceKind::Shareable}},
                         names);
  });
  in.keys.TakeText("pid", out.pid, [&](const Value& value) {
    return ReadNamespace(value, {{"host", NamespaceKind::Host}}, names);
  });
  in.keys.TakeText("uts", out.uts, Words({"host"}));
  in.keys.TakeText("userns_mode", out.userns_mode, Words({"host"}));
  in.keys.TakeText("cgroup", out.cgroup, Words({"host", "private"}));
  in.keys.TakeText("cgroup_parent", out.cgroup_parent, &Value::Word);
}

}  // namespace

void ReadRights(const ServiceInput& in, Service& out) {
  const Section& keys = in.keys;
  keys.Take("privileged", out.privileged, &Value::Boolean);
  keys.Take("cap_add", out.capabilities.add, ReadCapabilities);
  keys.Take("cap_drop", out.capabilities.drop, ReadCapabilities);
  keys.Take("devices", out.devices, ReadDevices);
  keys.Take("device_cgroup_rules", out.device_cgroup_rules, &Value::Texts);
  keys.Take("security_opt", out.security_opt, ReadSecurityOptions);
  keys.Take("sysctls", out.sysctls, ReadSysctls);
  keys.Take("ulimits", out.ulimits, [](const Value& value) { return ReadUlimits(value, "services.*.ulimits.*"); });
  keys.TakeText("runtime", out.runtime, &Value::Word);
  ReadNamespaces(in, out);
}

}  // namespace tinyforge::compose
