#include "api-types/doc/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <istream>
#include <streambuf>
#include <string>
#include <utility>

#include "api-types/doc/scalar.h"
#include "api-types/doc/tree_builder.h"
#include "api-types/doc/yaml_guard.h"

namespace tinyforge::doc {
namespace {

constexpr std::string_view kAliasMessage = "aliases (*name) are not supported; write the value out";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Ends the parser from within an event. The builder holds the reason.
struct Stop {};

class MemoryBuffer : public std::streambuf {
 public:
  explicit MemoryBuffer(std::string_view text) {
    // The get area is never written to.
    char* begin = const_cast<char*>(text.data());
    setg(begin, begin, begin + text.size());
  }
};

class Handler : public YAML::EventHandler {
 public:
  Handler(TreeBuilder& builder, const YamlText& document, Dialect dialect)
      : builder_(builder), document_(document), dialect_(dialect) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    CheckProperties(mark, "?", anchor);
    if (builder_.ExpectsKey()) Check(builder_.Fail(At(mark), "a key of a mapping is empty"));
    Node node;
    node.mark = At(mark);
    Check(builder_.Scalar(std::move(node), anchor));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (dialect_ != Dialect::Compose) Check(builder_.Fail(At(mark), std::string(kAliasMessage)));
    Check(builder_.Alias(At(mark), anchor));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    // "!" stands for a quoted scalar, "?" for a plain one.
    const Tag own = CheckProperties(mark, tag == "!" ? "?" : tag, anchor);
    if (builder_.ExpectsKey()) return KeyScalar(mark, tag, anchor, value);
    const bool plain = own == Tag::None ? tag == "?" : IsPlainAfterProperties(mark);
    Node node = plain ? TypePlain(value) : Node::Of(value);
    node.mark = At(mark);
    node.tag = own;
    Check(builder_.Scalar(std::move(node), anchor));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(Type::List, mark, tag, anchor);
  }
  void OnSequenceEnd() override { Check(builder_.Close()); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(Type::Map, mark, tag, anchor);
  }
  void OnMapEnd() override { Check(builder_.Close()); }

 private:
  Mark At(const YAML::Mark& mark) const {
    return {document_.line + static_cast<std::uint32_t>(mark.line), static_cast<std::uint32_t>(mark.column) + 1};
  }

  static void Check(bool go_on) {
    if (!go_on) throw Stop{};
  }

  // The tag of a value; ends the parser at what the dialect does not have.
  Tag CheckProperties(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    const bool compose = dialect_ == Dialect::Compose;
    if (anchor != YAML::NullAnchor && !compose)
      Check(builder_.Fail(At(mark), "anchors (&name) are not supported; write the value out where it is used"));
    if (tag.empty() || tag == "?") return Tag::None;
    if (!compose) Check(builder_.Fail(At(mark), "tags (!name) are not supported; remove the tag"));
    if (builder_.ExpectsKey()) Check(builder_.Fail(At(mark), "a tag stands before a value, not before a key"));
    if (tag == "!reset") return Tag::Reset;
    if (tag != "!override")
      Check(builder_.Fail(At(mark), "the tag " + tag + " is not known; tags are !reset and !override"));
    return Tag::Override;
  }

  void KeyScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) {
    if (value != "<<" || tag != "?") return Check(builder_.Key(value, At(mark), anchor));
    if (dialect_ != Dialect::Compose)
      Check(builder_.Fail(At(mark), "merge keys (<<) are not supported; write the keys out"));
    Check(builder_.MergeKey(At(mark)));
  }

  // Nothing at all and the words for it: the parser sees to them only where there is no tag.
  static Node TypePlain(const std::string& value) {
    const bool null = value.empty() || value == "~" || value == "null" || value == "Null" || value == "NULL";
    return null ? Node{} : TypePlainScalar(value);
  }

  // Of a tagged scalar the parser does not say whether it stands in quotes; the text does, behind tag and anchor.
  bool IsPlainAfterProperties(const YAML::Mark& mark) const {
    std::string_view rest = document_.text.substr(std::min(static_cast<std::size_t>(mark.pos), document_.text.size()));
    while (rest.starts_with('!') || rest.starts_with('&')) {
      rest.remove_prefix(std::min(rest.find_first_of(" \t\r\n,]}"), rest.size()));
      rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n"), rest.size()));
    }
    return rest.empty() || std::string_view("\"'|>").find(rest.front()) == std::string_view::npos;
  }

  void Open(Type type, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    const Tag own = CheckProperties(mark, tag, anchor);
    if (builder_.ExpectsKey()) Check(builder_.Fail(At(mark), "a key of a mapping must be text"));
    Check(builder_.Open(type, At(mark), anchor, own));
  }

  TreeBuilder& builder_;
  const YamlText& document_;
  Dialect dialect_;
};

bool IsMarker(std::string_view line, std::string_view marker) {
  if (!line.starts_with(marker)) return false;
  return line.size() == 3 || line[3] == ' ' || line[3] == '\t' || line[3] == '\r';
}

