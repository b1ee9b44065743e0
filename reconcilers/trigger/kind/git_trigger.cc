#include "reconcilers/trigger/kind/git_trigger.h"

#include <algorithm>
#include <optional>

#include "reconcilers/trigger/git_location.h"
#include "reconcilers/trigger/path_pattern.h"

namespace tinyforge {
namespace {

constexpr std::string_view kSample = R"(apiVersion: tinyforge.dev/v1
kind: Trigger
metadata: {name: shop-releases}
spec:
  git: {repository: acme/shop, tags: "v*", imageTag: GitTag}
)";

constexpr std::size_t kMaxPattern = 512;
constexpr std::size_t kShortSha = 7;

std::string NameOf(const GitPushed& event) {
  return (event.ref == GitPushed::Ref::Tag ? "tag " : "branch ") + event.name;
}

// Neither branches nor tags: any ref.
bool IsWantedRef(const GitPushed& event, const v1::GitTrigger& config) {
  if (config.branches.empty() && !config.tags) return true;
  if (event.ref == GitPushed::Ref::Tag) return config.tags && PathMatches(*config.tags, event.name);
  return std::ranges::any_of(config.branches,
                             [&](const std::string& pattern) { return PathMatches(pattern, event.name); });
}

// How the changed files meet the filter, as a clause that follows the reason; nothing: they do not. A list that is not
// known counts as a match, so that nothing is missed.
std::optional<std::string> MatchPaths(const GitPushed& event, const v1::GitTrigger& config) {
  if (config.paths.empty()) return "";
  if (!event.files) return "; which files changed is not known, so the filter on paths was taken as met";
  for (const std::string& file : *event.files)
    for (const std::string& pattern : config.paths)
      if (PathConcerns(pattern, file)) return "; " + file + " changed, which is in " + pattern;
  return std::nullopt;
}

bool IsCommitId(std::string_view text) {
  const auto hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return (text.size() == 40 || text.size() == 64) && std::ranges::all_of(text, hex);
}

bool IsImageTag(std::string_view text) {
  const auto word = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !text.empty() && text.size() <= 128 && word(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return word(c) || c == '.' || c == '-'; });
}

MatchResult SetTag(const GitPushed& event, v1::ImageTag rule, std::string reason) {
  std::string tag = event.name;
  if (rule == v1::ImageTag::GitTag) {
    if (event.ref != GitPushed::Ref::Tag) return NoMatch{"imageTag is GitTag, and " + NameOf(event) + " is no tag"};
    if (!IsImageTag(tag)) return NoMatch{NameOf(event) + " cannot be the tag of an image"};
  } else {
    if (!IsCommitId(event.commit))
      return Error{ErrorKind::Invalid,
                   "the push of " + NameOf(event) + " names no commit by its full id in lower case"};
    tag = rule == v1::ImageTag::GitSha ? event.commit : event.commit.substr(0, kShortSha);
  }
  return DeploymentIntent{
      .act = DeploymentIntent::Act::SetVersion, .version = {.tag = std::move(tag)}, .reason = std::move(reason)};
}

MatchResult MatchPush(const GitPushed& event, const v1::GitTrigger& config, const BoundTarget& target) {
  if (!IsPushTo(event, config.repository))
    return NoMatch{"the push is to " + event.repository + ", and " + config.repository + " is watched"};
  if (!IsWantedRef(event, config)) return NoMatch{NameOf(event) + " is none of those that are watched"};
  const auto paths = MatchPaths(event, config);
  if (!paths) return NoMatch{"no changed file is in the watched paths"};
  std::string reason = NameOf(event) + " of " + event.repository + " was pushed" + *paths;
  if (config.image_tag) return SetTag(event, *config.image_tag, std::move(reason));
  const auto act = target.image ? DeploymentIntent::Act::Refresh : DeploymentIntent::Act::Redeploy;
  return DeploymentIntent{.act = act, .reason = std::move(reason)};
}

}  // namespace

bool IsPushTo(const GitPushed& push, const std::string& repository) {
  if (push.repository.empty() && push.urls.empty()) return true;  // the sender leaves it to the trigger it calls
  const GitLocation wanted = ParseGitLocation(repository);
  if (push.urls.empty() || wanted.host.empty()) {
    if (MayBeSame(wanted, ParseGitLocation(push.repository))) return true;
  }
  return std::ranges::any_of(push.urls,
                             [&](const std::string& url) { return MayBeSame(wanted, ParseGitLocation(url)); });
}

std::string_view GitTriggerKind::Sample() const {
  return kSample;
}

std::vector<v1::Problem> GitTriggerKind::Validate(const v1::TriggerSpec& config) const {
  const v1::GitTrigger& git = *config.git;
  std::vector<v1::Problem> problems;
  if (ParseGitLocation(git.repository).path.empty())
    problems.push_back(
        {"spec.git.repository", "expected owner/name or a URL such as https://git.example.com/acme/shop"});
  const auto check = [&](const std::string& pattern, const std::string& field) {
    if (pattern.size() > kMaxPattern)
      problems.push_back({"spec.git." + field, "has " + std::to_string(pattern.size()) + " bytes; at most " +
                                                   std::to_string(kMaxPattern) + " are allowed"});
  };
  for (std::size_t i = 0; i < git.branches.size(); ++i) check(git.branches[i], "branches[" + std::to_string(i) + "]");
  if (git.tags) check(*git.tags, "tags");
  for (std::size_t i = 0; i < git.paths.size(); ++i) check(git.paths[i], "paths[" + std::to_string(i) + "]");
  if (git.image_tag == v1::ImageTag::GitTag && !git.branches.empty() && !git.tags)
    problems.push_back({"spec.git.imageTag", "GitTag needs pushes of tags, and only branches are watched; say tags"});
  return problems;
}

std::string GitTriggerKind::WhyUnfit(const v1::TriggerSpec& config, const BoundTarget& target) const {
  if (!config.git->image_tag || target.image) return {};
  return ToString(target.workload.key) + " has no source.image, whose tag git.imageTag could set";
}

bool GitTriggerKind::AreAlike(const BoundTarget& a, const BoundTarget& b) const {
  return (a.image == nullptr) == (b.image == nullptr);
}

MatchResult GitTriggerKind::Match(const MatchRequest& request) const {
  if (const auto* push = std::get_if<GitPushed>(&request.event))
    return MatchPush(*push, *request.config.git, request.target);
  if (std::holds_alternative<Fired>(request.event)) return DeploymentIntent{.reason = "it was fired"};
  return NoMatch{"a git trigger acts on pushes to a git repository"};
}

}  // namespace tinyforge
