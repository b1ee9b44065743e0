#include <algorithm>
#include <array>
#include <charconv>

#include "api-types/doc/json.h"

namespace tinyforge::doc {
namespace {

bool NeedsEscape(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

void Escape(char c, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  out += "\\u00";
  out += kHex[static_cast<unsigned char>(c) >> 4U];
  out += kHex[static_cast<unsigned char>(c) & 0xFU];
}

class Writer {
 public:
  explicit Writer(bool pretty) : pretty_(pretty) {}

  void Write(const Node& node) {
    switch (node.type) {
      case Type::Null: out_ += "null"; return;
      case Type::Bool: out_ += node.boolean ? "true" : "false"; return;
      case Type::Int: Number(node.integer); return;
      case Type::Float: Number(node.number + 0.0); return;  // so that no zero is negative (RFC 8785 section 3.2.2.3)
      case Type::String: String(node.text); return;
      case Type::List: List(node); return;
      case Type::Map: Map(node); return;
    }
  }

  std::string Take() { return std::move(out_); }

 private:
  template <class T>
  void Number(T value) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    out_.append(text.data(), end);
  }

  void String(std::string_view text) { AppendJsonString(text, out_); }

  void NewLine() {
    if (!pretty_) return;
    out_ += '\n';
    out_.append(2 * depth_, ' ');
  }

  void List(const Node& node) {
    out_ += '[';
    ++depth_;
    for (const Node& item : node.items) {
      if (&item != &node.items.front()) out_ += ',';
      NewLine();
      Write(item);
    }
    --depth_;
    if (!node.items.empty()) NewLine();
    out_ += ']';
  }

  void Map(const Node& node) {
    std::vector<const Node::Member*> order;
    order.reserve(node.members.size());
    for (const Node::Member& member : node.members) order.push_back(&member);
    if (!pretty_) std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) { return a->key < b->key; });
    out_ += '{';
    ++depth_;
    for (const Node::Member* member : order) {
      if (member != order.front()) out_ += ',';
      NewLine();
      String(member->key);
      out_ += pretty_ ? ": " : ":";
      Write(member->value);
    }
    --depth_;
    if (!order.empty()) NewLine();
    out_ += '}';
  }

  bool pretty_;
  std::size_t depth_ = 0;
  std::string out_;
};

}  // namespace

void AppendJsonString(std::string_view text, std::string& out) {
  out += '"';
  while (!text.empty()) {
    const auto plain = static_cast<std::size_t>(std::ranges::find_if(text, NeedsEscape) - text.begin());
    out.append(text.substr(0, plain));
    if (plain < text.size()) Escape(text[plain], out);
    text.remove_prefix(std::min(plain + 1, text.size()));
  }
  out += '"';
}

std::string CanonicalJson(const Node& node) {
  Writer writer(false);
  writer.Write(node);
  return writer.Take();
}

std::string PrettyJson(const Node& node) {
  Writer writer(true);
  writer.Write(node);
  return writer.Take() + "\n";
}

}  // namespace tinyforge::doc
