// The git child's dealings with the clone and its remote. Internal to controller/git; lives in the child.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "controller/git/fetch_message.h"
#include "controller/git/git2.h"
#include "controller/git/git_url.h"
#include "controller/git/push_report.h"
#include "controller/git/remote_guard.h"

namespace tinyforge::git {

// Steps, in this order: ListRefs alone, or Open, then List and Download as one connection, then at most one Push as
// another. Each returns false after it has set the failure, and nothing may follow that.
class RemoteSession {
 public:
  RemoteSession(const FetchRequest& request, GitUrl url)
      : request_(request), library_(request.limits.object_size), url_(std::move(url)) {}
  ~RemoteSession();
  RemoteSession(const RemoteSession&) = delete;
  RemoteSession& operator=(const RemoteSession&) = delete;

  // Connects without a clone and reads which branches and tags there are (see RemoteRefs); empty: it failed.
  std::optional<std::map<std::string, git_oid>> ListRefs();
  // Makes or opens the bare repository.
  bool Open();
  // Connects and reads which branches there are; the one of the request must be.
  bool List();
  // Downloads the commits of these branches with all that is below them; what the clone has is not asked for.
  // `downloaded` says whether anything was.
  bool Download(const std::vector<std::string>& branches);
  // Ends the connection of List.
  void Disconnect();
  // Sends the commit of the clone's reference `source` as the branch, which must be at `expected` (empty: not there).
  // The failure is Raced when it is not, Unanswered when the connection ended in the middle.
  bool Push(const std::string& source, const std::string& branch, std::optional<git_oid> expected);

  // The tip of a branch as listed; empty: there is none.
  std::optional<git_oid> Tip(const std::string& branch) const;
  // A branch that cannot be beside one of this name, since one is the folder of the other; empty: there is none.
  std::optional<std::string> InTheWayOf(const std::string& branch) const;
  // Whether the commit and its tree are in the clone.
  bool HasCommit(const git_oid& id) const;

  git_repository* clone() const { return clone_.get(); }
  const GitUrl& url() const { return url_; }
  bool downloaded() const { return downloaded_; }
  const std::optional<GitFailure>& failure() const { return failure_; }
  bool Fail(GitReason reason, std::string message);

 private:
  bool FailTalking(int code);
  bool FailPushing(int code, const PushReport& report);
  bool TrustAuthorities();
  bool Connect(git_direction direction, PushReport* report);
  std::optional<std::span<const git_remote_head* const>> Advertised();
  std::string BranchNames() const;

  const FetchRequest& request_;
  Library library_;
  GitUrl url_;
  std::optional<RemoteGuard> guard_;  // of the connection
  std::optional<GitFailure> failure_;
  RepositoryPtr clone_;
  RemotePtr remote_;
  std::map<std::string, git_oid> heads_;  // by branch
  bool downloaded_ = false;
};

}  // namespace tinyforge::git
