#include "controller/git/write_session.h"

#include <git2/sys/commit.h>

#include <algorithm>
#include <ctime>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "controller/git/local_push.h"
#include "controller/git/remote_session.h"
#include "controller/git/version_edits.h"

namespace tinyforge::git {
namespace {

using IndexPtr = std::unique_ptr<git_index, Deleter<git_index_free>>;
using SignaturePtr = std::unique_ptr<git_signature, Deleter<git_signature_free>>;

// How far back a commit is looked for.
constexpr int kMaxHistory = 256;

bool Equal(const git_oid& a, const git_oid& b) {
  return git_oid_equal(&a, &b) != 0;
}

class WriteSession {
 public:
  WriteSession(const WriteRequest& request, GitUrl url, CloneLock lock)
      : request_(request), session_(request.fetch, std::move(url)), lock_(std::move(lock)) {}

  WriteAnswer Run() {
    if (session_.Open() && session_.List() && Fetch() && ChooseBase() && Edit()) {
      if (edited_.changed == 0) {
        answer_.commit = edited_.held > 0 ? Earlier() : "";
      } else if (Commit() && Push()) {
        answer_.commit = ToHex(commit_);
      }
    }
    answer_.failure = session_.failure();
    return std::move(answer_);
  }

 private:
  const std::string& Target() const {
    return request_.review_branch.empty() ? request_.fetch.branch : request_.review_branch;
  }
  bool FailReading(const std::string& what) {
    return session_.Fail(GitReason::CloneDamaged, "cannot " + what + ": " + LastMessage());
  }

  bool Fetch() {
    std::vector<std::string> missing;
    for (const std::string& branch : {request_.fetch.branch, Target()}) {
      const auto tip = session_.Tip(branch);
      if (tip && !session_.HasCommit(*tip)) missing.push_back(branch);
    }
    missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
    if (!missing.empty() && !session_.Download(missing)) return false;
    session_.Disconnect();
    return true;
  }

  // The commit comes on top of the watched branch, or of a review branch that has not been merged.
  bool ChooseBase() {
    watched_ = *session_.Tip(request_.fetch.branch);
    expected_ = session_.Tip(Target());
    base_ = watched_;
    if (!expected_ && session_.InTheWayOf(Target()))
      return session_.Fail(GitReason::Declined, "branch \"" + Target() + "\" cannot be made while there is \"" +
                                                    *session_.InTheWayOf(Target()) +
                                                    "\"; let writeBack go to another one");
    if (!expected_ || Equal(*expected_, watched_)) return true;
    const int merged = git_graph_descendant_of(session_.clone(), &watched_, &*expected_);
    if (merged < 0) return FailReading("walk the history");
    if (merged == 0) base_ = *expected_;
    return true;
  }

  // Calls `visit` for the commits from `tip` on, newest first, until it answers false. False: there was one.
  bool Walk(const git_oid& tip, const git_oid* hidden, const std::function<bool(git_commit*)>& visit) {
    git_revwalk* walk = nullptr;
    if (git_revwalk_new(&walk, session_.clone()) != 0) return false;
    const RevwalkPtr owner(walk);
    git_revwalk_sorting(walk, GIT_SORT_TOPOLOGICAL | GIT_SORT_TIME);
    if (git_revwalk_push(walk, &tip) != 0 || (hidden != nullptr && git_revwalk_hide(walk, hidden) != 0)) return false;
    git_oid id{};
    while (git_revwalk_next(&id, walk) == 0) {
      git_commit* commit = nullptr;
      if (git_commit_lookup(&commit, session_.clone(), &id) != 0) return false;
      const CommitPtr commit_owner(commit);
      if (!visit(commit)) return false;
    }
    return true;
  }

  // Whether all that the review branch has beyond the watched one was committed by this instance.
  bool OnlyOurs() {
    return Walk(base_, &watched_,
                [&](git_commit* commit) { return InstanceOf(git_commit_message_raw(commit)) == request_.instance; });
  }

  // The commit of the same request, made by a try whose answer was lost.
  Revision Earlier() {
    Revision found;
    int left = kMaxHistory;
    Walk(base_, nullptr, [&](git_commit* commit) {
      if (request_.message == git_commit_message_raw(commit)) found = ToHex(*git_commit_id(commit));
      return found.empty() && --left > 0;
    });
    return found;
  }

  TreePtr TreeOf(const git_oid& id) {
    git_commit* commit = nullptr;
    if (git_commit_lookup(&commit, session_.clone(), &id) != 0) return nullptr;
    const CommitPtr owner(commit);
    git_tree* tree = nullptr;
    git_commit_tree(&tree, commit);
    return TreePtr(tree);
  }

