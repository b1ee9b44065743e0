// The controller's side of the git child. Internal to controller/git.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "api-types/meta/time.h"
#include "controller/git/child_process.h"
#include "controller/git/git_failure.h"

namespace tinyforge {

struct GitChildOptions {
  // The program whose main() calls GitChildMain when it is started with these arguments. By default this very program,
  // even when its file was replaced meanwhile.
  std::string executable = "/proc/self/exe";
  std::vector<std::string> arguments{"git-child"};
  Duration deadline{60'000};
};

namespace git {

struct ChildReport {
  std::string answer;                 // what the child wrote; not looked at
  std::optional<GitFailure> failure;  // why there is no answer: killed, cancelled, crashed, not started
  std::string complaint;              // what it wrote to its standard error, printable
  ChildUsage usage;
};

// Gives an order to a child of its own and returns within the deadline, whatever its remote does. The child sees no
// environment but the proxy settings. An answer beyond `max_answer` bytes is cut. Thread-safe.
ChildReport RunGitChild(const GitChildOptions& options, std::string order, std::stop_token stop,
                        std::size_t max_answer = std::size_t{1} << 20);

// The failure of a child that ended well and whose answer is none.
GitFailure NoAnswer(const ChildReport& report);

}  // namespace git
}  // namespace tinyforge
