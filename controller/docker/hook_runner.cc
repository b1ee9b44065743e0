#include "controller/docker/hook_runner.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "controller/docker/container_json.h"
#include "controller/docker/create_env.h"
#include "controller/docker/json_members.h"
#include "controller/docker/thread_shield.h"
#include "controller/runtime/plain_text.h"
#include "reconcilers/core/hook_label.h"

namespace tinyforge::docker {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kTailLines = 8;
constexpr std::size_t kTailBytes = 512;
constexpr std::size_t kCommandBytes = 120;  // what it said is to have room beside it
constexpr Duration kLook = std::chrono::seconds(1);
constexpr Duration kFirstPause = std::chrono::seconds(1);
constexpr Duration kLongestPause = std::chrono::minutes(1);

Duration LeftUntil(SteadyTime end) {
  return std::chrono::duration_cast<Duration>(end - std::chrono::steady_clock::now());
}

// The words as they were given.
std::string CommandOf(const Hook& hook) {
  return PlainText(Json(hook.command).dump(-1, ' ', false, Json::error_handler_t::replace), kCommandBytes);
}

std::string LastWords(const LogTail& tail, const Redact& redact) {
  std::string joined;
  for (const char c : PlainText(tail.Text(redact), kTailBytes))
    joined += c == '\n' ? std::string(" | ") : std::string(1, c);
  return joined.empty() ? joined : ": " + joined;
}

bool IsItsOwn(const Error& error) {
  return error.kind == ErrorKind::Terminal || error.kind == ErrorKind::Invalid;
}

// What the Engine refuses, as one behind a proxy may, says nothing of the command.
Error Awaited(Error error) {
  if (error.kind == ErrorKind::Terminal) error.kind = ErrorKind::Waiting;
  return error;
}

Duration PauseAfter(unsigned tries) {
  constexpr unsigned kMostDoublings = 6;
  return std::min(kFirstPause * (1 << std::min(tries, kMostDoublings)), kLongestPause);
}

// Whatever a try throws says nothing of what it tries.
template <typename Try>
Expected<void> Caught(Try&& attempt) {
  try {
    return attempt();
  } catch (const std::exception& error) {
    return Error{ErrorKind::Transient, error.what()};
  }
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

Expected<SysTime> RunningSince(EngineClient& client, const std::string& container, const std::stop_token& stop) {
  auto answer = client.Call({.endpoint = Endpoint::ContainerInspect, .object = container}, stop);
  if (!answer) return std::move(answer).error();
  auto inspected = DecodeInspect(answer->body);
  if (!inspected) return std::move(inspected).error();
  if (inspected->container.state != ContainerState::Running) return Error{ErrorKind::NotFound, "it does not run"};
  return inspected->container.started;
}

bool HookRunner::Begin(std::string_view container) {
  auto entries = entries_.Lock();
  const auto [found, fresh] = entries->try_emplace(std::string(container), Entry{parts_.index.WorkloadOf(container)});
  HookReport& report = found->second.report;
  if (!fresh && (report.state == HookState::Queued || report.state == HookState::Running)) return false;
  const bool waited = report.state == HookState::Waiting;
  report = {.state = HookState::Queued, .message = waited ? std::move(report.message) : ""};
  return true;
}

void HookRunner::Forget(std::string_view container) {
  auto entries = entries_.Lock();
  if (const auto found = entries->find(container); found != entries->end()) entries->erase(found);
}

std::map<std::string, HookReport> HookRunner::Reports(std::string_view workload) {
  std::map<std::string, HookReport> reports;
  auto entries = entries_.Lock();
  std::erase_if(*entries, [&](const auto& item) {
    return item.second.workload == workload && parts_.index.WorkloadOf(item.first).empty();  // somebody removed it
  });
  for (const auto& [container, entry] : *entries) {
    if (entry.workload != workload) continue;
    HookReport& report = reports.emplace(container, entry.report).first->second;
    if (report.state == HookState::Waiting) report.pause = std::max(LeftUntil(entry.again), Duration(0));
    // By the clock of now, whatever was set meanwhile.
    report.at = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()) + LeftUntil(entry.ended_at);
  }
  return reports;
}

void HookRunner::RunPostStart(const std::string& container, const std::stop_token& stop) {
  const Run run{.container = container, .limit = kPostStartLimit, .stop = stop};
  const auto outcome = Caught([&] { return TryPostStart(run); });
  if (stop.stop_requested()) return Forget(container);
  Report(container, outcome);
}

// NotFound: it has ended or was started anew, or nobody asks for it any more.
Expected<void> HookRunner::TryPostStart(const Run& run) {
  const auto before = RunningSince(parts_.client, run.container, run.stop);
  if (!before) return before.error();
  const auto first = Resume(run.container, *before);
  if (!first) return first.error();
  auto done = Caught([&]() -> Expected<void> {
    auto hooks = HooksOf(run.container, label::kPostStart);
    if (!hooks) return std::move(hooks).error();
    if (hooks->empty()) return Error{ErrorKind::Transient, "what it was made with is not known yet"};
    for (std::size_t i = *first; i < hooks->size(); ++i)
      if (auto ready = Resolve((*hooks)[i], run.container); !ready) return std::move(ready).error();
    return RunFrom(*first, *hooks, run);
  });
  // They are killed with their container, whose end is known after theirs.
  if (!done) Pause(kLook, run.stop);
  const auto after = RunningSince(parts_.client, run.container, run.stop);
  if (!after) return after.error();
  if (*after != *before) return Error{ErrorKind::NotFound, "it was started anew"};
  if (!done && done.error().kind == ErrorKind::NotFound) return Error{ErrorKind::Transient, done.error().message};
  return done;
}

Expected<void> HookRunner::RunFrom(std::size_t first, const std::vector<Hook>& hooks, const Run& run) {
  for (std::size_t i = first; i < hooks.size(); ++i) {
    auto hook = Resolve(hooks[i], run.container);
    if (!hook) return std::move(hook).error();
    if (auto done = RunOne(run, *hook); !done) return std::move(done).error().Within(CommandOf(*hook));
    NoteEnded(run.container, i + 1);
  }
  return {};
}

// How many of its commands have ended well since it was started.
Expected<std::size_t> HookRunner::Resume(const std::string& container, SysTime start) {
  auto entries = entries_.Lock();
  const auto found = entries->find(container);
  if (found == entries->end()) return Error{ErrorKind::NotFound, "it was forgotten"};
  Entry& entry = found->second;
  if (entry.start != start) entry.ended = entry.tries = 0;
  entry.start = start;
  entry.report.state = HookState::Running;
  return entry.ended;
}

void HookRunner::NoteEnded(const std::string& container, std::size_t ended) {
  auto entries = entries_.Lock();
  if (const auto found = entries->find(container); found != entries->end()) found->second.ended = ended;
}

void HookRunner::Report(const std::string& container, const Expected<void>& outcome) {
  auto entries = entries_.Lock();
  const auto found = entries->find(container);
  if (found == entries->end()) return;
  if (!outcome && outcome.error().kind == ErrorKind::NotFound) {
    entries->erase(found);
    return;
  }
  HookReport& report = found->second.report;
  report = {.state = HookState::Succeeded};
  found->second.ended_at = std::chrono::steady_clock::now();
  if (outcome) return;
  report.state = IsItsOwn(outcome.error()) ? HookState::Failed : HookState::Waiting;
  report.message = "post_start " + outcome.error().message;
  if (report.state == HookState::Waiting) Await(found->second, container);
}

// Said in the log once a start: the condition of an old version that serves is about the new one.
void HookRunner::Await(Entry& entry, const std::string& container) {
  if (entry.tries == 0)
    parts_.log.Warn("post_start waits",
                    {{"workload", entry.workload}, {"container", container}, {"why", entry.report.message}});
  entry.again = std::chrono::steady_clock::now() + PauseAfter(entry.tries++);
}

bool HookRunner::HasPreStop(std::string_view container) {
  return !OwnHooks(parts_.index.LabelsOf(container), label::kPreStop).empty();
}

Expected<void> HookRunner::RunPreStop(const std::string& container, Duration limit, const std::stop_token& stop) {
  return Caught([&]() -> Expected<void> {
    auto hooks = HooksOf(container, label::kPreStop);
    if (!hooks) return std::move(hooks).error();
    return RunFrom(0, *hooks, {.container = container, .limit = limit, .stop = stop});
  });
}

Expected<std::vector<Hook>> HookRunner::HooksOf(const std::string& container, std::string_view label) {
  const std::string own = OwnHooks(parts_.index.LabelsOf(container), label);
  return own.empty() ? std::vector<Hook>() : DecodeHooks(own);
}

// With secrets as they are now.
Expected<Hook> HookRunner::Resolve(Hook hook, const std::string& container) {
  if (hook.privileged)
    if (auto allowed = parts_.policy.CheckPrivilegedHook(parts_.index.WorkloadOf(container)); !allowed)
      return std::move(allowed).error();
  for (EnvEntry& entry : hook.env)
    for (EnvInsert& insert : entry.inserts) {
      auto present = Present(insert.secret);
      if (!present) return std::move(present).error().Within(CommandOf(hook));
      insert.secret = std::move(*present);
    }
  return hook;
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

Expected<std::string> HookRunner::Prepare(const Run& run, const Hook& hook) {
  auto body = ExecBody(hook, parts_.secrets);
  if (!body) return std::move(body).error();
  auto answer =
      parts_.client.Call({.endpoint = Endpoint::ExecCreate, .object = run.container, .body = body->text()}, run.stop);
  if (!answer) return Awaited(std::move(answer).error());
  const Json json = Json::parse(answer->body, nullptr, false);
  if (const std::string id = Text(At(json, "Id")); !id.empty()) return id;
  return Error{ErrorKind::Transient, "the Engine's answer names no command"};
}

// What the Engine says of it once it has ended, or its time is over: a stream may break before.
Expected<std::string> HookRunner::StateOf(const std::string& exec, const Run& run) {
  constexpr Duration kAgain = std::chrono::milliseconds(200);
  while (true) {
    auto answer = parts_.client.Call({.endpoint = Endpoint::ExecInspect, .object = exec}, run.stop);
    const bool over = LeftUntil(run.end) <= Duration(0) || run.stop.stop_requested();
    if (!answer && (over || answer.error().kind != ErrorKind::Transient)) return Awaited(std::move(answer).error());
    if (answer && (over || !True(At(Json::parse(answer->body, nullptr, false), "Running"))))
      return std::move(answer->body);
    Pause(kAgain, run.stop);
  }
}

Expected<void> HookRunner::RunOne(const Run& run, const Hook& hook) {
  const Error late{ErrorKind::Terminal, "has not ended within " + FormatDuration(run.limit)};
  if (LeftUntil(run.end) <= Duration(0)) return late;
  auto id = Prepare(run, hook);
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