  // A review branch of ours with what the watched one has got since, so that it merges without a conflict even when its
  // earlier commits arrived as others (squashed, rebased). Where both changed a line, the watched one's counts. Null:
  // it cannot be done without a person.
  TreePtr Merged() {
    git_commit* ours = nullptr;
    git_commit* theirs = nullptr;
    git_index* index = nullptr;
    git_merge_options options = GIT_MERGE_OPTIONS_INIT;
    options.file_favor = GIT_MERGE_FILE_FAVOR_THEIRS;
    git_oid id{};
    const bool merged = git_commit_lookup(&ours, session_.clone(), &base_) == 0 &&
                        git_commit_lookup(&theirs, session_.clone(), &watched_) == 0 &&
                        git_merge_commits(&index, session_.clone(), ours, theirs, &options) == 0 &&
                        git_index_has_conflicts(index) == 0 &&
                        git_index_write_tree_to(&id, index, session_.clone()) == 0;
    const CommitPtr ours_owner(ours);
    const CommitPtr theirs_owner(theirs);
    const IndexPtr index_owner(index);
    git_tree* tree = nullptr;
    if (!merged || git_tree_lookup(&tree, session_.clone(), &id) != 0) return nullptr;
    parents_.push_back(watched_);
    return TreePtr(tree);
  }

  bool Edit() {
    parents_ = {base_};
    const TreePtr watched = !Equal(base_, watched_) && OnlyOurs() ? TreeOf(watched_) : nullptr;
    const bool behind = watched && git_graph_descendant_of(session_.clone(), &base_, &watched_) == 0;
    TreePtr tree = behind ? Merged() : nullptr;
    const bool abreast = watched && (tree || !behind);  // beyond the watched one there is nothing but our proposals
    if (!tree) tree = TreeOf(base_);
    if (!tree) return FailReading("read the tree of " + ToHex(base_));
    auto edited =
        ApplyEdits({session_.clone(), tree.get(), watched.get(), abreast ? watched.get() : tree.get(), request_.path},
                   request_.edits);
    if (!edited) return session_.Fail(GitReason::CloneDamaged, edited.error().message);
    edited_ = *std::move(edited);
    answer_.dropped = std::move(edited_.dropped);
    return true;
  }

  bool Commit() {
    git_signature* author = nullptr;
    if (git_signature_new(&author, request_.author_name.c_str(), request_.author_email.c_str(), std::time(nullptr),
                          0) != 0)
      return session_.Fail(GitReason::Internal, "cannot sign the commit: " + LastMessage());
    const SignaturePtr author_owner(author);
    std::vector<const git_oid*> parents;
    for (const git_oid& parent : parents_) parents.push_back(&parent);
    git_reference* reference = nullptr;
    const bool written =
        git_commit_create_from_ids(&commit_, session_.clone(), nullptr, author, author, nullptr,
                                   request_.message.c_str(), &edited_.id, parents.size(), parents.data()) == 0 &&
        git_reference_create(&reference, session_.clone(), kPushReference, &commit_, 1, nullptr) == 0;
    const ReferencePtr reference_owner(reference);
    return written || session_.Fail(GitReason::Internal, "cannot write the commit into the clone: " + LastMessage());
  }

  bool Push() {
    lock_.Release();
    if (session_.url().scheme != GitUrl::Scheme::Local) return session_.Push(kPushReference, Target(), expected_);
    const auto failure = PushLocally({session_.clone(), session_.url().path, "refs/heads/" + Target(), commit_,
                                      parents_, expected_, request_.instance});
    return !failure || session_.Fail(failure->reason, failure->message);
  }

  const WriteRequest& request_;
  RemoteSession session_;
  CloneLock lock_;
  WriteAnswer answer_;
  git_oid watched_{};
  git_oid base_{};
  std::vector<git_oid> parents_;     // the base first
  std::optional<git_oid> expected_;  // where the branch that is written is now
  EditedTree edited_;
  git_oid commit_{};
};

}  // namespace

WriteAnswer RunWrite(const WriteRequest& request, CloneLock lock) {
  auto url = ParseGitUrl(request.fetch.url);
  if (url) return WriteSession(request, *std::move(url), std::move(lock)).Run();
  WriteAnswer answer;
  answer.failure = GitFailure{GitReason::Internal, url.error().message};
  return answer;
}

}  // namespace tinyforge::git
