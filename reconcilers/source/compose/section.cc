#include "reconcilers/source/compose/section.h"

#include <string>

namespace tinyforge::compose {

Section::Section(const Value& value, std::string_view path) : value_(value), keys_(SectionAt(path)) {
  if (!value.Is(doc::Type::Map)) value.Mismatch("a mapping");
  for (const doc::Node::Member& member : value.node().members) CheckMember(member);
}

void Section::CheckMember(const doc::Node::Member& member) const {
  if (member.key.starts_with("x-")) return;
  const Key* key = keys_.Find(member.key);
  if (key == nullptr) return Unknown(member);
  if (key->outcome == Outcome::Error)
    value_.OfKey(member).Fail("not supported: " + std::string(key->note));
  else if (member.value.type == doc::Type::Null && !key->nullable && key->stage == Stage::Decode)
    value_.OfKey(member).Fail("has no value; give it one or remove the key");
}

void Section::Unknown(const doc::Node::Member& member) const {
  if (value_.Full()) return;
  value_.OfKey(member).Fail(UnknownKey(member.key, keys_));
}

std::optional<Value> Section::Find(std::string_view name) const {
  const Key* key = keys_.Find(name);
  if (key == nullptr || key->outcome == Outcome::Error) return std::nullopt;
  for (const doc::Node::Member& member : value_.node().members)
    if (member.key == name && member.value.type != doc::Type::Null) return value_.At(member);
  return std::nullopt;
}

std::optional<Value> Section::Require(std::string_view name) const {
  std::optional<Value> value = Find(name);
  if (!value && value_.Is(doc::Type::Map) && value_.node().Find(name) == nullptr)
    value_.Fail("needs the key \"" + std::string(name) + "\"");
  return value;
}

}  // namespace tinyforge::compose
