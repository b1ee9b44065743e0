#include "controller/git/fetch_session.h"

#include <algorithm>
#include <array>
#include <utility>

#include "controller/git/clone_directory.h"
#include "controller/git/git2.h"
#include "controller/git/git_url.h"
#include "controller/git/remote_guard.h"

namespace tinyforge::git {
namespace {

constexpr std::size_t kMaxAdvertised = 100'000;

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

// Steps of one fetch. Each returns false after it has set the answer's failure.
class Session {
 public:
  Session(const FetchRequest& request, GitUrl url)
      : request_(request), library_(request.limits.object_size), guard_(request, url), url_(std::move(url)) {}

  FetchAnswer Run() {
    if (TrustAuthorities() && OpenClone() && Connect() && FindTip() && Download()) {
      answer_.tip = ToHex(tip_);
    }
    if (remote_) git_remote_disconnect(remote_.get());
    return std::move(answer_);
  }

 private:
  bool Fail(GitReason reason, std::string message) {
    answer_.failure = GitFailure{reason, guard_.Redact(std::move(message))};
    return false;
  }

  bool FailTalking(int code) {
    if (guard_.refusal()) return Fail(guard_.refusal()->reason, guard_.refusal()->message);
    const GitReason reason = Classify(code, git_error_last());
    std::string message = LastMessage();
    if (reason == GitReason::Credentials && guard_.offered()) message = "the credentials do not open it: " + message;
    if (reason == GitReason::TooLarge) message = "the repository exceeds a limit: " + message;
    if (reason == GitReason::Redirected)
      message = "the server redirects to another address (" + message + "); not followed, configure the final URL";
    return Fail(reason, message);
  }

  // Without a file of its own the child trusts the system's authorities, which libgit2 has loaded already.
  bool TrustAuthorities() {
    const std::string& file = request_.auth.ca_file;
    if (url_.scheme != GitUrl::Scheme::Https || file.empty()) return true;
    if (git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, file.c_str(), nullptr) == 0) return true;
    return Fail(GitReason::Certificate, "cannot read the CA file " + file + ": " + LastMessage());
  }

  bool OpenClone() {
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

  bool Connect() {
    git_remote_create_options options = GIT_REMOTE_CREATE_OPTIONS_INIT;
    options.repository = clone_.get();
    options.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF | GIT_REMOTE_CREATE_SKIP_DEFAULT_FETCHSPEC;
    git_remote* created = nullptr;
    if (const int code = git_remote_create_with_opts(&created, ToLibgit2(url_).c_str(), &options); code != 0) {
      return FailTalking(code);
    }
    remote_.reset(created);
    git_remote_connect_options connect = GIT_REMOTE_CONNECT_OPTIONS_INIT;
    connect.callbacks = guard_.Callbacks();
    connect.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
    connect.proxy_opts.type = GIT_PROXY_AUTO;
    const int code = git_remote_connect_ext(remote_.get(), GIT_DIRECTION_FETCH, &connect);
    return code == 0 || FailTalking(code);
  }

  bool FindTip() {
    const git_remote_head** heads = nullptr;
    std::size_t count = 0;
    if (const int code = git_remote_ls(&heads, &count, remote_.get()); code != 0) return FailTalking(code);
    if (count > kMaxAdvertised) return Fail(GitReason::TooLarge, "the repository has more than 100000 references");
    const std::string wanted = "refs/heads/" + request_.branch;
    for (std::size_t i = 0; i < count; ++i) {
      if (wanted != heads[i]->name) continue;
      tip_ = heads[i]->oid;
      return true;
    }
    return Fail(GitReason::BranchMissing, "no branch \"" + request_.branch + "\"; " + Branches({heads, count}));
  }

  static std::string Branches(std::pair<const git_remote_head**, std::size_t> heads) {
    constexpr std::size_t kShown = 10;
    constexpr std::string_view kPrefix = "refs/heads/";
    std::string names;
    std::size_t found = 0;
    for (std::size_t i = 0; i < heads.second; ++i) {
      const std::string_view name = heads.first[i]->name;
      if (!name.starts_with(kPrefix) || ++found > kShown) continue;
      names += (found == 1 ? "" : ", ") + Printable(name.substr(kPrefix.size()), 80);
    }
    if (found == 0) return "the repository has no branch at all";
    return "there is " + names + (found > kShown ? " and " + std::to_string(found - kShown) + " more" : "");
  }

  bool HaveTip() {
    git_commit* commit = nullptr;
    if (git_commit_lookup(&commit, clone_.get(), &tip_) != 0) return false;
    const CommitPtr owner(commit);
    git_tree* tree = nullptr;
    const bool found = git_commit_tree(&tree, commit) == 0;
    const TreePtr tree_owner(tree);
    return found;
  }

  bool Download() {
    git_oid known{};
    const bool same =
        git_reference_name_to_id(&known, clone_.get(), kTipReference) == 0 && git_oid_equal(&known, &tip_) != 0;
    if (same && HaveTip()) return true;
    std::string refspec = "+refs/heads/" + request_.branch + ":" + kTipReference;
    char* spec = refspec.data();
    const git_strarray specs{&spec, 1};
    git_fetch_options options = GIT_FETCH_OPTIONS_INIT;
    options.callbacks = guard_.Callbacks();
    options.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
    options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
    options.update_fetchhead = 0;
    options.proxy_opts.type = GIT_PROXY_AUTO;
    if (const int code = git_remote_download(remote_.get(), &specs, &options); code != 0) return FailTalking(code);
    answer_.downloaded = true;
    return MoveTip();
  }

  bool MoveTip() {
    if (!HaveTip())
      return Fail(GitReason::CloneDamaged, "the commit or its tree is not there after the fetch: " + LastMessage());
    git_reference* reference = nullptr;
    const int code = git_reference_create(&reference, clone_.get(), kTipReference, &tip_, 1, nullptr);
    const ReferencePtr owner(reference);
    return code == 0 || Fail(GitReason::CloneDamaged, "cannot write the tip of the clone: " + LastMessage());
  }

  const FetchRequest& request_;
  Library library_;
  RemoteGuard guard_;
  GitUrl url_;
  FetchAnswer answer_;
  RepositoryPtr clone_;
  RemotePtr remote_;
  git_oid tip_{};
};

}  // namespace

FetchAnswer RunFetch(const FetchRequest& request) {
  auto url = ParseGitUrl(request.url);
  FetchAnswer answer;
  if (!url) {
    answer.failure = GitFailure{GitReason::Internal, url.error().message};
    return answer;
  }
  return Session(request, *std::move(url)).Run();
}

}  // namespace tinyforge::git
