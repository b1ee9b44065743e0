// One try to write edits into the remote, in the child. Internal to controller/git.
#pragma once

#include "controller/git/clone_lock.h"
#include "controller/git/write_message.h"

namespace tinyforge::git {

// The commit that was pushed last; nobody reads it but the push.
inline constexpr const char* kPushReference = "refs/tinyforge/push";

// Reads the tips from the remote, edits, commits and pushes once. The lock, of the request's clone, is released before
// the push, which only reads the clone.
//
// The commit is there when the answer has no failure. A killed child leaves objects that nothing refers to but
// kPushReference, and either the whole commit at the remote or none of it.
WriteAnswer RunWrite(const WriteRequest& request, CloneLock lock);

}  // namespace tinyforge::git
