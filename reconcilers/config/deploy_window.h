// When updates may begin: spec.rollout.windows.
#pragma once

#include <optional>
#include <vector>

#include "reconcilers/core/ports.h"

namespace tinyforge {

struct WindowState {
  bool open = true;
  std::optional<SysTime> opens;  // when it is closed: the next time, if there is one within eight days
};

// No windows: open. Terminal for a time zone that this host does not know.
Expected<WindowState> LookAtWindows(const std::vector<v1::DeployWindow>& windows, SysTime now, Calendar& calendar);

}  // namespace tinyforge
