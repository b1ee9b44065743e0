#include "reconcilers/inbound/payload.h"

#include <algorithm>

namespace tinyforge::inbound {
namespace {

constexpr std::size_t kLongestText = 4096;
constexpr std::string_view kText = "a text of 1 to 4096 bytes without control characters";

bool IsControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool IsPlain(std::string_view text) {
  return text.size() <= kLongestText && std::none_of(text.begin(), text.end(), IsControl);
}

}  // namespace

Field Payload::Root() {
  return {*this, &root_, ""};
}

void Payload::Refuse(const std::string& path, std::string_view expected, std::string_view found) {
  if (error_) return;
  std::string message(vendor_);
  message += ": " + (path.empty() ? std::string("the payload") : path) + ": expected ";
  message.append(expected).append("; it is ").append(found);
  error_ = Error{ErrorKind::Invalid, std::move(message)};
}

bool Field::Present() const {
  return node_ != nullptr && node_->type != doc::Type::Null;
}

std::string_view Field::Found() const {
  if (node_ == nullptr) return "absent";
  if (node_->type == doc::Type::Null) return "null";
  return node_->type == doc::Type::String ? "another text" : doc::Describe(node_->type);
}

void Field::Refuse(std::string_view expected) const {
  payload_->Refuse(path_, expected, Found());
}

bool Field::Is(doc::Type type, std::string_view expected) const {
  if (node_ != nullptr && node_->type == type) return true;
  Refuse(expected);
  return false;
}

Field Field::At(std::string_view key) const {
  std::string path = path_.empty() ? std::string(key) : path_ + "." + std::string(key);
  const doc::Node* value = nullptr;
  if (Present() && Is(doc::Type::Map, "a mapping")) value = node_->Find(key);
  return {*payload_, value, std::move(path)};
}

std::string Field::Text() const {
  if (!Is(doc::Type::String, kText)) return "";
  if (!node_->text.empty() && IsPlain(node_->text)) return node_->text;
  payload_->Refuse(path_, kText, node_->text.empty() ? "empty" : "another text");
  return "";
}

std::string Field::OptionalText() const {
  const bool empty = !Present() || (node_->type == doc::Type::String && node_->text.empty());
  return empty ? "" : Text();
}

bool Field::Flag() const {
  return Present() && Is(doc::Type::Bool, "true or false") && node_->boolean;
}

std::optional<std::int64_t> Field::Number() const {
  if (!Present() || !Is(doc::Type::Int, "a whole number")) return std::nullopt;
  return node_->integer;
}

std::vector<Field> Field::Items(std::size_t most) const {
  std::vector<Field> items;
  if (!Is(doc::Type::List, "a list")) return items;
  if (node_->items.size() > most) {
    Refuse("a list of at most " + std::to_string(most));
    return items;
  }
  items.reserve(node_->items.size());
  for (const doc::Node& item : node_->items)
    items.push_back({*payload_, &item, path_ + "[" + std::to_string(items.size()) + "]"});
  return items;
}

std::vector<Field> Field::OptionalItems() const {
  return Present() ? Items() : std::vector<Field>();
}

std::vector<std::string> Field::Texts() const {
  std::vector<std::string> texts;
  if (!Present() || !Is(doc::Type::List, "a list of texts")) return texts;
  texts.reserve(node_->items.size());
  for (const doc::Node& item : node_->items) {
    if (item.type != doc::Type::String || item.text.empty() || item.text.size() > kLongestText) {
      Field(*payload_, &item, path_ + "[" + std::to_string(texts.size()) + "]").Refuse("a text of 1 to 4096 bytes");
      return {};
    }
    texts.push_back(item.text);
  }
  return texts;
}

std::vector<std::string> Field::Keys() const {
  std::vector<std::string> keys;
  if (!Present() || node_->type != doc::Type::Map) return keys;
  for (const doc::Node::Member& member : node_->members) keys.push_back(member.key);
  return keys;
}

}  // namespace tinyforge::inbound
