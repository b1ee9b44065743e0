#include "controller/git/git_config_source.h"

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

Expected<std::optional<ConfigUpdate>> GitConfigSource::Restore() {
  if (auto passed = Failpoint("git.restore.before"); !passed) return std::move(passed).error();
  auto revision = repository_->LastFetched();
  if (!revision && revision.error().kind == ErrorKind::NotFound) return std::optional<ConfigUpdate>();
  if (!revision) return std::move(revision).error();
  auto changes = repository_->Changes("", *revision);
  if (!changes) return std::move(changes).error();
  auto update = Load(*revision, *changes, true);
  if (!update) return std::move(update).error();
  return std::optional(std::move(*update));
}

Expected<std::optional<ConfigUpdate>> GitConfigSource::Sync(std::stop_token stop) {
  auto result = repository_->Sync(in_force_, stop);
  if (!result) return std::move(result).error();
  if (!result->changed) return ReadAgain();
  auto update = Load(result->revision, result->changes, result->complete);
  if (!update) return std::move(update).error();
  update->rewritten = result->rewritten;
  return std::optional(std::move(*update));
}

Expected<std::optional<ConfigUpdate>> GitConfigSource::ReadAgain() {
  const std::vector<codec::TreeChange> unread = loader_.Unread();
  if (unread.empty()) return std::optional<ConfigUpdate>();
  auto update = Decode(in_force_, unread, false);
  if (!update) return std::move(update).error();
  if (loader_.Unread().size() == unread.size()) return std::optional<ConfigUpdate>();
  for (const codec::TreeChange& file : unread) update->changed_paths.push_back(file.path);
  return std::optional(std::move(*update));
}

bool GitConfigSource::HistoryHeld(const Revision& revision, const Revision& tip, std::string_view path) {
  auto contains = repository_->HistoryContains(revision, tip);
  if (!contains || !*contains) return false;
  auto held = repository_->HeldFile(revision, path);
  return held && *held;
}

RepositoryStatus GitConfigSource::Describe() const {
  return {.url = repository_->Url(), .branch = repository_->branch(), .path = repository_->path()};
}

}  // namespace tinyforge
