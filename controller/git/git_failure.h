// Why a fetch or a push failed, in the words a status shows.
#pragma once

#include <string>
#include <string_view>

#include "api-types/meta/error.h"

namespace tinyforge {

enum class GitReason {
  Internal,       // a fault of ours or of the machine: no memory, no disk, the child crashed
  Unreachable,    // name, connection or protocol: the remote is down or is no git server
  NotFound,       // the server knows no such repository
  Credentials,    // wrong, missing, their file cannot be read, or they do not allow a push
  BranchMissing,  // the repository has no such branch
  HostKey,        // of ssh: unknown or changed
  Certificate,    // of https: not trusted
  Redirected,     // the server points elsewhere; not followed
  TooLarge,       // a limit of section 4.9 was reached
  CloneDamaged,   // our copy is unreadable; it is made again
  TimedOut,
  Cancelled,
  // Of a push alone:
  Declined,    // by a hook, a protected branch or the state of the repository: a person must act
  Raced,       // somebody else pushed between; to be done again on the new tip
  Unanswered,  // the connection broke before the answer: it may have arrived
};

// PascalCase, as a condition's reason: "BranchMissing".
std::string_view ToString(GitReason reason);
// Unknown text is Internal.
GitReason ParseGitReason(std::string_view text);

// `message` never holds a secret.
struct GitFailure {
  GitReason reason = GitReason::Internal;
  std::string message;
  bool operator==(const GitFailure&) const = default;
};

// Transient for what passes by itself, Waiting for what a person must put right outside of the repository: every poll
// tries again either way.
Error ToError(const GitFailure& failure);

}  // namespace tinyforge
