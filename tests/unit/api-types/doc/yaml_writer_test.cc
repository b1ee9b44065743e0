#include "api-types/doc/yaml_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api-types/doc/json.h"
#include "api-types/doc/yaml.h"

namespace tinyforge::doc {
namespace {

std::string ReadBack(const Node& node) {
  const std::string text = ToYaml(node);
  const auto documents = ParseYamlFile(text);
  if (!documents) return documents.error().message + "\n" + text;
  return documents->size() == 1 ? CanonicalJson(documents->front()) : "not one document:\n" + text;
}

// The text by itself, in a list, and as key and value of a mapping.
std::vector<Node> Places(const std::string& text) {
  Node list = Node::List();
  list.items = {Node::Of(text), Node::Of(text)};
  Node map = Node::Map();
  map.Add(text, Node::Of(text));
  Node outer = Node::Map();
  outer.Add("a", list);
  outer.Add("b", map);
  return {Node::Of(text), list, map, outer};
}

TEST(ToYaml, TextsReadBackAsTheyAre) {
  const std::string mark = "\xEF\xBB\xBF";  // a byte order mark belongs to no plain scalar (YAML 1.2.2, section 7.3.3)
  for (const std::string& text : {std::string("word"), std::string(" blank "), std::string("one\ntwo\n"), mark,
                                  mark + "a", "a" + mark, "a" + mark + "\nb\n"})
    for (const Node& node : Places(text)) EXPECT_EQ(ReadBack(node), CanonicalJson(node)) << ToYaml(node);
}

}  // namespace
}  // namespace tinyforge::doc
