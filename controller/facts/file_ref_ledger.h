// What polls of git repositories saw last, in <state-dir>/facts/_refs.json.
#pragma once

#include <string>
#include <vector>

#include "controller/runtime/log.h"
#include "reconcilers/core/facts.h"

namespace tinyforge {

// Written temp + fsync + rename, 0600. One that cannot be read is logged and counts as empty: what was pushed since it
// was written, and told of by no webhook, is taken for what was there before. Of more than 16 MiB nothing is saved. Not
// thread-safe.
class FileRefLedger : public RefLedger {
 public:
  FileRefLedger(const std::string& state_dir, Logger& log) : directory_(state_dir + "/facts"), log_(log) {}

  std::vector<SeenRefs> Load() override;
  Expected<void> Save(const std::vector<SeenRefs>& seen) override;

 private:
  const std::string directory_;
  Logger& log_;
};

}  // namespace tinyforge
