// Retired webhook secrets in <state-dir>/facts/_hooks.json.
#pragma once

#include <string>
#include <vector>

#include "controller/runtime/log.h"
#include "reconcilers/core/facts.h"

namespace tinyforge {

// Written temp + fsync + rename, 0600. One that cannot be read is logged and counts as empty: an old secret ends early.
// Not thread-safe.
class FileHookLedger : public HookLedger {
 public:
  FileHookLedger(const std::string& state_dir, Logger& log) : directory_(state_dir + "/facts"), log_(log) {}

  std::vector<RetiredHook> Load() override;
  Expected<void> Save(const std::vector<RetiredHook>& retired) override;

 private:
  const std::string directory_;
  Logger& log_;
};

}  // namespace tinyforge
