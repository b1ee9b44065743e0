#include "api-types/doc/yaml_writer.h"

#include <algorithm>
#include <string_view>

#include "api-types/doc/json.h"
#include "api-types/doc/scalar.h"

namespace tinyforge::doc {
namespace {

bool IsPlainCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_-./+=@~$%^()<>;*&!|?,:# ").find(c) != std::string_view::npos ||
         static_cast<unsigned char>(c) >= 0x80;
}

// YAML allows it in quotes only (YAML 1.2.2, section 5.2); elsewhere readers drop it.
bool HasByteOrderMark(const std::string& text) {
  return text.find("\xEF\xBB\xBF") != std::string::npos;
}

bool IsPlain(const std::string& text) {
  constexpr std::string_view kFirst = "-?:,[]{}#&*!|>'\"%@`~=<. ";
  if (text.empty() || text.back() == ' ' || text.back() == ':' || kFirst.find(text.front()) != std::string_view::npos)
    return false;
  if (!std::all_of(text.begin(), text.end(), IsPlainCharacter) || HasByteOrderMark(text)) return false;
  if (text.find(": ") != std::string::npos || text.find(" #") != std::string::npos) return false;
  // Words that YAML 1.1 readers take for booleans or nothing are quoted too.
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  for (const std::string_view word : {"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
    if (lower == word) return false;
  return TypePlainScalar(text).type == Type::String &&
         (text.front() < '0' || text.front() > '9' || text.find_first_of(":e_") == std::string::npos);
}

// Text that a literal block scalar ("|") keeps as it is.
bool FitsBlock(const std::string& text) {
  if (text.find('\n') == std::string::npos || text.front() == ' ' || text.front() == '\n' || text.back() != '\n')
    return false;
  if ((text.size() >= 2 && text[text.size() - 2] == '\n') || HasByteOrderMark(text)) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) != 0x7F) || c == '\n' || c == '\t';
  });
}

class Writer {
 public:
  std::string Document(const Node& node) {
    if (IsBlock(node)) {
      Block(node, 0);
    } else {
      Inline(node, 0);
    }
    return std::move(out_);
  }

 private:
  static bool IsBlock(const Node& node) { return !node.items.empty() || !node.members.empty(); }

  void Indent(std::size_t indent) { out_.append(indent, ' '); }

  std::string Scalar(const Node& node) const {
    if (node.type == Type::String && IsPlain(node.text)) return node.text;
    return CanonicalJson(node);
  }

  void Inline(const Node& node, std::size_t indent) {
    if (node.type != Type::String || !FitsBlock(node.text)) {
      out_ += Scalar(node) + "\n";
      return;
    }
    out_ += "|\n";
    std::string_view rest = node.text;
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      if (!line.empty()) Indent(indent + 2);
      out_ += std::string(line) + "\n";
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    }
  }

  // `started`: the first line's indent is already written (after a dash).
  void Block(const Node& node, std::size_t indent, bool started = false) {
    if (node.type == Type::List) {
      for (const Node& item : node.items) {
        if (!started) Indent(indent);
        started = false;
        out_ += "- ";
        IsBlock(item) ? Block(item, indent + 2, true) : Inline(item, indent);
      }
      return;
    }
    for (const Node::Member& member : node.members) {
      if (!started) Indent(indent);
      started = false;
      out_ += Scalar(Node::Of(member.key)) + ":";
      if (IsBlock(member.value)) {
        out_ += "\n";
        Block(member.value, indent + 2);
      } else {
        out_ += " ";
        Inline(member.value, indent);
      }
    }
  }

  std::string out_;
};

}  // namespace

std::string ToYaml(const Node& node) {
  return Writer().Document(node);
}

}  // namespace tinyforge::doc
