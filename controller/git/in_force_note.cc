#include "controller/git/in_force_note.h"

#include <optional>
#include <utility>

#include "api-types/doc/json.h"
#include "controller/runtime/file.h"

namespace tinyforge::git {
namespace {

constexpr const char* kName = "in-force.json";
constexpr doc::Limits kLimits{.bytes = std::size_t{16} << 20, .nodes = 500'000};

const std::string* Text(const doc::Node& map, std::string_view key) {
  const doc::Node* node = map.type == doc::Type::Map ? map.Find(key) : nullptr;
  return node && node->type == doc::Type::String ? &node->text : nullptr;
}

std::optional<KeptObject> KeptFrom(const doc::Node& item) {
  const std::string* kind = Text(item, "kind");
  const std::string* name = Text(item, "name");
  const std::string* path = Text(item, "path");
  const std::string* blob = Text(item, "blob");
  const auto known = kind ? ParseKind(*kind) : std::nullopt;
  if (!known || !name || !path || !blob) return std::nullopt;
  return KeptObject{{*known, *name}, *path, *blob};
}

}  // namespace

Expected<InForceNote> ReadInForceNote(const std::string& state_dir) {
  auto dir = OpenDirectory(state_dir);
  if (!dir) return std::move(dir).error();
  auto text = ReadFileAt(dir->get(), kName, kLimits.bytes);
  if (!text) return std::move(text).error();
  auto json = doc::ParseJson(*text, kLimits);
  if (!json) return std::move(json).error();
  const std::string* origin = Text(*json, "origin");
  const std::string* revision = Text(*json, "revision");
  const doc::Node* list = json->type == doc::Type::Map ? json->Find("kept") : nullptr;
  const Error wrong{ErrorKind::Invalid, "expected origin, revision and a list of kept objects"};
  if (!origin || !revision || !list || list->type != doc::Type::List) return wrong;
  InForceNote note{.origin = *origin, .revision = *revision, .kept = {}};
  for (const doc::Node& item : list->items) {
    auto kept = KeptFrom(item);
    if (!kept) return wrong;
    note.kept.push_back(std::move(*kept));
  }
  return note;
}

Expected<void> WriteInForceNote(const std::string& state_dir, const InForceNote& note) {
  doc::Node list = doc::Node::List();
  for (const KeptObject& object : note.kept) {
    doc::Node item = doc::Node::Map();
    item.Add("kind", doc::Node::Of(std::string(ToString(object.key.kind))));
    item.Add("name", doc::Node::Of(object.key.name));
    item.Add("path", doc::Node::Of(object.path));
    item.Add("blob", doc::Node::Of(object.blob));
    list.items.push_back(std::move(item));
  }
  doc::Node json = doc::Node::Map();
  json.Add("origin", doc::Node::Of(note.origin));
  json.Add("revision", doc::Node::Of(note.revision));
  json.Add("kept", std::move(list));
  auto dir = OpenDirectory(state_dir);
  if (!dir) return std::move(dir).error();
  return ReplaceFileAt(dir->get(), kName, doc::PrettyJson(json), {.mode = 0600}, "in-force");
}

}  // namespace tinyforge::git
