// Which branches and tags of a repository a git trigger follows, and what of them moved. Pure.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/meta/error.h"
#include "api-types/v1/trigger.h"
#include "reconcilers/core/inbound_event.h"
#include "reconcilers/core/remote_refs.h"

namespace tinyforge {

// Patterns (see PathMatches) of whole names: "refs/heads/main", "refs/tags/v*".
using RefPatterns = std::set<std::string>;

// Those that the trigger names; with neither branches nor tags, all branches and tags.
RefPatterns WatchedRefs(const v1::GitTrigger& config);
bool IsWatched(const RefPatterns& patterns, std::string_view ref);
GitRefs SelectRefs(const GitRefs& listed, const RefPatterns& patterns);

// "refs/heads/main" of a push.
std::string RefOf(const GitPushed& push);

// That `ref` of the repository at `url` points to `commit` now. Which files changed is not known.
GitPushed PushOf(const std::string& url, std::string_view ref, const std::string& commit);

// In the order in which they are to be acted on, of which the last counts: branches by name, then tags in natural
// order, so that the highest version is last.
void SortPushes(std::vector<GitPushed>& pushes);

// What a trigger with imageTag, called without a push, acts on: of GitTag the highest of its tags in natural order;
// else its branch, of several the default one; without any branch, the highest of its tags. NotFound: there is none.
// Invalid: which of several branches is meant cannot be told.
Expected<GitPushed> NewestRef(const v1::GitTrigger& config, const std::string& url, const GitRefs& listed);

}  // namespace tinyforge
