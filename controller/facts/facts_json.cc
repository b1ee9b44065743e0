#include "controller/facts/facts_json.h"

#include <algorithm>
#include <utility>

#include "controller/runtime/plain_text.h"
#include "reconcilers/core/observed_state.h"

namespace tinyforge {
namespace {

constexpr std::size_t kMaxFailed = 8;
constexpr std::size_t kMaxGood = 10;
constexpr std::size_t kMaxSuperseded = 16;
constexpr std::size_t kMaxLastLines = 1024;
constexpr std::size_t kMaxVersions = 8;
constexpr std::size_t kMaxReference = 512;
constexpr std::size_t kMaxHooked = 256;
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
  void Get(const doc::Node& map, const char* key, std::optional<bool>& out) {
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
    if (!release.digest.empty()) item.Add("digest", doc::Node::Of(release.digest));
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

void PutVersion(const ImageVersion& version, doc::Node& node) {
  if (!version.tag.empty()) node.Add("tag", doc::Node::Of(version.tag));
  if (!version.digest.empty()) node.Add("digest", doc::Node::Of(version.digest));
}

doc::Node VersionList(const std::vector<TriggeredVersion>& versions) {
  doc::Node list = doc::Node::List();
  for (const TriggeredVersion& version : versions) {
    doc::Node item = doc::Node::Map();
    if (!version.binding.empty()) item.Add("binding", doc::Node::Of(version.binding));
    PutVersion(version.version, item);
    item.Add("base", doc::Node::Of(version.base));
    if (version.policy) item.Add("policy", doc::Node::Of(true));
    if (version.written) item.Add("written", doc::Node::Of(true));
    item.Add("why", doc::Node::Of(version.why));
    if (!version.delivery.empty()) item.Add("delivery", doc::Node::Of(version.delivery));
    item.Add("at", doc::Node::Of(FormatRfc3339(version.at)));
    if (version.replaced != ImageVersion{}) {
      doc::Node replaced = doc::Node::Map();
      PutVersion(version.replaced, replaced);
      item.Add("replaced", std::move(replaced));
    }
    list.items.push_back(std::move(item));
  }
  return list;
}

doc::Node ExcludedList(const std::vector<ExcludedVersion>& excluded) {
  doc::Node list = doc::Node::List();
  for (const ExcludedVersion& version : excluded) {
    doc::Node item = doc::Node::Map();
    PutVersion(version.version, item);
    item.Add("why", doc::Node::Of(version.why));
    item.Add("at", doc::Node::Of(FormatRfc3339(version.at)));
    list.items.push_back(std::move(item));
  }
  return list;
}

doc::Node RemakeNode(const Remake& remake) {
  doc::Node node = doc::Node::Map();
  node.Add("at", doc::Node::Of(FormatRfc3339(remake.at)));
  node.Add("why", doc::Node::Of(remake.why));
  if (!remake.delivery.empty()) node.Add("delivery", doc::Node::Of(remake.delivery));
  return node;
}

doc::Node AdoptedList(const std::vector<AdoptedContainer>& adopted) {
  doc::Node list = doc::Node::List();
  for (const AdoptedContainer& container : adopted) {
    doc::Node item = doc::Node::Map();
    item.Add("id", doc::Node::Of(container.id));
    item.Add("name", doc::Node::Of(container.name));
    doc::Node labels = doc::Node::Map();
    for (const auto& [key, value] : container.labels) labels.Add(key, doc::Node::Of(value));
    item.Add("labels", std::move(labels));
    list.items.push_back(std::move(item));
  }
  return list;
}

void GetAdopted(Reader& reader, const doc::Node& document, std::vector<AdoptedContainer>& adopted) {
  const doc::Node* list = reader.Known(document, "adopted", doc::Type::List);
  if (list == nullptr) return;
  for (const doc::Node& item : list->items) {
    AdoptedContainer& container = adopted.emplace_back();
    reader.Get(item, "id", container.id);
    reader.Get(item, "name", container.name);
    const doc::Node* labels = reader.Known(item, "labels", doc::Type::Map);
    if (labels == nullptr) continue;
    for (const doc::Node::Member& label : labels->members)
      reader.Get(*labels, label.key.c_str(), container.labels[label.key]);
  }
}

void GetVersion(Reader& reader, const doc::Node& item, ImageVersion& version) {
  reader.Get(item, "tag", version.tag);
  reader.Get(item, "digest", version.digest);
}

void GetVersions(Reader& reader, const doc::Node& list, std::vector<TriggeredVersion>& versions) {
  for (const doc::Node& item : list.items) {
    TriggeredVersion& version = versions.emplace_back();
    reader.Get(item, "binding", version.binding);
    GetVersion(reader, item, version.version);
    reader.Get(item, "base", version.base);
    reader.Get(item, "policy", version.policy);
    reader.Get(item, "written", version.written);
    reader.Get(item, "why", version.why);
    reader.Get(item, "delivery", version.delivery);
    reader.Get(item, "at", version.at);
    if (const doc::Node* replaced = reader.Known(item, "replaced", doc::Type::Map))
      GetVersion(reader, *replaced, version.replaced);
  }
}

void GetDecisions(Reader& reader, const doc::Node& document, Facts& facts) {
  reader.Get(document, "approved", facts.approved);
  reader.Get(document, "done", facts.done);
  if (const doc::Node* list = reader.Known(document, "hooked", doc::Type::List))
    for (const doc::Node& item : list->items) facts.hooked.push_back(item.text);
  if (const doc::Node* list = reader.Known(document, "versions", doc::Type::List))
    GetVersions(reader, *list, facts.versions);
  if (const doc::Node* list = reader.Known(document, "excluded", doc::Type::List))
    for (const doc::Node& item : list->items) {
      ExcludedVersion& excluded = facts.excluded.emplace_back();
      GetVersion(reader, item, excluded.version);
      reader.Get(item, "why", excluded.why);
      reader.Get(item, "at", excluded.at);
    }
  const doc::Node* remake = reader.Known(document, "remake", doc::Type::Map);
  if (remake == nullptr) return;
  facts.remake.emplace();
  reader.Get(*remake, "at", facts.remake->at);
  reader.Get(*remake, "why", facts.remake->why);
  reader.Get(*remake, "delivery", facts.remake->delivery);
}

void BoundVersion(ImageVersion& version) {
  version.tag = PlainText(version.tag, kMaxId);
  version.digest = PlainText(version.digest, kMaxId);
}

template <class List>
void KeepNewest(List& list, std::size_t most) {
  if (list.size() > most) list.erase(list.begin(), list.end() - static_cast<std::ptrdiff_t>(most));
}

void BoundDecisions(Facts& facts) {
  KeepNewest(facts.versions, kMaxVersions);
  for (TriggeredVersion& version : facts.versions) {
    BoundVersion(version.version);
    BoundVersion(version.replaced);
    version.binding = PlainText(version.binding, kMaxId);
    version.base = PlainText(version.base, kMaxReference);
    version.why = PlainText(version.why, kMaxKept);
    version.delivery = PlainText(version.delivery, kMaxId);
  }
  KeepNewest(facts.excluded, kMaxVersions);
  for (ExcludedVersion& excluded : facts.excluded) {
    BoundVersion(excluded.version);
    excluded.why = PlainText(excluded.why, kMaxKept);
  }
  facts.approved = PlainText(facts.approved, kMaxId);
  facts.done = PlainText(facts.done, kMaxId);
  KeepNewest(facts.hooked, kMaxHooked);
  for (std::string& id : facts.hooked) id = PlainText(id, kMaxId);
  if (facts.remake) facts.remake->why = PlainText(facts.remake->why, kMaxKept);
}

void GetGood(Reader& reader, const doc::Node& list, std::vector<GoodRelease>& good) {
  for (const doc::Node& item : list.items) {
    GoodRelease& release = good.emplace_back();
    reader.Get(item, "revision", release.revision);
    reader.Get(item, "reference", release.reference);
    reader.Get(item, "imageId", release.image_id);
    reader.Get(item, "version", release.version);
    reader.Get(item, "digest", release.digest);
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
  KeepNewest(facts.good, kMaxGood);
  for (GoodRelease& release : facts.good) {
    release.reference = PlainText(release.reference, kMaxReference);
    release.image_id = PlainText(release.image_id, kMaxId);
    release.version = PlainText(release.version, kMaxId);
    release.digest = PlainText(release.digest, kMaxId);
  }
  KeepNewest(facts.superseded, kMaxSuperseded);
  for (SupersededImage& image : facts.superseded) {
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
  KeepNewest(facts.failed, kMaxFailed);
  for (FailedRelease& release : facts.failed) {
    release.release = PlainText(release.release, kMaxId);
    release.image_id = PlainText(release.image_id, kMaxId);
    release.message = PlainText(release.message, kMaxMessage);
    const bool newest = &release == &facts.failed.back();
    release.last_lines = newest ? PlainText(release.last_lines, kMaxLastLines) : "";
  }
  KeepNewest(facts.adopted, kMaxAdopted);
  BoundImages(facts);
  BoundDecisions(facts);
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
  if (drop_oldest(facts.superseded) || drop_oldest(facts.failed)) return true;
  // It only lets a replacement name what differs.
  for (AdoptedContainer& container : facts.adopted)
    if (container.labels.erase(std::string(label::kFields)) > 0) return true;
  // What is lost of `hooked` is run once more by the next controller. Never the newest of the others: what runs is
  // decided by it.
  return drop_oldest(facts.hooked) || drop_oldest(facts.excluded) ||
         (facts.good.size() > 1 && drop_oldest(facts.good)) ||
         (facts.versions.size() > 1 && drop_oldest(facts.versions));
}

void PutFacts(const Facts& facts, doc::Node& document) {
  std::erase_if(document.members, [](const doc::Node::Member& member) {
    static constexpr std::string_view kOurs[] = {"failed",    "good",           "candidate", "superseded", "pin",
                                                 "suspended", "stopped",        "orphan",    "stopBegan",  "retried",
                                                 "versions",  "excluded",       "approved",  "remake",     "done",
                                                 "adopted",   "adoptedProject", "hooked"};
    return std::ranges::find(kOurs, member.key) != std::end(kOurs);
  });
  if (!facts.failed.empty()) document.Add("failed", FailedList(facts.failed));
  if (!facts.good.empty()) document.Add("good", GoodList(facts.good));
  if (facts.candidate) document.Add("candidate", CandidateNode(*facts.candidate));
  if (!facts.superseded.empty()) document.Add("superseded", SupersededList(facts.superseded));
  if (facts.pin) document.Add("pin", PinNode(*facts.pin));
  if (!facts.versions.empty()) document.Add("versions", VersionList(facts.versions));
  if (!facts.excluded.empty()) document.Add("excluded", ExcludedList(facts.excluded));
  if (!facts.approved.empty()) document.Add("approved", doc::Node::Of(facts.approved));
  if (!facts.done.empty()) document.Add("done", doc::Node::Of(facts.done));
  if (!facts.hooked.empty()) {
    doc::Node list = doc::Node::List();
    for (const std::string& id : facts.hooked) list.items.push_back(doc::Node::Of(id));
    document.Add("hooked", std::move(list));
  }
  if (!facts.adopted_project.empty()) document.Add("adoptedProject", doc::Node::Of(facts.adopted_project));
  if (!facts.adopted.empty()) document.Add("adopted", AdoptedList(facts.adopted));
  if (facts.remake) document.Add("remake", RemakeNode(*facts.remake));
  if (facts.suspended) document.Add("suspended", doc::Node::Of(true));
  if (facts.stopped) document.Add("stopped", doc::Node::Of(true));
  if (facts.orphan) document.Add("orphan", doc::Node::Of(*facts.orphan));
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
  GetDecisions(reader, document, facts);
  GetAdopted(reader, document, facts.adopted);
  reader.Get(document, "adoptedProject", facts.adopted_project);
  if (const doc::Node* pin = reader.Known(document, "pin", doc::Type::Map)) GetPin(reader, *pin, facts.pin.emplace());
  if (!reader.wrong().empty()) return Error{ErrorKind::Invalid, "\"" + reader.wrong() + "\" has a wrong type"};
  return Bounded(std::move(facts));
}

}  // namespace tinyforge
