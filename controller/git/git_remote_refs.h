// The branches and tags of any remote, each time by a git child.
#pragma once

#include <memory>
#include <string>

#include "controller/git/fetch_message.h"
#include "controller/git/git_child_runner.h"
#include "controller/git/git_url.h"
#include "reconcilers/core/remote_refs.h"

namespace tinyforge {

struct GitRemoteRefsOptions {
  std::string url;  // of the config repository, as ParseGitUrl takes it
  GitAuth auth;     // for the server of that URL: same scheme, host and port
  FetchLimits limits;
  GitChildOptions child{.deadline = Duration(30'000)};
  std::string state_dir;  // its folder "git-list" is the children's home
};

// Holds no state. Every other server than that of the config repository is asked without credentials and with the
// system's authorities, so that a manifest cannot make the controller give them away; ssh, which needs a key, is
// therefore for that server alone. Repositories on this machine are not asked, but for the config repository: who
// writes manifests need not be allowed to look around here.
class GitRemoteRefs final : public RemoteRefs {
 public:
  // Invalid for a URL that ParseGitUrl does not take.
  static Expected<std::unique_ptr<GitRemoteRefs>> Create(GitRemoteRefsOptions options);

  Expected<std::string> Locate(const std::string& repository) override;
  Expected<GitRefs> List(const std::string& url, std::stop_token stop) override;

 private:
  GitRemoteRefs(GitRemoteRefsOptions options, GitUrl url) : options_(std::move(options)), config_(std::move(url)) {}

  const GitRemoteRefsOptions options_;
  const GitUrl config_;
};

}  // namespace tinyforge
