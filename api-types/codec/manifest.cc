#include "api-types/codec/manifest.h"

#include <algorithm>
#include <memory>
#include <string>
#include <tuple>

#include "api-types/codec/locate.h"
#include "api-types/codec/recognize.h"
#include "api-types/codec/spec.h"
#include "api-types/codec/typed_reader.h"
#include "api-types/doc/yaml.h"
#include "api-types/v1/validate.h"

namespace tinyforge::codec {
namespace {

// Whether one of the paths lies at or below the other.
bool Related(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  return b.starts_with(a) && (b.size() == a.size() || b[a.size()] == '.' || b[a.size()] == '[');
}

class FileDecoder {
 public:
  FileDecoder(std::string_view path, std::string_view bytes, const DecodeOptions& options)
      : path_(path), bytes_(bytes), options_(options) {}

  DecodeResult Run() {
    const auto documents = doc::SplitYaml(bytes_);
    if (const auto* error = std::get_if<doc::ParseError>(&documents)) {
      if (options_.held_manifest_before || NamesOurGroup(bytes_)) FailUnnamed(error->mark, "", error->message);
    } else {
      for (const doc::YamlText& document : std::get<0>(documents)) Document(document);
    }
    if (options_.held_manifest_before && result_.objects.empty() && result_.errors.empty())
      Fail({1, 1}, "", "the file held a manifest before and holds none now; to remove its objects, remove the file");
    std::stable_sort(result_.errors.begin(), result_.errors.end(), [](const auto& a, const auto& b) {
      return std::tie(a.position.line, a.position.column) < std::tie(b.position.line, b.position.column);
    });
    return std::move(result_);
  }

 private:
  void Fail(doc::Mark mark, std::string field, std::string message) {
    result_.errors.push_back({{std::string(path_), mark.line, mark.column}, std::move(field), std::move(message)});
  }

  void FailUnnamed(doc::Mark mark, std::string field, std::string message) {
    Fail(mark, std::move(field), std::move(message));
    result_.unnamed = true;
  }

  void Document(const doc::YamlText& document) {
    if (!options_.held_manifest_before && !MayConcernUs(document.text)) return;
    const auto parsed = doc::ParseYaml(document);
    if (const auto* error = std::get_if<doc::ParseError>(&parsed)) {
      if (options_.held_manifest_before || NamesOurGroup(document.text)) FailUnnamed(error->mark, "", error->message);
      return;
    }
    const auto& node = std::get<doc::Node>(parsed);
    Recognition found = Recognize(node);
    if (found.kind) {
      Manifest(*found.kind, node);
    } else if (!found.message.empty()) {
      FailUnnamed(found.mark, std::move(found.field), std::move(found.message));
    }
  }

  void Manifest(Kind kind, const doc::Node& node) {
    const std::size_t errors_before = result_.errors.size();
    TopLevel(node);
    auto object = std::make_shared<v1::Object>();
    if (const doc::Node* meta = node.Find("metadata")) object->meta = Metadata(*meta);
    if (const doc::Node* spec = node.Find("spec")) Spec(kind, *spec, node, object->spec);
    object->key = {kind, object->meta.name};
    if (result_.errors.size() != errors_before) {
      if (object->key.name.empty())
        result_.unnamed = true;
      else
        result_.broken.push_back(object->key);
      // What runs of it bears the name that it had first.
      if (kind == Kind::Workload && v1::IdentityOf(*object) != object->meta.name)
        result_.broken.push_back({kind, v1::IdentityOf(*object)});
      return;
    }
    object->position = {std::string(path_), node.mark.line, node.mark.column};
    object->blob = options_.blob;
    object->spec_hash = SpecHash(object->spec);
    result_.objects.push_back(std::move(object));
  }

  void TopLevel(const doc::Node& node) {
    Reader reader("");
    for (const std::string_view key : {"metadata", "spec"})
      if (node.Find(key) == nullptr) reader.Missing(node, key);
    for (const auto& member : node.members) {
      if (member.key == "status") {
        Fail(member.mark, "status", "is written by the controller; remove it");
      } else if (member.key != "apiVersion" && member.key != "kind" && member.key != "metadata" &&
                 member.key != "spec") {
        reader.Unknown(member, {"apiVersion", "kind", "metadata", "spec"});
      }
    }
    Take(reader);
  }

  ObjectMeta Metadata(const doc::Node& node) {
    Reader reader("metadata");
    ObjectMeta meta = ReadMeta(reader, node);
    Take(reader);
    if (const auto old = meta.annotations.find(std::string(v1::kRenamedFrom)); old != meta.annotations.end()) {
      const std::string field = "metadata.annotations[\"" + std::string(v1::kRenamedFrom) + "\"]";
      if (!IsDnsLabel(old->second))
        Fail(node.mark, field, "expected the name that the workload had, got \"" + old->second + "\"");
      else if (old->second == meta.name)
        Fail(node.mark, field, "is the name that the workload has; expected the one it had before, or no annotation");
    }
    return meta;
  }

  void Spec(Kind kind, const doc::Node& spec, const doc::Node& document, v1::Spec& out) {
    Reader reader("spec");
    out = ReadSpec(reader, kind, spec);
    Take(reader);
    for (v1::Problem& problem : v1::Validate(out)) {
      // What could not be read looks as if it were missing; only the first of the two errors helps.
      const bool follows = std::any_of(reader.problems().begin(), reader.problems().end(),
                                       [&](const ReadProblem& p) { return Related(p.field, problem.field); });
      const doc::Mark mark = Locate(document, problem.field);
      if (!follows) Fail(mark, std::move(problem.field), std::move(problem.message));
    }
  }

  void Take(const Reader& reader) {
    for (const ReadProblem& problem : reader.problems()) Fail(problem.mark, problem.field, problem.message);
  }

  std::string_view path_;
  std::string_view bytes_;
  DecodeOptions options_;
  DecodeResult result_;
};

}  // namespace

DecodeResult DecodeManifests(std::string_view path, std::string_view bytes, const DecodeOptions& options) {
  return FileDecoder(path, bytes, options).Run();
}

bool IsManifestPath(std::string_view path) {
  return path.ends_with(".yaml") || path.ends_with(".yml");
}

}  // namespace tinyforge::codec
