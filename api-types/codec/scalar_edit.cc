#include "api-types/codec/scalar_edit.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <utility>
#include <variant>

#include "api-types/codec/manifest.h"
#include "api-types/codec/recognize.h"
#include "api-types/doc/json.h"
#include "api-types/doc/yaml.h"
#include "api-types/doc/yaml_guard.h"
#include "api-types/doc/yaml_scalar.h"

namespace tinyforge::codec {
namespace {

using doc::Node;
using doc::ScalarSpan;
using doc::ScalarStyle;
using doc::YamlText;

Error Fault(ErrorKind kind, const ScalarPlace& place, doc::Mark mark, std::string_view message) {
  const std::string where = mark.line == 0 ? place.path : ToString(SourcePosition{place.path, mark.line, mark.column});
  return {kind, where + ": " + std::string(message)};
}

std::string Quote(std::string_view text) {
  return doc::WriteScalar(text, ScalarStyle::DoubleQuoted, false);
}

// "spec.source.image.tag" of the first `count` keys.
std::string FieldName(const ScalarPlace& place, std::size_t count) {
  std::string name;
  for (std::size_t i = 0; i < count; ++i) name += (i == 0 ? "" : ".") + place.field[i];
  return name;
}

bool IsManifestOf(const Node& document, const ObjectKey& object) {
  if (Recognize(document).kind != object.kind) return false;
  const Node* meta = document.Find("metadata");
  const Node* name = meta == nullptr ? nullptr : meta->Find("name");
  return name != nullptr && name->type == doc::Type::String && name->text == object.name;
}

// The document of an object, as text and as a tree.
struct Document {
  std::vector<YamlText> all;
  std::size_t index = 0;
  Node root;

  const YamlText& text() const { return all[index]; }
};

Error NotHere(const ScalarPlace& place, const std::optional<doc::ParseError>& unread) {
  const std::string object = ToString(place.object);
  if (unread)
    return Fault(ErrorKind::Invalid, place, unread->mark,
                 unread->message + " (a document that cannot be read may be that of " + object + ")");
  return Fault(ErrorKind::NotFound, place, {},
               "holds no " + object + "; it was removed, renamed or moved to another file");
}

Expected<Document> FindDocument(std::string_view yaml, const ScalarPlace& place) {
  auto split = doc::SplitYaml(yaml);
  if (const auto* error = std::get_if<doc::ParseError>(&split))
    return Fault(ErrorKind::Invalid, place, error->mark, error->message);
  Document found{.all = std::get<0>(std::move(split))};
  bool any = false;
  std::optional<doc::ParseError> unread;
  for (std::size_t i = 0; i < found.all.size(); ++i) {
    if (!MayConcernUs(found.all[i].text)) continue;
    auto parsed = doc::ParseYaml(found.all[i]);
    if (const auto* error = std::get_if<doc::ParseError>(&parsed)) {
      if (!unread) unread = *error;
      continue;
    }
    Node& root = std::get<Node>(parsed);
    if (!IsManifestOf(root, place.object)) continue;
    if (std::exchange(any, true))
      return Fault(ErrorKind::Invalid, place, root.mark,
                   ToString(place.object) + " stands already at line " + std::to_string(found.root.mark.line) +
                       "; rename or remove one");
    found.index = i;
    found.root = std::move(root);
  }
  if (!any) return NotHere(place, unread);
  return found;
}

const Node* Child(const Node& node, std::string_view key) {
  if (node.type == doc::Type::Map) return node.Find(key);
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
  const bool whole = error == std::errc{} && end == key.data() + key.size();
  return node.type == doc::Type::List && whole && index < node.items.size() ? &node.items[index] : nullptr;
}

// The nodes from the document to the field, as far as they are there.
std::vector<const Node*> Walk(const Node& root, const ScalarPlace& place) {
  std::vector<const Node*> nodes{&root};
  for (const std::string& key : place.field) {
    const Node* next = Child(*nodes.back(), key);
    if (next == nullptr) break;
    nodes.push_back(next);
  }
  return nodes;
}

// What stands at the field; an error of kind NotFound that says what to write when nothing does.
Expected<const Node*> FindValue(const std::vector<const Node*>& nodes, const ScalarPlace& place) {
  const std::size_t have = nodes.size() - 1;
  const Node& last = *nodes.back();
  const std::string field = FieldName(place, place.field.size());
  if (have < place.field.size())
    return Fault(ErrorKind::NotFound, place, last.mark,
                 field + " is not there; add \"" + place.field[have] + "\" to " +
                     (have == 0 ? "the document" : FieldName(place, have)));
  if (last.type == doc::Type::Null)
    return Fault(ErrorKind::NotFound, place, last.mark, field + " is empty; write a value, or remove the key");
  if (last.type == doc::Type::Map || last.type == doc::Type::List)
    return Fault(ErrorKind::Invalid, place, last.mark,
                 field + " is " + std::string(doc::Describe(last.type)) + "; expected a single value");
  return &last;
}

// Changes the text of one document.
class Editor {
 public:
  Editor(std::string_view yaml, const ScalarEdit& edit, const Document& document)
      : yaml_(yaml), edit_(edit), document_(document), nodes_(Walk(document.root, edit.place)) {}

