#include "controller/cmd/tfctl/describe_triggers.h"

#include <nlohmann/json.hpp>

#include "controller/cmd/tfctl/columns.h"
#include "controller/cmd/tfctl/printer.h"
#include "controller/cmd/tfctl/sections.h"
#include "controller/cmd/tfctl/table.h"
#include "controller/cmd/tfctl/text.h"
#include "controller/cmd/tfctl/trigger_columns.h"

namespace tinyforge::tfctl {
namespace {

constexpr std::size_t kShortDigest = std::string_view("sha256:").size() + 12;
constexpr int kDeliveriesShown = 5;

std::string OrNone(const std::string& text) {
  return text.empty() ? "-" : text;
}

std::string BoundNote(const Json& bound) {
  if (!Flag(bound, {"enabled"})) return "disabled";
  const std::string problem = Text(bound, {"problem"});
  return problem.empty() ? Text(bound, {"state"}) : problem;
}

std::string ImageSaid(const Json& event) {
  std::string host = Text(event, {"host"});
  if (!host.empty()) host += "/";
  const std::string tag = Text(event, {"tag"});
  const std::string digest = Text(event, {"digest"}).substr(0, kShortDigest);
  return "image " + host + Text(event, {"path"}) + (tag.empty() ? "" : ":" + tag) +
         (digest.empty() ? "" : "@" + digest);
}

std::string PushSaid(const Json& event) {
  std::string repository = Text(event, {"repository"});
  if (repository.empty() && !At(event, {"urls"}).empty()) repository = Text(At(event, {"urls"}).front(), {});
  std::string text = "git " + OrNone(repository) + " " + Text(event, {"ref"}) + " " + Text(event, {"name"});
  if (const std::string commit = Text(event, {"commit"}); !commit.empty()) text += " at " + ShortRevision(commit);
  const Json& files = At(event, {"files"});
  if (files.is_null()) return text;
  return text + ", " + std::to_string(files.size()) + (files.size() == 1 ? " file" : " files") + " changed";
}

std::string Said(const Json& event) {
  const std::string type = Text(event, {"type"});
  if (type == "ImagePushed") return ImageSaid(event);
  if (type == "GitPushed") return PushSaid(event);
  if (type == "Ignored") return "ignored: " + Text(event, {"reason"});
  return "to act, without saying why";
}

void PrintTable(const Terminal& terminal, const char* title, Table& table) {
  terminal.out << title << ":\n";
  PrintIndentedTable(terminal, table);
}

// "2026-03-01T11:58:00.000Z (2m ago)"
std::string TimeAgo(const Terminal& terminal, const Json& status, std::string_view key) {
  const std::string text = Text(status, {key});
  return text.empty() ? text : text + " (" + AgeSince(Time(status, {key}), terminal.now()) + " ago)";
}

Expected<void> PrintPart(const Terminal& terminal, const char* title, const Json& part) {
  if (!part.is_object()) return {};
  auto text = part.empty() ? Expected<std::string>("{}\n") : ToYaml(part);
  if (!text) return std::move(text).error();
  PrintIndented(terminal, std::string(title) + ":");
  for (std::string_view rest = *text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    PrintIndented(terminal, "  " + std::string(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

}  // namespace

void PrintBound(const Terminal& terminal, const Json& object) {
  const Json& all = At(object, {"status", "bound"});
  const bool binding = Text(object, {"kind"}) == "Binding";
  const bool trigger = Text(object, {"kind"}) == "Trigger";
  const char* title = binding ? "Workloads" : "Bindings";
  if (all.empty()) {
    if (Text(object, {"kind"}) == "Workload") return;
    terminal.out << title << ":\n";
    return PrintIndented(terminal, "<none>");
  }
  std::vector<std::string> headers{"DECIDES", "ACCEPTED", "MESSAGE"};
  if (!trigger && !binding) headers.insert(headers.begin(), {"BINDING", "TRIGGER"});
  if (trigger) headers.insert(headers.begin(), {"BINDING", "WORKLOAD"});
  if (binding) headers.insert(headers.begin(), "WORKLOAD");
  Table table(headers);
  for (const auto& bound : all) {
    std::vector<Cell> row;
    if (!binding) row.push_back({Text(bound, {"binding"})});
    if (!binding && !trigger) row.push_back({Text(bound, {"trigger"})});
    if (binding || trigger) row.push_back({OrNone(BoundName(bound))});
    const bool problem = !Text(bound, {"problem"}).empty();
    row.insert(row.end(), {{Flag(bound, {"decides"}) ? "yes" : "no"},
                           {OrNone(Text(bound, {"accepted"}))},
                           {BoundNote(bound), problem ? Tone::Bad : Tone::Plain}});
    table.Add(std::move(row));
  }
  PrintTable(terminal, title, table);
}

Expected<void> PrintDeliveries(const Session& session, const Json& trigger) {
  const auto list = session.client.Get("/api/deliveries?limit=" + std::to_string(kDeliveriesShown) +
                                       "&trigger=" + PercentEncode(NameOf(trigger)));
  if (!list) return list.error();
  if (At(*list, {"items"}).empty()) return {};
  Table table(DeliveryHeaders(false));
  for (const auto& delivery : At(*list, {"items"})) table.Add(DeliveryRow(delivery, false, session.terminal.now()));
  PrintTable(session.terminal, "Last deliveries", table);
  return {};
}

Expected<void> PrintConfig(const Terminal& terminal, const Json& binding) {
  const Json& config = At(binding, {"status", "config"});
  if (config.is_null()) return {};
  if (const std::string problem = Text(config, {"problem"}); !problem.empty()) {
    PrintField(terminal, "Configuration", "cannot be told: " + problem);
    return {};
  }
  terminal.out << "Configuration: " << OneLine(OverridesText(At(config, {"overridden"}))) << "\n";
  if (auto done = PrintPart(terminal, "base", At(config, {"base"})); !done) return done;
  if (auto done = PrintPart(terminal, "overrides", At(config, {"overrides"})); !done) return done;
  if (At(config, {"merged"}).is_null()) {
    PrintIndented(terminal, "merged: none, the two do not go together");
    return {};
  }
  return PrintPart(terminal, "merged", At(config, {"merged"}));
}

void PrintDelivery(const Terminal& terminal, const Json& delivery) {
  const Json& status = At(delivery, {"status"});
  PrintField(terminal, "Name", NameOf(delivery));
  PrintField(terminal, "Kind", "Delivery");
  PrintField(terminal, "Trigger", Text(status, {"trigger"}));
  PrintField(terminal, "Cause", Text(status, {"cause"}));
  PrintField(terminal, "Vendor", Text(status, {"vendor"}));
  PrintField(terminal, "Event", Text(status, {"event"}));
  PrintField(terminal, "Vendor's id", Text(status, {"vendorId"}));
  PrintField(terminal, "Source", Text(status, {"source"}));
  if (const std::string secret = Text(status, {"secret"}); !secret.empty())
    PrintField(terminal, "Secret", "fingerprint " + secret);
  PrintField(terminal, "Replay of", Text(status, {"replayOf"}));
  PrintField(terminal, "Received", TimeAgo(terminal, status, "received"));
  const auto received = Time(status, {"received"});
  const auto ended = Time(status, {"ended"});
  if (received && ended)
    PrintField(terminal, "Ended", Text(status, {"ended"}) + ", after " + FormatDuration(*ended - *received));
  PrintField(terminal, "Result", ResultOf(status).text);
  if (!At(status, {"events"}).empty()) terminal.out << "It said:\n";
  for (const auto& event : At(status, {"events"})) PrintIndented(terminal, OneLine(Said(event)));
  PrintOutcomes(terminal, delivery);
  if (!At(status, {"headers"}).empty()) terminal.out << "Headers:\n";
  for (const auto& [name, value] : At(status, {"headers"}).items())
    PrintIndented(terminal, OneLine(name + ": " + (value.is_string() ? value.get<std::string>() : "")));
}

void PrintOutcomes(const Terminal& terminal, const Json& delivery) {
  const Json& status = At(delivery, {"status"});
  if (At(status, {"outcomes"}).empty()) return;
  const auto received = Time(status, {"received"});
  Table table({"BINDING", "WORKLOAD", "RESULT", "AFTER", "MESSAGE"});
  for (const auto& outcome : At(status, {"outcomes"})) {
    const std::string result = Text(outcome, {"result"});
    const auto at = Time(outcome, {"at"});
    table.Add({{OrNone(Text(outcome, {"binding"}))},
               {OrNone(BoundName(outcome))},
               {result, result == "errored"    ? Tone::Bad
                        : result == "deployed" ? Tone::Good
                                               : Tone::Plain},
               {received && at ? FormatDuration(std::max(Duration(0), *at - *received)) : "-"},
               {Text(outcome, {"message"})}});
  }
  PrintTable(terminal, "Outcomes", table);
}

}  // namespace tinyforge::tfctl
