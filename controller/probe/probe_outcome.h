// How one probe of a container ended.
#pragma once

#include <string>

namespace tinyforge::probe {

// Unreachable: the controller could not get there (no route, no answer to a connect), or lacks what a connect takes;
// says nothing about the container.
enum class Verdict { Success, Failure, Unreachable };

struct ProbeOutcome {
  Verdict verdict = Verdict::Success;
  std::string message;  // what was asked and what came; empty of a success; never what a container sent
  bool operator==(const ProbeOutcome&) const = default;
};

}  // namespace tinyforge::probe
