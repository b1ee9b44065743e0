#include "controller/cmd/instance_guard.h"

namespace tinyforge::cmd {
namespace {

constexpr const char* kLockDirectory = "/run/tinyforge";

}  // namespace

void InstanceGuard::SetEngine(const std::string& id) {
  auto state = state_.Lock();
  if (std::exchange(state->engine, id) == id || !state->lock) return;
  state->lock.reset();
  state->why = "the Docker Engine is another one";
}

bool InstanceGuard::Try() {
  auto state = state_.Lock();
  if (state->engine.empty() || (state->lock && state->lock->StillHeld())) return false;
  if (state->lock) state->why = "the lock of this instance was taken away";
  state->lock.reset();
  auto lock = InstanceLock::TryLock({kLockDirectory, state->engine, instance_});
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