  Expected<std::string> Run() const {
    const auto value = FindValue(nodes_, edit_.place);
    if (value) return Replace(**value);
    const bool parent_there = nodes_.size() == edit_.place.field.size();
    if (value.error().kind != ErrorKind::NotFound || !parent_there || edit_.add_after.empty() || !FromIs(""))
      return value.error();
    const Node::Member* sibling = Sibling();
    return sibling == nullptr ? value.error() : Add(*sibling);
  }

 private:
  std::string_view text() const { return document_.text().text; }
  char At(const Node& node) const {
    const std::size_t at = doc::OffsetOf(document_.text(), node.mark);
    return at < text().size() ? text()[at] : '\0';
  }
  bool FromIs(std::string_view value) const { return !edit_.from || *edit_.from == value; }

  // Whether the last node stands between brackets.
  bool InFlow(std::size_t ancestors) const {
    return std::any_of(nodes_.begin(), nodes_.begin() + static_cast<std::ptrdiff_t>(ancestors),
                       [&](const Node* node) { return At(*node) == '{' || At(*node) == '['; });
  }

  std::string Splice(std::size_t begin, std::size_t end, std::string_view written) const {
    const std::size_t offset = static_cast<std::size_t>(text().data() - yaml_.data());
    std::string out(yaml_.substr(0, offset + begin));
    out += written;
    return out += yaml_.substr(offset + end);
  }

  std::optional<ScalarSpan> SpanOf(doc::Mark mark, std::string_view value) const {
    return doc::FindScalar(text(), doc::OffsetOf(document_.text(), mark), value);
  }

  Expected<std::string> Replace(const Node& value) const {
    const std::string field = FieldName(edit_.place, edit_.place.field.size());
    if (!FromIs(value.text))
      return Fault(ErrorKind::Conflict, edit_.place, value.mark,
                   field + " is " + Quote(value.text) + " by now, not " + Quote(*edit_.from));
    const auto span = SpanOf(value.mark, value.text);
    if (!span)
      return Fault(ErrorKind::Invalid, edit_.place, value.mark,
                   field + " is written as a block (| or >) or on several lines; write it on one line");
    return Splice(span->begin, span->end, doc::WriteScalar(edit_.to, span->style, InFlow(nodes_.size() - 1)));
  }

  const Node::Member* Sibling() const {
    const auto& members = nodes_.back()->members;
    const auto it = std::find_if(members.begin(), members.end(),
                                 [&](const Node::Member& member) { return member.key == edit_.add_after; });
    return it == members.end() ? nullptr : &*it;
  }

  Expected<std::string> Add(const Node::Member& sibling) const {
    const auto key = SpanOf(sibling.mark, sibling.key);
    const auto value = sibling.value.text.empty() ? std::nullopt : SpanOf(sibling.value.mark, sibling.value.text);
    if (!key || !value)
      return Fault(ErrorKind::NotFound, edit_.place, sibling.mark,
                   FieldName(edit_.place, edit_.place.field.size()) + " is not there, and it cannot be added behind " +
                       Quote(sibling.key) + ", which is not a single value on one line; add it by hand");
    const bool flow = InFlow(nodes_.size());
    const std::string separator(text().substr(key->end, value->begin - key->end));
    const bool plain_separator = separator.find_first_not_of(": ") == std::string::npos;
    const std::string member = doc::WriteScalar(edit_.place.field.back(), key->style, flow) +
                               (plain_separator ? separator : ": ") + doc::WriteScalar(edit_.to, value->style, flow);
    if (flow) return Splice(value->end, value->end, ", " + member);
    return AddLine(sibling.mark.column - 1, value->end, member);
  }

