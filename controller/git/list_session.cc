#include "controller/git/list_session.h"

#include <utility>

#include "controller/git/git_url.h"
#include "controller/git/remote_session.h"

namespace tinyforge::git {

ListAnswer RunList(const ListRequest& request) {
  ListAnswer answer;
  auto url = ParseGitUrl(request.remote.url);
  if (!url) {
    answer.failure = GitFailure{GitReason::Internal, url.error().message};
    return answer;
  }
  RemoteSession session(request.remote, *std::move(url));
  if (const auto refs = session.ListRefs())
    for (const auto& [name, commit] : *refs) answer.refs.emplace(name, ToHex(commit));
  answer.failure = session.failure();
  return answer;
}

}  // namespace tinyforge::git
