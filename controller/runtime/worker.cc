#include "controller/runtime/worker.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <string_view>
#include <utility>

namespace tinyforge {
namespace {

constexpr std::string_view kInternalError = "InternalError";

bool IsFinal(const Error& error) {
  return error.kind == ErrorKind::Terminal || error.kind == ErrorKind::Invalid;
}

std::string_view ReasonOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Transient: return "Retrying";
    case ErrorKind::Waiting: return "Waiting";
    case ErrorKind::Terminal:
    case ErrorKind::Invalid: return "Stalled";
    case ErrorKind::Conflict: return "Conflict";
    case ErrorKind::NotFound: return "NotFound";
  }
  return "Retrying";
}

std::string_view ResultOf(const Outcome& outcome) {
  if (!outcome.error) return "success";
  switch (outcome.error->kind) {
    case ErrorKind::Transient: return "error";
    case ErrorKind::Waiting:
    case ErrorKind::Conflict:
    case ErrorKind::NotFound: return "waiting";
    case ErrorKind::Terminal:
    case ErrorKind::Invalid: return "stalled";
  }
  return "error";
}

}  // namespace

struct Worker::Pass {
  const ObjectKey& key;
  SteadyTime started;
  Outcome outcome{};
  bool crashed = false;
  WorkQueue::Retry retry{};
};

Worker::Worker(Parts parts) : parts_(std::move(parts)) {}

bool Worker::RunOnce() {
  const auto item = parts_.queue.TryGet();
  if (!item) return false;
  parts_.metrics.QueueLatency(item->waited);
  Process(item->key);
  return true;
}

void Worker::Run(std::stop_token stop) {
  while (const auto item = parts_.queue.Get(stop)) {
    parts_.metrics.QueueLatency(item->waited);
    Process(item->key);
  }
}

// Nothing that goes wrong with one object, or with storing what was found, ends the thread or loses the key.
void Worker::Process(const ObjectKey& key) {
  Pass pass{key, parts_.clock.Now()};
  try {
    RunPass(pass);
  } catch (const std::exception& exception) {
    parts_.queue.AddRateLimited(key);
    parts_.logger.Error("worker failed", {{"object", ToString(key)}, {"error", exception.what()}});
  } catch (...) {
    parts_.queue.AddRateLimited(key);
    parts_.logger.Error("worker failed", {{"object", ToString(key)}});
  }
  parts_.queue.Done(key);
  parts_.metrics.QueueDepth(parts_.queue.Depth());
}

void Worker::RunPass(Pass& pass) {
  Reconcile(pass);
  if (pass.outcome.error && !pass.outcome.status) ExplainError(pass);
  Redact(pass.outcome);
  Store(pass);
  Schedule(pass);
  Report(pass);
}

void Worker::Reconcile(Pass& pass) {
  const auto found = parts_.reconcilers.find(pass.key.kind);
  if (found == parts_.reconcilers.end()) return;
  const auto crash = [&pass](std::string_view what) {
    pass.crashed = true;
    pass.outcome = {};
    pass.outcome.error = Error{ErrorKind::Transient, "internal error: " + std::string(what)};
  };
  try {
    pass.outcome = found->second->Reconcile({pass.key, parts_.clock.SystemNow()});
  } catch (const std::exception& exception) {
    crash(exception.what());
  } catch (...) {
    crash("an exception of unknown type");
  }
}

void Worker::ExplainError(Pass& pass) {
  const Error& error = *pass.outcome.error;
  const SysTime now = parts_.clock.SystemNow();
  const std::string reason(pass.crashed ? kInternalError : ReasonOf(error.kind));
  if (pass.crashed)
    pass.outcome.events.push_back({now, Event::Type::Warning, ToString(pass.key), reason, error.message});
  const auto record = parts_.store.Get(pass.key);
  if (!record || !*record) return;
  const std::int64_t generation = (*record)->generation;
  v1::Status status = (*record)->status;
  const auto set = [&](std::string_view type, ConditionStatus value) {
    SetCondition(status.conditions, {std::string(type), value, reason, error.message, generation, now});
  };
  set(condition::kReady, ConditionStatus::False);
  if (pass.crashed || IsFinal(error)) set(condition::kStalled, ConditionStatus::True);
  pass.outcome.status = std::move(status);
}

void Worker::Redact(Outcome& outcome) const {
  const auto redact = [this](std::string& text) { text = parts_.redactor.Redact(text); };
  if (outcome.error) redact(outcome.error->message);
  for (Event& event : outcome.events) redact(event.message);
  const auto redact_rollout = [&redact](v1::RolloutRecord& rollout) {
    redact(rollout.cause);
    redact(rollout.message);
    for (v1::RolloutStep& step : rollout.steps) redact(step.step);
  };
  std::ranges::for_each(outcome.rollouts, redact_rollout);
  if (!outcome.status) return;
  for (Condition& condition : outcome.status->conditions) redact(condition.message);
  if (outcome.status->last_rollout) redact_rollout(*outcome.status->last_rollout);
}

