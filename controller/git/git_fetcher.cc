#include "controller/git/git_fetcher.h"

#include <utility>

namespace tinyforge {

FetchReport GitFetcher::Fetch(const FetchRequest& request, std::stop_token stop) const {
  git::ChildReport child = git::RunGitChild(options_, Encode(request), stop);
  FetchReport report;
  report.usage = child.usage;
  auto answer = DecodeFetchAnswer(child.answer);
  if (child.failure)
    report.answer.failure = std::move(child.failure);
  else if (answer)
    report.answer = *std::move(answer);
  else
    report.answer.failure = git::NoAnswer(child);
  return report;
}

}  // namespace tinyforge
