#include "controller/git/remote_session.h"

#include <array>
#include <utility>

#include "controller/git/clone_directory.h"
#include "controller/git/list_message.h"

namespace tinyforge::git {
namespace {

constexpr std::size_t kMaxAdvertised = 100'000;
constexpr std::string_view kBranches = "refs/heads/";

bool Mentions(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// libgit2 has one code for nearly everything, so the kind is read from its class and text.
GitReason Classify(int code, const git_error* error) {
  const std::string_view text = error == nullptr || error->message == nullptr ? "" : error->message;
  if (code == GIT_EAUTH || Mentions(text, "status code: 403")) return GitReason::Credentials;
  if (code == GIT_ECERTIFICATE) return GitReason::Certificate;
  if (Mentions(text, "authenticate SSH session")) return GitReason::Credentials;
  if (Mentions(text, "redirect")) return GitReason::Redirected;
  if (Mentions(text, "status code: 404") || Mentions(text, "ot found") || Mentions(text, "does not exist")) {
    return GitReason::NotFound;
  }
  if (Mentions(text, "File too large")) return GitReason::TooLarge;
  if (Mentions(text, "failed to connect")) return GitReason::Unreachable;
  if (error == nullptr) return GitReason::Internal;
  switch (error->klass) {
    case GIT_ERROR_NOMEMORY: return GitReason::TooLarge;
    case GIT_ERROR_SSL: return GitReason::Certificate;
    case GIT_ERROR_NET:
    case GIT_ERROR_HTTP:
    case GIT_ERROR_SSH: return GitReason::Unreachable;
    default: return GitReason::Internal;
  }
}

// The refusal of a server that has just let the same account read: some answer 401, 403 or 404, and over ssh they say
// something and hang up.
bool MayNotWrite(int code, GitReason reason) {
  const git_error* error = git_error_last();
  const bool hung_up = code == GIT_EEOF && error != nullptr && error->klass == GIT_ERROR_SSH;
  return reason == GitReason::Credentials || reason == GitReason::NotFound || hung_up;
}

}  // namespace

RemoteSession::~RemoteSession() {
  Disconnect();
}

void RemoteSession::Disconnect() {
  if (remote_) git_remote_disconnect(remote_.get());
  remote_.reset();
}

bool RemoteSession::Fail(GitReason reason, std::string message) {
  failure_ = GitFailure{reason, guard_ ? guard_->Redact(std::move(message)) : std::move(message)};
  return false;
}

bool RemoteSession::FailTalking(int code) {
  if (guard_->refusal()) return Fail(guard_->refusal()->reason, guard_->refusal()->message);
  const GitReason reason = Classify(code, git_error_last());
  std::string message = LastMessage();
  if (reason == GitReason::Credentials && guard_->offered()) message = "the credentials do not open it: " + message;
  if (reason == GitReason::TooLarge) message = "the repository exceeds a limit: " + message;
  if (reason == GitReason::Redirected)
    message = "the server redirects to another address (" + message + "); not followed, configure the final URL";
  return Fail(reason, message);
}

bool RemoteSession::FailPushing(int code, const PushReport& report) {
  if (const auto refusal = report.Refusal()) return Fail(refusal->reason, refusal->message);
  if (code == GIT_ENONFASTFORWARD) return Fail(GitReason::Raced, LastMessage());
  const std::string message = LastMessage();
  const bool may_not_write =
      MayNotWrite(code, guard_->refusal() ? guard_->refusal()->reason : Classify(code, git_error_last()));
  FailTalking(code);
  if (may_not_write)
    return Fail(GitReason::Credentials,
                "the repository can be read but not written to: " + (guard_->refusal() ? failure_->message : message) +
                    "; give the account write access (a token that may write contents, a deploy key with write "
                    "access), or set writeBack.mode: None");
  const bool lost = report.begun() && ToError(*failure_).kind == ErrorKind::Transient;
  if (lost) return Fail(GitReason::Unanswered, "the answer to the push did not arrive: " + message);
  return false;
}

// Without a file of its own the child trusts the system's authorities, which libgit2 has loaded already.
bool RemoteSession::TrustAuthorities() {
  const std::string& file = request_.auth.ca_file;
  if (url_.scheme != GitUrl::Scheme::Https || file.empty()) return true;
  if (git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, file.c_str(), nullptr) == 0) return true;
  return Fail(GitReason::Certificate, "cannot read the CA file " + file + ": " + LastMessage());
}

bool RemoteSession::Open() {
  if (!TrustAuthorities()) return false;
  git_repository* opened = nullptr;
  if (request_.create) {
    git_repository_init_options options = GIT_REPOSITORY_INIT_OPTIONS_INIT;
    options.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKPATH | GIT_REPOSITORY_INIT_NO_REINIT;
    options.mode = 0700;
    if (git_repository_init_ext(&opened, request_.directory.c_str(), &options) != 0) {
      return Fail(GitReason::Internal, "cannot create " + request_.directory + ": " + LastMessage());
    }
  } else {
    RemoveLeftovers(request_.directory);
    if (git_repository_open_bare(&opened, request_.directory.c_str()) != 0) {
      return Fail(GitReason::CloneDamaged, "cannot open the clone: " + LastMessage());
    }
  }
  clone_.reset(opened);
  return true;
}

bool RemoteSession::Connect(git_direction direction, PushReport* report) {
  Disconnect();
  guard_.emplace(request_, url_);
  git_remote_create_options options = GIT_REMOTE_CREATE_OPTIONS_INIT;
  options.repository = clone_.get();
  options.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF | GIT_REMOTE_CREATE_SKIP_DEFAULT_FETCHSPEC;
  git_remote* created = nullptr;
  int code = git_remote_create_with_opts(&created, ToLibgit2(url_).c_str(), &options);
  remote_.reset(created);
  git_remote_connect_options connect = GIT_REMOTE_CONNECT_OPTIONS_INIT;
  connect.callbacks = guard_->Callbacks(report);
  connect.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
  connect.proxy_opts.type = GIT_PROXY_AUTO;
  if (code == 0) code = git_remote_connect_ext(created, direction, &connect);
  return code == 0 || (report == nullptr ? FailTalking(code) : FailPushing(code, *report));
}

std::optional<std::span<const git_remote_head* const>> RemoteSession::Advertised() {
  if (!Connect(GIT_DIRECTION_FETCH, nullptr)) return std::nullopt;
  const git_remote_head** heads = nullptr;
  std::size_t count = 0;
  if (const int code = git_remote_ls(&heads, &count, remote_.get()); code != 0) {
    FailTalking(code);
    return std::nullopt;
  }
  return std::span<const git_remote_head* const>(heads, count);
}

// A server names the commit of an annotated tag on a line of its own, after the tag's: gitprotocol-pack(5), "peeled".
std::optional<std::map<std::string, git_oid>> RemoteSession::ListRefs() {
  constexpr std::string_view kPeeled = "^{}";
  const auto advertised = TrustAuthorities() ? Advertised() : std::nullopt;
  if (!advertised) return std::nullopt;
  std::map<std::string, git_oid> refs;
  for (const git_remote_head* head : *advertised) {
    std::string name = head->name;
    if (name.ends_with(kPeeled)) name.resize(name.size() - kPeeled.size());
    int valid = 0;
    git_reference_name_is_valid(&valid, name.c_str());
    if (valid == 1 && IsListedName(name)) refs.insert_or_assign(std::move(name), head->oid);
  }
  if (refs.size() - refs.count("HEAD") <= kMaxListedRefs) return refs;
  Fail(GitReason::TooLarge, "the repository has " + std::to_string(refs.size()) + " branches and tags; at most " +
                                std::to_string(kMaxListedRefs) + " are read");
  return std::nullopt;
}

bool RemoteSession::List() {
  const auto advertised = Advertised();
  if (!advertised) return false;
  if (advertised->size() > kMaxAdvertised)
    return Fail(GitReason::TooLarge, "the repository has more than 100000 references");
  for (const git_remote_head* head : *advertised) {
    const std::string_view name = head->name;
    if (name.starts_with(kBranches)) heads_.emplace(name.substr(kBranches.size()), head->oid);
  }
  if (heads_.contains(request_.branch)) return true;
  return Fail(GitReason::BranchMissing, "no branch \"" + request_.branch + "\"; " + BranchNames());
}

std::string RemoteSession::BranchNames() const {
  constexpr std::size_t kShown = 10;
  if (heads_.empty()) return "the repository has no branch at all";
  std::string names;
  std::size_t shown = 0;
  for (const auto& [name, tip] : heads_) {
    if (++shown > kShown) break;
    names += (names.empty() ? "" : ", ") + Printable(name, 80);
  }
  return "there is " + names +
         (heads_.size() > kShown ? " and " + std::to_string(heads_.size() - kShown) + " more" : "");
}

std::optional<git_oid> RemoteSession::Tip(const std::string& branch) const {
  const auto it = heads_.find(branch);
  return it == heads_.end() ? std::nullopt : std::optional(it->second);
}

std::optional<std::string> RemoteSession::InTheWayOf(const std::string& branch) const {
  for (const auto& [name, tip] : heads_)
    if (branch.starts_with(name + "/") || name.starts_with(branch + "/")) return name;
  return std::nullopt;
}

bool RemoteSession::HasCommit(const git_oid& id) const {
  git_commit* commit = nullptr;
  if (git_commit_lookup(&commit, clone_.get(), &id) != 0) return false;
  const CommitPtr owner(commit);
  git_tree* tree = nullptr;
  const bool found = git_commit_tree(&tree, commit) == 0;
  const TreePtr tree_owner(tree);
  return found;
}

bool RemoteSession::Download(const std::vector<std::string>& branches) {
  std::vector<std::string> texts;
  std::vector<char*> pointers;
  for (const std::string& branch : branches) texts.push_back("+refs/heads/" + branch + ":refs/tinyforge/tip");
  for (std::string& text : texts) pointers.push_back(text.data());
  const git_strarray specs{pointers.data(), pointers.size()};
  git_fetch_options options = GIT_FETCH_OPTIONS_INIT;
  options.callbacks = guard_->Callbacks();
  options.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
  options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
  options.update_fetchhead = 0;
  options.proxy_opts.type = GIT_PROXY_AUTO;
  if (const int code = git_remote_download(remote_.get(), &specs, &options); code != 0) return FailTalking(code);
  downloaded_ = true;
  for (const std::string& branch : branches) {
    const auto tip = Tip(branch);
    if (tip && !HasCommit(*tip))
      return Fail(GitReason::CloneDamaged, "the commit or its tree is not there after the fetch: " + LastMessage());
  }
  return true;
}

bool RemoteSession::Push(const std::string& source, const std::string& branch, std::optional<git_oid> expected) {
  const std::string target = std::string(kBranches) + branch;
  PushReport report(target, expected);
  if (!Connect(GIT_DIRECTION_PUSH, &report)) return false;
  std::string spec = source + ":" + target;
  char* pointer = spec.data();
  const git_strarray specs{&pointer, 1};
  git_push_options options = GIT_PUSH_OPTIONS_INIT;
  options.callbacks = guard_->Callbacks(&report);
  options.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
  options.proxy_opts.type = GIT_PROXY_AUTO;
  const int code = git_remote_upload(remote_.get(), &specs, &options);
  if (code != 0 || report.Refusal()) return FailPushing(code, report);
  return report.accepted() || Fail(GitReason::Unanswered, "the server said nothing about the push");
}

}  // namespace tinyforge::git
