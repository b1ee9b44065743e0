// A config repository of which is known whose some commits are.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "reconcilers/core/commit_reader.h"

namespace tinyforge {

// Thread-safe. Its watched branch is main of https://git.example.com/acme/config.git.
class FakeCommitReader final : public CommitReader {
 public:
  void Set(const Revision& commit, CommitOrigin origin) {
    const std::lock_guard lock(mutex_);
    origins_[commit] = origin;
  }
  // Of which it was asked.
  std::vector<BranchMove> asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

  CommitOrigin OriginOf(const BranchMove& move) override {
    const std::lock_guard lock(mutex_);
    asked_.push_back(move);
    const auto found = origins_.find(move.to);
    return found == origins_.end() ? CommitOrigin::Unknown : found->second;
  }
  RepositoryStatus Describe() const override {
    return {.url = "https://git.example.com/acme/config.git", .branch = "main"};
  }

 private:
  std::mutex mutex_;
  std::map<Revision, CommitOrigin> origins_;
  std::vector<BranchMove> asked_;
};

}  // namespace tinyforge
