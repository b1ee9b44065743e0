#include "reconcilers/core/hook_label.h"

#include "api-types/codec/hash.h"
#include "api-types/doc/json.h"
#include "reconcilers/core/observed_state.h"

namespace tinyforge {
namespace {

using doc::Node;
using doc::Type;

Node EncodeEntry(const EnvEntry& entry) {
  Node node = Node::Map();
  node.Add("name", Node::Of(entry.name));
  if (entry.unset) node.Add("unset", Node::Of(true));
  if (!entry.value.empty()) node.Add("value", Node::Of(entry.value));
  if (entry.inserts.empty()) return node;
  Node inserts = Node::List();
  for (const EnvInsert& insert : entry.inserts) {
    Node& item = inserts.items.emplace_back(Node::Map());
    item.Add("offset", Node::Of(static_cast<std::int64_t>(insert.offset)));
    item.Add("secret", Node::Of(insert.secret.ref.name));
    item.Add("key", Node::Of(insert.secret.ref.key));
    if (!insert.secret.variable.empty()) item.Add("variable", Node::Of(insert.secret.variable));
  }
  node.Add("inserts", std::move(inserts));
  return node;
}

Node EncodeHook(const Hook& hook) {
  Node node = Node::Map();
  Node command = Node::List();
  for (const std::string& word : hook.command) command.items.push_back(Node::Of(word));
  node.Add("command", std::move(command));
  if (hook.user) node.Add("user", Node::Of(*hook.user));
  if (hook.working_dir) node.Add("workingDir", Node::Of(*hook.working_dir));
  if (hook.privileged) node.Add("privileged", Node::Of(true));
  if (hook.env.empty()) return node;
  Node env = Node::List();
  for (const EnvEntry& entry : hook.env) env.items.push_back(EncodeEntry(entry));
  node.Add("env", std::move(env));
  return node;
}

// What is not of the type counts as not there.
std::string TextAt(const Node& map, std::string_view key) {
  const Node* node = map.Find(key);
  return node && node->type == Type::String ? node->text : std::string();
}

std::optional<std::string> OptionalAt(const Node& map, std::string_view key) {
  return map.Find(key) ? std::optional(TextAt(map, key)) : std::nullopt;
}

bool FlagAt(const Node& map, std::string_view key) {
  const Node* node = map.Find(key);
  return node && node->type == Type::Bool && node->boolean;
}

const std::vector<Node>& ItemsAt(const Node& map, std::string_view key) {
  static const std::vector<Node> kNone;
  const Node* node = map.Find(key);
  return node && node->type == Type::List ? node->items : kNone;
}

EnvEntry DecodeEntry(const Node& node) {
  EnvEntry entry{.name = TextAt(node, "name"), .value = TextAt(node, "value"), .unset = FlagAt(node, "unset")};
  for (const Node& item : ItemsAt(node, "inserts")) {
    const Node* offset = item.Find("offset");
    EnvInsert& insert = entry.inserts.emplace_back();
    if (offset && offset->type == Type::Int) insert.offset = static_cast<std::size_t>(offset->integer);
    insert.secret = {{TextAt(item, "secret"), TextAt(item, "key")}, "", TextAt(item, "variable")};
  }
  return entry;
}

Hook DecodeHook(const Node& node) {
  Hook hook{.user = OptionalAt(node, "user"),
            .working_dir = OptionalAt(node, "workingDir"),
            .privileged = FlagAt(node, "privileged")};
  for (const Node& word : ItemsAt(node, "command")) hook.command.push_back(word.text);
  for (const Node& entry : ItemsAt(node, "env")) hook.env.push_back(DecodeEntry(entry));
  return hook;
}

}  // namespace

std::string EncodeHooks(const std::vector<Hook>& hooks) {
  Node list = Node::List();
  for (const Hook& hook : hooks) list.items.push_back(EncodeHook(hook));
  return doc::CanonicalJson(list);
}

std::string HookSeal(std::string_view label, std::string_view encoded) {
  return std::string(kHookSeal) + std::string(label) + "=" + Sha256Hex(encoded);
}

std::string OwnHooks(const StringMap& labels, std::string_view label) {
  const auto text = labels.find(std::string(label));
  const auto fields = labels.find(std::string(label::kFields));
  if (text == labels.end() || text->second.empty() || fields == labels.end()) return {};
  const std::string seal = " " + HookSeal(label, text->second) + " ";
  return (" " + fields->second + " ").find(seal) == std::string::npos ? std::string() : text->second;
}

Expected<std::vector<Hook>> DecodeHooks(std::string_view label) {
  auto list = doc::ParseJson(label);
  if (!list) return Error{ErrorKind::Terminal, "the hooks in its labels cannot be read: " + list.error().message};
  if (list->type != Type::List) return Error{ErrorKind::Terminal, "the hooks in its labels cannot be read: no list"};
  std::vector<Hook> hooks;
  for (const Node& node : list->items) {
    hooks.push_back(DecodeHook(node));
    if (hooks.back().command.empty())
      return Error{ErrorKind::Terminal, "the hooks in its labels cannot be read: one has no command"};
  }
  return hooks;
}

}  // namespace tinyforge
