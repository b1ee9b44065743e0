#include "controller/git/git_fetcher.h"

#include <csignal>
#include <cstdlib>
#include <cstring>

#include "controller/git/git2.h"

namespace tinyforge {
namespace {

std::vector<std::string> ChildEnvironment() {
  std::vector<std::string> environment;
  for (const char* name : {"https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY"}) {
    if (const char* value = std::getenv(name)) environment.push_back(std::string(name) + "=" + value);
  }
  return environment;
}

GitFailure Crashed(const ChildResult& result) {
  std::string message = "the git child ";
  if (result.end == ChildResult::End::Signalled) {
    message += "was ended by signal " + std::to_string(result.code);
    if (const char* name = sigdescr_np(result.code)) message += " (" + std::string(name) + ")";
    if (result.code == SIGBUS) message += "; is the disk full?";
  } else {
    message += "ended with status " + std::to_string(result.code) + " and no answer";
  }
  if (!result.errors.empty()) message += ": " + git::Printable(result.errors, 512);
  return {GitReason::Internal, message};
}

FetchAnswer Judge(const ChildResult& result, Duration deadline) {
  FetchAnswer answer;
  switch (result.end) {
    case ChildResult::End::TimedOut:
      answer.failure =
          GitFailure{GitReason::TimedOut, "no end after " + FormatDuration(deadline) + "; the fetch was killed"};
      return answer;
    case ChildResult::End::Cancelled: answer.failure = GitFailure{GitReason::Cancelled, "cancelled"}; return answer;
    case ChildResult::End::Exited:
    case ChildResult::End::Signalled: break;
  }
  auto decoded = DecodeFetchAnswer(result.output);
  if (result.end == ChildResult::End::Exited && result.code == 0 && decoded) return *std::move(decoded);
  answer.failure = Crashed(result);
  return answer;
}

}  // namespace

FetchReport GitFetcher::Fetch(const FetchRequest& request, std::stop_token stop) const {
  ChildSpec spec;
  spec.executable = options_.executable;
  spec.arguments = options_.arguments;
  spec.environment = ChildEnvironment();
  spec.input = Encode(request);
  spec.deadline = options_.deadline;
  FetchReport report;
  auto result = RunChild(spec, stop);
  if (!result) {
    report.answer.failure = GitFailure{GitReason::Internal, result.error().message};
    return report;
  }
  report.usage = result->usage;
  report.answer = Judge(*result, options_.deadline);
  return report;
}

}  // namespace tinyforge
