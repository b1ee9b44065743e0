// tfctl logs, sync, approve deletions, wait, version, and what is asked of one workload: suspend, rollback, ….
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/cmd/tfctl/session.h"

namespace tinyforge::tfctl {

struct LogsOptions {
  std::string workload;
  bool follow = false;
  bool timestamps = false;
  std::optional<int> tail;
  std::string since;  // a duration back from now; empty: from the beginning
};
int Logs(const Session& session, const LogsOptions& options);

// Waits until what the repository holds now is in force and prints its revision; manifest errors go to `err`.
int Sync(const Session& session);

struct WaitOptions {
  std::vector<std::string> what;  // see ParseTargets
  bool all = false;               // every object of the kind; of workloads when `what` is empty
  std::string condition = "condition=Ready";
  std::string timeout = "30s";
};
// Until the condition holds for every object, for its newest spec. "delete" waits until none of them is there.
int Wait(const Session& session, const WaitOptions& options);

// A workload as the API names it, with a service of it as "shop.web"; people write that "shop/web" too, and
// "workload/shop" as `get -o name` prints it.
std::string TargetName(std::string name);

struct CommandOptions {
  std::string verb;                // suspend, resume, stop, start, retry, rollback, unpin
  std::string workload;            // of rollback and unpin also a service of one, see TargetName
  std::optional<std::int64_t> to;  // rollback: a rollout's id
};
// Prints what comes of it.
int Command(const Session& session, const CommandOptions& options);

// Releases the deletions that wait, if `revision` is the one in force.
int ApproveDeletions(const Session& session, const std::string& revision);

int ShowVersion(const Session& session, bool client_only);

}  // namespace tinyforge::tfctl
