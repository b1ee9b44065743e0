#include "reconcilers/source/compose/mapping.h"
#include "reconcilers/source/compose/secret_mark.h"

#include "api-types/doc/node.h"
#include "reconcilers/source/compose/units.h"

namespace tinyforge::compose {
namespace {

// Without a text where only the key is there.
struct Pair {
  std::string key;
  std::optional<SecretText> text;
  Value value;
};

std::optional<std::vector<Pair>> ReadPairs(const Value& value) {
  if (!value.Is(doc::Type::Map)) {
    value.Mismatch("a mapping, or a list of KEY=VALUE");
    return std::nullopt;
  }
  std::vector<Pair> pairs;
  for (Value::Entry& entry : value.Entries()) {
    if (entry.key.empty())
      entry.value.Fail("the key is empty");
    else if (entry.value.Is(doc::Type::Null))
      pairs.push_back({std::move(entry.key), std::nullopt, entry.value});
    else if (auto text = entry.value.SecretScalar())
      pairs.push_back({std::move(entry.key), std::move(text), entry.value});
  }
  return pairs;
}

bool RefuseSecret(const Pair& pair) {
  if (!pair.text || !HasMark(*pair.text)) return false;
  pair.value.Fail("a secret may not stand here: only in environment, and in the content of secrets and configs");
  return true;
}

}  // namespace

std::optional<StringMap> ReadMapping(const Value& value) {
  auto pairs = ReadPairs(value);
  if (!pairs) return std::nullopt;
  StringMap map;
  for (Pair& pair : *pairs)
    if (!RefuseSecret(pair)) map[std::move(pair.key)] = pair.text.value_or("");
  return map;
}

std::optional<StringMap> ReadOptions(const Value& value) {
  if (value.Is(doc::Type::Map)) return ReadMapping(value);
  value.Mismatch("a mapping");
  return std::nullopt;
}

std::optional<Environment> ReadVariables(const Value& value, const Variables& variables) {
  auto pairs = ReadPairs(value);
  if (!pairs) return std::nullopt;
  Environment environment;
  for (Pair& pair : *pairs) {
    if (pair.key.find('=') != std::string::npos) pair.value.Fail("the name of a variable has no \"=\"");
    std::optional<SecretText> text = pair.text ? std::move(pair.text) : variables(pair.key);
    environment[std::move(pair.key)] = std::move(text);
  }
  return environment;
}

std::optional<std::vector<std::string>> ReadCommand(const Value& value) {
  if (value.Is(doc::Type::List)) return value.Texts();
  const auto line = value.Text();
  if (!line) return std::nullopt;
  auto words = SplitWords(*line);
  if (!words) value.Fail("a quote is not closed, or a backslash ends the line; a list of words needs no quotes");
  return words;
}

}  // namespace tinyforge::compose
