#include "controller/facts/file_hook_ledger.h"

#include "api-types/doc/json.h"
#include "controller/runtime/file.h"

namespace tinyforge {
namespace {

constexpr const char* kName = "_hooks.json";
constexpr std::size_t kMaxFile = std::size_t{64} << 10;

const std::string* TextOf(const doc::Node& map, const char* key) {
  const doc::Node* node = map.type == doc::Type::Map ? map.Find(key) : nullptr;
  return node && node->type == doc::Type::String ? &node->text : nullptr;
}

Expected<std::vector<RetiredHook>> Parse(const std::string& text) {
  const Error wrong{ErrorKind::Invalid, R"(expected {"retired": [{"trigger": …, "digest": …, "until": …}]})"};
  auto json = doc::ParseJson(text);
  if (!json) return std::move(json).error();
  const doc::Node* list = json->type == doc::Type::Map ? json->Find("retired") : nullptr;
  if (!list || list->type != doc::Type::List) return wrong;
  std::vector<RetiredHook> retired;
  for (const doc::Node& item : list->items) {
    const std::string* trigger = TextOf(item, "trigger");
    const std::string* digest = TextOf(item, "digest");
    const std::string* until = TextOf(item, "until");
    const auto time = until ? ParseRfc3339(*until) : std::nullopt;
    if (!trigger || !digest || !time) return wrong;
    retired.push_back({*trigger, *digest, *time});
  }
  return retired;
}

}  // namespace

std::vector<RetiredHook> FileHookLedger::Load() {
  auto dir = OpenDirectory(directory_);
  auto text = dir ? ReadFileAt(dir->get(), kName, kMaxFile) : Expected<std::string>(std::move(dir).error());
  if (!text && text.error().kind == ErrorKind::NotFound) return {};
  auto retired = text ? Parse(*text) : Expected<std::vector<RetiredHook>>(std::move(text).error());
  if (retired) return std::move(*retired);
  log_.Warn("retired webhook secrets cannot be read and are honoured no more",
            {{"file", directory_ + "/" + kName}, {"error", retired.error().message}});
  return {};
}

Expected<void> FileHookLedger::Save(const std::vector<RetiredHook>& retired) {
  doc::Node list = doc::Node::List();
  for (const RetiredHook& hook : retired) {
    doc::Node item = doc::Node::Map();
    item.Add("trigger", doc::Node::Of(hook.trigger));
    item.Add("digest", doc::Node::Of(hook.digest));
    item.Add("until", doc::Node::Of(FormatRfc3339(hook.until)));
    list.items.push_back(std::move(item));
  }
  doc::Node json = doc::Node::Map();
  json.Add("retired", std::move(list));
  if (auto made = MakeDirectories(directory_, 0700); !made) return made;
  auto dir = OpenDirectory(directory_);
  if (!dir) return std::move(dir).error();
  return ReplaceFileAt(dir->get(), kName, doc::PrettyJson(json), {.mode = 0600}, "hooks");
}

}  // namespace tinyforge
