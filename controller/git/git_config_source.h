// The config repository as objects: fetch, read what changed, decode.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "api-types/codec/manifest_loader.h"
#include "controller/git/git_repository.h"
#include "reconcilers/core/ports.h"

namespace tinyforge {

class GitConfigSource : public ConfigSource {
 public:
  explicit GitConfigSource(std::unique_ptr<GitRepository> repository) : repository_(std::move(repository)) {}

  Expected<std::optional<ConfigUpdate>> Restore() override;
  Expected<std::optional<ConfigUpdate>> Sync(std::stop_token stop) override;
  bool HistoryHeld(const Revision& revision, const Revision& tip, std::string_view path) override;
  RepositoryStatus Describe() const override;
  std::string Reason() const override { return repository_->Reason(); }

 private:
  Expected<ConfigUpdate> Load(const Revision& revision, const std::vector<TreeChange>& changes, bool whole);
  // What could not be read of the revision in force; empty when it still cannot be.
  Expected<std::optional<ConfigUpdate>> ReadAgain();
  Expected<ConfigUpdate> Decode(const Revision& revision, const std::vector<codec::TreeChange>& files, bool whole);

  std::unique_ptr<GitRepository> repository_;
  codec::ManifestLoader loader_;
  Revision in_force_;
};

}  // namespace tinyforge
