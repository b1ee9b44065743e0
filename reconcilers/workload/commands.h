// What a person tells a workload beside its manifest (design 4.6): facts, written before the answer.
#pragma once

#include <string>

#include "reconcilers/core/ports.h"

namespace tinyforge {

struct WorkloadCommand {
  enum class Verb { Suspend, Resume, Stop, Start, Retry, Rollback, Unpin };
  Verb verb = Verb::Suspend;
  std::string workload;
  std::string service{};   // Rollback, Unpin: of a workload with several; Unpin of none: all of them
  std::string identity{};  // filled in by RunCommand
  std::int64_t to = 0;     // Rollback: the rollout whose version is wanted; 0: the one that ran well before
  SysTime now{};
};

// "suspend", "resume", …; empty for an unknown one.
std::optional<WorkloadCommand::Verb> ParseVerb(std::string_view word);

struct CommandPorts {
  ConfigReader& config;
  BindingReader& bindings;
  FactStore& facts;
  ObjectStore& store;  // for the history of rollouts
  ImagePuller& images;
};

// Does what is asked and answers with one sentence for people; asked twice it says that nothing changed. NotFound: no
// such workload. Invalid: it cannot be, and why. The caller queues the workload and records the answer as an event.
// Thread-safe as far as its ports are.
Expected<std::string> RunCommand(WorkloadCommand command, const CommandPorts& ports);

}  // namespace tinyforge
