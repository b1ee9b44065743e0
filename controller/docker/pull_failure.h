// What the Engine says when it could not pull, in words for the one who can mend it.
#pragma once

#include <string>
#include <string_view>

#include "api-types/meta/error.h"
#include "controller/docker/registry_auth.h"

namespace tinyforge::docker {

struct PullFailure {
  Error error;           // Terminal for an image of another architecture, else Waiting
  bool patient = false;  // a person must act, or the registry asks not to be asked: no use in trying again soon
};

// `login` is what the pull was made with; `message` the Engine's own. The error quotes it and says what to do.
PullFailure ExplainPullFailure(const std::string& reference, const PullLogin& login, std::string_view message);

}  // namespace tinyforge::docker
