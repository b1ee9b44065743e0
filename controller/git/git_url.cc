#include "controller/git/git_url.h"

#include <algorithm>
#include <charconv>

#include "controller/git/git2.h"

namespace tinyforge {
namespace {

constexpr std::size_t kMaxUrl = 2048;
constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kDigits = "0123456789";

Error InvalidUrl(std::string why) {
  return {ErrorKind::Invalid, "repository URL: " + std::move(why)};
}

bool OnlyOf(std::string_view text, std::string_view extra) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return kLetters.find(c) != std::string_view::npos || kDigits.find(c) != std::string_view::npos ||
           extra.find(c) != std::string_view::npos;
  });
}

bool HasDotDot(std::string_view path) {
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    if (path.substr(0, slash) == "..") return true;
    if (slash == std::string_view::npos) return false;
    path.remove_prefix(slash + 1);
  }
  return false;
}

bool IsLoopback(std::string_view host) {
  return host == "localhost" || host == "::1" ||
         (host.starts_with("127.") && OnlyOf(host, ".") && host.find_first_of(kLetters) == std::string_view::npos);
}

Expected<GitUrl> ParseLocal(std::string_view path) {
  if (!path.starts_with('/')) return InvalidUrl("a local path must be absolute");
  const bool control =
      std::any_of(path.begin(), path.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (control) return InvalidUrl("a local path must not hold control characters");
  return GitUrl{.scheme = GitUrl::Scheme::Local, .path = std::string(path)};
}

Expected<void> TakeUser(std::string_view& authority, GitUrl& url) {
  const std::size_t at = authority.rfind('@');
  if (at == std::string_view::npos) return {};
  const std::string_view user = authority.substr(0, at);
  authority.remove_prefix(at + 1);
  if (user.find(':') != std::string_view::npos) {
    return InvalidUrl("a password must not stand in it; put it into a file and name that file instead");
  }
  if (url.scheme != GitUrl::Scheme::Ssh)
    return InvalidUrl("a user name belongs to the credentials, not into an https URL");
  if (user.empty() || user.starts_with('-') || !OnlyOf(user, "._-")) {
    return InvalidUrl("the user name may hold letters, digits, '.', '_' and '-'");
  }
  url.user = user;
  return {};
}

Expected<void> TakePort(std::string_view port, GitUrl& url) {
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
  if (error != std::errc() || end != port.data() + port.size() || url.port == 0) {
    return InvalidUrl("the port must be a number from 1 to 65535");
  }
  return {};
}

Expected<void> TakeHost(std::string_view authority, GitUrl& url) {
  std::string_view host = authority;
  std::string_view rest;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return InvalidUrl("an IPv6 address needs its closing ']'");
    host = authority.substr(1, end - 1);
    rest = authority.substr(end + 1);
    if (host.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) {
      return InvalidUrl("what stands in brackets must be an IPv6 address");
    }
  } else if (const std::size_t colon = authority.find(':'); colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    rest = authority.substr(colon);
  }
  const bool name = !authority.starts_with('[');
  if (host.empty() || host.size() > 253 || host.starts_with('-') || (name && !OnlyOf(host, ".-"))) {
    return InvalidUrl("the host must be a DNS name or an address");
  }
  url.host = host;
  std::transform(url.host.begin(), url.host.end(), url.host.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (rest.empty()) return {};
  if (rest.front() != ':') return InvalidUrl("only a port may follow the host");
  return TakePort(rest.substr(1), url);
}

Expected<GitUrl> ParseRemote(GitUrl::Scheme scheme, std::string_view rest) {
  GitUrl url{.scheme = scheme};
  const std::size_t slash = rest.find('/');
  std::string_view authority = rest.substr(0, slash);
  if (auto user = TakeUser(authority, url); !user) return user.error();
  if (auto host = TakeHost(authority, url); !host) return host.error();
  url.path = slash == std::string_view::npos ? "" : rest.substr(slash);
  if (url.path.size() < 2) return InvalidUrl("the path of the repository is missing");
  if (!OnlyOf(url.path, "._~/-") || HasDotDot(url.path) || url.path.find("/-") != std::string::npos) {
    return InvalidUrl(
        "the path may hold letters, digits and . _ ~ / - only, no \"..\" and no segment that begins with '-'");
  }
  if (scheme == GitUrl::Scheme::Http && !IsLoopback(url.host)) {
    return InvalidUrl("http:// is for loopback addresses only; use https:// or ssh://");
  }
  return url;
}

std::string_view Prefix(GitUrl::Scheme scheme) {
  switch (scheme) {
    case GitUrl::Scheme::Https: return "https://";
    case GitUrl::Scheme::Http: return "http://";
    case GitUrl::Scheme::Ssh: return "ssh://";
    case GitUrl::Scheme::Local: return "file://";
  }
  return "";
}

std::string PercentEncode(std::string_view path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (char c : path) {
    if (OnlyOf({&c, 1}, "._~/-")) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

}  // namespace

Expected<GitUrl> ParseGitUrl(std::string_view text) {
  if (text.empty()) return InvalidUrl("must not be empty");
  if (text.size() > kMaxUrl) return InvalidUrl("must not be longer than 2048 bytes");
  if (text.front() == '/') return ParseLocal(text);
  for (auto scheme : {GitUrl::Scheme::Https, GitUrl::Scheme::Http, GitUrl::Scheme::Ssh}) {
    if (text.starts_with(Prefix(scheme))) return ParseRemote(scheme, text.substr(Prefix(scheme).size()));
  }
  if (text.starts_with("file://")) return ParseLocal(text.substr(7));
  if (text.find("://") == std::string_view::npos && text.find(':') != std::string_view::npos) {
    return InvalidUrl("the form host:path is not accepted; write ssh://user@host/path");
  }
  return InvalidUrl("must begin with https:// or ssh://, or be an absolute path");
}

std::string ToString(const GitUrl& url) {
  if (url.scheme == GitUrl::Scheme::Local) return url.path;
  std::string out(Prefix(url.scheme));
  if (!url.user.empty()) out += url.user + "@";
  out += url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
  if (url.port != 0) out += ":" + std::to_string(url.port);
  return out + url.path;
}

std::string ToLibgit2(const GitUrl& url) {
  return url.scheme == GitUrl::Scheme::Local ? "file://" + PercentEncode(url.path) : ToString(url);
}

Expected<void> CheckBranchName(std::string_view branch) {
  const git::Library library;
  if (!git::IsBranchName(branch)) {
    return Error{ErrorKind::Invalid, "branch \"" + git::Printable(branch, 100) + "\" is not a valid branch name"};
  }
  return {};
}

Expected<std::string> NormalizeTreePath(std::string_view path) {
  const std::string shown = git::Printable(path, 200);
  if (path.starts_with('/')) return Error{ErrorKind::Invalid, "path \"" + shown + "\" must be relative"};
  while (path.starts_with("./")) path.remove_prefix(2);
  if (path == ".") path = {};
  if (path.ends_with('/')) path.remove_suffix(1);
  if (path.size() > 4096) return Error{ErrorKind::Invalid, "path \"" + shown + "\" is longer than 4096 bytes"};
  std::string_view rest = path;
  while (!rest.empty()) {
    const std::size_t slash = rest.find('/');
    const std::string_view segment = rest.substr(0, slash);
    if (segment.empty() || segment == "." || segment == ".." || segment.find('\0') != std::string_view::npos) {
      return Error{ErrorKind::Invalid, "path \"" + shown + "\" must be relative and stay inside of the repository"};
    }
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
    if (rest.empty()) return Error{ErrorKind::Invalid, "path \"" + shown + "\" must not hold an empty segment"};
  }
  return std::string(path);
}

}  // namespace tinyforge
