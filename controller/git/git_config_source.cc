#include "controller/git/git_config_source.h"

#include <map>
#include <set>
#include <utility>

#include "controller/git/git2.h"
#include "controller/runtime/failpoint.h"

namespace tinyforge {
namespace {

constexpr std::size_t kMaxShownPath = 4096;

// A refused entry is told under its printable name, so that name ends, too, when the path is something else now.
std::vector<codec::TreeChange> FilesOf(const std::vector<TreeChange>& changes) {
  std::vector<codec::TreeChange> files;
  for (const TreeChange& change : changes) {
    std::string shown = git::Printable(change.path, kMaxShownPath);
    if (shown != change.path) files.push_back({std::move(shown), ""});
    files.push_back({change.path, change.blob, change.refused});
  }
  return files;
}

std::string Origin(const GitRepository& repository) {
  return repository.Url() + " " + repository.branch() + " " + repository.path();
}

}  // namespace

Expected<ConfigUpdate> GitConfigSource::Load(const Revision& revision, const std::vector<TreeChange>& changes,
                                             bool whole) {
  auto update = Decode(revision, FilesOf(changes), whole);
  if (!update) return update;
  for (const TreeChange& change : changes) update->changed_paths.push_back(change.path);
  if (auto passed = Failpoint("git.load.after"); !passed) return std::move(passed).error();
  in_force_ = revision;
  return update;
}

Expected<ConfigUpdate> GitConfigSource::Decode(const Revision& revision, const std::vector<codec::TreeChange>& files,
                                               bool whole) {
  // A tree of its own for the bulk read: what it caches goes with it.
  auto reading = repository_->Tree(revision);
  if (!reading) return std::move(reading).error();
  auto tree = repository_->Tree(revision);
  if (!tree) return std::move(tree).error();
  const auto read = [&](const std::string&, const std::string& blob) {
    return (*reading)->ReadBlob(blob, kMaxManifestBytes);
  };
  auto objects = std::make_shared<v1::ObjectSet>(whole ? loader_.Load(revision, files, read)
                                                       : loader_.Update(revision, files, read));
  ConfigUpdate update;
  update.snapshot = std::make_shared<ConfigSnapshot>(ConfigSnapshot{std::move(objects), std::move(*tree)});
  return update;
}

Expected<ConfigUpdate> GitConfigSource::LoadWhole(const Revision& revision) {
  auto changes = repository_->Changes("", revision);
  if (!changes) return std::move(changes).error();
  return Load(revision, *changes, true);
}

std::shared_ptr<const v1::ObjectSet> GitConfigSource::LoadKept(const git::InForceNote& note) {
  auto set = std::make_shared<v1::ObjectSet>();
  set->revision = note.revision;
  auto tree = repository_->Tree(note.revision);
  if (!tree) return set;
  std::map<std::pair<std::string, std::string>, std::set<ObjectKey>> files;  // by path and blob
  for (const git::KeptObject& kept : note.kept) files[{kept.path, kept.blob}].insert(kept.key);
  std::map<std::string, codec::TreeChange> held;
  for (const auto& [file, keys] : files) {
    const auto& [path, blob] = file;
    auto bytes = (*tree)->ReadBlob(blob, kMaxManifestBytes);
    if (!bytes) continue;
    for (v1::ObjectPtr& object : codec::DecodeManifests(path, *bytes, {.blob = blob}).objects)
      if (keys.contains(object->key)) set->objects.emplace(object->key, std::move(object));
    held.insert_or_assign(path, codec::TreeChange{path, blob});
  }
  Hold(note.revision, held);
  return set;
}

// The loader knows then that these files held manifests.
void GitConfigSource::Hold(const Revision& revision, const std::map<std::string, codec::TreeChange>& files) {
  std::vector<codec::TreeChange> changes;
  for (const auto& [path, change] : files) changes.push_back(change);
  (void)Decode(revision, changes, false);
}

std::vector<std::shared_ptr<const v1::ObjectSet>> GitConfigSource::Earlier(const Revision& tip) {
  const git::InForceNote note = ReadNote();
  std::vector<std::shared_ptr<const v1::ObjectSet>> sets;
  if (!note.kept.empty()) sets.push_back(LoadKept(note));
  if (note.revision.empty() || note.revision == tip) return sets;
  if (auto noted = LoadWhole(note.revision)) sets.push_back(noted->snapshot->objects);
  return sets;
}

// From what was in force to the tip, as it would have gone without the end of the process: a crash between a fetch and
// its note leaves the note of the revision before.
Expected<std::optional<ConfigUpdate>> GitConfigSource::Restore() {
  if (auto passed = Failpoint("git.restore.before"); !passed) return std::move(passed).error();
  auto tip = repository_->LastFetched();
  if (!tip && tip.error().kind == ErrorKind::NotFound) return std::optional<ConfigUpdate>();
  if (!tip) return std::move(tip).error();
  auto earlier = Earlier(*tip);
  auto update = LoadWhole(*tip);
  if (!update) {
    if (auto noted = LoadWhole(ReadNote().revision)) update = std::move(noted);
  }
  if (!update) {
    in_force_.clear();
    return std::move(update).error();
  }
  update->earlier = std::move(earlier);
  return std::optional(std::move(*update));
}

git::InForceNote GitConfigSource::ReadNote() const {
  auto note = git::ReadInForceNote(repository_->state_dir());
  return note && note->origin == Origin(*repository_) ? std::move(*note) : git::InForceNote();
}

Expected<void> GitConfigSource::NoteInForce(const std::vector<v1::ObjectPtr>& kept) {
  git::InForceNote note{.origin = Origin(*repository_), .revision = in_force_, .kept = {}};
  for (const v1::ObjectPtr& object : kept) note.kept.push_back({object->key, object->position.path, object->blob});
  to_note_ = std::move(note);
  return WriteNote();
}

Expected<void> GitConfigSource::WriteNote() {
  if (!to_note_ || noted_ == to_note_) return {};
  auto written = git::WriteInForceNote(repository_->state_dir(), *to_note_);
  if (written) noted_ = to_note_;
  return written;
}

Expected<std::optional<ConfigUpdate>> GitConfigSource::Sync(std::stop_token stop) {
  (void)WriteNote();  // it may have failed before
  auto result = repository_->Sync(in_force_, stop);
  if (!result) return std::move(result).error();
  reopen_ = reopen_ || result->recloned;
  if (!result->changed) return ReadAgain();
  const bool first = in_force_.empty();
  std::vector<std::shared_ptr<const v1::ObjectSet>> earlier;
  if (first) earlier = Earlier(result->revision);
  auto update = Load(result->revision, result->changes, result->complete);
  if (!update && first) in_force_.clear();
  if (!update) return std::move(update).error();
  reopen_ = false;
  update->rewritten = result->rewritten;
  update->earlier = std::move(earlier);
  return std::optional(std::move(*update));
}

// The tree in force reads the clone that it was opened on.
Expected<std::optional<ConfigUpdate>> GitConfigSource::ReadAgain() {
  const std::vector<codec::TreeChange> unread = loader_.Unread();
  if (unread.empty() && !reopen_) return std::optional<ConfigUpdate>();
  auto update = Decode(in_force_, unread, false);
  if (!update) return std::move(update).error();
  const bool reopened = std::exchange(reopen_, false);
  if (loader_.Unread().size() == unread.size() && !reopened) return std::optional<ConfigUpdate>();
  for (const codec::TreeChange& file : unread) update->changed_paths.push_back(file.path);
  return std::optional(std::move(*update));
}

bool GitConfigSource::HistoryHeld(const Revision& revision, const Revision& tip, std::string_view path) {
  auto contains = repository_->HistoryContains(revision, tip);
  if (!contains || !*contains) return false;
  auto held = repository_->HeldFile(revision, path);
  return held && *held;
}

CommitOrigin GitConfigSource::OriginOf(const BranchMove& move) {
  const auto origin = repository_->OriginOf(move);
  return origin ? *origin : CommitOrigin::Unknown;
}

RepositoryStatus GitConfigSource::Describe() const {
  return {.url = repository_->Url(), .branch = repository_->branch(), .path = repository_->path()};
}

}  // namespace tinyforge
