#include "api-types/codec/locate.h"

#include <charconv>

namespace tinyforge::codec {
namespace {

const doc::Node* Item(const doc::Node& list, std::string_view index) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(index.data(), index.data() + index.size(), value);
  const bool whole = error == std::errc{} && end == index.data() + index.size();
  return whole && value < list.items.size() ? &list.items[value] : nullptr;
}

}  // namespace

doc::Mark Locate(const doc::Node& document, std::string_view field) {
  const doc::Node* at = &document;
  while (!field.empty()) {
    const doc::Node* next = nullptr;
    if (field.front() == '[') {
      const std::size_t end = field.find(']');
      if (end == std::string_view::npos) break;
      next = Item(*at, field.substr(1, end - 1));
      field.remove_prefix(end + 1);
    } else {
      if (field.front() == '.') field.remove_prefix(1);
      const std::size_t end = std::min(field.find_first_of(".["), field.size());
      next = at->Find(field.substr(0, end));
      field.remove_prefix(end);
    }
    if (next == nullptr) break;
    at = next;
  }
  return at->mark;
}

}  // namespace tinyforge::codec
