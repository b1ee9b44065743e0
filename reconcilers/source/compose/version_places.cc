#include "reconcilers/source/compose/version_places.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <variant>

#include "api-types/codec/locate.h"
#include "api-types/doc/yaml.h"
#include "api-types/doc/yaml_scalar.h"
#include "reconcilers/source/compose/env_file.h"
#include "reconcilers/source/compose/interpolation.h"

namespace tinyforge::compose {
namespace {

using doc::Node;
using doc::Type;

constexpr std::size_t kMaxLine = 4096;  // bytes around a value that an edit repeats

// A file of the tree, or the text of a manifest's `inline`.
struct Source {
  std::string path;
  std::string text;
  bool is_inline = false;
};

struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// The text that was written at that place of a document.
const Node* WrittenAt(const Node& node, doc::Mark mark) {
  if (node.type == Type::String && node.mark.line == mark.line && node.mark.column == mark.column) return &node;
  for (const Node& item : node.items)
    if (const Node* found = WrittenAt(item, mark)) return found;
  for (const Node::Member& member : node.members)
    if (const Node* found = WrittenAt(member.value, mark)) return found;
  return nullptr;
}

// Past an anchor and a tag.
std::size_t SkipProperties(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == '&' || text[at] == '!')) {
    at = std::min(text.find_first_of(" \t\r\n", at), text.size());
    at = std::min(text.find_first_not_of(" \t\r\n", at), text.size());
  }
  return at;
}

// The bytes between the quotes of a scalar of one line, where there are some.
std::optional<Span> ScalarIn(std::string_view text, doc::Mark mark) {
  const auto documents = doc::SplitYaml(text);
  if (documents.index() != 0) return std::nullopt;
  for (const doc::YamlText& document : std::get<0>(documents)) {
    const auto root = doc::ParseYaml(document, {}, doc::Dialect::Compose);
    const Node* node = root.index() == 0 ? WrittenAt(std::get<0>(root), mark) : nullptr;
    if (node == nullptr) continue;
    const std::size_t begin = SkipProperties(document.text, doc::OffsetOf(document, mark));
    const auto span = doc::FindScalar(document.text, begin, node->text);
    if (!span) return std::nullopt;
    const std::size_t quote = span->style == doc::ScalarStyle::Plain ? 0 : 1;
    const std::size_t offset = static_cast<std::size_t>(document.text.data() - text.data());
    return Span{offset + span->begin + quote, offset + span->end - quote};
  }
  return std::nullopt;
}

// The line of the manifest on which the value of source.compose.inline begins; 0: it cannot be told.
std::uint32_t LineOfInline(std::string_view manifest, const std::string& workload) {
  const auto documents = doc::SplitYaml(manifest);
  if (documents.index() != 0) return 0;
  for (const doc::YamlText& document : std::get<0>(documents)) {
    const auto root = doc::ParseYaml(document);
    if (root.index() != 0) continue;
    const Node* kind = std::get<0>(root).Find("kind");
    const Node* meta = std::get<0>(root).Find("metadata");
    const Node* name = meta == nullptr ? nullptr : meta->Find("name");
    if (kind != nullptr && kind->text == "Workload" && name != nullptr && name->text == workload)
      return codec::Locate(std::get<0>(root), "spec.source.compose.inline").line;
  }
  return 0;
}

class Places {
 public:
  explicit Places(const NamedImage& image) : image_(image) {}

  Expected<std::vector<VersionEdit>> Run() {
    if (const auto source = SourceOf(image_.image.mark.file))
      if (const auto span = ScalarIn(source->text, image_.image.mark)) AddParts(*source, *span);
    for (std::size_t i = 0; i < variables_.size(); ++i) {  // values name further ones
      AddOfManifest(variables_[i]);
      AddOfFiles(variables_[i]);
    }
    if (fault_) return *std::move(fault_);
    return std::move(found_);
  }

 private:
  const v1::ComposeSource& compose() const { return *image_.workload.workload().source.compose; }

