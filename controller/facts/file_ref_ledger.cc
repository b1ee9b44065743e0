#include "controller/facts/file_ref_ledger.h"

#include "api-types/doc/json.h"
#include "controller/runtime/file.h"

namespace tinyforge {
namespace {

constexpr const char* kName = "_refs.json";
constexpr std::size_t kMaxFile = std::size_t{16} << 20;
constexpr doc::Limits kLimits{.bytes = kMaxFile, .depth = 8, .nodes = 1'000'000};

const doc::Node* Find(const doc::Node& map, const char* key, doc::Type type) {
  const doc::Node* node = map.type == doc::Type::Map ? map.Find(key) : nullptr;
  return node && node->type == type ? node : nullptr;
}

bool ParseOne(const doc::Node& item, SeenRefs& seen) {
  const doc::Node* trigger = Find(item, "trigger", doc::Type::String);
  const doc::Node* url = Find(item, "url", doc::Type::String);
  const doc::Node* patterns = Find(item, "patterns", doc::Type::List);
  const doc::Node* refs = Find(item, "refs", doc::Type::Map);
  if (!trigger || !url || !patterns || !refs || refs->members.size() > kMaxSeenRefs) return false;
  seen.trigger = trigger->text;
  seen.url = url->text;
  for (const doc::Node& pattern : patterns->items) {
    if (pattern.type != doc::Type::String) return false;
    seen.patterns.push_back(pattern.text);
  }
  for (const doc::Node::Member& ref : refs->members) {
    if (ref.value.type != doc::Type::String) return false;
    seen.refs.emplace(ref.key, ref.value.text);
  }
  return true;
}

Expected<std::vector<SeenRefs>> Parse(const std::string& text) {
  const Error wrong{ErrorKind::Invalid,
                    R"(expected {"seen": [{"trigger": …, "url": …, "patterns": […], "refs": {NAME: COMMIT}}]})"};
  auto json = doc::ParseJson(text, kLimits);
  if (!json) return std::move(json).error();
  const doc::Node* list = Find(*json, "seen", doc::Type::List);
  if (!list) return wrong;
  std::vector<SeenRefs> seen;
  for (const doc::Node& item : list->items)
    if (!ParseOne(item, seen.emplace_back())) return wrong;
  return seen;
}

doc::Node ToNode(const SeenRefs& seen) {
  doc::Node patterns = doc::Node::List();
  for (const std::string& pattern : seen.patterns) patterns.items.push_back(doc::Node::Of(pattern));
  doc::Node refs = doc::Node::Map();
  for (const auto& [name, commit] : seen.refs) refs.Add(name, doc::Node::Of(commit));
  doc::Node item = doc::Node::Map();
  item.Add("trigger", doc::Node::Of(seen.trigger));
  item.Add("url", doc::Node::Of(seen.url));
  item.Add("patterns", std::move(patterns));
  item.Add("refs", std::move(refs));
  return item;
}

}  // namespace

std::vector<SeenRefs> FileRefLedger::Load() {
  auto dir = OpenDirectory(directory_);
  auto text = dir ? ReadFileAt(dir->get(), kName, kMaxFile) : Expected<std::string>(std::move(dir).error());
  if (!text && text.error().kind == ErrorKind::NotFound) return {};
  auto seen = text ? Parse(*text) : Expected<std::vector<SeenRefs>>(std::move(text).error());
  if (seen) return std::move(*seen);
  log_.Warn("what polls of git repositories saw last cannot be read, and counts as nothing",
            {{"file", directory_ + "/" + kName}, {"error", seen.error().message}});
  return {};
}

Expected<void> FileRefLedger::Save(const std::vector<SeenRefs>& seen) {
  doc::Node list = doc::Node::List();
  for (const SeenRefs& one : seen) list.items.push_back(ToNode(one));
  doc::Node json = doc::Node::Map();
  json.Add("seen", std::move(list));
  const std::string text = doc::PrettyJson(json);
  if (text.size() > kMaxFile)
    return Error{ErrorKind::Invalid, "git triggers follow too many branches and tags together: " +
                                         std::to_string(text.size()) + " bytes of at most " + std::to_string(kMaxFile)};
  if (auto made = MakeDirectories(directory_, 0700); !made) return made;
  auto dir = OpenDirectory(directory_);
  if (!dir) return std::move(dir).error();
  return ReplaceFileAt(dir->get(), kName, text, {.mode = 0600}, "refs");
}

}  // namespace tinyforge
