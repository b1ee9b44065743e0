// Fetches in a child process: a hung, hostile or huge remote costs at most a deadline and a child (libgit2 has no
// timeout of its own, and its parsers face the network).
#pragma once

#include <stop_token>

#include "controller/git/fetch_message.h"
#include "controller/git/git_child_runner.h"

namespace tinyforge {

struct FetchReport {
  FetchAnswer answer;
  ChildUsage usage;
};

// Thread-safe: holds no state. Of two children that write into one clone at a time the second waits.
class GitFetcher {
 public:
  explicit GitFetcher(GitChildOptions options) : options_(std::move(options)) {}

  // Connects, compares the branch's tip with the clone's, downloads what is missing and moves the clone's tip. Returns
  // within the deadline whatever the remote does.
  FetchReport Fetch(const FetchRequest& request, std::stop_token stop) const;

 private:
  GitChildOptions options_;
};

}  // namespace tinyforge
