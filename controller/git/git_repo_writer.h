// Writes into the config repository through the clone that a GitRepository keeps.
#pragma once

#include <memory>
#include <mutex>
#include <random>
#include <string>

#include "controller/git/git_repository.h"
#include "controller/git/write_message.h"
#include "reconcilers/core/repo_writer.h"

namespace tinyforge {

struct GitRepoWriterOptions {
  GitRepositoryOptions repository;  // the same as of the GitRepository whose clone it is; the deadline is of each try
  std::string instance = "default";
  std::string author_name = "Tinyforge";
  std::string author_email;  // empty: tinyforge@ and the name of this host
  int attempts = 5;          // while others push in between
  Duration pause{200};       // between the first two, a half more or less at random, and twice as long each time
};

// One at a time for a state directory; writes of several threads run one after another. A GitRepository may work on the
// same clone, here or in another process: children that write into it take turns, and the reference it reads is not
// touched. Everything that meets the network or an untrusted object runs in a git child.
//
// Until the first sync has made the clone, and when it has to be made again, writing is a Transient error. The
// repository's credentials must allow pushing.
class GitRepoWriter : public RepoWriter {
 public:
  // Checks the options; touches neither disk nor network. Invalid says what would be right.
  static Expected<std::unique_ptr<GitRepoWriter>> Create(GitRepoWriterOptions options);

  Expected<WriteBackResult> Write(const WriteBackRequest& request, std::stop_token stop) override;

  // How the last Write ended, as a condition's reason: "Written", "InvalidRequest" or a GitReason; "NotWritten" before
  // the first.
  std::string Reason() const { return *reason_.Lock(); }

 private:
  GitRepoWriter(GitRepoWriterOptions options, std::unique_ptr<GitRepository> repository)
      : options_(std::move(options)), repository_(std::move(repository)) {}
  // What the child is told, and what is dropped before it is asked.
  Expected<WriteRequest> Order(const WriteBackRequest& request) const;
  WriteAnswer Try(WriteRequest& order, std::stop_token stop) const;
  WriteAnswer TryUntilAnswered(WriteRequest& order, std::stop_token stop);
  // False when `stop` was requested meanwhile.
  bool Pause(int attempt, std::stop_token stop);

  GitRepoWriterOptions options_;
  std::unique_ptr<GitRepository> repository_;  // checks the options and finds the clone; never syncs
  std::mutex writing_;
  std::minstd_rand jitter_{std::random_device{}()};
  mutable Guarded<std::string> reason_{"NotWritten"};
};

}  // namespace tinyforge
