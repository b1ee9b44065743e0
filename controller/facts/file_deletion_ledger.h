// What was released for deletion in the last day, by the budget or by a person, kept over restarts, so that a budget is
// one of the day and not of the process, and nobody is asked twice.
#pragma once

#include <string>

#include "controller/runtime/log.h"
#include "reconcilers/core/ports.h"

namespace tinyforge {

// <state-dir>/facts/_deletions.json, 0600. (No workload can be named "_deletions".) One that cannot be read counts as
// empty, and that is logged: it costs one question more or
// less. Not for concurrent use.
class FileDeletionLedger : public DeletionLedger {
 public:
  FileDeletionLedger(std::string state_dir, Logger& log) : directory_(std::move(state_dir) + "/facts"), log_(log) {}

  std::vector<ReleasedDeletion> Load() override;
  Expected<void> Save(const std::vector<ReleasedDeletion>& released) override;

 private:
  const std::string directory_;
  Logger& log_;
};

}  // namespace tinyforge
