// Edits of one value of a manifest: it reads as what was written, what stands around it stays byte for byte, and the
// same edit again changes nothing.
//
// Input: a byte that chooses the value, one whether a key is added behind it instead, a line with what to write, then
// the file.
#include <algorithm>
#include <vector>

#include "api-types/codec/manifest.h"
#include "api-types/codec/recognize.h"
#include "api-types/codec/scalar_edit.h"
#include "api-types/doc/yaml.h"
#include "api-types/doc/yaml_guard.h"
#include "api-types/doc/yaml_scalar.h"
#include "tests/fuzz/property.h"

using namespace tinyforge;

namespace {

constexpr std::string_view kPath = "apps/shop.yaml";
using Field = std::vector<std::string>;

// The paths to all single values at or below a node.
void Collect(const doc::Node& node, Field& at, std::vector<Field>& fields) {
  if (node.type != doc::Type::List && node.type != doc::Type::Map) return fields.push_back(at);
  for (const doc::Node::Member& member : node.members) {
    at.push_back(member.key);
    Collect(member.value, at, fields);
    at.pop_back();
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    at.push_back(std::to_string(i));
    Collect(node.items[i], at, fields);
    at.pop_back();
  }
}

// One value of the first manifest that has a name.
codec::ScalarPlace Choose(std::string_view yaml, std::size_t index) {
  const codec::ScalarPlace usual{std::string(kPath), {Kind::Workload, "shop"}, {"spec", "source", "image", "tag"}};
  const auto documents = doc::ParseYamlFile(yaml);
  if (!documents) return usual;
  for (const doc::Node& document : *documents) {
    const auto kind = codec::Recognize(document).kind;
    const doc::Node* meta = document.Find("metadata");
    const doc::Node* name = kind && meta != nullptr ? meta->Find("name") : nullptr;
    if (name == nullptr) continue;
    Field at{"spec"};  // what stands before it tells which object it is
    std::vector<Field> fields;
    if (const doc::Node* spec = document.Find("spec")) Collect(*spec, at, fields);
    if (fields.empty()) return usual;
    return {std::string(kPath), {*kind, name->text}, fields[index % fields.size()]};
  }
  return usual;
}

void CheckError(const Error& error) {
  fuzz::Require(error.message.starts_with(kPath), "an error names the file", error.message);
  fuzz::Require(
      error.kind == ErrorKind::NotFound || error.kind == ErrorKind::Invalid || error.kind == ErrorKind::Conflict,
      "an error tells what to do next", error.message);
}

// The bytes of `after` between what it begins and ends with like `before`.
std::string_view Changed(std::string_view before, std::string_view after) {
  const std::size_t shorter = std::min(before.size(), after.size());
  std::size_t front = 0;
  while (front < shorter && before[front] == after[front]) ++front;
  std::size_t back = 0;
  while (back < shorter - front && before[before.size() - 1 - back] == after[after.size() - 1 - back]) ++back;
  return after.substr(front, after.size() - front - back);
}

void CheckEdited(std::string_view yaml, const codec::ScalarEdit& edit, const std::string& edited) {
  const auto reads = codec::ReadScalar(edited, edit.place);
  fuzz::Require(reads.has_value(), "what was written can be read", reads ? "" : reads.error().message + "\n" + edited);
  fuzz::RequireSame(*reads, edit.to, "what was written reads as it should");
  // Each byte takes four at most ("\x01"); besides there are quotes and, of a new key, its name, line and indent.
  const std::size_t most = 4 * edit.to.size() + 2 + (edit.add_after.empty() ? 0 : yaml.size());
  const std::string_view changed = Changed(yaml, edited);
  fuzz::Require(changed.size() <= most, "only the value is changed", changed);
  const auto again = codec::EditScalar(edited, edit);
  fuzz::Require(again.has_value() && *again == edited, "the same edit again changes nothing", edited);
  codec::ScalarEdit other = edit;
  other.from = edit.to + ".";
  const auto refused = codec::EditScalar(edited, other);
  fuzz::Require(!refused && refused.error().kind == ErrorKind::Conflict, "what has changed since is not overwritten");
  if (codec::DecodeManifests(kPath, yaml).errors.empty())
    fuzz::Require(codec::DecodeManifests(kPath, edited).errors.empty(), "a valid file stays one", edited);
}

// A value by itself, in each style.
void CheckWritten(const std::string& value) {
  using doc::ScalarStyle;
  for (const ScalarStyle style : {ScalarStyle::Plain, ScalarStyle::SingleQuoted, ScalarStyle::DoubleQuoted})
    for (const bool flow : {false, true}) {
      const std::string written = doc::WriteScalar(value, style, flow);
      if (doc::CheckCharacters(written)) return;  // no scalar can say it
      const auto file =
          doc::ParseYamlFile(flow ? "{a: [" + written + "], b: " + written + "}" : "a: [x]\nb: " + written);
      fuzz::Require(file.has_value() && file->size() == 1, "a written value can be read", written);
      const doc::Node* b = file->front().Find("b");
      fuzz::Require(b != nullptr && b->type == doc::Type::String && b->text == value, "and reads the same", written);
      const doc::Node& a = file->front().Find("a")->items.at(0);
      fuzz::Require(!flow || (a.type == doc::Type::String && a.text == value), "in a list too", written);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::uint8_t index = input.Byte();
  const bool add = input.Byte() % 2 == 1;
  codec::ScalarEdit edit{.to = std::string(input.Line())};
  CheckWritten(edit.to);
  const std::string_view yaml = input.Rest();
  edit.place = Choose(yaml, index);
  if (add && !edit.place.field.empty()) {
    edit.add_after = edit.place.field.back();
    edit.place.field.back() = edit.add_after == "tag" ? "digest" : "tag";
  }
  const auto edited = codec::EditScalar(yaml, edit);
  if (!edited) return CheckError(edited.error()), 0;
  CheckEdited(yaml, edit, *edited);
  return 0;
}
