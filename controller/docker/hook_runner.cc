#include "controller/docker/hook_runner.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>

#include "controller/docker/container_json.h"
#include "controller/docker/create_env.h"
#include "controller/docker/json_members.h"
#include "controller/runtime/plain_text.h"
#include "reconcilers/core/hook_label.h"

namespace tinyforge::docker {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kTailLines = 8;
constexpr std::size_t kTailBytes = 512;

constexpr Duration kPause = std::chrono::seconds(1);

Duration LeftUntil(SteadyTime end) {
  return std::chrono::duration_cast<Duration>(end - std::chrono::steady_clock::now());
}

void Pause(const std::stop_token& stop, Duration pause) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, pause, [] { return false; });
}

// The words as they were given.
std::string CommandOf(const Hook& hook) {
  constexpr std::size_t kMost = 120;  // what it said is to have room beside it
  return PlainText(Json(hook.command).dump(-1, ' ', false, Json::error_handler_t::replace), kMost);
}

std::string LastWords(const LogTail& tail, const Redact& redact) {
  std::string joined;
  for (const char c : PlainText(tail.Text(redact), kTailBytes))
    joined += c == '\n' ? std::string(" | ") : std::string(1, c);
  return joined.empty() ? joined : ": " + joined;
}

// Which start of it runs; empty: none.
std::optional<SysTime> RunningSince(EngineClient& client, const std::string& container, const std::stop_token& stop) {
  auto answer = client.Call({.endpoint = Endpoint::ContainerInspect, .object = container}, stop);
  if (!answer) return std::nullopt;
  auto inspected = DecodeInspect(answer->body);
  if (!inspected || inspected->container.state != ContainerState::Running) return std::nullopt;
  return inspected->container.started;
}

Expected<SecretText> ExecBody(const Hook& hook, SecretReader& secrets) {
  Json json = {{"AttachStdout", true}, {"AttachStderr", true}, {"Cmd", hook.command}, {"Privileged", hook.privileged}};
  if (hook.user) json["User"] = *hook.user;
  if (hook.working_dir) json["WorkingDir"] = *hook.working_dir;
  std::string open = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  open.pop_back();
  auto env = CreateEnv::Reveal(hook.env, secrets);
  if (!env) return std::move(env).error();
  SecretText body;
  body.text().reserve(open.size() + env->MaxBytes() + 1);
  body.text() += open;
  if (auto added = env->empty() ? Expected<void>() : env->AppendTo(body.text()); !added)
    return std::move(added).error();
  body.text() += '}';
  return body;
}

}  // namespace

void HookRunner::Begin(std::string_view container) {
  entries_.Lock()->insert_or_assign(std::string(container), Entry{parts_.index.WorkloadOf(container), {}});
}

void HookRunner::Forget(std::string_view container) {
  auto entries = entries_.Lock();
  if (const auto found = entries->find(container); found != entries->end()) entries->erase(found);
}

std::map<std::string, HookReport> HookRunner::Reports(std::string_view workload) {
  std::map<std::string, HookReport> reports;
  for (const auto& [container, entry] : *entries_.Lock())
    if (entry.workload == workload) reports.emplace(container, entry.report);
  return reports;
}

void HookRunner::RunPostStart(const std::string& container, const std::stop_token& stop) {
  const auto before = RunningSince(parts_.client, container, stop);
  auto done = before
                  ? RunAll({.container = container, .label = label::kPostStart, .limit = kPostStartLimit, .stop = stop})
                  : Error{ErrorKind::Transient, "it does not run"};
  // They are killed with their container, whose end is known after theirs; and what is no failure is not tried again at
  // once.
  if (!done) Pause(stop, kPause);
  const bool same = before && RunningSince(parts_.client, container, stop) == before;
  // What the world has to do with says nothing of the release.
  const bool unknown = !done && done.error().kind != ErrorKind::Terminal && done.error().kind != ErrorKind::Invalid;
  auto entries = entries_.Lock();
  const auto found = entries->find(container);
  if (found == entries->end()) return;
  if (stop.stop_requested() || !same || unknown) {
    entries->erase(found);
    return;
  }
  found->second.report = {.state = done ? HookState::Succeeded : HookState::Failed,
                          .at = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()),
                          .message = done ? "" : "post_start " + done.error().message};
}

Expected<void> HookRunner::RunPreStop(const std::string& container, Duration limit, const std::stop_token& stop) {
  return RunAll({.container = container, .label = label::kPreStop, .limit = limit, .stop = stop});
}

