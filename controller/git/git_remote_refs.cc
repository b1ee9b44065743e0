#include "controller/git/git_remote_refs.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "controller/git/list_message.h"
#include "controller/runtime/plain_text.h"

namespace tinyforge {
namespace {

using Scheme = GitUrl::Scheme;

Error Unaskable(std::string why) {
  return {ErrorKind::Invalid, std::move(why)};
}

std::uint16_t PortOf(const GitUrl& url) {
  if (url.port != 0) return url.port;
  switch (url.scheme) {
    case Scheme::Https: return 443;
    case Scheme::Http: return 80;
    case Scheme::Ssh: return 22;
    case Scheme::Local: break;
  }
  return 0;
}

bool IsSameServer(const GitUrl& a, const GitUrl& b) {
  return a.scheme == b.scheme && a.host == b.host && PortOf(a) == PortOf(b);
}

// "acme/shop" of "/Acme/shop.git"; forges do not tell letters apart by their case.
std::string OwnerAndName(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.ends_with(".git")) path.remove_suffix(4);
  std::string text(path);
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool IsOwnerAndName(std::string_view text) {
  return !text.starts_with('/') && text.find(':') == std::string_view::npos;
}

}  // namespace

Expected<std::unique_ptr<GitRemoteRefs>> GitRemoteRefs::Create(GitRemoteRefsOptions options) {
  auto url = ParseGitUrl(options.url);
  if (!url) return std::move(url).error();
  return std::unique_ptr<GitRemoteRefs>(new GitRemoteRefs(std::move(options), *std::move(url)));
}

Expected<std::string> GitRemoteRefs::Locate(const std::string& repository) {
  if (IsOwnerAndName(repository)) {
    if (config_.scheme != Scheme::Local && OwnerAndName(repository) == OwnerAndName(config_.path))
      return ToString(config_);
    return Unaskable("it is no URL");
  }
  auto url = ParseGitUrl(repository);
  if (!url) return std::move(url).error();
  if (url->scheme == Scheme::Local && *url != config_)
    return Unaskable("it is on this machine, where only the config repository is looked at");
  if (url->scheme == Scheme::Ssh && !IsSameServer(*url, config_))
    return Unaskable(
        "ssh needs a key, and that of the config repository is for its own server alone; write the https URL");
  return ToString(*url);
}

Expected<GitRefs> GitRemoteRefs::List(const std::string& url, std::stop_token stop) {
  auto located = Locate(url);
  if (!located) return std::move(located).error().Within(url);
  ListRequest request;
  request.remote.directory = options_.state_dir + "/git-list";
  request.remote.url = *located;
  request.remote.limits = options_.limits;
  if (IsSameServer(*ParseGitUrl(*located), config_)) request.remote.auth = options_.auth;
  const git::ChildReport child = git::RunGitChild(options_.child, Encode(request), stop, kMaxListMessage);
  auto answer = DecodeListAnswer(child.answer);
  if (child.failure) return ToError(*child.failure).Within(*located);
  if (!answer) return ToError(git::NoAnswer(child)).Within(*located);
  if (answer->failure) return ToError(*answer->failure).Within(*located);
  // A name that is no text could not be kept, shown or matched.
  std::erase_if(answer->refs, [](const auto& ref) { return PlainText(ref.first, kMaxRefName + 3) != ref.first; });
  return std::move(answer->refs);
}

}  // namespace tinyforge
