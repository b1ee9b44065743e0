#include "api-types/codec/spec.h"

#include "api-types/codec/hash.h"
#include "api-types/codec/typed_reader.h"
#include "api-types/codec/typed_writer.h"
#include "api-types/doc/json.h"
#include "api-types/v1/validate.h"

namespace tinyforge::codec {
namespace {

void Append(std::string& text, const std::string& field, const std::string& message) {
  if (!text.empty()) text += "; ";
  text += field + ": " + message;
}

}  // namespace

std::string CanonicalSpec(const v1::Spec& spec) {
  return doc::CanonicalJson(WriteSpec(spec));
}

Expected<v1::Spec> ParseSpec(Kind kind, std::string_view json) {
  const auto node = doc::ParseJson(json);
  if (!node) return Error(node.error()).Within("spec");
  Reader reader("spec");
  v1::Spec spec = ReadSpec(reader, kind, *node);
  std::string problems;
  for (const ReadProblem& problem : reader.problems()) Append(problems, problem.field, problem.message);
  if (problems.empty())
    for (const v1::Problem& problem : v1::Validate(spec)) Append(problems, problem.field, problem.message);
  if (!problems.empty()) return Error{ErrorKind::Invalid, std::move(problems)};
  return spec;
}

std::string SpecHash(const v1::Spec& spec) {
  return Sha256Hex(CanonicalSpec(spec));
}

}  // namespace tinyforge::codec
