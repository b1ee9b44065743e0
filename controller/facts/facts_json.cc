#include "controller/facts/facts_json.h"

#include <algorithm>
#include <utility>

#include "controller/runtime/plain_text.h"

namespace tinyforge {
namespace {

constexpr std::size_t kMaxFailed = 8;
constexpr std::size_t kMaxGood = 10;
constexpr std::size_t kMaxSuperseded = 16;
constexpr std::size_t kMaxLastLines = 1024;
constexpr std::size_t kMaxReference = 512;
// Twice all of this fits into a file: JSON writes a line feed or a quote as two bytes.
constexpr std::size_t kMaxMessage = 384;
constexpr std::size_t kMaxId = 128;
constexpr std::size_t kMaxKept = 200;
constexpr std::size_t kShortMessage = 64;

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
    if (!release.last_lines.empty()) item.Add("lastLines", doc::Node::Of(release.last_lines));
    item.Add("at", doc::Node::Of(FormatRfc3339(release.at)));
    list.items.push_back(std::move(item));
  }
  return list;
}

doc::Node GoodList(const std::vector<GoodRelease>& good) {
  doc::Node list = doc::Node::List();
  for (const GoodRelease& release : good) {
    doc::Node item = doc::Node::Map();
    item.Add("revision", doc::Node::Of(release.revision));
    item.Add("reference", doc::Node::Of(release.reference));
    item.Add("imageId", doc::Node::Of(release.image_id));
    item.Add("version", doc::Node::Of(release.version));
    item.Add("at", doc::Node::Of(FormatRfc3339(release.at)));
    list.items.push_back(std::move(item));
  }
  return list;
}

doc::Node CandidateNode(const CandidateImage& image) {
  doc::Node node = doc::Node::Map();
  node.Add("reference", doc::Node::Of(image.reference));
  if (!image.image_id.empty()) node.Add("imageId", doc::Node::Of(image.image_id));
  return node;
}

doc::Node SupersededList(const std::vector<SupersededImage>& superseded) {
  doc::Node list = doc::Node::List();
  for (const SupersededImage& image : superseded) {
    doc::Node item = CandidateNode({image.reference, image.image_id});
    item.Add("cause", doc::Node::Of(image.cause));
    if (!image.kept.empty()) item.Add("kept", doc::Node::Of(image.kept));
    item.Add("at", doc::Node::Of(FormatRfc3339(image.at)));
    list.items.push_back(std::move(item));
  }
  return list;
}

doc::Node PinNode(const Pin& pin) {
  doc::Node node = doc::Node::Map();
  node.Add("reference", doc::Node::Of(pin.reference));
  node.Add("version", doc::Node::Of(pin.version));
  node.Add("base", doc::Node::Of(pin.base));
  node.Add("at", doc::Node::Of(FormatRfc3339(pin.at)));
  return node;
}

void GetGood(Reader& reader, const doc::Node& list, std::vector<GoodRelease>& good) {
  for (const doc::Node& item : list.items) {
    GoodRelease& release = good.emplace_back();
    reader.Get(item, "revision", release.revision);
    reader.Get(item, "reference", release.reference);
    reader.Get(item, "imageId", release.image_id);
    reader.Get(item, "version", release.version);
    reader.Get(item, "at", release.at);
  }
}

void GetSuperseded(Reader& reader, const doc::Node& list, std::vector<SupersededImage>& superseded) {
  for (const doc::Node& item : list.items) {
    SupersededImage& image = superseded.emplace_back();
    reader.Get(item, "reference", image.reference);
    reader.Get(item, "imageId", image.image_id);
    reader.Get(item, "cause", image.cause);
    reader.Get(item, "kept", image.kept);
    reader.Get(item, "at", image.at);
  }
}

void GetImages(Reader& reader, const doc::Node& document, Facts& facts) {
  if (const doc::Node* good = reader.Known(document, "good", doc::Type::List)) GetGood(reader, *good, facts.good);
  if (const doc::Node* list = reader.Known(document, "superseded", doc::Type::List))
    GetSuperseded(reader, *list, facts.superseded);
  const doc::Node* candidate = reader.Known(document, "candidate", doc::Type::Map);
  if (candidate == nullptr) return;
  CandidateImage& image = facts.candidate.emplace();
  reader.Get(*candidate, "reference", image.reference);
  reader.Get(*candidate, "imageId", image.image_id);
}

