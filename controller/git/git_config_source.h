// The config repository as objects: fetch, read what changed, decode.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "api-types/codec/manifest_loader.h"
#include "controller/git/git_repository.h"
#include "controller/git/in_force_note.h"
#include "reconcilers/core/ports.h"

namespace tinyforge {

class GitConfigSource : public ConfigSource, public CommitReader {
 public:
  explicit GitConfigSource(std::unique_ptr<GitRepository> repository) : repository_(std::move(repository)) {}

  Expected<std::optional<ConfigUpdate>> Restore() override;
  Expected<std::optional<ConfigUpdate>> Sync(std::stop_token stop) override;
  Expected<void> NoteInForce(const std::vector<v1::ObjectPtr>& kept) override;
  bool HistoryHeld(const Revision& revision, const Revision& tip, std::string_view path) override;
  RepositoryStatus Describe() const override;  // thread-safe
  CommitOrigin OriginOf(const BranchMove& move) override;
  std::string Reason() const override { return repository_->Reason(); }

 private:
  Expected<ConfigUpdate> Load(const Revision& revision, const std::vector<TreeChange>& changes, bool whole);
  // Everything of a revision in the clone.
  Expected<ConfigUpdate> LoadWhole(const Revision& revision);
  // The objects that were kept, as far as the clone still has them. The loader learns that their files held manifests.
  std::shared_ptr<const v1::ObjectSet> LoadKept(const git::InForceNote& note);
  void Hold(const Revision& revision, const std::map<std::string, codec::TreeChange>& files);
  // What was in force when the process before this one ended, oldest first, as far as `tip` does not say it.
  std::vector<std::shared_ptr<const v1::ObjectSet>> Earlier(const Revision& tip);
  // The note of this repository, branch and sub-path; empty without one.
  git::InForceNote ReadNote() const;
  Expected<void> WriteNote();
  // What could not be read of the revision in force, and everything from a new clone; empty when neither gives anything
  // new.
  Expected<std::optional<ConfigUpdate>> ReadAgain();
  Expected<ConfigUpdate> Decode(const Revision& revision, const std::vector<codec::TreeChange>& files, bool whole);

  std::unique_ptr<GitRepository> repository_;
  codec::ManifestLoader loader_;
  Revision in_force_;
  std::optional<git::InForceNote> to_note_;
  std::optional<git::InForceNote> noted_;  // by this process
  bool reopen_ = false;                    // the clone was made anew since the last update
};

}  // namespace tinyforge
