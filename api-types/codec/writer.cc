#include "api-types/codec/writer.h"

#include "api-types/doc/json.h"

namespace tinyforge::codec {

doc::Node WriteJsonText(const std::string& json) {
  auto node = doc::ParseJson(json);
  return node ? *std::move(node) : doc::Node::Map();
}

doc::Node WriteStrings(const StringMap& map) {
  doc::Node node = doc::Node::Map();
  for (const auto& [key, value] : map) node.Add(key, doc::Node::Of(value));
  return node;
}

doc::Node WriteOnChange(const v1::OnFileChange& on_change) {
  if (on_change.action != v1::FileChange::Signal) return doc::Node::Of(std::string(v1::NameOf(on_change.action)));
  doc::Node node = doc::Node::Map();
  node.Add("signal", doc::Node::Of(on_change.signal));
  return node;
}

}  // namespace tinyforge::codec
