#include <nlohmann/json.hpp>

#include "controller/cmd/tfctl/columns.h"
#include "controller/cmd/tfctl/describe.h"
#include "controller/cmd/tfctl/sections.h"
#include "controller/cmd/tfctl/text.h"
#include "controller/cmd/tfctl/trigger_columns.h"

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

// The newest delivery by which a binding brought its version to the workload; null when none is kept.
Json FindDelivery(const Session& session, const Json& bound) {
  const auto list = session.client.Get("/api/deliveries?trigger=" + PercentEncode(Text(bound, {"trigger"})));
  if (!list) return {};
  for (const auto& delivery : At(*list, {"items"})) {
    for (const auto& outcome : At(delivery, {"status", "outcomes"})) {
      const std::string result = Text(outcome, {"result"});
      const bool same = Text(outcome, {"binding"}) == Text(bound, {"binding"}) &&
                        Text(outcome, {"workload"}) == Text(bound, {"workload"});
      if (same && (result == "deployed" || result == "rolling")) return delivery;
    }
  }
  return {};
}

// "0k3v9x…, webhook of github (package) from 10.0.0.7, 2m ago: 1 deployed"
std::string DeliveryText(const Json& delivery, SysTime now) {
  const Json& status = At(delivery, {"status"});
  std::string text = NameOf(delivery) + ", " + Text(status, {"cause"});
  if (const auto vendor = Text(status, {"vendor"}); !vendor.empty()) text += " of " + vendor;
  if (const auto event = Text(status, {"event"}); !event.empty()) text += " (" + event + ")";
  if (const auto source = Text(status, {"source"}); !source.empty()) text += " from " + source;
  return text + ", " + AgeSince(Time(status, {"received"}), now) + " ago: " + ResultOf(status).text;
}

// The links that say which binding set the version, and what made it do so.
void PrintSetter(const Session& session, const Json& workload) {
  constexpr std::string_view kBinding = "binding/";
  const std::string set_by = Text(workload, {"status", "resolved", "setBy"});
  if (!set_by.starts_with(kBinding)) return;
  const std::string name = set_by.substr(kBinding.size());
  for (const auto& bound : At(workload, {"status", "bound"})) {
    if (Text(bound, {"binding"}) != name) continue;
    std::string text = set_by + " of trigger/" + Text(bound, {"trigger"});
    if (const auto accepted = Text(bound, {"accepted"}); !accepted.empty()) text += ", which accepted " + accepted;
    if (const auto state = Text(bound, {"state"}); !state.empty()) text += "; " + state;
    PrintField(session.terminal, "Set by", text);
    const Json delivery = FindDelivery(session, bound);
    return PrintField(session.terminal, "Delivery",
                      delivery.is_null() ? "none is kept; the trigger looked by itself, or it is too long ago"
                                         : DeliveryText(delivery, session.terminal.now()));
  }
  PrintField(session.terminal, "Set by", set_by + ", which does not bind it any more");
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

// Where no step is planned.
std::string NothingNext(const Json& workload) {
  const Json& ready = FindCondition(workload, "Ready");
  if (Text(ready, {"status"}) == "True") return "nothing to do: what runs is what the manifest says";
  const std::string reason = Text(ready, {"reason"});
  if (reason == "RolloutFailed" || reason == "PostStartFailed")
    return "nothing until a commit changes it, or: tfctl retry " + Text(workload, {"metadata", "name"});
  return "nothing before what Now says has changed";
}

void PrintNext(const Session& session, const std::string& path, const Json& workload) {
  const auto plan = session.client.Get(path + "/plan");
  if (!plan) return PrintField(session.terminal, "Next", "cannot be planned: " + plan.error().message);
  const Json& lines = At(*plan, {"lines"});
  if (lines.empty()) return PrintField(session.terminal, "Next", NothingNext(workload));
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
  PrintSetter(session, *workload);
  PrintField(terminal, "Cause",
             rollout.is_null() ? "no rollout is recorded; the containers below say why they were made"
                               : Text(rollout, {"cause"}));
  if (!At(rollout, {"to"}).is_null()) {
    const std::string from = VersionOf(At(rollout, {"from"}));
    PrintField(terminal, "Version", (from.empty() ? "nothing" : from) + " -> " + VersionOf(At(rollout, {"to"})));
  }
  PrintSteps(terminal, "Steps:", rollout);
  PrintOutcome(terminal, *workload);
  PrintObstacles(terminal, *workload);
  const Json& list = At(*events, {"items"});
  PrintEvents(terminal, list, FirstOfRollout(list, rollout));
  PrintContainers(terminal, At(*containers, {"items"}));
  PrintNext(session, path, *workload);
  return kDone;
}

}  // namespace tinyforge::tfctl