Expected<void> HookRunner::RunAll(const Run& run) {
  const std::string own = OwnHooks(parts_.index.LabelsOf(run.container), run.label);
  if (own.empty()) return {};
  auto hooks = DecodeHooks(own);
  if (!hooks) return std::move(hooks).error();
  for (const Hook& hook : *hooks)
    if (auto done = RunOne(run, hook); !done) return std::move(done).error().Within(CommandOf(hook));
  return {};
}

// Known by its own name; its fingerprint was of another time.
Expected<SecretHandle> HookRunner::Present(const SecretHandle& secret) {
  if (secret.variable.empty()) return parts_.secrets.Find(secret.ref);
  auto variables = parts_.secrets.Variables(secret.ref);
  if (!variables) return std::move(variables).error();
  const auto found = std::ranges::find(*variables, secret.variable, &SecretHandle::variable);
  if (found != variables->end()) return *found;
  return Error{ErrorKind::Waiting, "secret " + NameOf(secret) + " is not set"};
}

Expected<std::string> HookRunner::Prepare(const std::string& container, const Hook& given,
                                          const std::stop_token& stop) {
  if (given.privileged)
    if (auto allowed = parts_.policy.CheckPrivilegedHook(parts_.index.WorkloadOf(container)); !allowed)
      return std::move(allowed).error();
  Hook hook = given;
  for (EnvEntry& entry : hook.env)
    for (EnvInsert& insert : entry.inserts) {
      auto present = Present(insert.secret);
      if (!present) return std::move(present).error();
      insert.secret = std::move(*present);
    }
  auto body = ExecBody(hook, parts_.secrets);
  if (!body) return std::move(body).error();
  auto answer = parts_.client.Call({.endpoint = Endpoint::ExecCreate, .object = container, .body = body->text()}, stop);
  if (!answer) return std::move(answer).error();
  const Json json = Json::parse(answer->body, nullptr, false);
  if (const std::string id = Text(At(json, "Id")); !id.empty()) return id;
  return Error{ErrorKind::Transient, "the Engine's answer names no command"};
}

// What the Engine says of it once it has ended, or its time is over: a stream may break before.
Expected<std::string> HookRunner::StateOf(const std::string& exec, const Run& run) {
  constexpr Duration kAgain = std::chrono::milliseconds(200);
  while (true) {
    auto answer = parts_.client.Call({.endpoint = Endpoint::ExecInspect, .object = exec}, run.stop);
    if (!answer) return std::move(answer).error();
    const bool over = LeftUntil(run.end) <= Duration(0) || run.stop.stop_requested();
    if (over || !True(At(Json::parse(answer->body, nullptr, false), "Running"))) return std::move(answer->body);
    Pause(run.stop, kAgain);
  }
}

Expected<void> HookRunner::RunOne(const Run& run, const Hook& hook) {
  const Error late{ErrorKind::Terminal, "has not ended within " + FormatDuration(run.limit)};
  if (LeftUntil(run.end) <= Duration(0)) return late;
  auto id = Prepare(run.container, hook, run.stop);
  if (!id) return std::move(id).error();
  LogTail tail(kTailLines, kTailBytes);
  LogDemultiplexer frames([&](LogStream, std::string_view bytes) {
    tail.Feed(bytes);
    return true;
  });
  // What is no frame is the Engine's own word, and what counts is the exit code.
  HttpStreamHandler handler{.on_data = [&](std::string_view bytes) {
    if (!frames.Feed(bytes)) tail.Feed(bytes);
    return true;
  }};
  EngineCall start{.endpoint = Endpoint::ExecStart,
                   .object = *id,
                   .body = R"({"Detach":false,"Tty":false})",
                   .deadline = std::max(LeftUntil(run.end), Duration(1))};
  auto ran = parts_.client.Stream(start, handler, run.stop);
  auto known = StateOf(*id, run);
  if (!known) return std::move(known).error();
  const Json state = Json::parse(*known, nullptr, false);
  const std::string words = LastWords(tail, parts_.redact);
  if (True(At(state, "Running"))) return Error{late.kind, late.message + words};
  if (!At(state, "ExitCode").is_number_integer())
    return ran ? Error{ErrorKind::Transient, "its exit code is not known"} : std::move(ran).error();
  const auto code = Number(At(state, "ExitCode"));
  if (code == 0) return {};
  return Error{ErrorKind::Terminal, "ended with exit code " + std::to_string(code) +
                                        (ran || !words.empty() ? words : ": " + ran.error().message)};
}

}  // namespace tinyforge::docker
