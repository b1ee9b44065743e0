#include <algorithm>
#include <array>
#include <charconv>

#include "api-types/doc/json.h"

namespace tinyforge::doc {
namespace {

class Writer {
 public:
  explicit Writer(bool pretty) : pretty_(pretty) {}

  void Write(const Node& node) {
    switch (node.type) {
      case Type::Null: out_ += "null"; return;
      case Type::Bool: out_ += node.boolean ? "true" : "false"; return;
      case Type::Int: Number(node.integer); return;
      case Type::Float: Number(node.number); return;
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

  void String(std::string_view text) {
    out_ += '"';
    for (const char c : text) Character(c);
    out_ += '"';
  }

  void Character(char c) {
    constexpr std::string_view kHex = "0123456789abcdef";
    switch (c) {
      case '"': out_ += "\\\""; return;
      case '\\': out_ += "\\\\"; return;
      case '\b': out_ += "\\b"; return;
      case '\f': out_ += "\\f"; return;
      case '\n': out_ += "\\n"; return;
      case '\r': out_ += "\\r"; return;
      case '\t': out_ += "\\t"; return;
      default: break;
    }
    if (static_cast<unsigned char>(c) >= 0x20) {
      out_ += c;
      return;
    }
    out_ += "\\u00";
    out_ += kHex[static_cast<unsigned char>(c) >> 4U];
    out_ += kHex[static_cast<unsigned char>(c) & 0xFU];
  }

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
