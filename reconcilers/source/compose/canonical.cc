#include "reconcilers/source/compose/canonical.h"

#include <algorithm>
#include <map>
#include <utility>

#include "reconcilers/source/compose/model_path.h"

namespace tinyforge::compose {
namespace {

using doc::Node;
using doc::Type;

enum class Form { Pairs, Hosts, Names, Dependencies, Texts, Build, Extends };

struct Rule {
  std::string_view pattern;
  Form form;
};

constexpr Rule kRules[] = {
    {"services.*.environment", Form::Pairs},
    {"services.*.post_start.*.environment", Form::Pairs},
    {"services.*.pre_stop.*.environment", Form::Pairs},
    {"services.*.labels", Form::Pairs},
    {"services.*.annotations", Form::Pairs},
    {"services.*.sysctls", Form::Pairs},
    {"services.*.deploy.labels", Form::Pairs},
    {"services.*.build.args", Form::Pairs},
    {"services.*.build.labels", Form::Pairs},
    {"services.*.build.ssh", Form::Pairs},
    {"services.*.build.additional_contexts", Form::Pairs},
    {"services.*.volumes.*.volume.labels", Form::Pairs},
    {"networks.*.labels", Form::Pairs},
    {"volumes.*.labels", Form::Pairs},
    {"secrets.*.labels", Form::Pairs},
    {"configs.*.labels", Form::Pairs},
    {"services.*.extra_hosts", Form::Hosts},
    {"services.*.build.extra_hosts", Form::Hosts},
    {"services.*.networks", Form::Names},
    {"services.*.models", Form::Names},
    {"services.*.depends_on", Form::Dependencies},
    {"services.*.dns", Form::Texts},
    {"services.*.dns_search", Form::Texts},
    {"services.*.tmpfs", Form::Texts},
    {"services.*.env_file", Form::Texts},
    {"services.*.label_file", Form::Texts},
    {"services.*.build", Form::Build},
    {"services.*.extends", Form::Extends},
};

// Mappings whose keys are names that somebody chose, beside those that are made of lists of pairs.
constexpr std::string_view kOwnKeys[] = {
    "services",
    "networks",
    "volumes",
    "secrets",
    "configs",
    "models",
    "services.*.networks",
    "services.*.models",
    "services.*.depends_on",
    "services.*.storage_opt",
    "services.*.logging.options",
    "services.*.networks.*.driver_opts",
    "services.*.provider.options",
    "services.*.gpus.*.options",
    "services.*.deploy.resources.reservations.devices.*.options",
    "networks.*.driver_opts",
    "networks.*.ipam.options",
    "networks.*.ipam.config.*.aux_addresses",
    "volumes.*.driver_opts",
    "secrets.*.driver_opts",
    "configs.*.driver_opts",
};

const Rule* RuleOf(const ModelPath& path) {
  const auto found = std::ranges::find_if(kRules, [&](const Rule& rule) { return Matches(path, rule.pattern); });
  return found == std::end(kRules) ? nullptr : found;
}

bool HasOwnKeys(const ModelPath& path) {
  const Rule* rule = RuleOf(path);
  if (rule != nullptr && (rule->form == Form::Pairs || rule->form == Form::Hosts)) return true;
  return std::ranges::any_of(kOwnKeys, [&](std::string_view pattern) { return Matches(path, pattern); });
}

// Makes a mapping of the items of a list.
class Mapping {
 public:
  explicit Mapping(const Node& list) {
    node_.type = Type::Map;
    node_.mark = list.mark;
    node_.tag = list.tag;
  }

  // The member of that name, added where it is new.
  Node& At(const std::string& name, doc::Mark mark) {
    const auto [place, is_new] = index_.try_emplace(name, node_.members.size());
    if (is_new) node_.members.push_back({name, mark, {}});
    return node_.members[place->second].value;
  }
  Node Take() { return std::move(node_); }

 private:
  Node node_;
  std::map<std::string, std::size_t> index_;
};

Node Text(std::string_view text, doc::Mark mark) {
  Node node = Node::Of(std::string(text));
  node.mark = mark;
  return node;
}

class Canonicaliser {
 public:
  explicit Canonicaliser(LoadSession& session) : session_(session) {}

  Expected<void> Run(Node& model) {
    Walk(model, [this](Node& node, const ModelPath& path) { return Visit(node, path); });
    if (error_) return *std::move(error_);
    return {};
  }