// The store is a cache: what cannot be stored is said and changes nothing else.
void Worker::Store(const Pass& pass) {
  const auto check = [this](const Expected<void>& stored, std::string_view message) {
    if (!stored) parts_.logger.Warn(message, {{"error", stored.error().message}});
  };
  if (pass.outcome.status) check(parts_.store.UpdateStatus(pass.key, *pass.outcome.status), "status not stored");
  for (const v1::RolloutRecord& rollout : pass.outcome.rollouts)
    check(parts_.store.PutRollout(pass.key.name, rollout), "rollout not stored");
  if (!pass.outcome.events.empty()) check(parts_.store.AddEvents(pass.outcome.events), "events not stored");
}

void Worker::Schedule(Pass& pass) {
  const Outcome& outcome = pass.outcome;
  const auto effect = outcome.acted ? WorkQueue::Effect::Acted : WorkQueue::Effect::None;
  if (outcome.error && outcome.error->kind == ErrorKind::Transient) {
    pass.retry = parts_.queue.AddRateLimited(pass.key, effect);
    return ComeBack(pass);
  }
  if (outcome.error && IsFinal(*outcome.error)) {
    if (outcome.acted)
      pass.retry = parts_.queue.AddStalled(pass.key);
    else
      parts_.queue.Forget(pass.key);
    return ComeBack(pass);
  }
  if (outcome.error && (outcome.acted || !outcome.requeue_after)) {
    pass.retry = parts_.queue.AddWaiting(pass.key, effect);
  } else {
    parts_.queue.Forget(pass.key);
  }
  ComeBack(pass);
}

// Beside a retry: whichever is sooner.
void Worker::ComeBack(Pass& pass) {
  const auto& again = pass.outcome.requeue_after;
  if (!again) return;
  parts_.queue.AddAfter(pass.key, *again);
  if (pass.retry.delay == Duration(0) || pass.retry.delay > *again) pass.retry.delay = *again;
}

bool Worker::IsNews(const ObjectKey& key, const std::optional<Error>& error) {
  auto last = last_errors_.Lock();
  if (!error) return last->erase(key) > 0;
  std::string& known = (*last)[key];
  if (known == error->message) return false;
  known = error->message;
  return true;
}

void Worker::Report(const Pass& pass) {
  const auto took = parts_.clock.Now() - pass.started;
  const Outcome& outcome = pass.outcome;
  parts_.metrics.Reconciled(ToString(pass.key.kind), ResultOf(outcome), took);
  for (std::string_view repair : outcome.repairs) parts_.metrics.DriftRepaired(repair);
  if (!outcome.rollout_ended.empty()) parts_.metrics.RolloutEnded(outcome.rollout_ended);
  for (const Event& event : outcome.events) {
    const LogLevel level = event.type == Event::Type::Warning ? LogLevel::Warning : LogLevel::Info;
    parts_.logger.Log(level, "event", {{"object", event.object}, {"reason", event.reason}, {"message", event.message}});
  }
  const bool news = IsNews(pass.key, outcome.error);
  const std::string time = FormatDuration(std::chrono::duration_cast<Duration>(took));
  if (!outcome.error) {
    parts_.logger.Log(news ? LogLevel::Info : LogLevel::Debug, news ? "reconciled again after an error" : "reconciled",
                      {{"object", ToString(pass.key)}, {"took", time}});
    return;
  }
  const LogLevel level = pass.crashed                                ? LogLevel::Error
                         : outcome.error->kind == ErrorKind::Waiting ? LogLevel::Info
                                                                     : LogLevel::Warning;
  const std::string next = pass.retry.delay.count() > 0 ? FormatDuration(pass.retry.delay) : "on change";
  parts_.logger.Log(news ? level : LogLevel::Debug, "reconcile ended with an error",
                    {{"object", ToString(pass.key)},
                     {"kind", std::string(ToString(outcome.error->kind))},
                     {"error", outcome.error->message},
                     {"next", next},
                     {"took", time}});
}

WorkerPool::WorkerPool(Worker& worker, unsigned threads) {
  const unsigned count = threads > 0 ? threads : std::max(1u, std::thread::hardware_concurrency());
  threads_.reserve(count);
  for (unsigned i = 0; i < count; ++i)
    threads_.emplace_back([&worker](std::stop_token stop) { worker.Run(std::move(stop)); });
}

WorkerPool::~WorkerPool() {
  for (std::jthread& thread : threads_) thread.request_stop();
}

}  // namespace tinyforge
