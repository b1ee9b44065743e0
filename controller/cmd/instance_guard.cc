#include "controller/cmd/instance_guard.h"

namespace tinyforge::cmd {
namespace {

constexpr const char* kLockDirectory = "/run/tinyforge";

}  // namespace

void InstanceGuard::Try() {
  auto state = state_.Lock();
  if (state->lock && state->lock->StillHeld()) return;
  state->lock.reset();
  auto id = client_.EngineId();
  if (!id) {
    state->why = id.error().message;
    return;
  }
  auto lock = InstanceLock::TryLock({kLockDirectory, *id, instance_});
  if (lock) {
    state->lock = std::move(*lock);
    state->why.clear();
    return;
  }
  if (state->why != lock.error().message) log_.Warn("read-only: another controller has this instance", {{"reason", lock.error().message}});
  state->why = lock.error().message;
}

std::string InstanceGuard::WhyNot() { return state_.Lock()->why; }

}  // namespace tinyforge::cmd
