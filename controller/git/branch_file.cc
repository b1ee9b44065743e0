#include "controller/git/branch_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "controller/runtime/file.h"
#include "reconcilers/core/repo_writer.h"

namespace tinyforge::git {
namespace {

namespace fs = std::filesystem;

// A file that is put in place whole. It has no name until then where the file system can do that (O_TMPFILE); elsewhere
// a kill leaves it behind.
class UnlinkedFile {
 public:
  static Expected<UnlinkedFile> Make(const fs::path& folder) {
    Fd unnamed(::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666));
    if (unnamed.valid()) return UnlinkedFile(std::move(unnamed), "");
    std::string name = folder / "tinyforge-push-XXXXXX";
    Fd named(::mkostemp(name.data(), O_CLOEXEC));
    if (!named.valid()) return SystemError("make a file in " + folder.string(), errno);
    const mode_t mask = ::umask(0);
    ::umask(mask);
    ::fchmod(named.get(), 0666 & ~mask);
    return UnlinkedFile(std::move(named), std::move(name));
  }
  UnlinkedFile(UnlinkedFile&& other) noexcept : fd_(std::move(other.fd_)), name_(std::exchange(other.name_, "")) {}
  ~UnlinkedFile() {
    if (!name_.empty()) ::unlink(name_.c_str());
  }

  int fd() const { return fd_.get(); }
  // Zero or an errno.
  int LinkTo(const fs::path& path) const {
    const std::string from = name_.empty() ? "/proc/self/fd/" + std::to_string(fd()) : name_;
    return ::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
  }

 private:
  UnlinkedFile(Fd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}

  Fd fd_;
  std::string name_;
};

class Mover {
 public:
  explicit Mover(const BranchMove& move)
      : move_(move),
        folder_(git_repository_commondir(move.repository)),
        file_(folder_ / move.reference),
        lock_(folder_ / (move.reference + ".lock")) {}

  std::optional<GitFailure> Run() {
    if (!TakeLock()) return std::move(failure_);
    if (Compare() && Swap()) return std::nullopt;
    ::unlink(lock_.c_str());
    return std::move(failure_);
  }

 private:
  bool Fail(GitReason reason, const std::string& message) {
    failure_ = GitFailure{reason, Printable(move_.reference) + " " + message};
    return false;
  }
  bool FailWriting(const Error& error) {
    return Fail(GitReason::Credentials, "cannot be written: " + error.message +
                                            "; check the permissions of the repository and the space on its disk");
  }

  bool TakeLock() {
    auto text = WriteText();
    if (!text) return FailWriting(text.error());
    std::error_code ignored;
    fs::create_directories(lock_.parent_path(), ignored);
    int error = text->LinkTo(lock_);
    if (error == EEXIST && RemoveOwnLock()) error = text->LinkTo(lock_);
    if (error == EEXIST) return Fail(GitReason::Raced, "is locked: " + lock_.string() + " is there");
    return error == 0 || FailWriting(SystemError("make " + lock_.string(), error));
  }

  Expected<UnlinkedFile> WriteText() const {
    auto file = UnlinkedFile::Make(folder_);
    if (!file) return file;
    if (auto written = WriteAll(file->fd(), ToHex(move_.to) + "\n", lock_.string()); !written) return written.error();
    if (auto synced = Sync(file->fd(), lock_.string()); !synced) return synced.error();
    return file;
  }

  // Whether a lock was there that a killed child of ours has left.
  bool RemoveOwnLock() {
    const Fd fd(::open(lock_.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd.valid()) return false;
    const auto text = ReadAll(fd.get(), "lock", 64);
    const auto id = text && text->size() == GIT_OID_HEXSZ + 1 ? ParseOid(text->substr(0, GIT_OID_HEXSZ)) : std::nullopt;
    return id && IsOwnUnpublished(*id) && ::unlink(lock_.c_str()) == 0;
  }

  bool IsOwnUnpublished(const git_oid& id) const {
    git_commit* commit = nullptr;
    if (git_commit_lookup(&commit, move_.clone, &id) != 0) return false;
    const CommitPtr owner(commit);
    if (InstanceOf(git_commit_message_raw(commit)) != move_.instance) return false;
    if (!move_.from) return true;
    const bool there = git_oid_equal(&id, &*move_.from) != 0;
    return !there && git_graph_descendant_of(move_.clone, &*move_.from, &id) == 0;
  }

  bool Compare() {
    git_reference* reference = nullptr;
    const int code = git_reference_lookup(&reference, move_.repository, move_.reference.c_str());
    const ReferencePtr owner(reference);
    if (code != 0 && code != GIT_ENOTFOUND) return Fail(GitReason::Declined, "cannot be read: " + LastMessage());
    if (code == 0 && git_reference_type(reference) != GIT_REFERENCE_DIRECT)
      return Fail(GitReason::Declined, "stands for another reference; name the branch that it stands for");
    const bool same = code == 0 && move_.from ? git_oid_equal(git_reference_target(reference), &*move_.from) != 0
                                              : (code == 0) == move_.from.has_value();
    return same || Fail(GitReason::Raced, "has moved since it was read");
  }

  bool Swap() {
    ::rmdir(file_.c_str());  // an empty folder that longer names have left
    if (::rename(lock_.c_str(), file_.c_str()) != 0) return FailWriting(SystemError("write " + file_.string(), errno));
    // It has moved: whether that is on the disk already does not change the answer.
    if (const auto folder = OpenDirectory(file_.parent_path())) (void)Sync(folder->get(), file_.parent_path().string());
    return true;
  }

  const BranchMove& move_;
  fs::path folder_;
  fs::path file_;
  fs::path lock_;
  std::optional<GitFailure> failure_;
};

}  // namespace

std::optional<GitFailure> MoveBranch(const BranchMove& move) {
  return Mover(move).Run();
}

}  // namespace tinyforge::git
