// What was in force when the process ended, as far as the tip of the clone does not say it: a file of the state
// directory. Internal to controller/git.
#pragma once

#include <string>
#include <vector>

#include "api-types/meta/error.h"
#include "api-types/meta/object.h"

namespace tinyforge::git {

// An object that stays in force although the revision does not give it: where it was last seen.
struct KeptObject {
  ObjectKey key;
  std::string path;
  std::string blob;  // object id of the file then
  bool operator==(const KeptObject&) const = default;
};

struct InForceNote {
  std::string origin;  // repository, branch and sub-path; a note of another origin says nothing
  Revision revision;
  std::vector<KeptObject> kept;
  bool operator==(const InForceNote&) const = default;
};

// NotFound: there is none. Invalid: it is not as it was written.
Expected<InForceNote> ReadInForceNote(const std::string& state_dir);

// After a success the note survives a power loss, after a failure the one before is still there.
Expected<void> WriteInForceNote(const std::string& state_dir, const InForceNote& note);

}  // namespace tinyforge::git
