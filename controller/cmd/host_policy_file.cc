// The mapping hostPolicy of the config file.
#include <arpa/inet.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "controller/cmd/config_file.h"
#include "controller/docker/ipv4_subnet.h"

namespace tinyforge::cmd {
namespace {

using doc::Node;
using doc::Type;
using Patterns = std::vector<std::string>;
using Fields = std::map<std::string_view, std::function<void(const Node&, const std::string& key)>>;

// Reads typed values and notes what is wrong with them.
class Reader {
 public:
  explicit Reader(ConfigErrors& errors) : errors_(errors) {}

  bool Is(const Node& node, Type type, const std::string& key) {
    if (node.type == type) return true;
    errors_.Add(node.mark, key,
                "expected " + std::string(doc::Describe(type)) + ", got " + std::string(doc::Describe(node.type)));
    return false;
  }
  void Wrong(const Node& node, const std::string& key, std::string_view message) {
    errors_.Add(node.mark, key, message);
  }

  bool Flag(const Node& node, const std::string& key) { return Is(node, Type::Bool, key) && node.boolean; }
  std::optional<std::string> Text(const Node& node, const std::string& key) {
    if (!Is(node, Type::String, key)) return std::nullopt;
    if (!node.text.empty()) return node.text;
    Wrong(node, key, "expected a text that is not empty");
    return std::nullopt;
  }
  // A path that has one spelling, so that what is allowed is what is written.
  std::optional<std::string> AbsolutePath(const Node& node, const std::string& key) {
    auto path = Text(node, key);
    if (!path) return std::nullopt;
    const std::string bounded = *path + "/";
    if (path->front() == '/' && bounded.find("/../") == std::string::npos && bounded.find("/./") == std::string::npos)
      return path;
    Wrong(node, key, "expected an absolute path without \".\" and \"..\", got \"" + *path + "\"");
    return std::nullopt;
  }
  Patterns Texts(const Node& node, const std::string& key) {
    Patterns texts;
    Each(node, key, [&](const Node& item, const std::string& item_key) {
      if (auto text = Text(item, item_key)) texts.push_back(std::move(*text));
    });
    return texts;
  }
  void Each(const Node& list, const std::string& key,
            const std::function<void(const Node&, const std::string&)>& read) {
    if (!Is(list, Type::List, key)) return;
    for (std::size_t i = 0; i < list.items.size(); ++i) read(list.items[i], key + "[" + std::to_string(i) + "]");
  }
  void Members(const Node& map, const std::string& key, const Fields& fields) {
    if (!Is(map, Type::Map, key)) return;
    for (const auto& member : map.members) {
      const std::string member_key = key + "." + member.key;
      if (const auto field = fields.find(member.key); field != fields.end()) {
        field->second(member.value, member_key);
      } else {
        errors_.Add(member.mark, member_key, "no such setting");
      }
    }
  }

 private:
  ConfigErrors& errors_;
};

void ReadRoot(Reader& reader, const Node& node, const std::string& key, docker::PathRule& rule) {
  reader.Members(
      node, key,
      {{"path", [&](const Node& n, const std::string& k) { rule.path = reader.AbsolutePath(n, k).value_or(""); }},
       {"exact", [&](const Node& n, const std::string& k) { rule.exact = reader.Flag(n, k); }},
       {"readOnly", [&](const Node& n, const std::string& k) { rule.read_only = reader.Flag(n, k); }}});
  if (node.type == Type::Map && node.Find("path") == nullptr) reader.Wrong(node, key, "expected a path");
}

void ReadNames(Reader& reader, const Node& node, const std::string& key, const Patterns& workloads,
               std::vector<docker::NamedRule>& rules) {
  for (std::string& name : reader.Texts(node, key)) rules.push_back({std::move(name), workloads});
}

void ReadRule(Reader& reader, const Node& node, const std::string& key, docker::HostPolicy& policy) {
  const Node* whom = node.type == Type::Map ? node.Find("workloads") : nullptr;
  if (node.type == Type::Map && whom == nullptr)
    reader.Wrong(node, key, "expected workloads, the name patterns that the rule holds for; [\"*\"] for all");
  const Patterns workloads = whom != nullptr ? reader.Texts(*whom, key + ".workloads") : Patterns();
  const auto allow = [&](Patterns& patterns) {
    return [&](const Node& n, const std::string& k) {
      if (reader.Flag(n, k)) patterns.insert(patterns.end(), workloads.begin(), workloads.end());
    };
  };
  const auto names = [&](std::vector<docker::NamedRule>& rules) {
    return [&](const Node& n, const std::string& k) { ReadNames(reader, n, k, workloads, rules); };
  };
  const auto roots = [&](const Node& list, const std::string& k) {
    reader.Each(list, k, [&](const Node& item, const std::string& item_key) {
      docker::PathRule rule{.workloads = workloads};
      ReadRoot(reader, item, item_key, rule);
      policy.paths.push_back(std::move(rule));
    });
  };
  reader.Members(node, key,
                 {{"workloads", [](const Node&, const std::string&) {}},
                  {"absoluteRoots", roots},
                  {"privileged", allow(policy.privileged)},
                  {"hostNetwork", allow(policy.host_network)},
                  {"hostPID", allow(policy.host_pid)},
                  {"dockerSocket", allow(policy.docker_socket)},
                  {"devices", names(policy.devices)},
                  {"capabilities", names(policy.capabilities)},
                  {"hostNamespaces", names(policy.host_namespaces)},
                  {"securityOptions", names(policy.security_options)},
                  {"runtimes", names(policy.runtimes)},
                  {"cgroupParents", names(policy.cgroup_parents)},
                  {"volumeDrivers", names(policy.volume_drivers)},
                  {"networkDrivers", names(policy.network_drivers)}});
}

void ReadSubnet(Reader& reader, const Node& node, const std::string& key, std::string& subnet) {
  const auto text = reader.Text(node, key);
  if (!text) return;
  if (const auto parsed = docker::ParseIpv4Subnet(*text); !parsed) {
    reader.Wrong(node, key, parsed.error().message);
  } else {
    subnet = *text;
  }
}

void ReadHostIp(Reader& reader, const Node& node, const std::string& key, std::string& address) {
  const auto text = reader.Text(node, key);
  if (!text) return;
  in6_addr parsed{};
  if (inet_pton(AF_INET, text->c_str(), &parsed) == 1 || inet_pton(AF_INET6, text->c_str(), &parsed) == 1) {
    address = *text;
  } else {
    reader.Wrong(node, key, "expected an IP address, such as 127.0.0.1 or 0.0.0.0, got \"" + *text + "\"");
  }
}

}  // namespace

void ApplyHostPolicy(const Node& node, docker::HostPolicy& policy, ConfigErrors& errors) {
  Reader reader(errors);
  const auto rules = [&](const Node& list, const std::string& key) {
    reader.Each(list, key,
                [&](const Node& item, const std::string& item_key) { ReadRule(reader, item, item_key, policy); });
  };
  reader.Members(node, "hostPolicy",
                 {{"rules", rules},
                  {"defaultHostIP",
                   [&](const Node& n, const std::string& k) { ReadHostIp(reader, n, k, policy.default_host_ip); }},
                  {"subnet", [&](const Node& n, const std::string& k) { ReadSubnet(reader, n, k, policy.subnet); }},
                  {"ipv6", [&](const Node& n, const std::string& k) { policy.ipv6 = reader.Flag(n, k); }}});
}

}  // namespace tinyforge::cmd
