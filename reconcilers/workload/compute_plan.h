// The planner of every source kind: desired and observed state in, steps and a verdict out; no I/O, no clock.
//
// Level-based: each call looks at which generation of a replica exists and how it fares, and plans the next step, so
// that a crash anywhere resumes. Vocabulary of one replica (a slot): *current* containers match what is desired, *old*
// ones must be replaced; the one that holds the serving name *serves*; a current one beside a serving old one is a
// *candidate*; it is *proven* once its health check says so, or where it has none, once it ran for healthyAfter without
// a restart.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "reconcilers/plan/plan.h"

namespace tinyforge {

// Ids of containers that nobody asks for any more. All others go, each after those that depend on it.
struct Departures {
  std::set<std::string> staying;  // for now: they serve
  std::set<std::string> at_once;  // whatever depends on them: they are in the way
};

struct PlanContext {
  std::string instance;     // of the controller, for the labels
  Revision revision;        // that asks for the desired state
  std::string source_path;  // of the document
  std::string spec_hash;    // of the object; with the template and the files it names a release
  v1::RolloutStrategy strategy = v1::RolloutStrategy::BlueGreen;
  bool trial = false;  // by Recreate: a release is proven without its host ports before the old one makes room
  Duration healthy_after{0};
  Duration deadline = std::chrono::minutes(2);  // for a candidate that runs to be proven
  v1::OnRolloutFailure on_failure = v1::OnRolloutFailure::Rollback;
  Facts facts;
  std::string
      awaited;  // what spec.dependsOn has to wait for; empty: nothing. First starts and rollouts wait, repairs do not
  std::string cycle;                 // of dependsOn, through this workload: it waits for ever
  std::string closed;                // why no update may begin now; empty: one may
  std::optional<Duration> opens_in;  // when that ends
  Departures departures{};           // of containers that nobody asks for
  SysTime now{};                     // for records only
};

enum class Phase {
  Ready,        // everything desired runs and is proven
  Progressing,  // on the way
  Waiting,      // for the world: an image, a name, a port
  Failed,       // a verdict on the release, or a crash loop
  Stopped,      // on purpose
};

struct Verdict {
  Phase phase = Phase::Ready;
  std::string reason = "Running";  // PascalCase
  std::string message;
  int ready_replicas = 0;
  bool stalled = false;               // only another commit or another image can change it
  std::optional<Duration> come_back;  // when time alone changes the answer
};

struct Decision {
  Plan plan;
  Verdict verdict;
  std::optional<GoodRelease> proven;  // runs well and is not the newest good release of the facts
  std::string done{};                 // the release that has completed, once all is as desired; empty: it runs
};

// Whether a container will have to be created: some replica has none that matches, and its release has not failed.
// `observed.image_id` is what the host has now.
bool NeedsImage(const DesiredState& desired, const ObservedState& observed, const PlanContext& context);

// Promises: foreign containers are in no step; applying the plan and planning again ends in an empty plan; nothing that
// serves is stopped before its replacement is created, nor, where two may run side by side, before it is proven.
Decision ComputePlan(const DesiredState& desired, const ObservedState& observed, const PlanContext& context);

// Stops and removes all containers of a workload that is gone, those of services on which others depend after these,
// and the networks that they leave; volumes stay.
Decision ComputeTeardown(const ObservedState& observed);

}  // namespace tinyforge
