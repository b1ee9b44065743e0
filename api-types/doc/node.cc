#include "api-types/doc/node.h"

#include <utility>

namespace tinyforge::doc {

std::string_view Describe(Type type) {
  switch (type) {
    case Type::Null: return "nothing";
    case Type::Bool: return "true or false";
    case Type::Int: return "a whole number";
    case Type::Float: return "a number";
    case Type::String: return "a string";
    case Type::List: return "a list";
    case Type::Map: return "a mapping";
  }
  return "nothing";
}

Node Node::Of(bool value) {
  Node node;
  node.type = Type::Bool;
  node.boolean = value;
  return node;
}

Node Node::Of(std::int64_t value) {
  Node node;
  node.type = Type::Int;
  node.integer = value;
  node.text = std::to_string(value);
  return node;
}

Node Node::Of(std::string value) {
  Node node;
  node.type = Type::String;
  node.text = std::move(value);
  return node;
}

Node Node::List() {
  Node node;
  node.type = Type::List;
  return node;
}

Node Node::Map() {
  Node node;
  node.type = Type::Map;
  return node;
}

const Node* Node::Find(std::string_view key) const {
  for (const Member& member : members)
    if (member.key == key) return &member.value;
  return nullptr;
}

Node& Node::Add(std::string key, Node value) {
  members.push_back({std::move(key), {}, std::move(value)});
  return members.back().value;
}

}  // namespace tinyforge::doc
