// The JSON reader and writers: whatever is read is within its limits, and reads back as the same document.
#include "api-types/doc/json.h"

#include "tests/fuzz/property.h"

using namespace tinyforge;

namespace {

constexpr doc::Limits kLimits = {.depth = 16, .nodes = 1'000};

std::size_t Nodes(const doc::Node& node, std::size_t depth) {
  fuzz::Require(depth <= kLimits.depth, "no document is deeper than the limit");
  std::size_t count = 1;
  for (const doc::Node& item : node.items) count += Nodes(item, depth + 1);
  for (const doc::Node::Member& member : node.members) {
    fuzz::Require(node.Find(member.key) == &member.value, "each key stands there once", member.key);
    count += Nodes(member.value, depth + 1);
  }
  return count;
}

std::string ReadBack(const std::string& text) {
  const auto node = doc::ParseJson(text);
  fuzz::Require(node.has_value(), "what is written can be read", text);
  return doc::CanonicalJson(*node);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto node = doc::ParseJson(fuzz::Input(data, size).Rest(), kLimits);
  if (!node) {
    const std::string& message = node.error().message;
    fuzz::Require(node.error().kind == ErrorKind::Invalid, "what cannot be read is Invalid");
    fuzz::Require(message[0] >= '1' && message[0] <= '9', "an error begins with its line", message);
    return 0;
  }
  fuzz::Require(Nodes(*node, 0) <= kLimits.nodes, "no document has more values than the limit");
  const std::string canonical = doc::CanonicalJson(*node);
  fuzz::RequireSame(ReadBack(canonical), canonical, "canonical JSON reads back as itself");
  fuzz::RequireSame(ReadBack(doc::PrettyJson(*node)), canonical, "pretty JSON says the same");
  return 0;
}
