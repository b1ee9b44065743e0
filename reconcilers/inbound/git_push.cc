#include "reconcilers/inbound/git_push.h"

#include <algorithm>
#include <set>

namespace tinyforge::inbound {
namespace {

constexpr std::string_view kBranches = "refs/heads/";
constexpr std::string_view kTags = "refs/tags/";
constexpr std::size_t kLongestRef = 1024;
// GitHub reports no more files of a commit.
constexpr std::size_t kMostFiles = 3000;

bool IsHex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool IsCommit(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) && std::ranges::all_of(text, IsHex);
}

std::string Lower(std::string hex) {
  for (char& c : hex)
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  return hex;
}

bool IsRefName(std::string_view name) {
  return !name.empty() && name.size() <= kLongestRef && name.find_first_of(" ~^:?*[\\") == std::string_view::npos &&
         name.find("..") == std::string_view::npos && name.find("//") == std::string_view::npos &&
         name.front() != '/' && name.back() != '/' && name.back() != '.' && !name.ends_with(".lock");
}

// False: the commit does not say, or not all of them.
bool AddFiles(const Field& commit, std::set<std::string>& files) {
  std::size_t listed = 0;
  bool said = false;
  for (const std::string_view key : {"added", "modified", "removed"}) {
    said = said || commit.At(key).Present();
    std::vector<std::string> more = commit.At(key).Texts();
    listed += more.size();
    for (std::string& file : more) files.insert(std::move(file));
  }
  return said && listed < kMostFiles;
}

}  // namespace

void Ignore(WebhookDelivery& delivery, std::string_view reason) {
  delivery.events.push_back(Ignored{std::string(reason)});
}

std::optional<GitRef> ReadRef(const Field& field) {
  const std::string ref = field.Text();
  const bool branch = ref.starts_with(kBranches);
  if (branch || ref.starts_with(kTags)) {
    const auto kind = branch ? GitPushed::Ref::Branch : GitPushed::Ref::Tag;
    return GitRef{kind, ReadRefName(field, kind)};
  }
  if (!ref.starts_with("refs/")) field.Refuse("a ref such as refs/heads/main");
  return std::nullopt;
}

std::string ReadRefName(const Field& field, GitPushed::Ref kind) {
  std::string name = field.Text();
  const std::string_view prefix = kind == GitPushed::Ref::Branch ? kBranches : kTags;
  if (name.starts_with(prefix)) name.erase(0, prefix.size());
  if (IsRefName(name)) return name;
  field.Refuse("a name that git allows for a branch or tag, at most 1024 bytes");
  return "";
}

std::string ReadCommit(const Field& field) {
  std::string commit = Lower(field.Text());
  if (IsCommit(commit)) return commit;
  field.Refuse("a commit: 40 or 64 hexadecimal digits");
  return "";
}

std::string ReadOptionalCommit(const Field& field) {
  std::string commit = Lower(field.OptionalText());
  return IsCommit(commit) && !IsNoCommit(commit) ? commit : "";
}

bool IsNoCommit(std::string_view commit) {
  return !commit.empty() && commit.find_first_not_of('0') == std::string_view::npos;
}

std::vector<std::string> ReadUrls(const Field& repository, std::initializer_list<std::string_view> keys) {
  std::vector<std::string> urls;
  for (const std::string_view key : keys) {
    std::string url = repository.At(key).OptionalText();
    if (!url.empty()) urls.push_back(std::move(url));
  }
  return urls;
}

std::optional<std::vector<std::string>> ReadChangedFiles(const Field& commits, std::string_view head) {
  std::set<std::string> files;
  bool complete = true;
  bool ends = false;
  for (const Field& commit : commits.OptionalItems()) {
    complete = AddFiles(commit, files) && complete;
    ends = commit.At("id").Text() == head || ends;
  }
  if (!complete || !ends) return std::nullopt;
  return std::vector<std::string>(files.begin(), files.end());
}

std::optional<GitPushed> ReadForgePush(const Field& body, WebhookDelivery& delivery) {
  const auto ref = ReadRef(body.At("ref"));
  GitPushed push{.repository = body.At("repository").At("full_name").Text(), .commit = ReadCommit(body.At("after"))};
  push.urls = ReadUrls(body.At("repository"), {"clone_url", "ssh_url", "html_url"});
  const Field head = body.At("head_commit");
  const bool same = body.At("before").OptionalText() == push.commit;
  std::string_view nothing;
  if (!ref) nothing = "neither a branch nor a tag";
  if (same) nothing = "a test: the branch is where it was";
  if (body.At("deleted").Flag() || IsNoCommit(push.commit)) nothing = "a branch or tag was deleted";
  if (!nothing.empty()) {
    Ignore(delivery, nothing);
    return std::nullopt;
  }
  push.ref = ref->kind;
  push.name = ref->name;
  // Of an annotated tag `after` is the tag object.
  if (push.ref == GitPushed::Ref::Tag && head.Present()) push.commit = ReadCommit(head.At("id"));
  if (push.ref == GitPushed::Ref::Branch) push.files = ReadChangedFiles(body.At("commits"), push.commit);
  push.before = ReadOptionalCommit(body.At("before"));
  return push;
}

}  // namespace tinyforge::inbound
