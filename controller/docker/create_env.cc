#include "controller/docker/create_env.h"

#include <algorithm>

#include "api-types/meta/utf8.h"

namespace tinyforge::docker {
namespace {

constexpr std::size_t kEscapedBytesPerByte = 6;
constexpr std::size_t kBytesAround = 16;

bool HoldsSecrets(const EnvEntry& entry) {
  return entry.secret || !entry.inserts.empty();
}

// Appends `value` as the inside of a JSON string. False for what an environment cannot hold.
bool AppendEscaped(std::string_view value, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  while (!value.empty()) {
    auto length = Utf8SequenceLength(value);
    if (!length || value[0] == '\0') return false;
    auto first = static_cast<unsigned char>(value[0]);
    if (first == '"' || first == '\\') {
      out += '\\';
      out += value[0];
    } else if (first < 0x20) {
      out += "\\u00";
      out += kHex[first >> 4];
      out += kHex[first & 15];
    } else {
      out += value.substr(0, length);
    }
    value.remove_prefix(length);
  }
  return true;
}

Error UnfitValue(const EnvEntry& entry) {
  std::string names = entry.secret ? NameOf(*entry.secret) : "";
  for (const EnvInsert& insert : entry.inserts) names += (names.empty() ? "" : ", ") + NameOf(insert.secret);
  std::string what = "environment variable " + entry.name;
  if (!names.empty()) what += " (secret " + names + ")";
  return Error{ErrorKind::Terminal,
               what + ": the value must be UTF-8 text without NUL bytes; mount it as a file instead"};
}

Expected<std::vector<SecretText>> RevealInserts(const EnvEntry& entry, SecretReader& secrets) {
  std::vector<SecretText> texts;
  texts.reserve(entry.inserts.size());
  for (const EnvInsert& insert : entry.inserts) {
    auto text = secrets.Reveal(insert.secret);
    if (!text) return std::move(text).error();
    texts.emplace_back(std::move(*text));
  }
  return texts;
}

SecretText Assemble(const EnvEntry& entry, const std::vector<SecretText>& texts) {
  std::size_t size = entry.value.size();
  for (const SecretText& text : texts) size += text.text().size();
  SecretText whole;
  whole.text().reserve(size);
  std::size_t at = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::size_t offset = std::clamp(entry.inserts[i].offset, at, entry.value.size());
    whole.text().append(entry.value, at, offset - at);
    whole.text() += texts[i].text();
    at = offset;
  }
  whole.text().append(entry.value, at);
  return whole;
}

}  // namespace

Expected<SecretText> RevealEnv(const EnvEntry& entry, SecretReader& secrets) {
  if (entry.secret) {
    auto text = secrets.Reveal(*entry.secret);
    return text ? Expected<SecretText>(SecretText(std::move(*text))) : Expected<SecretText>(std::move(text).error());
  }
  auto texts = RevealInserts(entry, secrets);
  if (!texts) return std::move(texts).error();
  return Assemble(entry, *texts);
}

std::string_view CreateEnv::Value::text() const {
  return HoldsSecrets(*entry) ? std::string_view(revealed.text()) : entry->value;
}

Expected<CreateEnv> CreateEnv::Reveal(const std::vector<EnvEntry>& env, SecretReader& secrets) {
  CreateEnv revealed;
  revealed.values_.reserve(env.size());
  for (const EnvEntry& entry : env) {
    revealed.values_.push_back({&entry, SecretText()});
    if (!HoldsSecrets(entry)) continue;
    auto text = RevealEnv(entry, secrets);
    if (!text) return std::move(text).error();
    revealed.values_.back().revealed = std::move(*text);
  }
  return revealed;
}

std::size_t CreateEnv::MaxBytes() const {
  std::size_t size = kBytesAround;
  for (const Value& value : values_)
    size += kEscapedBytesPerByte * (value.entry->name.size() + value.text().size()) + 4;
  return size;
}

Expected<void> CreateEnv::AppendTo(std::string& body) const {
  body += ",\"Env\":[";
  for (const Value& value : values_) {
    if (&value != &values_.front()) body += ',';
    body += '"';
    if (!AppendEscaped(value.entry->name, body)) return UnfitValue(*value.entry);
    if (!value.entry->unset) body += '=';  // a name alone takes away what the image has
    if (!AppendEscaped(value.text(), body)) return UnfitValue(*value.entry);
    body += '"';
  }
  body += ']';
  return {};
}

}  // namespace tinyforge::docker
