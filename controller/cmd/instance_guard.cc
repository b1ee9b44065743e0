#include "controller/cmd/instance_guard.h"

namespace tinyforge::cmd {
namespace {

constexpr const char* kLockDirectory = "/run/tinyforge";

}  // namespace

bool InstanceGuard::Try() {
  {
    auto state = state_.Lock();
    if (state->lock && state->lock->StillHeld()) return false;
    if (state->lock) state->why = "the lock of this instance was taken away";
    state->lock.reset();
  }
  auto info = client_.Info();  // workers ask WhyNot meanwhile
  auto state = state_.Lock();
  if (!info) {
    state->why = info.error().message;
    return false;
  }
  auto lock = InstanceLock::TryLock({kLockDirectory, info->id, instance_});
  if (lock) {
    state->lock = std::move(*lock);
    state->why.clear();
    return true;
  }
  if (state->why != lock.error().message)
    log_.Warn("read-only: another controller has this instance", {{"reason", lock.error().message}});
  state->why = lock.error().message;
  return false;
}

std::string InstanceGuard::WhyNot() {
  return state_.Lock()->why;
}

}  // namespace tinyforge::cmd
