// tfctl get, events.
#pragma once

#include <string>
#include <vector>

#include "controller/cmd/tfctl/session.h"

namespace tinyforge::tfctl {

struct GetOptions {
  std::vector<std::string> what;  // see ParseTargets
  std::string output;
  std::string selector;
  std::string sort_by;
  bool watch = false;
  bool no_headers = false;
};

int Get(const Session& session, const GetOptions& options);

struct EventOptions {
  std::string object;  // "shop", "workload/shop", "repository"; empty: all
  bool watch = false;
  std::string output;
  bool no_headers = false;
};

int Events(const Session& session, const EventOptions& options);

}  // namespace tinyforge::tfctl
