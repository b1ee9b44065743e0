// One fetch by libgit2, in the child. Internal to controller/git.
#pragma once

#include "controller/git/fetch_message.h"

namespace tinyforge::git {

// The tip of the branch as last fetched. A branch name never becomes a path.
inline constexpr const char* kTipReference = "refs/tinyforge/tip";

// Opens or creates the bare repository, connects, and downloads unless the clone has the branch's tip. The tip
// reference moves only when the commit and its tree are there.
FetchAnswer RunFetch(const FetchRequest& request);

}  // namespace tinyforge::git
