#include "controller/git/git_child_runner.h"

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "controller/git/git2.h"

namespace tinyforge::git {
namespace {

std::vector<std::string> ChildEnvironment() {
  std::vector<std::string> environment;
  for (const char* name : {"https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY"}) {
    if (const char* value = std::getenv(name)) environment.push_back(std::string(name) + "=" + value);
  }
  return environment;
}

std::string Ended(const ChildResult& result) {
  if (result.end != ChildResult::End::Signalled)
    return "the git child ended with status " + std::to_string(result.code) + " and no answer";
  std::string message = "the git child was ended by signal " + std::to_string(result.code);
  if (const char* name = sigdescr_np(result.code)) message += " (" + std::string(name) + ")";
  if (result.code == SIGBUS) message += "; is the disk full?";
  return message;
}

std::string With(std::string message, const std::string& complaint) {
  return complaint.empty() ? message : std::move(message) + ": " + complaint;
}

std::optional<GitFailure> Judge(const ChildResult& result, Duration deadline, const std::string& complaint) {
  switch (result.end) {
    case ChildResult::End::TimedOut:
      return GitFailure{GitReason::TimedOut, "no end after " + FormatDuration(deadline) + "; the git child was killed"};
    case ChildResult::End::Cancelled: return GitFailure{GitReason::Cancelled, "cancelled"};
    case ChildResult::End::Exited:
    case ChildResult::End::Signalled: break;
  }
  if (result.end == ChildResult::End::Exited && result.code == 0) return std::nullopt;
  return GitFailure{GitReason::Internal, With(Ended(result), complaint)};
}

}  // namespace

ChildReport RunGitChild(const GitChildOptions& options, std::string order, std::stop_token stop,
                        std::size_t max_answer) {
  ChildSpec spec;
  spec.executable = options.executable;
  spec.arguments = options.arguments;
  spec.environment = ChildEnvironment();
  spec.input = std::move(order);
  spec.deadline = options.deadline;
  spec.max_output = max_answer + 1;
  ChildReport report;
  auto result = RunChild(spec, stop);
  if (!result) {
    report.failure = GitFailure{GitReason::Internal, result.error().message};
    return report;
  }
  report.complaint = result->errors.empty() ? "" : Printable(result->errors, 512);
  report.failure = Judge(*result, options.deadline, report.complaint);
  report.answer = std::move(result->output);
  report.usage = result->usage;
  return report;
}

GitFailure NoAnswer(const ChildReport& report) {
  return {GitReason::Internal, With("the git child ended with status 0 and no answer", report.complaint)};
}

}  // namespace tinyforge::git
