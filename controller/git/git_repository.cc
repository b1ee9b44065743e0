#include "controller/git/git_repository.h"

#include <utility>

#include "controller/runtime/failpoint.h"

namespace tinyforge {
namespace {

using git::ObjectDatabase;

constexpr auto kMaxFiles = static_cast<std::int64_t>(kMaxTreeFiles);

Error InvalidOption(std::string message) {
  return {ErrorKind::Invalid, std::move(message)};
}

Expected<void> CheckAuth(const GitAuth& auth, const GitUrl& url) {
  for (const std::string* file :
       {&auth.password_file, &auth.token_file, &auth.ssh_key_file, &auth.ssh_known_hosts, &auth.ca_file}) {
    if (!file->empty() && file->front() != '/')
      return InvalidOption("credentials: \"" + *file + "\" must be an absolute path");
  }
  if (!auth.password_file.empty() && !auth.token_file.empty()) {
    return InvalidOption("credentials: a password file or a token file, not both");
  }
  if (url.scheme == GitUrl::Scheme::Ssh && (auth.ssh_key_file.empty() || auth.ssh_known_hosts.empty())) {
    return InvalidOption(
        "credentials: ssh needs a key file and a known_hosts file (ssh-keyscan writes one; compare its keys)");
  }
  return {};
}

// The tip of a branch of a repository on this machine.
Expected<Revision> LocalTip(const std::string& path, const std::string& branch) {
  git_repository* opened = nullptr;
  const Error unread{ErrorKind::NotFound, "no such repository or branch"};
  if (git_repository_open_ext(&opened, path.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr) != 0) return unread;
  const git::RepositoryPtr owner(opened);
  git_oid tip{};
  if (git_reference_name_to_id(&tip, opened, ("refs/heads/" + branch).c_str()) != 0) return unread;
  return git::ToHex(tip);
}

Error TooManyFiles(std::int64_t files) {
  return {ErrorKind::Invalid, "the tree holds " + std::to_string(files) + " files; at most " +
                                  std::to_string(kMaxTreeFiles) + " are read (a sub-path narrows it)"};
}

}  // namespace

Expected<std::unique_ptr<GitRepository>> GitRepository::Create(GitRepositoryOptions options) {
  auto url = ParseGitUrl(options.url);
  if (!url) return url.error();
  if (auto valid = CheckBranchName(options.branch); !valid) return valid.error();
  if (auto valid = CheckAuth(options.auth, *url); !valid) return valid.error();
  auto path = NormalizeTreePath(options.path);
  if (!path) return path.error();
  options.path = *std::move(path);
  if (!options.state_dir.starts_with('/')) return InvalidOption("the state directory must be an absolute path");
  return std::unique_ptr<GitRepository>(new GitRepository(std::move(options), *std::move(url)));
}

GitRepository::GitRepository(GitRepositoryOptions options, GitUrl url)
    : options_(std::move(options)),
      url_(std::move(url)),
      clone_(options_.state_dir, ToString(url_) + "\n" + options_.branch + "\n"),
      fetcher_(options_.fetcher) {}

Expected<std::unique_ptr<ObjectDatabase>> GitRepository::Open() const {
  auto directory = clone_.Current();
  if (!directory) return std::move(directory).error().Within(Url() + ", branch " + options_.branch);
  return ObjectDatabase::Open(library_, *directory, Damage());
}

Expected<Revision> GitRepository::LastFetched() const {
  auto database = Open();
  if (!database) return database.error();
  return (*database)->Tip();
}

// Saves the child for a repository on this machine: its tip is one small file. Whatever looks odd is left to the child,
// whose errors are exact.
bool GitRepository::AtLocalTip(const Revision& in_force) const {
  if (url_.scheme != GitUrl::Scheme::Local) return false;
  auto tip = LocalTip(url_.path, options_.branch);
  if (!tip || *tip != in_force) return false;
  auto fetched = LastFetched();
  return fetched && *fetched == in_force;
}

bool GitRepository::NeedsClone() const {
  return Damage()->load() || !LastFetched();
}

FetchRequest GitRepository::Request(const std::string& directory, bool create) const {
  FetchRequest request;
  request.directory = directory;
  request.create = create;
  request.url = ToString(url_);
  request.branch = options_.branch;
  request.auth = options_.auth;
  request.limits = options_.limits;
  return request;
}

Expected<FetchRequest> GitRepository::RequestOfClone() const {
  auto directory = clone_.Current();
  if (!directory) return directory.error();
  return Request(*directory, false);
}

FetchReport GitRepository::FetchInto(const std::string& directory, bool create, std::stop_token stop) {
  FetchReport report;
  auto passed = Failpoint("git.fetch.before");
  if (passed) report = fetcher_.Fetch(Request(directory, create), stop);
  if (passed) passed = Failpoint("git.fetch.after");
  if (!passed) report.answer.failure = GitFailure{GitReason::Internal, passed.error().message};
  return report;
}

FetchReport GitRepository::Fetch(std::stop_token stop) {
  if (auto directory = clone_.Current(); directory && !NeedsClone()) {
    FetchReport report = FetchInto(*directory, false, stop);
    const auto& failure = report.answer.failure;
    if (!failure || failure->reason != GitReason::CloneDamaged) return report;
  }
  FetchReport report = Clone(stop);
  recloned_ = recloned_ || !report.answer.failure;
  return report;
}

FetchReport GitRepository::Clone(std::stop_token stop) {
  FetchReport report;
  auto fresh = clone_.PrepareFresh();
  if (fresh) report = FetchInto(*fresh, true, stop);
  if (report.answer.failure) return report;
  auto placed = fresh ? clone_.Promote(*fresh) : fresh.error();
  if (placed) {
    // Trees of the clone before keep its flag: what they find says nothing about this one.
    *damaged_.Lock() = std::make_shared<std::atomic<bool>>(false);
  } else {
    report.answer.failure = GitFailure{GitReason::Internal, placed.error().message};
  }
  return report;
}

Expected<SyncResult> GitRepository::Failed(const GitFailure& failure) {
  *reason_.Lock() = ToString(failure.reason);
  return ToError(failure).Within(Url());
}

Expected<SyncResult> GitRepository::Sync(const Revision& in_force, std::stop_token stop) {
  SyncResult result;
  result.revision = in_force;
  if (in_force.empty() || NeedsClone() || !AtLocalTip(in_force)) {
    const FetchReport report = Fetch(stop);
    if (report.answer.failure) return Failed(*report.answer.failure);
    result.revision = report.answer.tip;
    result.usage = report.usage;
  }
  result.changed = result.revision != in_force;
  if (auto compared = Compare(in_force, result); !compared) {
    *reason_.Lock() = Damage()->load() ? ToString(GitReason::CloneDamaged) : "TreeUnusable";
    return std::move(compared).error().Within(Url());
  }
  *reason_.Lock() = "Synced";
  result.recloned = std::exchange(recloned_, false);
  return result;
}

Expected<void> GitRepository::Compare(const Revision& in_force, SyncResult& result) {
  if (!result.changed) return {};
  if (!in_force.empty()) {
    auto ancestor = HistoryContains(in_force, result.revision);
    if (!ancestor) return ancestor.error();
    result.rewritten = !*ancestor;
  }
  auto compared = CompareTrees(in_force, result.revision, known_size_);
  if (!compared) return compared.error();
  const std::int64_t files = compared->before + compared->diff.growth;
  if (files > kMaxFiles) return TooManyFiles(files);
  known_size_ = {result.revision, files};
  result.complete = compared->complete;
  result.changes = std::move(compared->diff.changes);
  return {};
}

Expected<GitRepository::Comparison> GitRepository::CompareTrees(const Revision& from, const Revision& to,
                                                                const KnownSize& known) const {
  auto database = Open();
  if (!database) return database.error();
  auto after = (*database)->Folder(to, options_.path);
  if (!after) return after.error();
  Comparison result;
  git::TreePtr before;
  if (!from.empty()) {
    auto found = (*database)->Folder(from, options_.path);
    if (!found && found.error().kind != ErrorKind::NotFound) return found.error();
    if (found) before = *std::move(found);
  }
  auto diff = git::DiffTrees(**database, before.get(), after->get());
  if (!diff) return diff.error();
  result.diff = *std::move(diff);
  result.complete = before == nullptr;
  if (result.complete) return result;
  if (known.revision == from) {
    result.before = known.files;
    return result;
  }
  auto all = git::DiffTrees(**database, nullptr, before.get());
  if (!all) return all.error();
  result.before = all->growth;
  return result;
}

std::string GitRepository::Reason() const {
  return *reason_.Lock();
}

Expected<std::vector<TreeChange>> GitRepository::Changes(const Revision& from, const Revision& to) const {
  auto compared = CompareTrees(from, to, {from, 0});
  if (!compared) return compared.error();
  if (compared->complete && compared->diff.growth > kMaxFiles) return TooManyFiles(compared->diff.growth);
  return std::move(compared->diff.changes);
}

Expected<std::unique_ptr<GitTree>> GitRepository::Tree(const Revision& revision) const {
  auto database = Open();
  if (!database) return database.error();
  return GitTree::Open(*std::move(database), revision, options_.path);
}

Expected<bool> GitRepository::HistoryContains(const Revision& commit, const Revision& tip) const {
  auto database = Open();
  if (!database) return database.error();
  return (*database)->IsAncestor(commit, tip);
}

// A branch that is put on a commit of the watched one was put there by somebody else, whoever made the commit.
Expected<CommitOrigin> GitRepository::OriginOf(const BranchMove& move) const {
  auto database = Open();
  if (!database) return database.error();
  std::vector<Revision> known;
  if ((*database)->HasCommit(move.from)) known.push_back(move.from);
  if (move.branch == options_.branch || !(*database)->HasCommit(move.to)) return (*database)->OriginOf(move.to, known);
  auto watched = (*database)->Tip();
  if (!watched) return std::move(watched).error();
  auto has = (*database)->IsAncestor(move.to, *watched);
  if (!has) return std::move(has).error();
  if (*has) return CommitOrigin::Others;
  if (!known.empty()) known.push_back(*std::move(watched));
  return (*database)->OriginOf(move.to, known);
}

Expected<bool> GitRepository::HeldFile(const Revision& commit, std::string_view path) const {
  auto tree = Tree(commit);
  if (!tree && tree.error().kind == ErrorKind::NotFound) {
    // The clone itself missing is no answer; an unknown commit or a missing sub-path is one.
    if (auto database = Open(); !database) return database.error();
    return false;
  }
  if (!tree) return tree.error();
  auto files = (*tree)->List(path);
  if (files) return true;
  if (files.error().kind == ErrorKind::NotFound) return false;
  return files.error();
}

}  // namespace tinyforge