void BoundImages(Facts& facts) {
  auto& good = facts.good;
  if (good.size() > kMaxGood) good.erase(good.begin(), good.end() - kMaxGood);
  for (GoodRelease& release : good) {
    release.reference = PlainText(release.reference, kMaxReference);
    release.image_id = PlainText(release.image_id, kMaxId);
    release.version = PlainText(release.version, kMaxId);
  }
  auto& superseded = facts.superseded;
  if (superseded.size() > kMaxSuperseded) superseded.erase(superseded.begin(), superseded.end() - kMaxSuperseded);
  for (SupersededImage& image : superseded) {
    image.reference = PlainText(image.reference, kMaxReference);
    image.image_id = PlainText(image.image_id, kMaxId);
    image.cause = PlainText(image.cause, kMaxKept);
    image.kept = PlainText(image.kept, kMaxKept);
  }
}

void GetPin(Reader& reader, const doc::Node& node, Pin& pin) {
  reader.Get(node, "reference", pin.reference);
  reader.Get(node, "version", pin.version);
  reader.Get(node, "base", pin.base);
  reader.Get(node, "at", pin.at);
}

}  // namespace

Facts Bounded(Facts facts) {
  if (facts.failed.size() > kMaxFailed) facts.failed.erase(facts.failed.begin(), facts.failed.end() - kMaxFailed);
  for (FailedRelease& release : facts.failed) {
    release.release = PlainText(release.release, kMaxId);
    release.image_id = PlainText(release.image_id, kMaxId);
    release.message = PlainText(release.message, kMaxMessage);
    const bool newest = &release == &facts.failed.back();
    release.last_lines = newest ? PlainText(release.last_lines, kMaxLastLines) : "";
  }
  BoundImages(facts);
  return facts;
}

bool Shorten(Facts& facts) {
  for (FailedRelease& release : facts.failed) {
    if (release.message.size() <= kShortMessage) continue;
    release.message = PlainText(release.message, kShortMessage);
    return true;
  }
  const auto drop_oldest = [](auto& list) {
    if (list.empty()) return false;
    list.erase(list.begin());
    return true;
  };
  return drop_oldest(facts.superseded) || drop_oldest(facts.failed);
}

void PutFacts(const Facts& facts, doc::Node& document) {
  std::erase_if(document.members, [](const doc::Node::Member& member) {
    static constexpr std::string_view kOurs[] = {"failed",    "good",    "candidate", "superseded", "pin",
                                                 "suspended", "stopped", "orphan",    "stopBegan",  "retried"};
    return std::ranges::find(kOurs, member.key) != std::end(kOurs);
  });
  if (!facts.failed.empty()) document.Add("failed", FailedList(facts.failed));
  if (!facts.good.empty()) document.Add("good", GoodList(facts.good));
  if (facts.candidate) document.Add("candidate", CandidateNode(*facts.candidate));
  if (!facts.superseded.empty()) document.Add("superseded", SupersededList(facts.superseded));
  if (facts.pin) document.Add("pin", PinNode(*facts.pin));
  if (facts.suspended) document.Add("suspended", doc::Node::Of(true));
  if (facts.stopped) document.Add("stopped", doc::Node::Of(true));
  if (facts.orphan) document.Add("orphan", doc::Node::Of(true));
  if (facts.stop_began != SysTime{}) document.Add("stopBegan", doc::Node::Of(FormatRfc3339(facts.stop_began)));
  if (facts.retried != SysTime{}) document.Add("retried", doc::Node::Of(FormatRfc3339(facts.retried)));
}

Expected<Facts> GetFacts(const doc::Node& document) {
  if (document.type != doc::Type::Map) return Error{ErrorKind::Invalid, "it is not a mapping"};
  Reader reader;
  Facts facts;
  reader.Get(document, "suspended", facts.suspended);
  reader.Get(document, "stopped", facts.stopped);
  reader.Get(document, "orphan", facts.orphan);
  reader.Get(document, "stopBegan", facts.stop_began);
  reader.Get(document, "retried", facts.retried);
  if (const doc::Node* failed = reader.Known(document, "failed", doc::Type::List)) {
    for (const doc::Node& item : failed->items) {
      FailedRelease& release = facts.failed.emplace_back();
      reader.Get(item, "release", release.release);
      reader.Get(item, "imageId", release.image_id);
      reader.Get(item, "message", release.message);
      reader.Get(item, "lastLines", release.last_lines);
      reader.Get(item, "at", release.at);
    }
  }
  GetImages(reader, document, facts);
  if (const doc::Node* pin = reader.Known(document, "pin", doc::Type::Map)) GetPin(reader, *pin, facts.pin.emplace());
  if (!reader.wrong().empty()) return Error{ErrorKind::Invalid, "\"" + reader.wrong() + "\" has a wrong type"};
  return Bounded(std::move(facts));
}

}  // namespace tinyforge
