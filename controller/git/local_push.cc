#include "controller/git/local_push.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "controller/git/branch_file.h"

namespace tinyforge::git {
namespace {

using ConfigPtr = std::unique_ptr<git_config, Deleter<git_config_free>>;
using PackBuilderPtr = std::unique_ptr<git_packbuilder, Deleter<git_packbuilder_free>>;

class Pusher {
 public:
  explicit Pusher(const LocalPush& push) : push_(push) {}

  std::optional<GitFailure> Run() {
    (void)(Open() && CheckOwner() && CheckHooks() && CheckOut() && SendObjects() && MoveReference());
    return std::move(failure_);
  }

 private:
  bool Fail(GitReason reason, std::string message) {
    failure_ = GitFailure{reason, std::move(message)};
    return false;
  }
  bool FailWriting(const std::string& what) {
    return Fail(GitReason::Credentials, "cannot " + what + " in " + push_.path + ": " + LastMessage() +
                                            "; check its permissions and the space on its disk");
  }

  bool Open() {
    git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
    git_repository* opened = nullptr;
    if (git_repository_open_ext(&opened, push_.path.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr) != 0)
      return Fail(GitReason::Unreachable, "cannot open " + push_.path + ": " + LastMessage());
    remote_.reset(opened);
    folder_ = git_repository_commondir(opened);
    return true;
  }

  bool CheckOwner() {
    struct stat info {};
    if (stat(folder_.c_str(), &info) != 0) return Fail(GitReason::Unreachable, "cannot look at " + folder_);
    if (info.st_uid != geteuid())
      return Fail(GitReason::Credentials, push_.path + " belongs to user " + std::to_string(info.st_uid) +
                                              ", who could not write there after a push by user " +
                                              std::to_string(geteuid()) + "; configure its ssh:// or https:// address");
    umask(0777 & ~info.st_mode);
    return true;
  }

  std::string HooksFolder() const {
    git_config* config = nullptr;
    if (git_repository_config_snapshot(&config, remote_.get()) != 0) return folder_ + "hooks";
    const ConfigPtr owner(config);
    const char* path = nullptr;
    if (git_config_get_string(&path, config, "core.hookspath") != 0) return folder_ + "hooks";
    return *path == '/' ? path : folder_ + path;
  }

  bool CheckHooks() {
    const std::string hooks = HooksFolder();
    for (const char* hook : {"pre-receive", "update", "reference-transaction", "proc-receive"}) {
      if (access((hooks + "/" + hook).c_str(), X_OK) != 0) continue;
      return Fail(GitReason::Declined, push_.path + " has a hook \"" + hook +
                                           "\", which a write to its path would pass over; configure its ssh:// or "
                                           "https:// address, so that the hook is asked");
    }
    return true;
  }

  bool CheckOut() {
    git_reference* reference = nullptr;
    if (git_reference_lookup(&reference, remote_.get(), push_.reference.c_str()) != 0) return true;
    const ReferencePtr owner(reference);
    if (git_branch_is_checked_out(reference) != 1) return true;
    return Fail(GitReason::Declined, Printable(push_.reference) + " is checked out in " + push_.path +
                                         ", whose files would be left behind; use a bare repository, or let writeBack "
                                         "go to a branch for review");
  }

  bool Hide(git_revwalk* walk) const {
    return std::all_of(push_.parents.begin(), push_.parents.end(),
                       [&](const git_oid& parent) { return git_revwalk_hide(walk, &parent) == 0; });
  }

  bool SendObjects() {
    git_packbuilder* builder = nullptr;
    git_revwalk* walk = nullptr;
    const bool made = git_packbuilder_new(&builder, push_.clone) == 0 && git_revwalk_new(&walk, push_.clone) == 0;
    const PackBuilderPtr builder_owner(builder);
    const RevwalkPtr walk_owner(walk);
    const bool sent = made && git_revwalk_push(walk, &push_.commit) == 0 && Hide(walk) &&
                      git_packbuilder_insert_walk(builder, walk) == 0 &&
                      git_packbuilder_write(builder, (folder_ + "objects/pack").c_str(), 0, nullptr, nullptr) == 0;
    return sent || FailWriting("write objects");
  }

  bool MoveReference() {
    failure_ = MoveBranch({push_.clone, remote_.get(), push_.reference, push_.commit, push_.expected, push_.instance});
    return !failure_;
  }

  const LocalPush& push_;
  RepositoryPtr remote_;
  std::string folder_;  // with a slash at its end
  std::optional<GitFailure> failure_;
};

}  // namespace

std::optional<GitFailure> PushLocally(const LocalPush& push) {
  return Pusher(push).Run();
}

}  // namespace tinyforge::git
