#include "controller/cmd/daemon_backend.h"

#include <algorithm>
#include <set>
#include <utility>

#include "controller/cmd/memory_tree.h"
#include "controller/docker/container_logs.h"
#include "reconcilers/source/source_kind.h"
#include "reconcilers/trigger/trigger_kind.h"
#include "reconcilers/workload/commands.h"

namespace tinyforge::cmd {
namespace {

constexpr std::size_t kFingerprintShown = 8;
constexpr std::size_t kLongestLine = 64u << 10;

docker::LogOptions ToDocker(const serve::LogOptions& options) {
  docker::LogOptions wanted{.follow = options.follow, .timestamps = options.timestamps, .since = options.since};
  if (options.tail >= 0) wanted.tail = options.tail;
  return wanted;
}

// Whole lines without secrets, each with its container's name before it where there are several.
class SafeLines {
 public:
  SafeLines(std::string prefix, const Redactor& redactor, const serve::LogSink& sink)
      : prefix_(std::move(prefix)), redactor_(redactor), sink_(sink) {}

  bool Feed(std::string_view bytes) {
    rest_ += bytes;
    std::string lines;
    const std::size_t end = rest_.rfind('\n');
    if (end != std::string::npos) {
      Append(std::string_view(rest_).substr(0, end + 1), lines);
      rest_.erase(0, end + 1);
    }
    if (rest_.size() > kLongestLine) {  // a program that never ends its line
      Append(rest_ + "\n", lines);
      rest_.clear();
    }
    return lines.empty() || sink_(lines);
  }
  // What has no end of line.
  void End() {
    std::string lines;
    if (!rest_.empty()) Append(std::exchange(rest_, {}), lines);
    if (!lines.empty()) (void)sink_(lines);
  }

 private:
  void Append(std::string_view text, std::string& lines) const {
    const std::string safe = redactor_.Redact(text);
    for (std::size_t begin = 0; begin < safe.size();) {
      const std::size_t end = std::min(safe.find('\n', begin), safe.size() - 1) + 1;
      lines += prefix_ + safe.substr(begin, end - begin);
      begin = end;
    }
  }