  std::optional<std::string> Read(const std::string& path) {
    ReadSet unused;
    auto text = ReadTreeFile(image_.tree, path, unused);
    if (!text && text.error().kind == ErrorKind::Transient) fault_ = text.error();
    return text ? std::move(*text) : std::nullopt;
  }

  std::optional<Source> SourceOf(std::uint32_t file) {
    if (file >= image_.project.files.size()) return std::nullopt;
    const std::string& path = image_.project.files[file];
    const std::string& manifest = image_.workload.position.path;
    if (compose().inline_ && path == manifest + std::string(kInline)) return Source{manifest, *compose().inline_, true};
    auto text = Read(path);
    return text ? std::optional(Source{path, std::move(*text)}) : std::nullopt;
  }

  // Parts between variables, and the variables themselves for later.
  void AddParts(const Source& source, Span span) {
    const std::string_view text = std::string_view(source.text).substr(span.begin, span.end - span.begin);
    const TextParts parts = PartsOf(text);
    for (auto literal = parts.literals.rbegin(); literal != parts.literals.rend(); ++literal)
      Add(source, {span.begin + literal->first, span.begin + literal->second});
    for (const std::string& name : parts.variables)
      if (std::ranges::find(variables_, name) == variables_.end()) variables_.push_back(name);
  }

  void Add(const Source& source, Span span) {
    auto place = codec::PlaceOf(source.text, span.begin, span.end);
    if (place && source.is_inline) place = InManifest(*std::move(place), source, span);
    if (!place || span.begin == span.end || place->before.size() + place->behind.size() > kMaxLine) return;
    found_.push_back({.object = image_.workload.key,
                      .path = source.path,
                      .from = source.text.substr(span.begin, span.end - span.begin),
                      .on_line = std::move(place)});
  }

  // A literal block (|) holds the lines of its text one for one, each behind its indentation.
  std::optional<codec::LinePlace> InManifest(codec::LinePlace place, const Source& source, Span span) {
    const auto manifest = Read(source.path);
    const std::uint32_t header = manifest ? LineOfInline(*manifest, image_.workload.key.name) : 0;
    if (header == 0) return std::nullopt;
    const std::string value = source.text.substr(span.begin, span.end - span.begin);
    const auto line = codec::ReadOnLine(*manifest, {header + place.line, "", ""});
    const std::string wanted = place.before + value + place.behind;
    if (!line || !line->ends_with(wanted)) return std::nullopt;
    const std::string indent = line->substr(0, line->size() - wanted.size());
    if (indent.empty() || indent.find_first_not_of(' ') != std::string::npos) return std::nullopt;
    return codec::LinePlace{header + place.line, indent + place.before, place.behind};
  }

  void AddOfManifest(const std::string& name) {
    const auto& env = compose().env;
    for (std::size_t i = 0; i < env.size(); ++i) {
      if (env[i].name != name || env[i].secret || !env[i].value) continue;
      found_.push_back({.object = image_.workload.key,
                        .path = image_.workload.position.path,
                        .field = {"spec", "source", "compose", "env", std::to_string(i), "value"},
                        .from = *env[i].value});
    }
  }

  void AddOfFiles(const std::string& name) {
    for (const std::string& path : image_.reads.paths) {
      if (std::ranges::find(image_.project.files, path) != image_.project.files.end()) continue;
      auto text = Read(path);
      if (!text) continue;
      const Source source{path, std::move(*text)};
      for (const EnvValue& value : ValuesIn(source.text, name)) {
        if (value.as_it_is)
          Add(source, {value.begin, value.end});
        else
          AddParts(source, {value.begin, value.end});
      }
    }
  }

  const NamedImage& image_;
  std::vector<std::string> variables_;
  std::vector<VersionEdit> found_;
  std::optional<Error> fault_;  // of a read, after which places may be missing
};

}  // namespace

Expected<std::vector<VersionEdit>> PlacesOf(const NamedImage& image) {
  return Places(image).Run();
}

}  // namespace tinyforge::compose
