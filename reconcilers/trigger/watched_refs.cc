#include "reconcilers/trigger/watched_refs.h"

#include <algorithm>
#include <utility>

#include "reconcilers/trigger/git_location.h"
#include "reconcilers/trigger/path_pattern.h"
#include "reconcilers/trigger/policy/natural_order.h"

namespace tinyforge {
namespace {

constexpr std::string_view kBranches = "refs/heads/";
constexpr std::string_view kTags = "refs/tags/";

bool ComesBefore(const GitPushed& a, const GitPushed& b) {
  if (a.ref != b.ref) return a.ref == GitPushed::Ref::Branch;
  return a.ref == GitPushed::Ref::Branch ? a.name < b.name : CompareNatural(a.name, b.name) < 0;
}

std::string Joined(std::span<const GitPushed> pushes) {
  constexpr std::size_t kShown = 5;
  std::string names;
  for (std::size_t i = 0; i < std::min(pushes.size(), kShown); ++i) names += (i > 0 ? ", " : "") + pushes[i].name;
  return pushes.size() > kShown ? names + " and " + std::to_string(pushes.size() - kShown) + " more" : names;
}

Expected<GitPushed> ChooseBranch(std::span<const GitPushed> branches, const GitRefs& listed) {
  if (branches.size() == 1) return branches.front();
  const auto head = listed.find("HEAD");
  std::vector<GitPushed> defaults;
  for (const GitPushed& branch : branches)
    if (head != listed.end() && branch.commit == head->second) defaults.push_back(branch);
  if (!defaults.empty()) return defaults.front();
  return Error{ErrorKind::Invalid, "branches " + Joined(branches) +
                                       " are watched, and which one was pushed last is not known; name one in "
                                       "git.branches, or use tfctl deploy"};
}

}  // namespace

RefPatterns WatchedRefs(const v1::GitTrigger& config) {
  if (config.branches.empty() && !config.tags) return {std::string(kBranches) + "**", std::string(kTags) + "**"};
  RefPatterns patterns;
  for (const std::string& branch : config.branches) patterns.insert(std::string(kBranches) + branch);
  if (config.tags) patterns.insert(std::string(kTags) + *config.tags);
  return patterns;
}

bool IsWatched(const RefPatterns& patterns, std::string_view ref) {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) { return PathMatches(pattern, ref); });
}

GitRefs SelectRefs(const GitRefs& listed, const RefPatterns& patterns) {
  GitRefs selected;
  for (const auto& ref : listed)
    if (IsWatched(patterns, ref.first)) selected.insert(ref);
  return selected;
}

std::string RefOf(const GitPushed& push) {
  return std::string(push.ref == GitPushed::Ref::Tag ? kTags : kBranches) + push.name;
}

GitPushed PushOf(const std::string& url, std::string_view ref, const std::string& commit) {
  const bool tag = ref.starts_with(kTags);
  return {.repository = ParseGitLocation(url).path,
          .urls = {url},
          .ref = tag ? GitPushed::Ref::Tag : GitPushed::Ref::Branch,
          .name = std::string(ref.substr(tag ? kTags.size() : kBranches.size())),
          .commit = commit};
}

void SortPushes(std::vector<GitPushed>& pushes) {
  std::ranges::sort(pushes, ComesBefore);
}

Expected<GitPushed> NewestRef(const v1::GitTrigger& config, const std::string& url, const GitRefs& listed) {
  std::vector<GitPushed> pushes;
  for (const auto& [ref, commit] : SelectRefs(listed, WatchedRefs(config))) pushes.push_back(PushOf(url, ref, commit));
  SortPushes(pushes);
  const auto tags = std::ranges::find(pushes, GitPushed::Ref::Tag, &GitPushed::ref);
  const std::span<const GitPushed> branches(pushes.begin(), tags);
  const bool tags_only = config.image_tag == v1::ImageTag::GitTag;
  if (!branches.empty() && !tags_only) return ChooseBranch(branches, listed);
  if (tags != pushes.end()) return pushes.back();
  return Error{ErrorKind::NotFound,
               url + " has no " + std::string(tags_only ? "tag" : "branch or tag") + " that is watched"};
}

}  // namespace tinyforge
