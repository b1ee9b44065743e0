#include "api-types/doc/yaml_guard.h"

#include <cstddef>
#include <string>

#include "api-types/meta/utf8.h"

namespace tinyforge::doc {
namespace {

bool IsBlank(char c) {
  return c == ' ' || c == '\t';
}

// Walks one document and follows the nesting of flow collections.
class FlowScanner {
 public:
  FlowScanner(const YamlText& document, std::size_t depth)
      : text_(document.text), line_(document.line), limit_(depth) {}

  std::optional<ParseError> Run() {
    while (at_ < text_.size()) {
      if (at_line_start_ && depth_ == 0 && SkipBlockScalar()) continue;
      if (!Step()) return Error();
    }
    return std::nullopt;
  }

 private:
  ParseError Error() const {
    return {{line_, static_cast<std::uint32_t>(at_ - line_begin_ + 1)},
            "the document is nested deeper than " + std::to_string(limit_) + " levels"};
  }

  char Peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\n'; }
  bool EndsToken(std::size_t ahead) const { return IsBlank(Peek(ahead)) || Peek(ahead) == '\n' || Peek(ahead) == '\r'; }

  void NextLine() {
    ++line_;
    line_begin_ = at_;
    at_line_start_ = true;
    token_start_ = true;
    key_position_ = true;
    indent_ = 0;
    while (indent_ + at_ < text_.size() && text_[at_ + indent_] == ' ') ++indent_;
  }

  void Advance() {
    const char c = text_[at_++];
    at_line_start_ = false;
    if (c == '\n') NextLine();
  }

  // One character or one quoted scalar, comment or block scalar header. False: too deep.
  bool Step() {
    const char c = text_[at_];
    if (c == '\n') return Advance(), true;
    if (IsBlank(c)) {
      blank_before_ = true;
      at_line_start_ = false;
      ++at_;
      return true;
    }
    const bool after_blank = blank_before_ || at_ == line_begin_;
    blank_before_ = false;
    if (c == '#' && after_blank) return SkipLine(), true;
    FollowKey(c);
    if (token_start_ && (c == '"' || c == '\'')) return SkipQuoted(c), true;
    if (IsOpening(c)) return OpenFlow();
    if (depth_ > 0 && (c == ']' || c == '}')) --depth_;
    if (depth_ == 0 && token_start_ && (c == '|' || c == '>')) return BeginBlockScalar(), true;
    UpdateTokenStart(c);
    ++at_;
    at_line_start_ = false;
    return true;
  }

  // The column that the lines of a block scalar must exceed: that of its key, or of the dash before it.
  void FollowKey(char c) {
    if (depth_ > 0 || !key_position_ || c == '|' || c == '>') return;
    block_parent_ = at_ - line_begin_;
    key_position_ = (c == '-' || c == '?') && EndsToken(1);
  }

  bool IsOpening(char c) const { return (c == '[' || c == '{') && (depth_ > 0 || token_start_); }

  bool OpenFlow() {
    if (++depth_ > limit_) return false;
    ++at_;
    at_line_start_ = false;
    token_start_ = true;
    return true;
  }

  void UpdateTokenStart(char c) {
    const bool separator = depth_ > 0 && (c == ',' || c == ':' || c == ']' || c == '}');
    const bool indicator = (c == ':' || ((c == '-' || c == '?') && token_start_)) && EndsToken(1);
    // A tag or an anchor stands before the value that it belongs to.
    const bool property = token_start_ && (c == '!' || c == '&');
    if (property) {
      while (!EndsToken(1)) ++at_;
      return;
    }
    token_start_ = separator || indicator;
  }

  void SkipLine() {
    while (at_ < text_.size() && text_[at_] != '\n') ++at_;
  }

  void SkipQuoted(char quote) {
    for (Advance(); at_ < text_.size(); Advance()) {
      const char c = text_[at_];
      const bool escapes = quote == '"' && c == '\\' && at_ + 1 < text_.size();
      const bool doubled = c == quote && quote == '\'' && Peek(1) == '\'';
      if (escapes || doubled) {
        Advance();
      } else if (c == quote) {
        Advance();
        break;
      }
    }
    token_start_ = false;
  }

  void BeginBlockScalar() {
    block_scalar_ = true;
    SkipLine();
  }

  // Lines deeper than the line of the header belong to the scalar, and so do empty ones.
  bool SkipBlockScalar() {
    if (!block_scalar_) return false;
    if (indent_ > block_parent_ || Peek(indent_) == '\n' || Peek(indent_) == '\r') {
      SkipLine();
      if (at_ < text_.size()) Advance();
      return true;
    }
    block_scalar_ = false;
    return false;
  }

  std::string_view text_;
  std::uint32_t line_;
  std::size_t limit_;
  std::size_t at_ = 0;
  std::size_t line_begin_ = 0;
  std::size_t depth_ = 0;
  std::size_t indent_ = 0;
  std::size_t block_parent_ = 0;
  bool at_line_start_ = true;
  bool token_start_ = true;
  bool key_position_ = true;
  bool blank_before_ = false;
  bool block_scalar_ = false;
};

}  // namespace

std::optional<ParseError> CheckCharacters(std::string_view bytes) {
  Mark mark{1, 1};
  for (std::size_t at = 0; at < bytes.size();) {
    const auto c = static_cast<unsigned char>(bytes[at]);
    const std::size_t length = c < 0x80 ? 1 : Utf8SequenceLength(bytes.substr(at));
    if (length == 0) return ParseError{mark, "the file is not valid UTF-8"};
    const bool lone_return = c == '\r' && (at + 1 >= bytes.size() || bytes[at + 1] != '\n');
    if (lone_return) return ParseError{mark, "a carriage return without a line feed; end lines with a line feed"};
    if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F)
      return ParseError{mark, "a control character; write it as an escape in a double-quoted string"};
    at += length;
    mark.column += static_cast<std::uint32_t>(length);
    if (c == '\n') mark = {mark.line + 1, 1};
  }
  return std::nullopt;
}

std::optional<ParseError> CheckFlowDepth(const YamlText& document, std::size_t depth) {
  return FlowScanner(document, depth).Run();
}

}  // namespace tinyforge::doc
