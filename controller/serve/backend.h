// What the API needs from the controller beside the stored objects.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/meta/error.h"
#include "api-types/meta/object.h"
#include "api-types/meta/time.h"
#include "api-types/v1/object_set.h"
#include "controller/serve/change_hub.h"
#include "controller/serve/trigger_backend.h"
#include "reconcilers/core/observed_state.h"
#include "reconcilers/core/ports.h"

namespace tinyforge::serve {

// One key of a Secret. The value never comes here.
struct SecretKeyInfo {
  std::string key;
  std::string fingerprint;  // first 8 hex digits of the keyed HMAC; empty when the value could not be read
  std::string problem;      // why not: "no file shop/db-password below the secrets directory"
};

// What the controller would do now, one line a step with its cause; no lines: nothing.
struct WorkloadPlan {
  std::string workload;
  std::vector<std::string> lines;
};

// Path -> content of every file below the folder that holds manifests.
using FileTree = std::map<std::string, std::string, std::less<>>;

struct TreePlan {
  std::vector<v1::Diagnostic> errors;
  std::vector<WorkloadPlan> plans;  // of workloads with steps, those to be removed included
};

struct SyncResult {
  Revision revision;     // in force after the sync
  bool changed = false;  // it was another one before
  std::vector<v1::Diagnostic> errors;
};

struct LogOptions {
  bool follow = false;
  bool timestamps = false;
  int tail = -1;  // lines from the end; -1: all
  std::optional<SysTime> since;
};

// Takes bytes of the log as they come, whole lines; with more than one container each line starts with the container's
// name. False: the reader is gone.
using LogSink = std::function<bool(std::string_view)>;

struct Health {
  bool ok = true;
  std::string message;  // what is wrong; empty when ok
};

struct VersionInfo {
  std::string version;
  std::string commit;
  std::string host;
  std::string instance;
  std::string engine;  // "20.10.24 (API 1.41)"; empty while not reached
  SysTime started{};
};

struct SourceKindInfo {
  std::string kind;    // "image"
  std::string sample;  // a manifest in YAML
};

struct TriggerKindInfo {
  std::string kind;     // "registry"
  bool policy = false;  // it has an answer at any time, which decides the version
  std::string sample;   // a manifest in YAML
};

// Thread-safe: several handler threads call at once. Messages of errors are shown to people and hold no secret.
class Backend {
 public:
  virtual ~Backend() = default;

  // Objects, statuses, events, container rows and the repository state.
  virtual ObjectStore& Store() = 0;
  // Moves with everything that the API shows.
  virtual ChangeHub& Changes() = 0;
  virtual TriggerBackend& Triggers() = 0;

  // In the order of keys. NotFound: no such Secret.
  virtual Expected<std::vector<SecretKeyInfo>> SecretKeys(std::string_view secret) = 0;
  // The workload's containers with everything the index knows. Unknown workload: empty.
  virtual Expected<std::vector<ObservedContainer>> ContainersOf(std::string_view workload) = 0;

  // May take as long as one planning pass. NotFound: no such workload.
  virtual Expected<WorkloadPlan> Plan(std::string_view workload) = 0;
  // The plan if `files` were the tree in force. Errors of manifests are part of the answer.
  virtual Expected<TreePlan> PlanTree(const FileTree& files, std::stop_token stop) = 0;

  // Fetches now and waits until what was fetched is in force; returns early when `stop` is requested.
  virtual Expected<SyncResult> Sync(std::stop_token stop) = 0;

  // Does what a person asks of a workload, "suspend" or another verb of reconcilers/workload/commands.h; `to` is the
  // rollout that a rollback goes to, 0 for the one before. A sentence that says what comes of it.
  virtual Expected<std::string> Command(std::string_view workload, std::string_view verb, std::int64_t to) = 0;
  // What is known of workloads that neither git nor the Engine knows, by name; of removed ones too.
  virtual Expected<std::map<std::string, Facts>> AllFacts() = 0;

  // Releases the deletions that wait for approval. Conflict unless `revision` (7 characters or more) is the one in
  // force.
  virtual Expected<void> ApproveDeletions(const Revision& revision) = 0;

  // Writes logs into `sink` until they end, `sink` says false or `stop` is requested. Only an error that comes before
  // the first byte reaches the client.
  virtual Expected<void> Logs(std::string_view workload, const LogOptions& options, const LogSink& sink,
                              std::stop_token stop) = 0;

  // These two never wait: they are answered on the io thread.
  virtual Health Healthz() = 0;  // this process works
  virtual Health Readyz() = 0;   // a revision is in force and the Engine answers

  virtual std::string MetricsText() = 0;  // text exposition format 0.0.4
  virtual VersionInfo Version() = 0;
  virtual std::vector<SourceKindInfo> SourceKinds() = 0;
  virtual std::vector<TriggerKindInfo> TriggerKinds() = 0;
};

}  // namespace tinyforge::serve
