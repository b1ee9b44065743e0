// Manifest files: whatever decodes, encoded again decodes to an equal object; errors have a place in the file.
#include <algorithm>

#include "api-types/codec/manifest.h"
#include "api-types/codec/object.h"
#include "api-types/codec/spec.h"
#include "tests/fuzz/property.h"

using namespace tinyforge;

namespace {

constexpr std::string_view kPath = "apps/shop.yaml";

void CheckErrors(const codec::DecodeResult& result, std::string_view bytes) {
  const auto lines = static_cast<std::size_t>(std::ranges::count(bytes, '\n')) + 1;
  for (const v1::Diagnostic& error : result.errors) {
    const std::string text = ToString(error);
    fuzz::Require(error.position.path == kPath, "an error names the file", text);
    fuzz::Require(error.position.line >= 1 && error.position.line <= lines, "an error stands in a line", text);
    fuzz::Require(error.position.column >= 1 && error.position.column <= bytes.size() + 1, "and in a column", text);
    fuzz::Require(!error.message.empty(), "an error says what is wrong", text);
  }
  fuzz::Require(!result.errors.empty() || (result.broken.empty() && !result.unnamed), "what is broken has an error");
}

void CheckSpec(const v1::Object& object) {
  const std::string canonical = codec::CanonicalSpec(object.spec);
  const auto spec = codec::ParseSpec(object.key.kind, canonical);
  fuzz::Require(spec.has_value(), "a stored spec can be read", canonical);
  fuzz::Require(*spec == object.spec, "a stored spec is the same", canonical);
  const auto meta = codec::ParseMeta(codec::EncodeMeta(object.meta));
  fuzz::Require(meta.has_value() && *meta == object.meta, "stored metadata are the same",
                codec::EncodeMeta(object.meta));
}

void CheckRoundTrip(const v1::Object& object, codec::TextForm form) {
  const std::string text = codec::EncodeObject(object, form);
  const codec::DecodeResult again = codec::DecodeManifests(kPath, text);
  fuzz::Require(again.errors.empty(), "an encoded object decodes",
                again.errors.empty() ? text : ToString(again.errors.front()) + "\n" + text);
  fuzz::Require(again.objects.size() == 1, "to one object", text);
  const v1::Object& other = *again.objects.front();
  fuzz::Require(other.key == object.key && other.meta == object.meta && other.spec == object.spec, "that is equal",
                text);
  fuzz::RequireSame(other.spec_hash, object.spec_hash, "and has the same hash");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::Input(data, size).Rest();
  const codec::DecodeResult result = codec::DecodeManifests(kPath, bytes);
  CheckErrors(result, bytes);
  for (const v1::ObjectPtr& object : result.objects) {
    CheckSpec(*object);
    CheckRoundTrip(*object, codec::TextForm::Yaml);
    CheckRoundTrip(*object, codec::TextForm::Json);
  }
  const codec::DecodeResult held = codec::DecodeManifests(kPath, bytes, {.held_manifest_before = true});
  CheckErrors(held, bytes);
  fuzz::Require(held.objects.size() == result.objects.size(), "what the file held before changes no object");
  fuzz::Require(!held.errors.empty() || !held.objects.empty(), "a file that held a manifest holds one, or an error");
  return 0;
}
