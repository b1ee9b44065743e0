#include "controller/facts/facts_json.h"

#include <algorithm>
#include <utility>

#include "controller/runtime/plain_text.h"

namespace tinyforge {
namespace {

constexpr std::size_t kMaxFailed = 8;
// Twice all of this fits into a file: JSON writes a line feed or a quote as two bytes.
constexpr std::size_t kMaxMessage = 512;
constexpr std::size_t kMaxId = 128;

// Collects the first key of a wrong type.
class Reader {
 public:
  void Get(const doc::Node& map, const char* key, bool& out) {
    if (const doc::Node* node = Known(map, key, doc::Type::Bool)) out = node->boolean;
  }
  void Get(const doc::Node& map, const char* key, std::string& out) {
    if (const doc::Node* node = Known(map, key, doc::Type::String)) out = node->text;
  }
  void Get(const doc::Node& map, const char* key, SysTime& out) {
    const doc::Node* node = Known(map, key, doc::Type::String);
    if (node == nullptr) return;
    const auto time = ParseRfc3339(node->text);
    if (time) out = *time;
    if (!time) wrong_ = key;
  }
  const doc::Node* Known(const doc::Node& map, const char* key, doc::Type type) {
    const doc::Node* node = map.Find(key);
    if (node == nullptr || node->type == type) return node;
    wrong_ = key;
    return nullptr;
  }
  const std::string& wrong() const { return wrong_; }

 private:
  std::string wrong_;
};

doc::Node FailedList(const std::vector<FailedRelease>& failed) {
  doc::Node list = doc::Node::List();
  for (const FailedRelease& release : failed) {
    doc::Node item = doc::Node::Map();
    item.Add("release", doc::Node::Of(release.release));
    item.Add("imageId", doc::Node::Of(release.image_id));
    item.Add("message", doc::Node::Of(release.message));
    item.Add("at", doc::Node::Of(FormatRfc3339(release.at)));
    list.items.push_back(std::move(item));
  }
  return list;
}

}  // namespace

Facts Bounded(Facts facts) {
  if (facts.failed.size() > kMaxFailed) facts.failed.erase(facts.failed.begin(), facts.failed.end() - kMaxFailed);
  for (FailedRelease& release : facts.failed) {
    release.release = PlainText(release.release, kMaxId);
    release.image_id = PlainText(release.image_id, kMaxId);
    release.message = PlainText(release.message, kMaxMessage);
  }
  return facts;
}

void PutFacts(const Facts& facts, doc::Node& document) {
  std::erase_if(document.members, [](const doc::Node::Member& member) {
    return member.key == "failed" || member.key == "suspended" || member.key == "stopped" || member.key == "orphan";
  });
  if (!facts.failed.empty()) document.Add("failed", FailedList(facts.failed));
  if (facts.suspended) document.Add("suspended", doc::Node::Of(true));
  if (facts.stopped) document.Add("stopped", doc::Node::Of(true));
  if (facts.orphan) document.Add("orphan", doc::Node::Of(true));
}

Expected<Facts> GetFacts(const doc::Node& document) {
  if (document.type != doc::Type::Map) return Error{ErrorKind::Invalid, "it is not a mapping"};
  Reader reader;
  Facts facts;
  reader.Get(document, "suspended", facts.suspended);
  reader.Get(document, "stopped", facts.stopped);
  reader.Get(document, "orphan", facts.orphan);
  if (const doc::Node* failed = reader.Known(document, "failed", doc::Type::List)) {
    for (const doc::Node& item : failed->items) {
      FailedRelease& release = facts.failed.emplace_back();
      reader.Get(item, "release", release.release);
      reader.Get(item, "imageId", release.image_id);
      reader.Get(item, "message", release.message);
      reader.Get(item, "at", release.at);
    }
  }
  if (!reader.wrong().empty()) return Error{ErrorKind::Invalid, "\"" + reader.wrong() + "\" has a wrong type"};
  return Bounded(std::move(facts));
}

}  // namespace tinyforge