  // A line behind the one that ends after `end`, with its line end.
  std::string AddLine(std::size_t indent, std::size_t end, const std::string& member) const {
    const std::string line = std::string(indent, ' ') + member;
    const std::size_t line_feed = text().find('\n', end);
    if (line_feed == std::string_view::npos) {
      const std::size_t first = yaml_.find('\n');
      const bool returns = first != std::string_view::npos && first > 0 && yaml_[first - 1] == '\r';
      return Splice(text().size(), text().size(), (returns ? "\r\n" : "\n") + line);
    }
    const bool returns = text()[line_feed - 1] == '\r';
    return Splice(line_feed + 1, line_feed + 1, line + (returns ? "\r\n" : "\n"));
  }

  std::string_view yaml_;
  const ScalarEdit& edit_;
  const Document& document_;
  std::vector<const Node*> nodes_;
};

// The tree with the value in its place.
Node Expectation(const Node& root, const ScalarEdit& edit) {
  Node expected = root;
  Node* at = &expected;
  for (const std::string& key : edit.place.field) {
    const Node* next = Child(*at, key);
    at = next == nullptr ? &at->Add(key, {}) : const_cast<Node*>(next);  // of a tree of ours
  }
  *at = Node::Of(edit.to);
  return expected;
}

Error Unexpected(const ScalarEdit& edit, const Document& document) {
  return Fault(ErrorKind::Invalid, edit.place, document.root.mark,
               "changing " + FieldName(edit.place, edit.place.field.size()) +
                   " would change more than this value; nothing was written: change it by hand");
}

// That the file reads the same but for the value.
Expected<void> CheckOnlyThat(const Document& before, std::string_view after, const ScalarEdit& edit) {
  const auto split = doc::SplitYaml(after);
  const auto* documents = std::get_if<0>(&split);
  if (documents == nullptr || documents->size() != before.all.size()) return Unexpected(edit, before);
  for (std::size_t i = 0; i < documents->size(); ++i)
    if (i != before.index && (*documents)[i].text != before.all[i].text) return Unexpected(edit, before);
  const auto parsed = doc::ParseYaml((*documents)[before.index]);
  const auto* root = std::get_if<Node>(&parsed);
  const bool same = root != nullptr && doc::CanonicalJson(*root) == doc::CanonicalJson(Expectation(before.root, edit));
  if (!same) return Unexpected(edit, before);
  return {};
}

bool Holds(const DecodeResult& file, const ObjectKey& object) {
  return std::any_of(file.objects.begin(), file.objects.end(),
                     [&](const v1::ObjectPtr& found) { return found->key == object; });
}

// That a manifest without an error has none now.
Expected<void> CheckStillValid(std::string_view before, std::string_view after, const ScalarEdit& edit) {
  const DecodeResult old = DecodeManifests(edit.place.path, before);
  if (!Holds(old, edit.place.object)) return {};
  const DecodeResult now = DecodeManifests(edit.place.path, after);
  if (Holds(now, edit.place.object)) return {};
  for (const v1::Diagnostic& error : now.errors)
    if (std::find(old.errors.begin(), old.errors.end(), error) == old.errors.end())
      return Error{ErrorKind::Invalid, ToString(error)};
  return Fault(ErrorKind::Invalid, edit.place, {}, "the manifest would not be valid any more");
}

// Text that no scalar can say.
Expected<void> CheckValue(const ScalarEdit& edit) {
  if (!doc::CheckCharacters(Quote(edit.to))) return {};
  return Fault(ErrorKind::Invalid, edit.place, {},
               "the new value of " + FieldName(edit.place, edit.place.field.size()) + " is not valid UTF-8");
}

}  // namespace

Expected<std::string> ReadScalar(std::string_view yaml, const ScalarPlace& place) {
  const auto document = FindDocument(yaml, place);
  if (!document) return document.error();
  const auto value = FindValue(Walk(document->root, place), place);
  if (!value) return value.error();
  return (*value)->text;
}

Expected<std::string> EditScalar(std::string_view yaml, const ScalarEdit& edit) {
  if (edit.place.field.empty()) return Fault(ErrorKind::Invalid, edit.place, {}, "no field is named");
  if (auto valid = CheckValue(edit); !valid) return valid.error();
  const auto document = FindDocument(yaml, edit.place);
  if (!document) return document.error();
  auto edited = Editor(yaml, edit, *document).Run();
  if (!edited) return edited;
  if (auto only = CheckOnlyThat(*document, *edited, edit); !only) return only.error();
  if (auto valid = CheckStillValid(yaml, *edited, edit); !valid) return valid.error();
  return edited;
}

}  // namespace tinyforge::codec
