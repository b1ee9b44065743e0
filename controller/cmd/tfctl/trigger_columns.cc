#include "controller/cmd/tfctl/trigger_columns.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "controller/cmd/tfctl/columns.h"
#include "controller/cmd/tfctl/text.h"

namespace tinyforge::tfctl {
namespace {

using Row = std::vector<Cell>;

constexpr const char* kNone = "-";

std::string OrNone(std::string text) {
  return text.empty() ? kNone : text;
}

// "True", "False", "Unknown", as the condition says it; of an earlier spec it says nothing.
Cell ReadyCell(const Json& item, const Verdict& verdict) {
  if (verdict.status.tone == Tone::Good) return {"True", Tone::Good};
  const bool refused = Text(FindCondition(item, "Ready"), {"status"}) == "False" && verdict.status.tone == Tone::Bad;
  return refused ? Cell{"False", Tone::Bad} : Cell{"Unknown"};
}

// The first of `bound` that has something to say under `key`.
std::string FirstSaid(const Json& bound, std::string_view key) {
  for (const auto& one : bound)
    if (std::string said = Text(one, {key}); !said.empty()) return said;
  return {};
}

std::string Reason(const Verdict& verdict) {
  return verdict.status.tone == Tone::Bad ? verdict.status.text + ": " + verdict.message : verdict.message;
}

bool IsDisabled(const Json& binding) {
  const Json& enabled = At(binding, {"spec", "enabled"});
  return enabled.is_boolean() && !enabled.get<bool>();
}

std::string WebhookText(const Json& trigger) {
  const Json& webhook = At(trigger, {"spec", "webhook"});
  if (webhook.is_null()) return kNone;
  return Flag(webhook, {"signature", "required"}) ? "signed" : "yes";
}

std::string SelectorText(const Json& binding) {
  std::string text;
  for (const auto& [key, value] : At(binding, {"spec", "workloadSelector", "matchLabels"}).items()) {
    text.append(text.empty() ? "" : ",")
        .append(key)
        .append("=")
        .append(value.is_string() ? value.get<std::string>() : "");
  }
  return text;
}

// Those of `bound` that are bound to a workload.
std::size_t CountWorkloads(const Json& bound) {
  return static_cast<std::size_t>(
      std::ranges::count_if(bound, [](const Json& one) { return !Text(one, {"workload"}).empty(); }));
}

// "shop", "stack/web", "team=web (3)"
std::string WorkloadText(const Json& binding) {
  const std::string name = Text(binding, {"spec", "workload"});
  const std::string service = Text(binding, {"spec", "service"});
  if (!name.empty()) return service.empty() ? name : name + "/" + service;
  return SelectorText(binding) + " (" + std::to_string(CountWorkloads(At(binding, {"status", "bound"}))) + ")";
}

// "yes", "no", "2/3" where it is not the same for all.
std::string DecidesText(const Json& bound) {
  const std::size_t all = CountWorkloads(bound);
  const auto decided =
      static_cast<std::size_t>(std::ranges::count_if(bound, [](const Json& one) { return Flag(one, {"decides"}); }));
  if (decided == 0 || all == 0) return "no";
  return decided == all ? "yes" : std::to_string(decided) + "/" + std::to_string(all);
}

// The version that was accepted, or how many different ones.
std::string AcceptedText(const Json& bound) {
  std::set<std::string> versions;
  for (const auto& one : bound)
    if (std::string accepted = Text(one, {"accepted"}); !accepted.empty()) versions.insert(std::move(accepted));
  if (versions.size() > 1) return std::to_string(versions.size()) + " versions";
  return versions.empty() ? kNone : *versions.begin();
}

// Why it does less than it says, or what it waits for.
std::string BindingMessage(const Json& item, const Verdict& verdict) {
  if (verdict.status.tone == Tone::Bad) return Reason(verdict);
  if (IsDisabled(item)) return "disabled: spec.enabled is false";
  const Json& bound = At(item, {"status", "bound"});
  const std::string problem = FirstSaid(bound, "problem");
  if (!problem.empty()) return problem;
  const std::string reason = Reason(verdict);
  return reason.empty() ? FirstSaid(bound, "state") : reason;
}

std::vector<std::string> Headers(std::vector<std::string> normal, const std::vector<std::string>& extra, bool wide,
                                 const char* last) {
  if (wide) normal.insert(normal.end(), extra.begin(), extra.end());
  normal.emplace_back(last);
  return normal;
}

}  // namespace

std::vector<std::string> TriggerHeaders(bool wide) {
  return Headers({"NAME", "KIND", "WEBHOOK", "LAST", "BINDINGS", "READY", "AGE"}, {"RESULT", "MANIFEST"}, wide,
                 "MESSAGE");
}

std::vector<std::string> BindingHeaders(bool wide) {
  return Headers({"NAME", "TRIGGER", "WORKLOAD", "DECIDES", "ACCEPTED", "READY", "AGE"},
                 {"ENABLED", "OVERRIDES", "WRITEBACK", "MANIFEST"}, wide, "MESSAGE");
}

std::vector<std::string> DeliveryHeaders(bool wide) {
  return Headers({"ID", "TRIGGER", "VENDOR", "EVENT", "RESULT"}, {"CAUSE", "SOURCE", "SECRET", "TOOK"}, wide,
                 "RECEIVED");
}

std::vector<Cell> TriggerRow(const Json& item, bool wide, SysTime now) {
  const Verdict verdict = Judge(item);
  const Json& last = At(item, {"status", "lastDelivery"});
  std::set<std::string> bindings;
  for (const auto& bound : At(item, {"status", "bound"})) bindings.insert(Text(bound, {"binding"}));
  Row row{{NameOf(item)},
          {OrNone(TriggerKind(item))},
          {WebhookText(item)},
          {last.is_null() ? kNone : AgeSince(Time(last, {"received"}), now)},
          {std::to_string(bindings.size())},
          ReadyCell(item, verdict),
          {AgeSince(Since(item), now)}};
  if (wide)
    row.insert(row.end(), {last.is_null() ? Cell{kNone} : ResultOf(last), {Text(item, {"metadata", "source"})}});
  row.push_back({Reason(verdict)});
  return row;
}

std::vector<Cell> BindingRow(const Json& item, bool wide, SysTime now) {
  const Verdict verdict = Judge(item);
  const Json& bound = At(item, {"status", "bound"});
  Row row{{NameOf(item)},        {Text(item, {"spec", "trigger"})}, {WorkloadText(item)},        {DecidesText(bound)},
          {AcceptedText(bound)}, ReadyCell(item, verdict),          {AgeSince(Since(item), now)}};
  if (wide) {
    const std::string mode = Text(item, {"spec", "writeBack", "mode"});
    row.insert(row.end(), {{IsDisabled(item) ? "false" : "true"},
                           {std::to_string(At(item, {"spec", "overrides"}).size())},
                           {mode.empty() ? "None" : mode},
                           {Text(item, {"metadata", "source"})}});
  }
  row.push_back({BindingMessage(item, verdict)});
  return row;
}

std::vector<Cell> DeliveryRow(const Json& item, bool wide, SysTime now) {
  const Json& status = At(item, {"status"});
  const std::string event = Text(status, {"event"});
  const auto received = Time(status, {"received"});
  const auto ended = Time(status, {"ended"});
  Row row{{NameOf(item)},
          {OrNone(Text(status, {"trigger"}))},
          {OrNone(Text(status, {"vendor"}))},
          {OrNone(event.empty() ? Text(status, {"cause"}) : event)},
          ResultOf(status)};
  if (wide)
    row.insert(row.end(), {{OrNone(Text(status, {"cause"}))},
                           {OrNone(Text(status, {"source"}))},
                           {OrNone(Text(status, {"secret"}))},
                           {received && ended ? FormatDuration(*ended - *received) : kNone}});
  row.push_back({AgeSince(received, now)});
  return row;
}

Cell ResultOf(const Json& status) {
  constexpr std::pair<std::string_view, std::string_view> kWords[] = {{"deployed", "deployed"},
                                                                      {"skipped", "skipped"},
                                                                      {"noMatch", "no-match"},
                                                                      {"errored", "errored"},
                                                                      {"pending", "pending"}};
  std::string text;
  for (const auto& [key, word] : kWords) {
    const std::int64_t number = Number(status, {"counts", key});
    if (number > 0) text.append(text.empty() ? "" : ", ").append(std::to_string(number) + " ").append(word);
  }
  if (text.empty()) {
    const Json& events = At(status, {"events"});
    const bool ignored =
        !events.empty() && std::ranges::all_of(events, [](const Json& e) { return Text(e, {"type"}) == "Ignored"; });
    return {ignored ? "ignored" : "nothing bound"};
  }
  if (Number(status, {"counts", "errored"}) > 0) return {text, Tone::Bad};
  return {text, Number(status, {"counts", "deployed"}) > 0 ? Tone::Good : Tone::Plain};
}

std::string BoundName(const Json& bound) {
  const std::string service = Text(bound, {"service"});
  return Text(bound, {"workload"}) + (service.empty() ? "" : "/" + service);
}

std::string OverridesText(const Json& overridden) {
  if (overridden.empty()) return "overrides nothing";
  std::string list;
  for (const auto& key : overridden) list.append(list.empty() ? "" : ", ").append(Text(key, {}));
  return "overrides " + std::to_string(overridden.size()) + (overridden.size() == 1 ? " field: " : " fields: ") + list;
}

}  // namespace tinyforge::tfctl
