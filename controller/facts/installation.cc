#include "controller/facts/installation.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "api-types/doc/json.h"
#include "controller/runtime/file.h"

namespace tinyforge {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kMaxFile = 16 << 10;
constexpr const char* kKeyField = "hmacKey";
constexpr std::string_view kHex = "0123456789abcdef";

struct Copy {
  std::string directory;
  std::string name;
  doc::Node json = doc::Node::Map();
  std::string key;  // empty: there is no readable one
  bool damaged = false;
};

std::string ToHex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) {
    hex += kHex[static_cast<unsigned char>(c) >> 4];
    hex += kHex[static_cast<unsigned char>(c) & 15];
  }
  return hex;
}

std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    const std::size_t high = kHex.find(hex[i]);
    const std::size_t low = kHex.find(hex[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return {};
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes.size() == kKeyBytes && hex.size() == 2 * kKeyBytes ? bytes : std::string();
}

// Transient when the file may be good but cannot be read now: then no new key may be made.
Expected<void> Read(Copy& copy) {
  Expected<Fd> dir = OpenDirectory(copy.directory);
  if (!dir && dir.error().kind == ErrorKind::NotFound) return {};
  if (!dir) return std::move(dir).error();
  Expected<std::string> text = ReadFileAt(dir->get(), copy.name, kMaxFile);
  if (!text && text.error().kind == ErrorKind::NotFound) return {};
  if (!text && text.error().kind == ErrorKind::Transient) return std::move(text).error();
  copy.damaged = true;
  Expected<doc::Node> json = text ? doc::ParseJson(*text) : Expected<doc::Node>(std::move(text).error());
  if (!json || json->type != doc::Type::Map) return {};
  const doc::Node* key = json->Find(kKeyField);
  if (key == nullptr || key->type != doc::Type::String) return {};
  copy.key = FromHex(key->text);
  if (copy.key.empty()) return {};
  copy.json = std::move(*json);
  copy.damaged = false;
  return {};
}

Expected<void> Write(Copy& copy, const std::string& key) {
  if (auto made = MakeDirectories(copy.directory, 0700); !made) return made;
  Expected<Fd> dir = OpenDirectory(copy.directory);
  if (!dir) return std::move(dir).error();
  std::erase_if(copy.json.members, [](const doc::Node::Member& member) { return member.key == kKeyField; });
  copy.json.Add(kKeyField, doc::Node::Of(ToHex(key)));
  return ReplaceFileAt(dir->get(), copy.name, doc::PrettyJson(copy.json), {.mode = 0600}, "installation");
}

Expected<std::string> RandomKey() {
  std::array<char, kKeyBytes> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    return SystemError("random key", errno);
  return std::string(bytes.data(), bytes.size());
}

// The surviving key, or a new one.
Expected<std::string> ChooseKey(const std::array<Copy, 2>& copies, Logger& log) {
  for (const Copy& copy : copies) {
    if (!copy.key.empty()) return copy.key;
  }
  const bool lost = std::any_of(copies.begin(), copies.end(), [](const Copy& copy) { return copy.damaged; });
  if (lost) log.Error("the key of the installation cannot be read; a new one makes every secret look changed", {});
  return RandomKey();
}

}  // namespace

Expected<std::string> InstallationKey(const std::string& state_dir, Logger& log) {
  std::array<Copy, 2> copies = {Copy{state_dir + "/facts", "_installation.json"}, Copy{state_dir, "installation.json"}};
  for (Copy& copy : copies) {
    if (auto read = Read(copy); !read) return std::move(read).error().Within("key of the installation");
  }
  Expected<std::string> key = ChooseKey(copies, log);
  if (!key) return key;
  for (Copy& copy : copies) {
    if (copy.key == *key) continue;
    if (copy.damaged)
      log.Warn("a copy of the installation's key was damaged and is written again", {{"file", copy.name}});
    if (auto written = Write(copy, *key); !written) return std::move(written).error().Within("key of the installation");
  }
  return key;
}

}  // namespace tinyforge