 private:
  bool Visit(Node& node, const ModelPath& path) {
    if (error_ || node.tag == doc::Tag::Reset) return false;
    if (node.type == Type::Map && !HasOwnKeys(path))
      std::erase_if(node.members, [](const Node::Member& member) { return member.key.starts_with("x-"); });
    if (const Rule* rule = RuleOf(path)) Apply(rule->form, node, path);
    return !error_;
  }

  void Apply(Form form, Node& node, const ModelPath& path) {
    if (node.type == Type::String) return OfText(form, node);
    if (node.type != Type::List || form == Form::Texts) return;
    if (form == Form::Build || form == Form::Extends) return;
    Mapping mapping(node);
    for (const Node& item : node.items) {
      if (item.type != Type::String) return Refuse(form, item, path);
      Add(form, item, mapping, path);
    }
    if (!error_) node = mapping.Take();
  }

  static void OfText(Form form, Node& node) {
    if (form != Form::Texts && form != Form::Build && form != Form::Extends) return;
    Node outer = form == Form::Texts ? Node::List() : Node::Map();
    outer.mark = node.mark;
    outer.tag = std::exchange(node.tag, doc::Tag::None);
    if (form == Form::Texts)
      outer.items.push_back(std::move(node));
    else
      outer.members.push_back({form == Form::Build ? "context" : "service", node.mark, std::move(node)});
    node = std::move(outer);
  }

  void Add(Form form, const Node& item, Mapping& mapping, const ModelPath& path) {
    switch (form) {
      case Form::Pairs: return AddPair(item, mapping, path);
      case Form::Hosts: return AddHost(item, mapping, path);
      case Form::Names: mapping.At(item.text, item.mark).mark = item.mark; return;
      case Form::Dependencies: mapping.At(item.text, item.mark) = Dependency(item.mark); return;
      case Form::Texts:
      case Form::Build:
      case Form::Extends: return;
    }
  }

  void AddPair(const Node& item, Mapping& mapping, const ModelPath& path) {
    const std::size_t equals = item.text.find('=');
    if (equals == 0 || item.text.empty()) return Refuse(Form::Pairs, item, path);
    Node value;
    value.mark = item.mark;
    if (equals != std::string::npos) value = Text(std::string_view(item.text).substr(equals + 1), item.mark);
    mapping.At(item.text.substr(0, equals), item.mark) = std::move(value);
  }

  // NAME=ADDRESS, or NAME:ADDRESS where the address may have colons of its own; commas part several addresses.
  void AddHost(const Node& item, Mapping& mapping, const ModelPath& path) {
    const std::size_t equals = item.text.find('=');
    const std::size_t end = equals != std::string::npos ? equals : item.text.find(':');
    if (end == std::string::npos || end == 0) return Refuse(Form::Hosts, item, path);
    Node& place = mapping.At(item.text.substr(0, end), item.mark);
    for (std::string_view rest = std::string_view(item.text).substr(end + 1);;) {
      const std::size_t comma = rest.find(',');
      AddTo(place, Text(rest.substr(0, comma), item.mark));
      if (comma == std::string_view::npos) return;
      rest.remove_prefix(comma + 1);
    }
  }

  // What is said once is a text, what is said several times a list.
  static void AddTo(Node& place, Node address) {
    if (place.type == Type::Null) {
      place = std::move(address);
      return;
    }
    if (place.type == Type::String) {
      Node list = Node::List();
      list.mark = place.mark;
      list.items.push_back(std::exchange(place, Node{}));
      place = std::move(list);
    }
    place.items.push_back(std::move(address));
  }

  static Node Dependency(doc::Mark mark) {
    Node node = Node::Map();
    node.mark = mark;
    node.members.push_back({"condition", mark, Text("service_started", mark)});
    Node required = Node::Of(true);
    required.mark = mark;
    node.members.push_back({"required", mark, std::move(required)});
    return node;
  }

  void Refuse(Form form, const Node& item, const ModelPath& path) {
    if (error_) return;
    std::string wanted = "a name";
    if (form == Form::Pairs) wanted = "NAME=VALUE or NAME alone";
    if (form == Form::Hosts) wanted = "NAME=ADDRESS";
    error_ =
        session_.Fail(item.mark, Print(path) + ": expected " + wanted + " as an item of this list" +
                                     (item.type == Type::String ? "" : ", got " + std::string(Describe(item.type))));
  }

  LoadSession& session_;
  std::optional<Error> error_;
};

}  // namespace

Expected<void> MakeCanonical(LoadSession& session, Node& model) {
  return Canonicaliser(session).Run(model);
}

}  // namespace tinyforge::compose