  const std::string prefix_;
  const Redactor& redactor_;
  const serve::LogSink& sink_;
  std::string rest_;
};

}  // namespace

Expected<std::vector<serve::SecretKeyInfo>> DaemonBackend::SecretKeys(std::string_view secret) {
  const auto snapshot = parts_.manager.Current();
  const v1::Object* object = snapshot ? snapshot->objects->Find({Kind::Secret, std::string(secret)}) : nullptr;
  if (!object) return Error{ErrorKind::NotFound, "secret/" + std::string(secret) + " does not exist"};
  std::vector<serve::SecretKeyInfo> keys;
  for (const auto& [key, file] : std::get<v1::SecretSpec>(object->spec).from_files) {
    auto handle = parts_.secrets.Find({std::string(secret), key});
    if (handle)
      keys.push_back({key, handle->fingerprint.substr(0, kFingerprintShown), ""});
    else
      keys.push_back({key, "", handle.error().message});
  }
  return keys;
}

std::string DaemonBackend::IdentityOf(std::string_view workload) {
  const auto snapshot = parts_.manager.Current();
  const v1::Object* object = snapshot ? snapshot->objects->Find({Kind::Workload, std::string(workload)}) : nullptr;
  return object ? v1::IdentityOf(*object) : std::string(workload);
}

Expected<std::vector<ObservedContainer>> DaemonBackend::ContainersOf(std::string_view workload) {
  return parts_.engine.index().Peek(IdentityOf(workload));
}

Expected<serve::WorkloadPlan> DaemonBackend::PreviewOf(const ConfigSnapshot& snapshot, const ObjectKey& key) {
  auto decision = parts_.workloads.Preview(snapshot, key, parts_.clock.SystemNow());
  if (!decision) return std::move(decision).error();
  serve::WorkloadPlan plan{.workload = key.name};
  for (const Step& step : decision->plan.steps) plan.lines.push_back(ToString(step));
  return plan;
}

Expected<serve::WorkloadPlan> DaemonBackend::Plan(std::string_view workload) {
  const ObjectKey key{Kind::Workload, std::string(workload)};
  const auto snapshot = parts_.manager.Current();
  if (!snapshot) return Error{ErrorKind::Waiting, "no revision is in force yet"};
  if (!snapshot->objects->Find(key)) return Error{ErrorKind::NotFound, ToString(key) + " does not exist"};
  return PreviewOf(*snapshot, key);
}

Expected<serve::TreePlan> DaemonBackend::PlanTree(const serve::FileTree& files, std::stop_token stop) {
  const auto proposed = SnapshotOf(std::make_shared<MemoryTree>("uncommitted", files));
  const auto current = parts_.manager.Current();
  serve::TreePlan plan{.errors = proposed->objects->errors};
  std::set<ObjectKey> keys;
  for (const auto& [key, object] : proposed->objects->objects) keys.insert(key);
  if (current)
    for (const auto& [key, object] : current->objects->objects) keys.insert(key);
  for (const ObjectKey& key : keys) {
    if (stop.stop_requested()) return Error{ErrorKind::Transient, "interrupted"};
    if (key.kind != Kind::Workload) continue;
    auto preview = PreviewOf(*proposed, key);
    if (!preview)
      plan.plans.push_back({key.name, {"cannot be planned: " + preview.error().message}});
    else if (!preview->lines.empty())
      plan.plans.push_back(std::move(*preview));
  }
  return plan;
}

Expected<serve::SyncResult> DaemonBackend::Sync(std::stop_token stop) {
  parts_.engine.puller().RetryAll();  // who asks for a look now has mended something
  auto report = parts_.manager.Sync(stop);
  if (!report) return std::move(report).error();
  serve::SyncResult result{.revision = report->revision, .changed = report->changed};
  if (const auto snapshot = parts_.manager.Current()) result.errors = snapshot->objects->errors;
  return result;
}

Expected<std::string> DaemonBackend::Command(std::string_view workload, std::string_view verb, std::int64_t to) {
  const auto known = ParseVerb(verb);
  if (!known) return Error{ErrorKind::Invalid, "unknown command " + std::string(verb)};
  const SysTime now = parts_.clock.SystemNow();
  const WorkloadCommand command{.verb = *known, .workload = std::string(workload), .to = to, .now = now};
  auto answer =
      RunCommand(command, {parts_.manager, parts_.routes, parts_.facts, parts_.store, parts_.engine.puller()});
  if (!answer) return answer;
  // History: the command itself is done.
  (void)parts_.store.AddEvents({{.time = now,
                                 .object = ToString(ObjectKey{Kind::Workload, command.workload}),
                                 .reason = "Asked",
                                 .message = "tfctl " + std::string(verb) + ": " + *answer}});
  parts_.manager.OnAsked(command.workload);
  return answer;
}

Expected<std::map<std::string, Facts>> DaemonBackend::AllFacts() {
  auto all = parts_.facts.All();
  const auto snapshot = parts_.manager.Current();
  if (!all || !snapshot) return all;
  std::map<std::string, Facts> named;
  for (auto& [identity, facts] : *all) {
    const v1::Object* owner = snapshot->objects->Owner(identity);
    named.emplace(owner ? owner->key.name : identity, std::move(facts));
  }
  return named;
}

Expected<void> DaemonBackend::Logs(std::string_view workload, const serve::LogOptions& options,
                                   const serve::LogSink& sink, std::stop_token stop) {
  auto containers = ContainersOf(workload);
  if (!containers) return std::move(containers).error();
  std::erase_if(*containers, [](const ObservedContainer& c) { return c.state == ContainerState::Created; });
  if (containers->empty())
    return Error{ErrorKind::NotFound, "workload/" + std::string(workload) + " has no container with logs"};
  docker::EngineClient& client = parts_.engine.client();
  const docker::LogOptions wanted = ToDocker(options);
  if (containers->size() == 1) {
    SafeLines lines("", parts_.redactor, sink);
    auto read = docker::ReadLogs(
        client, containers->front().id, wanted,
        [&](docker::LogStream, std::string_view bytes) { return lines.Feed(bytes); }, stop);
    lines.End();
    return read;
  }
  std::mutex one_at_a_time;
  std::vector<std::jthread> readers;
  for (const ObservedContainer& c : *containers)
    readers.emplace_back([&, id = c.id, lines = std::make_shared<SafeLines>(c.name + " | ", parts_.redactor, sink)] {
      (void)docker::ReadLogs(
          client, id, wanted,
          [&](docker::LogStream, std::string_view bytes) {
            const std::lock_guard lock(one_at_a_time);
            return lines->Feed(bytes);
          },
          stop);
      const std::lock_guard lock(one_at_a_time);
      lines->End();
    });
  return {};
}

serve::Health DaemonBackend::Readyz() {
  if (!parts_.manager.Current()) return {false, "no revision of the config repository is in force yet"};
  if (auto why = parts_.engine.index().WhyNotInStep()) return {false, std::move(why->message)};
  return {};
}

std::string DaemonBackend::MetricsText() {
  parts_.manager.RefreshGauges();
  return parts_.metrics.Serialize();
}

serve::VersionInfo DaemonBackend::Version() {
  serve::VersionInfo version = parts_.version;
  if (parts_.engine.ready())
    if (auto api = parts_.engine.client().Version()) version.engine = "API " + ToString(*api);
  return version;
}

std::vector<serve::SourceKindInfo> DaemonBackend::SourceKinds() {
  std::vector<serve::SourceKindInfo> kinds;
  for (const SourceKind* kind : tinyforge::SourceKinds())
    kinds.push_back({std::string(kind->Kind()), std::string(kind->Sample())});
  return kinds;
}

std::vector<serve::TriggerKindInfo> DaemonBackend::TriggerKinds() {
  std::vector<serve::TriggerKindInfo> kinds;
  for (const TriggerKind* kind : tinyforge::TriggerKinds())
    kinds.push_back({std::string(kind->Kind()), kind->IsPolicy(), std::string(kind->Sample())});
  return kinds;
}

}  // namespace tinyforge::cmd
