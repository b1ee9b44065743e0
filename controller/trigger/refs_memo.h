// What a git repository said a moment ago, for the many workloads that one call concerns.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "controller/runtime/clock.h"
#include "controller/runtime/guarded.h"
#include "reconcilers/core/remote_refs.h"

namespace tinyforge {

// Thread-safe. Of callers that want the same thing at once one asks and the others wait for its answer.
class RefsMemo {
 public:
  RefsMemo(RemoteRefs& remote, const Clock& clock) : remote_(remote), clock_(clock) {}

  struct Listing {
    std::string url;
    GitRefs refs;
  };
  // Of what a trigger calls its repository, as asked for at `since` or later. See RemoteRefs for its errors.
  Expected<std::shared_ptr<const Listing>> List(const std::string& repository, SteadyTime since, std::stop_token stop);

 private:
  struct Note {
    std::mutex asking;
    SteadyTime asked{};
    std::shared_ptr<const Listing> answer;  // null: none yet
  };
  std::shared_ptr<Note> NoteOf(const std::string& url);

  RemoteRefs& remote_;
  const Clock& clock_;
  Guarded<std::map<std::string, std::shared_ptr<Note>>> notes_;  // by URL
};

}  // namespace tinyforge
