#include "controller/facts/file_deletion_ledger.h"

#include "api-types/doc/json.h"
#include "controller/runtime/file.h"

namespace tinyforge {
namespace {

constexpr const char* kName = "_deletions.json";
constexpr std::size_t kMaxFile = std::size_t{256} << 10;

Expected<std::vector<ReleasedDeletion>> Parse(const std::string& text) {
  const Error wrong{ErrorKind::Invalid,
                    "expected {\"released\": [{\"atMilliseconds\": …, \"containers\": …, \"workloads\": […]}]}"};
  auto json = doc::ParseJson(text);
  if (!json) return std::move(json).error();
  const doc::Node* list = json->type == doc::Type::Map ? json->Find("released") : nullptr;
  if (!list || list->type != doc::Type::List) return wrong;
  std::vector<ReleasedDeletion> released;
  for (const doc::Node& item : list->items) {
    const doc::Node* at = item.type == doc::Type::Map ? item.Find("atMilliseconds") : nullptr;
    const doc::Node* count = item.type == doc::Type::Map ? item.Find("containers") : nullptr;
    if (!at || !count || at->type != doc::Type::Int || count->type != doc::Type::Int || count->integer < 0)
      return wrong;
    released.push_back({SysTime(std::chrono::milliseconds(at->integer)), static_cast<std::size_t>(count->integer), {}});
    const doc::Node* names = item.Find("workloads");
    if (names && names->type != doc::Type::List) return wrong;
    if (!names) continue;
    for (const doc::Node& name : names->items) {
      if (name.type != doc::Type::String) return wrong;
      released.back().workloads.insert(name.text);
    }
  }
  return released;
}

}  // namespace

std::vector<ReleasedDeletion> FileDeletionLedger::Load() {
  auto dir = OpenDirectory(directory_);
  auto text = dir ? ReadFileAt(dir->get(), kName, kMaxFile) : Expected<std::string>(std::move(dir).error());
  if (!text && text.error().kind == ErrorKind::NotFound) return {};
  auto released = text ? Parse(*text) : Expected<std::vector<ReleasedDeletion>>(std::move(text).error());
  if (released) return std::move(*released);
  log_.Warn("the deletions of the last day cannot be read and count as none",
            {{"file", directory_ + "/" + kName}, {"error", released.error().message}});
  return {};
}

Expected<void> FileDeletionLedger::Save(const std::vector<ReleasedDeletion>& released) {
  doc::Node list = doc::Node::List();
  for (const ReleasedDeletion& deletion : released) {
    doc::Node item = doc::Node::Map();
    const auto at = std::chrono::duration_cast<std::chrono::milliseconds>(deletion.at.time_since_epoch());
    item.Add("atMilliseconds", doc::Node::Of(std::int64_t{at.count()}));
    item.Add("containers", doc::Node::Of(static_cast<std::int64_t>(deletion.containers)));
    doc::Node names = doc::Node::List();
    for (const std::string& workload : deletion.workloads) names.items.push_back(doc::Node::Of(workload));
    item.Add("workloads", std::move(names));
    list.items.push_back(std::move(item));
  }
  doc::Node json = doc::Node::Map();
  json.Add("released", std::move(list));
  if (auto made = MakeDirectories(directory_, 0700); !made) return made;
  auto dir = OpenDirectory(directory_);
  if (!dir) return std::move(dir).error();
  return ReplaceFileAt(dir->get(), kName, doc::PrettyJson(json), {.mode = 0600}, "deletions");
}

}  // namespace tinyforge
