#include "controller/git/fetch_child.h"

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

#include "controller/git/fetch_message.h"
#include "controller/git/fetch_session.h"

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
  while (input.size() <= kMaxFetchMessage) {
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
// that holds nothing but a link to the file that the configuration names.
void MakeHome(const FetchRequest& request) {
  namespace fs = std::filesystem;
  const fs::path home = fs::path(request.directory) / "tinyforge-home";
  std::error_code ignored;
  fs::remove_all(home, ignored);
  fs::create_directories(home / ".ssh", ignored);
  if (!request.auth.ssh_known_hosts.empty()) {
    fs::create_symlink(request.auth.ssh_known_hosts, home / ".ssh" / "known_hosts", ignored);
  }
  setenv("HOME", home.c_str(), 1);
}

FetchAnswer Run(const std::string& input) {
  FetchAnswer answer;
  const auto request = DecodeFetchRequest(input);
  if (!request) {
    answer.failure = GitFailure{GitReason::Internal, "the git child could not read its request"};
    return answer;
  }
  Confine(request->limits);
  try {
    MakeHome(*request);
    return git::RunFetch(*request);
  } catch (const std::bad_alloc&) {
    answer.failure = GitFailure{GitReason::TooLarge, "the fetch needs more memory than its limit"};
  } catch (const std::exception& e) {
    answer.failure = GitFailure{GitReason::Internal, e.what()};
  }
  return answer;
}

}  // namespace

int GitFetchChildMain() {
  const std::string output = Encode(Run(ReadInput()));
  const bool written = WriteOutput(output);
  // The process ends here; what libgit2 still holds is freed with it.
  _exit(written ? 0 : 1);
}

}  // namespace tinyforge
