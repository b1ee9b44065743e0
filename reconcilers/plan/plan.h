// A plan is data: an ordered list of steps, each with the reason it is there. It is made without I/O, printed one line
// a step, and applied by a function that decides nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "reconcilers/core/ports.h"
#include "reconcilers/core/task_runner.h"

namespace tinyforge {

// `container` is an id, or the name of a container that an earlier step of the same plan creates. `name` is what people
// call it, for printing.
struct ContainerRef {
  std::string container;
  std::string name;
  bool operator==(const ContainerRef&) const = default;
};

namespace action {

struct EnsureNetwork {
  DesiredNetwork network;
  std::string workload;
};
struct RemakeNetwork {
  DesiredNetwork network;
  std::string workload;
};
struct EnsureVolume {
  DesiredVolume volume;
  std::string workload;
};
struct WriteFiles {
  std::vector<DesiredFile> files;
  std::vector<DesiredDirectory> directories;
};
struct Create {
  CreateRequest request;
};
// Takes over what another tool made; the container itself is left as it is.
struct Adopt {
  std::string workload;
  std::string fact_key;  // of its service, see FactKeyOf
  std::string project;
  AdoptedContainer container;
  // In the first step of a service: all that are taken over of it, which are noted at once, so that no crash leaves
  // some of them.
  std::vector<AdoptedContainer> service;
};
struct Start {
  ContainerRef target;
  std::string fact_key{};  // where it is known that its hooks ended well, which is forgotten first; empty: nowhere
};
struct BeginHooks {
  ContainerRef target;
};  // after its start; their end re-queues the workload
struct NoteHooks {
  std::string fact_key;
  std::vector<std::string> ended;  // ids of containers, added to Facts::hooked
  std::vector<std::string> gone;   // short ids, taken out of it
};
struct Unpause {
  ContainerRef target;
};
struct Stop {
  ContainerRef target;
};  // begins; the end of the stop re-queues the workload
struct Remove {
  ContainerRef target;
};
struct Rename {
  ContainerRef target;
  std::string to;
};
struct SetLimits {
  ContainerRef target;
  Limits limits;
};
struct DisableRestart {
  ContainerRef target;
};
struct Signal {
  ContainerRef target;
  std::string signal;
};
struct Connect {
  ContainerRef target;
  NetworkAttachment attachment;
};
struct Disconnect {
  ContainerRef target;
  std::string network;
};
struct RemoveNetwork {
  std::string name;
};
struct RecordFailure {
  std::string fact_key;  // see FactKeyOf
  FailedRelease release;
  ContainerRef failed;  // whose last lines go with it
};
struct RemoveImage {
  std::string reference;  // as it was asked for
  HostImage image;
};

}  // namespace action

using Action = std::variant<action::EnsureNetwork, action::RemakeNetwork, action::EnsureVolume, action::WriteFiles,
                            action::Create, action::Adopt, action::Start, action::Unpause, action::Stop, action::Remove,
                            action::Rename, action::SetLimits, action::DisableRestart, action::Signal, action::Connect,
                            action::Disconnect, action::RemoveNetwork, action::RecordFailure, action::RemoveImage,
                            action::BeginHooks, action::NoteHooks>;

// When a step is taken. Turns follow one another; in a turn lanes are taken at the same time, and the steps of one lane
// in order.
struct StepOrder {
  int turn = 0;
  int lane = 0;
  auto operator<=>(const StepOrder&) const = default;
};

struct Step {
  Action action;
  std::string cause;  // "env LOG_LEVEL differs", "drift: name", …
  int group = 0;      // steps of one group belong together: after an error the rest of its group is left out
  StepOrder order{};
};

// What was seen and is deliberately left alone. `reason` is the type of the condition that tells of it.
struct Warning {
  std::string_view reason;
  std::string message;
};

namespace warning {
inline constexpr std::string_view kForeignContainer = "ForeignContainer";
inline constexpr std::string_view kEngineDisagrees = "EngineDisagrees";
inline constexpr std::string_view kPullSecretMissing = "PullSecretMissing";
inline constexpr std::string_view kDeletionHeld = "DeletionHeld";
inline constexpr std::string_view kAll[] = {kForeignContainer, kEngineDisagrees, kPullSecretMissing, kDeletionHeld};
}  // namespace warning

struct Plan {
  std::vector<Step> steps;
  std::vector<Warning> warnings;

  bool empty() const { return steps.empty(); }
};

// "create shop.4"
std::string ToString(const Action& action);

// "create shop.4 (env LOG_LEVEL differs)"
std::string ToString(const Step& step);

// One numbered line a step.
std::string ToString(const Plan& plan);

// The ports that steps act through.
struct PlanTargets {
  ContainerWriter& containers;
  FileMaterializer& files;
  FactStore& facts;
  LogReader& logs;
  HostImages& images;
  TaskRunner& tasks;
};

// Takes the steps as their order says. An error ends its group; other groups go on, so that one container that cannot
// be changed does not hold up the others. The first error, in the order of the plan, is returned with its step named.
// What was done stays done: the next pass observes and plans anew. Files that were written are confirmed when all steps
// were done, signals too.
struct ApplyResult {
  std::vector<const Step*> applied;  // in the order of the plan
  std::optional<Error> error;
};
ApplyResult Apply(const Plan& plan, const PlanTargets& targets);

}  // namespace tinyforge