// Blank, a comment, a directive or a bare marker: nothing that makes a document.
bool IsEmptyLine(std::string_view line) {
  if (line.starts_with("%") || line.starts_with("...")) return true;
  if (IsMarker(line, "---")) line.remove_prefix(3);
  const std::size_t first = line.find_first_not_of(" \t\r");
  return first == std::string_view::npos || line[first] == '#';
}

// Collects the lines of a file into documents.
class Splitter {
 public:
  explicit Splitter(std::string_view bytes) : bytes_(bytes) {}

  std::vector<YamlText> Run() {
    for (std::size_t at = 0; at < bytes_.size();) {
      const std::size_t end = std::min(bytes_.find('\n', at), bytes_.size() - 1) + 1;
      TakeLine(at, bytes_.substr(at, end - at));
      at = end;
      ++line_;
    }
    Finish(bytes_.size());
    return std::move(documents_);
  }

 private:
  void TakeLine(std::size_t at, std::string_view line) {
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (IsMarker(line, "---") || IsMarker(line, "...")) {
      Finish(at);
      begin_ = at;
      begin_line_ = line_;
      // The end marker is no part of the next document.
      if (line.front() == '.') begin_ = std::min(at + line.size() + 1, bytes_.size()), ++begin_line_;
    }
    // Directives are left out: %YAML says nothing here, and %TAG is of no use without tags.
    if (empty_ && line.starts_with('%'))
      begin_ = std::min(at + line.size() + 1, bytes_.size()), begin_line_ = line_ + 1;
    if (!IsEmptyLine(line)) empty_ = false;
  }

  void Finish(std::size_t end) {
    if (!empty_) documents_.push_back({bytes_.substr(begin_, end - begin_), begin_line_});
    empty_ = true;
  }

  std::string_view bytes_;
  std::vector<YamlText> documents_;
  std::size_t begin_ = 0;
  std::uint32_t line_ = 1;
  std::uint32_t begin_line_ = 1;
  bool empty_ = true;
};

std::string UnknownAlias(Dialect dialect) {
  return dialect == Dialect::Compose ? "the alias names no anchor that stands before it" : std::string(kAliasMessage);
}

std::variant<Node, ParseError> Parse(const YamlText& document, const Limits& limits, Dialect dialect) {
  TreeBuilder builder(limits);
  try {
    MemoryBuffer buffer(document.text);
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    Handler handler(builder, document, dialect);
    if (parser.HandleNextDocument(handler)) return builder.Take();
    Node nothing;  // what looked like a document was none: a byte order mark alone
    nothing.mark = {document.line, 1};
    return nothing;
  } catch (const Stop&) {
    return builder.error();
  } catch (const YAML::Exception& e) {
    const bool placed = !e.mark.is_null();
    const Mark mark = {document.line + (placed ? static_cast<std::uint32_t>(e.mark.line) : 0),
                       placed ? static_cast<std::uint32_t>(e.mark.column) + 1 : 1};
    // The parser looks an alias up before it tells of it.
    if (e.msg.starts_with(YAML::ErrorMsg::UNKNOWN_ANCHOR)) return ParseError{mark, UnknownAlias(dialect)};
    return ParseError{mark, "not valid YAML: " + e.msg};
  } catch (const std::exception& e) {
    return ParseError{{document.line, 1}, std::string("not valid YAML: ") + e.what()};
  }
}

}  // namespace

std::variant<std::vector<YamlText>, ParseError> SplitYaml(std::string_view bytes, const Limits& limits) {
  if (bytes.size() > limits.bytes)
    return ParseError{{1, 1},
                      "the file has " + std::to_string(bytes.size()) + " bytes; at most " +
                          std::to_string(limits.bytes) + " are read"};
  if (auto error = CheckCharacters(bytes)) return *std::move(error);
  if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
  std::vector<YamlText> documents = Splitter(bytes).Run();
  if (documents.size() > limits.documents)
    return ParseError{{documents[limits.documents].line, 1},
                      "the file has more than " + std::to_string(limits.documents) + " documents; split it"};
  return documents;
}

std::variant<Node, ParseError> ParseYaml(const YamlText& document, const Limits& limits, Dialect dialect) {
  if (auto error = CheckFlowDepth(document, limits.depth)) return *std::move(error);
  return Parse(document, limits, dialect);
}

Expected<std::vector<Node>> ParseYamlFile(std::string_view bytes, const Limits& limits) {
  const auto fail = [](const ParseError& error) {
    return Error{ErrorKind::Invalid,
                 std::to_string(error.mark.line) + ":" + std::to_string(error.mark.column) + ": " + error.message};
  };
  const auto documents = SplitYaml(bytes, limits);
  if (const auto* error = std::get_if<ParseError>(&documents)) return fail(*error);
  std::vector<Node> nodes;
  for (const YamlText& document : std::get<0>(documents)) {
    auto node = ParseYaml(document, limits);
    if (const auto* error = std::get_if<ParseError>(&node)) return fail(*error);
    nodes.push_back(std::get<Node>(std::move(node)));
  }
  return nodes;
}

}  // namespace tinyforge::doc
