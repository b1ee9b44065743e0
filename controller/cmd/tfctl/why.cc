#include <nlohmann/json.hpp>

#include "controller/cmd/tfctl/columns.h"
#include "controller/cmd/tfctl/describe.h"
#include "controller/cmd/tfctl/sections.h"
#include "controller/cmd/tfctl/text.h"

namespace tinyforge::tfctl {
namespace {

// The link of the chain that says which commit is in force.
void PrintCommit(const Terminal& terminal, const Json& workload) {
  const Json& rollout = At(workload, {"status", "lastRollout"});
  std::string revision = Text(rollout, {"revision"});
  if (revision.empty()) revision = Text(workload, {"status", "revision"});
  const std::string source = Text(workload, {"metadata", "source"});
  PrintField(terminal, "Commit", revision.empty() ? source : revision + (source.empty() ? "" : ", " + source));
}

// The first event that belongs to the rollout.
std::size_t FirstOfRollout(const Json& events, const Json& rollout) {
  const auto started = Time(rollout, {"started"});
  if (!started) return events.size() > 5 ? events.size() - 5 : 0;
  std::size_t first = 0;
  while (first < events.size() && Time(events[first], {"time"}).value_or(*started) < *started) ++first;
  return first;
}

void PrintOutcome(const Terminal& terminal, const Json& workload) {
  const Json& rollout = At(workload, {"status", "lastRollout"});
  std::string outcome = Text(rollout, {"outcome"});
  if (const auto took = RolloutDuration(rollout); !took.empty()) outcome += " after " + took;
  if (const auto ended = Time(rollout, {"ended"})) outcome += ", " + AgeSince(ended, terminal.now()) + " ago";
  if (const auto message = Text(rollout, {"message"}); !message.empty()) outcome += ": " + message;
  PrintField(terminal, "Outcome", outcome);
  const Json& ready = FindCondition(workload, "Ready");
  std::string now = Judge(workload).status.text;
  if (const auto since = Time(ready, {"lastTransitionTime"})) now += " for " + AgeSince(since, terminal.now());
  if (const auto message = Text(ready, {"message"}); !message.empty()) now += ": " + message;
  PrintField(terminal, "Now", now);
}

// Conditions other than Ready that say something is in the way.
void PrintObstacles(const Terminal& terminal, const Json& workload) {
  for (const auto& condition : At(workload, {"status", "conditions"})) {
    const std::string type = Text(condition, {"type"});
    const std::string_view bad = type == "Healthy" ? "False" : "True";
    if (type == "Ready" || Text(condition, {"status"}) != bad) continue;
    PrintField(terminal, type, Text(condition, {"reason"}) + ": " + Text(condition, {"message"}));
  }
}

void PrintNext(const Session& session, const std::string& path) {
  const auto plan = session.client.Get(path + "/plan");
  if (!plan) return PrintField(session.terminal, "Next", "cannot be planned: " + plan.error().message);
  const Json& lines = At(*plan, {"lines"});
  if (lines.empty()) return PrintField(session.terminal, "Next", "nothing to do: what runs is what the manifest says");
  session.terminal.out << "Next:\n";
  for (const auto& line : lines)
    PrintIndented(session.terminal, OneLine(line.is_string() ? line.get<std::string>() : ""));
}

}  // namespace

int Why(const Session& session, const std::string& name) {
  const Terminal& terminal = session.terminal;
  const std::string path = "/api/workloads/" + PercentEncode(name);
  const auto workload = session.client.Get(path);
  if (!workload && workload.error().kind == ErrorKind::NotFound) {
    return Report(terminal, {ErrorKind::NotFound, "workload \"" + name + "\" not found"});
  }
  if (!workload) return Report(terminal, workload.error());
  const auto containers = session.client.Get(path + "/containers");
  if (!containers) return Report(terminal, containers.error());
  const auto events = session.client.Get("/api/events?limit=100&object=" + PercentEncode("workload/" + name));
  if (!events) return Report(terminal, events.error());

  const Json& rollout = At(*workload, {"status", "lastRollout"});
  PrintField(terminal, "Workload", name + ", " + ImageOf(*workload));
  PrintCommit(terminal, *workload);
  PrintField(terminal, "Cause",
             rollout.is_null() ? "no rollout is recorded; the containers below say why they were made"
                               : Text(rollout, {"cause"}));
  if (!At(rollout, {"to"}).is_null()) {
    const std::string from = VersionOf(At(rollout, {"from"}));
    PrintField(terminal, "Version", (from.empty() ? "nothing" : from) + " -> " + VersionOf(At(rollout, {"to"})));
  }
  PrintOutcome(terminal, *workload);
  PrintObstacles(terminal, *workload);
  const Json& list = At(*events, {"items"});
  PrintEvents(terminal, list, FirstOfRollout(list, rollout));
  PrintContainers(terminal, At(*containers, {"items"}));
  PrintNext(session, path);
  return kDone;
}

}  // namespace tinyforge::tfctl
