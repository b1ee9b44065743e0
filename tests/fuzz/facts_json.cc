// Facts: what is read of a file is bounded, fits into a file again, and reads back the same.
#include "controller/facts/facts_json.h"

#include "api-types/doc/json.h"
#include "tests/fuzz/property.h"

using namespace tinyforge;

namespace {

std::string Write(const Facts& facts) {
  doc::Node document = doc::Node::Map();
  PutFacts(facts, document);
  return doc::PrettyJson(document);
}

Facts ReadBack(const std::string& text) {
  const auto json = doc::ParseJson(text);
  fuzz::Require(json.has_value(), "written facts are JSON", json ? text : json.error().message);
  auto facts = GetFacts(*json);
  fuzz::Require(facts.has_value(), "written facts can be read", facts ? text : facts.error().message);
  return std::move(*facts);
}

// Keys of others stay, and are found again after the facts have been written twice.
void CheckForeignKeys(const Facts& facts, doc::Node document) {
  PutFacts(facts, document);
  const std::string once = doc::CanonicalJson(document);
  PutFacts(facts, document);
  fuzz::RequireSame(doc::CanonicalJson(document), once, "writing the same facts changes nothing");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto json =
      doc::ParseJson(fuzz::Input(data, size).Rest(), {.bytes = kMaxFactsBytes, .depth = 16, .nodes = 10'000});
  if (!json) return 0;
  auto facts = GetFacts(*json);
  if (!facts) {
    fuzz::Require(facts.error().kind == ErrorKind::Invalid, "what cannot be read is Invalid", facts.error().message);
    return 0;
  }
  fuzz::Require(Bounded(*facts) == *facts, "what is read is bounded");
  fuzz::Require(ReadBack(Write(*facts)) == *facts, "facts read back the same", Write(*facts));
  CheckForeignKeys(*facts, *json);
  while (Write(*facts).size() > kMaxFactsBytes)
    fuzz::Require(Shorten(*facts), "facts can be made to fit into a file", Write(*facts));
  fuzz::Require(ReadBack(Write(*facts)) == *facts, "shortened facts read back the same", Write(*facts));
  return 0;
}
