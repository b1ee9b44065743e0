#include "controller/cmd/instance_guard.h"

#include <nlohmann/json.hpp>

namespace tinyforge::cmd {
namespace {

constexpr const char* kLockDirectory = "/run/tinyforge";

Expected<std::string> EngineId(docker::EngineClient& client) {
  auto answer = client.Call({.endpoint = docker::Endpoint::Info});
  if (!answer) return std::move(answer).error();
  const auto info = nlohmann::json::parse(answer->body, nullptr, false);
  if (!info.is_object() || !info.contains("ID") || !info["ID"].is_string()) return Error{ErrorKind::Transient, "the Engine says no id"};
  return info["ID"].get<std::string>();
}

}  // namespace

void InstanceGuard::Try() {
  auto state = state_.Lock();
  if (state->lock && state->lock->StillHeld()) return;
  state->lock.reset();
  auto id = EngineId(client_);
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
