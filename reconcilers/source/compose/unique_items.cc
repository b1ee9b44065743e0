#include "reconcilers/source/compose/unique_items.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "api-types/doc/json.h"
#include "reconcilers/source/compose/model_path.h"

namespace tinyforge::compose {
namespace {

using doc::Node;
using doc::Type;

using Key = std::optional<std::string>;

bool IsScalar(const Node& node) {
  return node.type == Type::String || node.type == Type::Int || node.type == Type::Float;
}

// Numbers in one form, however they are written.
std::string ScalarText(const Node& node) {
  return node.type == Type::String ? node.text : doc::CanonicalJson(node);
}

// The text of a member, or what is assumed where there is none.
std::string TextOf(const Node& map, std::string_view key, std::string_view otherwise = "") {
  const Node* member = map.Find(key);
  if (member == nullptr || !IsScalar(*member) || member->text.empty()) return std::string(otherwise);
  return ScalarText(*member);
}

std::string WithoutTrailingSlashes(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

// Divided at colons that stand in no brackets.
std::vector<std::string_view> Divide(std::string_view text) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  bool brackets = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '[' || text[at] == ']') brackets = text[at] == '[';
    if (text[at] != ':' || brackets) continue;
    parts.push_back(text.substr(begin, at - begin));
    begin = at + 1;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

Key NameKey(const Node& item) {
  if (!IsScalar(item)) return std::nullopt;
  const std::string text = ScalarText(item);
  return text.substr(0, text.find('='));
}

Key TextKey(const Node& item) {
  return IsScalar(item) ? Key(ScalarText(item)) : std::nullopt;
}

Key PathKey(const Node& item) {
  if (item.type == Type::Map) return TextOf(item, "path");
  return TextKey(item);
}

// SOURCE:TARGET[:MODE], or TARGET alone.
Key MountKey(const Node& item) {
  if (item.type == Type::Map) return item.Find("target") ? Key(WithoutTrailingSlashes(TextOf(item, "target"))) : Key();
  if (!IsScalar(item)) return std::nullopt;
  const auto parts = Divide(item.text);
  return WithoutTrailingSlashes(std::string(parts.size() == 1 ? parts[0] : parts[1]));
}

Key TmpfsKey(const Node& item) {
  return IsScalar(item) ? Key(item.text.substr(0, item.text.find(':'))) : std::nullopt;
}

// A grant of a secret or config: the name alone, or a mapping; without a target it lies in `folder` by its name.
Key GrantKey(const Node& item, std::string_view folder) {
  const std::string name = item.type == Type::Map ? TextOf(item, "source") : item.text;
  if (name.empty()) return std::nullopt;
  const std::string target = item.type == Type::Map ? TextOf(item, "target", name) : name;
  return target.starts_with('/') ? target : std::string(folder) + target;
}

Key SecretKey(const Node& item) {
  return GrantKey(item, "/run/secrets/");
}

Key ConfigKey(const Node& item) {
  return GrantKey(item, "/");
}

struct PortParts {
  std::string ip = "0.0.0.0";
  std::string published;
  std::string target;
  std::string protocol = "tcp";
};

// [[IP:]PUBLISHED:]TARGET[/PROTOCOL]
PortParts ShortPort(std::string_view text) {
  PortParts port;
  const std::size_t slash = text.rfind('/');
  if (slash != std::string_view::npos) port.protocol = text.substr(slash + 1);
  auto parts = Divide(text.substr(0, slash));
  port.target = parts.back();
  parts.pop_back();
  if (!parts.empty()) {
    port.published = parts.back();
    parts.pop_back();
  }
  std::string ip;
  for (const std::string_view part : parts) ip += (ip.empty() ? "" : ":") + std::string(part);
  if (ip.starts_with('[') && ip.ends_with(']')) ip = ip.substr(1, ip.size() - 2);
  if (!ip.empty()) port.ip = ip;
  return port;
}

Key PortKey(const Node& item) {
  PortParts port;
  if (item.type == Type::Map)
    port = {TextOf(item, "host_ip", port.ip), TextOf(item, "published"), TextOf(item, "target"),
            TextOf(item, "protocol", port.protocol)};
  else
    port = ShortPort(IsScalar(item) ? ScalarText(item) : "");
  if (port.target.empty()) return std::nullopt;
  return port.ip + " " + port.published + " " + port.target + " " + port.protocol;
}

struct Rule {
  std::string_view pattern;
  Key (*key)(const Node&);
};

constexpr Rule kRules[] = {
    {"services.*.volumes", MountKey},
    {"services.*.devices", MountKey},
    {"services.*.secrets", SecretKey},
    {"services.*.configs", ConfigKey},
    {"services.*.build.secrets", SecretKey},
    {"services.*.ports", PortKey},
    {"services.*.tmpfs", TmpfsKey},
    {"services.*.expose", TextKey},
    {"services.*.dns", TextKey},
    {"services.*.dns_search", TextKey},
    {"services.*.dns_opt", TextKey},
    {"services.*.cap_add", NameKey},
    {"services.*.cap_drop", NameKey},
    {"services.*.links", TextKey},
    {"services.*.profiles", TextKey},
    {"services.*.build.tags", TextKey},
    {"services.*.build.platforms", TextKey},
    {"services.*.networks.*.aliases", TextKey},
    {"services.*.networks.*.link_local_ips", TextKey},
    {"services.*.blkio_config.weight_device", PathKey},
    {"services.*.blkio_config.device_read_bps", PathKey},
    {"services.*.blkio_config.device_read_iops", PathKey},
    {"services.*.blkio_config.device_write_bps", PathKey},
    {"services.*.blkio_config.device_write_iops", PathKey},
};

void KeepLast(std::vector<Node>& items, Key (*key_of)(const Node&)) {
  std::vector<Node> kept;
  std::map<std::string, std::size_t> index;
  for (Node& item : items) {
    const Key key = key_of(item);
    const auto [place, is_new] = key ? index.try_emplace(*key, kept.size()) : std::pair{index.end(), true};
    if (is_new)
      kept.push_back(std::move(item));
    else
      kept[place->second] = std::move(item);
  }
  items = std::move(kept);
}

}  // namespace

void KeepUnique(Node& model) {
  Walk(model, [](Node& node, const ModelPath& path) {
    if (node.type != Type::List) return true;
    const auto rule = std::ranges::find_if(kRules, [&](const Rule& known) { return Matches(path, known.pattern); });
    if (rule != std::end(kRules)) KeepLast(node.items, rule->key);
    return true;
  });
}

}  // namespace tinyforge::compose
