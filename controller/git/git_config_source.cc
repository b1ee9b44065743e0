#include "controller/git/git_config_source.h"

#include <algorithm>

namespace tinyforge {
namespace {

// A refused entry (a symlink, a submodule) holds nothing that could be decoded; where a manifest stood, that is an
// error.
void ReportRefused(const std::vector<TreeChange>& changes, v1::ObjectSet& objects) {
  for (const TreeChange& change : changes)
    if (!change.refused.empty() && codec::IsManifestPath(change.path))
      objects.errors.push_back({{change.path, 1, 1}, "", change.refused + "; a manifest must be a plain file"});
}

}  // namespace

Expected<ConfigUpdate> GitConfigSource::Load(const Revision& revision, const std::vector<TreeChange>& changes,
                                             bool whole) {
  // A tree of its own for the bulk read: what it caches goes with it.
  auto reading = repository_->Tree(revision);
  if (!reading) return std::move(reading).error();
  auto tree = repository_->Tree(revision);
  if (!tree) return std::move(tree).error();
  std::vector<codec::TreeChange> files;
  ConfigUpdate update;
  for (const TreeChange& change : changes) {
    if (change.refused.empty()) files.push_back({change.path, change.blob});
    update.changed_paths.push_back(change.path);
  }
  const auto read = [&](const std::string&, const std::string& blob) {
    return (*reading)->ReadBlob(blob, kMaxManifestBytes);
  };
  auto objects = std::make_shared<v1::ObjectSet>(whole ? loader_.Load(revision, files, read)
                                                       : loader_.Update(revision, files, read));
  ReportRefused(changes, *objects);
  update.snapshot = std::make_shared<ConfigSnapshot>(ConfigSnapshot{std::move(objects), std::move(*tree)});
  in_force_ = revision;
  return update;
}

Expected<std::optional<ConfigUpdate>> GitConfigSource::Restore() {
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
  if (!result->changed) return std::optional<ConfigUpdate>();
  auto update = Load(result->revision, result->changes, result->complete);
  if (!update) return std::move(update).error();
  update->rewritten = result->rewritten;
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
