#include "controller/git/git_failure.h"

#include <array>
#include <utility>

namespace tinyforge {
namespace {

constexpr std::array<std::pair<GitReason, std::string_view>, 15> kNames{{
    {GitReason::Internal, "Internal"},
    {GitReason::Unreachable, "Unreachable"},
    {GitReason::NotFound, "NotFound"},
    {GitReason::Credentials, "Credentials"},
    {GitReason::BranchMissing, "BranchMissing"},
    {GitReason::HostKey, "HostKey"},
    {GitReason::Certificate, "Certificate"},
    {GitReason::Redirected, "Redirected"},
    {GitReason::TooLarge, "TooLarge"},
    {GitReason::CloneDamaged, "CloneDamaged"},
    {GitReason::TimedOut, "TimedOut"},
    {GitReason::Cancelled, "Cancelled"},
    {GitReason::Declined, "Declined"},
    {GitReason::Raced, "Raced"},
    {GitReason::Unanswered, "Unanswered"},
}};

}  // namespace

std::string_view ToString(GitReason reason) {
  for (const auto& [value, name] : kNames) {
    if (value == reason) return name;
  }
  return "Internal";
}

GitReason ParseGitReason(std::string_view text) {
  for (const auto& [value, name] : kNames) {
    if (name == text) return value;
  }
  return GitReason::Internal;
}

Error ToError(const GitFailure& failure) {
  switch (failure.reason) {
    case GitReason::NotFound:
    case GitReason::Credentials:
    case GitReason::BranchMissing:
    case GitReason::HostKey:
    case GitReason::Certificate:
    case GitReason::Redirected:
    case GitReason::Declined:
    case GitReason::TooLarge: return {ErrorKind::Waiting, failure.message};
    case GitReason::Internal:
    case GitReason::Unreachable:
    case GitReason::CloneDamaged:
    case GitReason::TimedOut:
    case GitReason::Raced:
    case GitReason::Unanswered:
    case GitReason::Cancelled: break;
  }
  return {ErrorKind::Transient, failure.message};
}

}  // namespace tinyforge
