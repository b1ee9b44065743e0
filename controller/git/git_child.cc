#include "controller/git/git_child.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>
#include <utility>

#include "controller/git/clone_lock.h"
#include "controller/git/fetch_message.h"
#include "controller/git/fetch_session.h"
#include "controller/git/list_message.h"
#include "controller/git/list_session.h"
#include "controller/git/write_message.h"
#include "controller/git/write_session.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TINYFORGE_SHADOW_MEMORY 1
#else
#define TINYFORGE_SHADOW_MEMORY 0
#endif

namespace tinyforge {
namespace {

std::string ReadInput() {
  std::string input;
  std::array<char, 4096> buffer;
  while (input.size() <= kMaxWriteMessage) {
    const ssize_t got = read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    input.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return input;
}

bool WriteOutput(std::string_view output) {
  while (!output.empty()) {
    const ssize_t put = write(STDOUT_FILENO, output.data(), output.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return false;
    output.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

void Limit(__rlimit_resource resource, std::uint64_t value) {
  const struct rlimit limit { value, value };
  setrlimit(resource, &limit);
}

// A child never outlives its parent, leaves no core with credentials in it, and a write beyond a limit is an error, not
// a signal. Sanitizers reserve terabytes of address space, so under them that one limit is not set.
void Confine(const FetchLimits& limits) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_DUMPABLE, 0);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  signal(SIGXFSZ, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  umask(0077);
  Limit(RLIMIT_CORE, 0);
  if (limits.file_size != 0) Limit(RLIMIT_FSIZE, limits.file_size);
  if (limits.address_space != 0 && TINYFORGE_SHADOW_MEMORY == 0) Limit(RLIMIT_AS, limits.address_space);
}

// libgit2 looks for known hosts in $HOME/.ssh/known_hosts and nowhere else; so the child's home is a folder of ours
// that holds nothing but a link to the file that the configuration names. Children with different orders run at the
// same time, each with a home of its own.
void MakeHome(const FetchRequest& request, const std::string& name) {
  namespace fs = std::filesystem;
  const fs::path home = fs::path(request.directory) / name;
  std::error_code ignored;
  fs::remove_all(home, ignored);
  fs::create_directories(home / ".ssh", ignored);
  if (!request.auth.ssh_known_hosts.empty()) {
    fs::create_symlink(request.auth.ssh_known_hosts, home / ".ssh" / "known_hosts", ignored);
  }
  setenv("HOME", home.c_str(), 1);
}

// The same for children that list: any number of them share one home at a time, so nothing in it is ever missing.
void ShareHome(const FetchRequest& request) {
  namespace fs = std::filesystem;
  const fs::path link = fs::path(request.directory) / ".ssh" / "known_hosts";
  std::error_code error;
  fs::create_directories(link.parent_path(), error);
  setenv("HOME", request.directory.c_str(), 1);
  const std::string& wanted = request.auth.ssh_known_hosts;
  if (wanted.empty() || fs::read_symlink(link, error) == wanted) return;
  const fs::path next = link.string() + "." + std::to_string(getpid());
  fs::create_symlink(wanted, next, error);
  fs::rename(next, link, error);
}

// The lock of the clone is for as long as the work wants it; an Error is that it cannot be had.
Expected<git::CloneLock> TakeClone(const FetchRequest& fetch) {
  if (fetch.create) std::filesystem::create_directories(fetch.directory);
  return git::CloneLock::Take(fetch.directory);
}

template <class Answer>
Answer NoClone(const Error& error) {
  Answer answer;
  answer.failure = GitFailure{GitReason::CloneDamaged, error.message};
  return answer;
}

FetchAnswer CarryOut(const FetchRequest& request) {
  const auto lock = TakeClone(request);
  if (!lock) return NoClone<FetchAnswer>(lock.error());
  MakeHome(request, "tinyforge-home");
  return git::RunFetch(request);
}

WriteAnswer CarryOut(const WriteRequest& request) {
  auto lock = TakeClone(request.fetch);
  if (!lock) return NoClone<WriteAnswer>(lock.error());
  MakeHome(request.fetch, "tinyforge-write-home");
  return git::RunWrite(request, *std::move(lock));
}

ListAnswer CarryOut(const ListRequest& request) {
  ShareHome(request.remote);
  return git::RunList(request);
}

template <class Request>
std::string Obey(const Request& request, const FetchLimits& limits) {
  Confine(limits);
  decltype(CarryOut(request)) answer;
  try {
    return Encode(CarryOut(request));
  } catch (const std::bad_alloc&) {
    answer.failure = GitFailure{GitReason::TooLarge, "the git child needs more memory than its limit"};
  } catch (const std::exception& e) {
    answer.failure = GitFailure{GitReason::Internal, e.what()};
  }
  return Encode(answer);
}

std::string Run(const std::string& input) {
  if (const auto fetch = DecodeFetchRequest(input)) return Obey(*fetch, fetch->limits);
  if (const auto write = DecodeWriteRequest(input)) return Obey(*write, write->fetch.limits);
  if (const auto list = DecodeListRequest(input)) return Obey(*list, list->remote.limits);
  FetchAnswer answer;
  answer.failure = GitFailure{GitReason::Internal, "the git child could not read its order"};
  return Encode(answer);
}

}  // namespace

int GitChildMain() {
  const std::string output = Run(ReadInput());
  const bool written = WriteOutput(output);
  // The process ends here; what libgit2 still holds is freed with it.
  _exit(written ? 0 : 1);
}

}  // namespace tinyforge
