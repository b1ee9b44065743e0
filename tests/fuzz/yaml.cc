// YAML: whatever is read, written as YAML or as JSON (which is YAML too), reads back as the same document.
#include "api-types/doc/yaml.h"

#include "api-types/doc/json.h"
#include "api-types/doc/yaml_writer.h"
#include "tests/fuzz/property.h"

using namespace tinyforge;

namespace {

// More than any input comes to when it is written with indents.
constexpr doc::Limits kAmple = {.bytes = 16 << 20, .depth = 64};

std::string ReadBack(const std::string& text, std::string_view property) {
  const auto documents = doc::ParseYamlFile(text, kAmple);
  fuzz::Require(documents.has_value(), property, documents ? text : documents.error().message + "\n" + text);
  fuzz::Require(documents->size() == 1, property, text);
  return doc::CanonicalJson(documents->front());
}

void CheckMark(const doc::Mark& mark, std::string_view bytes) {
  fuzz::Require(mark.line >= 1 && mark.column >= 1 && mark.line <= bytes.size() + 1 && mark.column <= bytes.size() + 1,
                "a place lies in the file", std::to_string(mark.line) + ":" + std::to_string(mark.column));
}

void CheckDocument(const doc::YamlText& document, std::string_view bytes) {
  const auto parsed = doc::ParseYaml(document);
  if (const auto* error = std::get_if<doc::ParseError>(&parsed)) {
    CheckMark(error->mark, bytes);
    fuzz::Require(!error->message.empty(), "an error says what is wrong");
    return;
  }
  const auto& node = std::get<doc::Node>(parsed);
  CheckMark(node.mark, bytes);
  const std::string canonical = doc::CanonicalJson(node);
  fuzz::RequireSame(ReadBack(doc::ToYaml(node), "written YAML can be read"), canonical, "written YAML says the same");
  fuzz::RequireSame(ReadBack(canonical, "canonical JSON is YAML"), canonical, "canonical JSON says the same as YAML");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::Input(data, size).Rest();
  const auto split = doc::SplitYaml(bytes);
  if (const auto* error = std::get_if<doc::ParseError>(&split)) {
    CheckMark(error->mark, bytes);
    return 0;
  }
  for (const doc::YamlText& document : std::get<0>(split)) CheckDocument(document, bytes);
  return 0;
}
