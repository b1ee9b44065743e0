#include "controller/git/git_repo_writer.h"

#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <utility>

#include "controller/git/commit_message.h"
#include "controller/git/git_child_runner.h"
#include "controller/runtime/failpoint.h"

namespace tinyforge {
namespace {

Error InvalidRequest(std::string message) {
  return {ErrorKind::Invalid, std::move(message)};
}

// What stands in a commit's author line and trailer as it is (git-commit: no angle brackets, no line ends).
Expected<void> CheckName(const std::string& what, const std::string& name) {
  const bool fits = !name.empty() && name.size() <= 200 && std::all_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f && c != '<' && c != '>';
  });
  if (fits && name.front() != ' ' && name.back() != ' ') return {};
  return InvalidRequest(what + " must be one line of 1 to 200 bytes without < and >, got \"" + git::Printable(name) +
                        "\"");
}

std::string DefaultEmail() {
  std::array<char, HOST_NAME_MAX + 1> host{};
  ::gethostname(host.data(), host.size() - 1);
  return std::string("tinyforge@") + (host[0] == '\0' ? "localhost" : host.data());
}

bool HoldsNul(const std::string& text) {
  return text.find('\0') != std::string::npos;
}

bool HoldsNul(const EditBasis& basis) {
  return HoldsNul(basis.revision) ||
         std::any_of(basis.paths.begin(), basis.paths.end(), [](const std::string& path) { return HoldsNul(path); });
}

Expected<void> CheckEdit(const VersionEdit& edit) {
  const auto path = NormalizeTreePath(edit.path);
  if (!path) return path.error();
  if (path->empty() || *path != edit.path)
    return InvalidRequest("path \"" + git::Printable(edit.path) + "\" names no file");
  if (edit.on_line && (edit.on_line->line == 0 || !edit.field.empty()))
    return InvalidRequest("an edit needs the number of a line, and no field beside it");
  if (!edit.on_line && (edit.field.empty() || edit.field.size() > 32))
    return InvalidRequest("an edit needs a field of 1 to 32 keys");
  const codec::LinePlace line = edit.on_line.value_or(codec::LinePlace());
  const bool nul = HoldsNul(edit.from) || HoldsNul(edit.to) || HoldsNul(edit.object.name) || HoldsNul(line.before) ||
                   HoldsNul(line.behind) ||
                   std::any_of(edit.field.begin(), edit.field.end(), [](const auto& key) { return HoldsNul(key); }) ||
                   HoldsNul(edit.basis.value_or(EditBasis()));
  return nul ? Expected<void>(InvalidRequest("an edit must not hold a NUL byte")) : Expected<void>();
}

bool MayTryAgain(const GitFailure& failure) {
  return failure.reason == GitReason::Raced || failure.reason == GitReason::Unanswered;
}

}  // namespace

Expected<std::unique_ptr<GitRepoWriter>> GitRepoWriter::Create(GitRepoWriterOptions options) {
  auto repository = GitRepository::Create(options.repository);
  if (!repository) return repository.error();
  if (options.author_email.empty()) options.author_email = DefaultEmail();
  if (auto valid = CheckName("the instance", options.instance); !valid) return valid.error();
  if (auto valid = CheckName("the author's name", options.author_name); !valid) return valid.error();
  if (auto valid = CheckName("the author's address", options.author_email); !valid) return valid.error();
  options.attempts = std::max(options.attempts, 1);
  return std::unique_ptr<GitRepoWriter>(new GitRepoWriter(std::move(options), *std::move(repository)));
}

Expected<WriteRequest> GitRepoWriter::Order(const WriteBackRequest& request) const {
  WriteRequest order;
  order.message = git::CommitMessage(request.message, options_.instance);
  if (order.message.empty()) return InvalidRequest("a commit needs a message");
  if (!request.branch.empty() && !git::IsBranchName(request.branch))
    return InvalidRequest("branch \"" + git::Printable(request.branch, 100) + "\" is not a valid branch name");
  if (request.edits.size() > kMaxEdits)
    return InvalidRequest("a commit takes at most " + std::to_string(kMaxEdits) + " edits");
  for (const VersionEdit& edit : request.edits)
    if (auto valid = CheckEdit(edit); !valid) return std::move(valid).error().Within(ToString(edit.object));
  order.edits = request.edits;
  order.review_branch = request.branch;
  order.path = repository_->path();
  order.instance = options_.instance;
  order.author_name = options_.author_name;
  order.author_email = options_.author_email;
  if (Encode(order).size() > kMaxWriteMessage / 2) return InvalidRequest("the edits of one commit are too long");
  return order;
}

WriteAnswer GitRepoWriter::Try(WriteRequest& order, std::stop_token stop) const {
  WriteAnswer answer;
  auto fetch = repository_->RequestOfClone();
  if (!fetch) {
    answer.failure = GitFailure{GitReason::CloneDamaged, fetch.error().message};
    return answer;
  }
  order.fetch = *std::move(fetch);
  if (auto passed = Failpoint("git.write.before"); !passed) {
    answer.failure = GitFailure{GitReason::Internal, passed.error().message};
    return answer;
  }
  const git::ChildReport child = git::RunGitChild(options_.repository.fetcher, Encode(order), stop);
  if (auto passed = Failpoint("git.write.after"); !passed) {
    answer.failure = GitFailure{GitReason::Internal, passed.error().message};
    return answer;
  }
  if (auto decoded = DecodeWriteAnswer(child.answer); decoded && !child.failure) return *std::move(decoded);
  answer.failure = child.failure ? *child.failure : git::NoAnswer(child);
  return answer;
}

bool GitRepoWriter::Pause(int attempt, std::stop_token stop) {
  const auto whole = options_.pause.count() << std::min(attempt, 10);
  const Duration pause(std::uniform_int_distribution<Duration::rep>(whole / 2, whole + whole / 2)(jitter_));
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any ended;
  ended.wait_for(lock, stop, pause, [] { return false; });
  return !stop.stop_requested();
}

WriteAnswer GitRepoWriter::TryUntilAnswered(WriteRequest& order, std::stop_token stop) {
  for (int attempt = 0;; ++attempt) {
    WriteAnswer answer = Try(order, stop);
    if (!answer.failure || !MayTryAgain(*answer.failure)) return answer;
    if (attempt + 1 >= options_.attempts || !Pause(attempt, stop)) {
      if (attempt > 0) answer.failure->message += "; given up after " + std::to_string(attempt + 1) + " tries";
      return answer;
    }
  }
}

Expected<WriteBackResult> GitRepoWriter::Write(const WriteBackRequest& request, std::stop_token stop) {
  const std::lock_guard one_at_a_time(writing_);
  if (request.edits.empty()) return WriteBackResult{};
  auto order = Order(request);
  if (!order) {
    *reason_.Lock() = "InvalidRequest";
    return std::move(order).error().Within("write back");
  }
  WriteAnswer answer = TryUntilAnswered(*order, stop);
  *reason_.Lock() = answer.failure ? ToString(answer.failure->reason) : "Written";
  if (answer.failure) return ToError(*answer.failure).Within("write back to " + repository_->Url());
  return WriteBackResult{std::move(answer.commit), std::move(answer.dropped)};
}

}  // namespace tinyforge
