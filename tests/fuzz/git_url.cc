// What may be cloned: URLs, branches and folders that are let through are what they look like. A line each.
#include "controller/git/git_url.h"

#include <algorithm>

#include "controller/git/git2.h"
#include "tests/fuzz/property.h"

using namespace tinyforge;

namespace {

// Harmless to a shell, to libgit2 and in a log.
bool IsHarmless(std::string_view text) {
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:/.@_~-%[]") ==
         std::string_view::npos;
}

void CheckUrl(std::string_view text) {
  const auto url = ParseGitUrl(text);
  if (!url) {
    fuzz::Require(url.error().kind == ErrorKind::Invalid && !url.error().message.empty(), "what is wrong is said");
    return;
  }
  const std::string shown = ToString(*url);
  const auto again = ParseGitUrl(shown);
  fuzz::Require(again.has_value() && *again == *url, "what is shown is the same URL", shown);
  const std::string given = ToLibgit2(*url);
  fuzz::Require(IsHarmless(given), "what libgit2 is given is harmless", given);
  const bool local = url->scheme == GitUrl::Scheme::Local;
  fuzz::Require(given.starts_with("file:///") == local, "only a local path is a file", given);
  fuzz::Require(local == url->host.empty(), "all others have a host", given);
  fuzz::Require(!url->user.starts_with('-') && !url->host.starts_with('-'), "nothing looks like an option", given);
  fuzz::Require(local || (url->path + "/").find("/../") == std::string::npos, "no path climbs", given);
}

void CheckBranch(std::string_view branch) {
  if (!CheckBranchName(branch)) return;
  fuzz::Require(!branch.empty() && branch.size() <= 200 && branch.front() != '-', "a branch is bounded", branch);
  const bool plain = std::ranges::none_of(branch, [](char c) { return static_cast<unsigned char>(c) <= 0x20; });
  fuzz::Require(plain && branch.find("..") == std::string_view::npos, "a branch is one word", branch);
}

void CheckFolder(std::string_view path) {
  const auto folder = NormalizeTreePath(path);
  if (!folder) return;
  fuzz::Require(!folder->starts_with('/') && !folder->ends_with('/'), "a folder is relative", *folder);
  fuzz::Require(("/" + *folder + "/").find("/../") == std::string::npos, "a folder does not climb", *folder);
  const auto again = NormalizeTreePath(*folder);
  fuzz::Require(again.has_value() && *again == *folder, "a folder is normal already", *folder);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const git::Library kLibrary;  // so that not each check starts it anew
  fuzz::Input input(data, size);
  CheckUrl(input.Line());
  CheckBranch(input.Line());
  CheckFolder(input.Line());
  return 0;
}
