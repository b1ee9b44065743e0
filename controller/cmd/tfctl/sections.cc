#include "controller/cmd/tfctl/sections.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "controller/cmd/tfctl/columns.h"
#include "controller/cmd/tfctl/text.h"

namespace tinyforge::tfctl {
namespace {

constexpr std::size_t kFieldWidth = 14;
constexpr std::size_t kShortImage = std::string_view("sha256:").size() + 12;

std::string ContainerNote(const Json& status) {
  std::string note = Text(status, {"error"});
  if (note.empty() && Flag(status, {"oomKilled"})) note = "killed: out of memory";
  std::string cause = Text(status, {"cause"});
  if (note.empty()) return cause;
  return cause.empty() ? note : note + "; " + cause;
}

}  // namespace

void PrintField(const Terminal& terminal, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  std::string line(name);
  line += ':';
  line.append(line.size() < kFieldWidth ? kFieldWidth - line.size() : 1, ' ');
  terminal.out << line << OneLine(value) << "\n";
}

void PrintIndented(const Terminal& terminal, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    terminal.out << "  " << text.substr(0, end) << "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void PrintIndentedTable(const Terminal& terminal, Table& table) {
  std::ostringstream text;
  table.Print(text, {.colour = terminal.colour, .width = terminal.width > 2 ? terminal.width - 2 : 0});
  PrintIndented(terminal, text.str());
}

void PrintConditions(const Terminal& terminal, const Json& object) {
  const Json& conditions = At(object, {"status", "conditions"});
  if (conditions.empty()) return;
  terminal.out << "Conditions:\n";
  Table table({"TYPE", "STATUS", "REASON", "SINCE", "MESSAGE"});
  for (const auto& condition : conditions) {
    table.Add({{Text(condition, {"type"})},
               {Text(condition, {"status"})},
               {Text(condition, {"reason"})},
               {AgeSince(Time(condition, {"lastTransitionTime"}), terminal.now())},
               {Text(condition, {"message"})}});
  }
  PrintIndentedTable(terminal, table);
}

void PrintServices(const Terminal& terminal, const Json& workload) {
  const Json& services = At(workload, {"status", "services"});
  if (services.empty()) return;
  terminal.out << "Services:\n";
  Table table({"NAME", "READY", "STATUS", "IMAGE", "MESSAGE"});
  for (const auto& service : services) {
    const std::string reason = Text(service, {"reason"});
    table.Add(
        {{Text(service, {"name"})},
         {std::to_string(Number(service, {"readyReplicas"})) + "/" + std::to_string(Number(service, {"replicas"}))},
         {reason.empty() ? "-" : reason, Flag(service, {"ready"}) ? Tone::Good : Tone::Bad},
         {Text(service, {"image"})},
         {Text(service, {"message"})}});
  }
  PrintIndentedTable(terminal, table);
}

void PrintContainers(const Terminal& terminal, const Json& items) {
  terminal.out << "Containers:\n";
  if (items.empty()) return PrintIndented(terminal, "<none>");
  Table table({"NAME", "STATE", "HEALTH", "RESTARTS", "EXIT", "AGE", "REVISION", "CAUSE"});
  for (const auto& item : items) {
    const Json& status = At(item, {"status"});
    const std::string state = Text(status, {"state"});
    const bool ended = state != "running" && state != "created";
    table.Add({{NameOf(item)},
               {state, state == "running" ? Tone::Good : Tone::Plain},
               {Text(status, {"health"})},
               {Text(status, {"restarts"})},
               {ended ? Text(status, {"exitCode"}) : "-"},
               {AgeSince(Time(item, {"metadata", "creationTimestamp"}), terminal.now())},
               {ShortRevision(Text(status, {"revision"}))},
               {ContainerNote(status)}});
  }
  PrintIndentedTable(terminal, table);
}

void PrintEvents(const Terminal& terminal, const Json& events, std::size_t first) {
  terminal.out << "Events:\n";
  if (events.size() <= first) return PrintIndented(terminal, "<none>");
  Table table({"AGE", "TYPE", "REASON", "MESSAGE"});
  for (std::size_t i = first; i < events.size(); ++i) {
    auto row = RowOf(ResourceKind::Event, false, events[i], terminal.now());
    row.erase(row.begin() + 3);  // the object is known
    table.Add(std::move(row));
  }
  PrintIndentedTable(terminal, table);
}

std::string VersionOf(const Json& version) {
  std::string text = Text(version, {"version"});
  const std::string image = Text(version, {"imageId"});
  if (!image.empty()) text += (text.empty() ? "" : ", ") + image.substr(0, kShortImage);
  return text;
}

void PrintSteps(const Terminal& terminal, std::string_view title, const Json& rollout) {
  const auto started = Time(rollout, {"started"});
  const Json& steps = At(rollout, {"steps"});
  if (steps.empty()) return;
  terminal.out << title << "\n";
  for (const auto& step : steps) {
    const auto time = Time(step, {"time"});
    const std::string after = started && time ? FormatDuration(*time - *started) : "?";
    PrintIndented(terminal, "  +" + after + std::string(after.size() < 8 ? 8 - after.size() : 1, ' ') +
                                OneLine(Text(step, {"step"})));
  }
}

std::string RolloutDuration(const Json& rollout) {
  const auto started = Time(rollout, {"started"});
  const auto ended = Time(rollout, {"ended"});
  return started && ended ? FormatAge(*ended - *started) : std::string();
}

}  // namespace tinyforge::tfctl
