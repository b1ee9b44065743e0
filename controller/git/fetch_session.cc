#include "controller/git/fetch_session.h"

#include <utility>

#include "controller/git/git_url.h"
#include "controller/git/remote_session.h"

namespace tinyforge::git {
namespace {

bool MoveTip(RemoteSession& session, const git_oid& tip) {
  git_reference* reference = nullptr;
  const int code = git_reference_create(&reference, session.clone(), kTipReference, &tip, 1, nullptr);
  const ReferencePtr owner(reference);
  return code == 0 || session.Fail(GitReason::CloneDamaged, "cannot write the tip of the clone: " + LastMessage());
}

bool Follow(RemoteSession& session, const std::string& branch) {
  const git_oid tip = *session.Tip(branch);
  git_oid known{};
  const bool same = git_reference_name_to_id(&known, session.clone(), kTipReference) == 0 &&
                    git_oid_equal(&known, &tip) != 0 && session.HasCommit(tip);
  return same || (session.Download({branch}) && MoveTip(session, tip));
}

}  // namespace

FetchAnswer RunFetch(const FetchRequest& request) {
  FetchAnswer answer;
  auto url = ParseGitUrl(request.url);
  if (!url) {
    answer.failure = GitFailure{GitReason::Internal, url.error().message};
    return answer;
  }
  RemoteSession session(request, *std::move(url));
  if (session.Open() && session.List() && Follow(session, request.branch)) {
    answer.tip = ToHex(*session.Tip(request.branch));
    answer.downloaded = session.downloaded();
  }
  answer.failure = session.failure();
  return answer;
}

}  // namespace tinyforge::git
