#include "controller/cmd/tfctl/columns.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "controller/cmd/tfctl/repository_note.h"
#include "controller/cmd/tfctl/text.h"
#include "controller/cmd/tfctl/trigger_columns.h"

namespace tinyforge::tfctl {
namespace {

using Row = std::vector<Cell>;

// The first of `keys` that the spec has.
std::string FirstMember(const Json& spec, std::initializer_list<std::string_view> keys) {
  for (const auto key : keys) {
    if (!At(spec, {key}).is_null()) return std::string(key);
  }
  return {};
}

// Of a workload with several services those that are ready, else containers.
std::string ReadyCount(const Json& workload) {
  const Json& services = At(workload, {"status", "services"});
  if (services.empty()) {
    const bool compose = !At(workload, {"spec", "source", "compose"}).is_null();
    const std::int64_t wanted =
        compose ? Number(workload, {"status", "replicas"}) : Number(workload, {"spec", "replicas"}, 1);
    return std::to_string(Number(workload, {"status", "readyReplicas"})) + "/" + std::to_string(wanted);
  }
  const auto ready = std::ranges::count_if(services, [](const Json& service) { return Flag(service, {"ready"}); });
  return std::to_string(ready) + "/" + std::to_string(services.size());
}

// Each once, in the order of the services.
std::string ImagesOf(const Json& services) {
  std::vector<std::string> images;
  std::string list;
  for (const auto& service : services) {
    const std::string image = Text(service, {"image"});
    if (image.empty() || std::ranges::find(images, image) != images.end()) continue;
    list.append(list.empty() ? "" : ",").append(image);
    images.push_back(image);
  }
  return list.empty() ? "<none>" : list;
}

std::string LabelList(const Json& item) {
  std::string list;
  const Json& labels = At(item, {"metadata", "labels"});
  for (const auto& [key, value] : labels.items()) {
    list.append(list.empty() ? "" : ",")
        .append(key)
        .append("=")
        .append(value.is_string() ? value.get<std::string>() : "");
  }
  return list.empty() ? "<none>" : list;
}

Row WorkloadRow(const Json& item, bool wide, SysTime now) {
  const Verdict verdict = Judge(item);
  Row row{{NameOf(item)},
          {ReadyCount(item)},
          verdict.status,
          {ShortRevision(Text(item, {"status", "revision"}))},
          {AgeSince(Since(item), now)}};
  if (wide) {
    row.insert(row.end(),
               {{SourceKind(item)}, {ImageOf(item)}, {Text(item, {"metadata", "source"})}, {LabelList(item)}});
  }
  row.push_back({verdict.message});
  return row;
}

// Names of keys and, wide, their fingerprints; the first problem as the message.
Row SecretRow(const Json& item, bool wide) {
  std::string keys;
  std::string problem;
  std::size_t readable = 0;
  const Json& list = At(item, {"status", "keys"});
  for (const auto& key : list) {
    const std::string fingerprint = Text(key, {"fingerprint"});
    keys.append(keys.empty() ? "" : ",").append(Text(key, {"key"}));
    if (wide) keys.append(":").append(fingerprint.empty() ? "-" : fingerprint);
    readable += Text(key, {"problem"}).empty() ? 1 : 0;
    if (problem.empty() && !Text(key, {"problem"}).empty())
      problem = Text(key, {"key"}) + ": " + Text(key, {"problem"});
  }
  const bool good = readable == list.size();
  return {{NameOf(item)},
          {std::to_string(readable) + "/" + std::to_string(list.size())},
          {good ? "Ready" : "Unreadable", good ? Tone::Good : Tone::Bad},
          {keys.empty() ? "<none>" : keys},
          {problem}};
}

Tone StateTone(const std::string& state) {
  if (state == "running") return Tone::Good;
  return state == "dead" || state == "missing" || state == "restarting" ? Tone::Bad : Tone::Plain;
}

Row ContainerRow(const Json& item, bool wide, SysTime now) {
  const std::string state = Text(item, {"status", "state"});
  const std::string relation = Text(item, {"status", "relation"});
  Row row{{NameOf(item)},
          {Text(item, {"status", "workload"})},
          {state, StateTone(state)},
          {relation, relation == "owned" ? Tone::Plain : Tone::Bad},
          {AgeSince(Time(item, {"metadata", "creationTimestamp"}), now)}};
  if (wide)
    row.insert(row.end(), {{ShortId(Text(item, {"status", "id"}))},
                           {Text(item, {"status", "sourceKind"})},
                           {Text(item, {"status", "replica"})}});
  row.push_back({Text(item, {"status", "image"})});
  return row;
}

Row EventRow(const Json& item, SysTime now) {
  const std::int64_t count = Number(item, {"count"}, 1);
  std::string seen = AgeSince(Time(item, {"time"}), now);
  if (count > 1) seen += " (x" + std::to_string(count) + ")";
  const std::string type = Text(item, {"type"});
  return {{seen},
          {type, type == "Warning" ? Tone::Bad : Tone::Plain},
          {Text(item, {"reason"})},
          {Text(item, {"object"})},
          {Text(item, {"message"})}};
}

Row RepositoryRow(const Json& item, bool wide, SysTime now) {
  const Verdict verdict = Judge(item);
  const std::string pending = PendingDeletions(item);
  std::vector<std::string> files;
  for (const auto& error : At(item, {"status", "errors"})) files.push_back(Text(error, {"file"}));
  std::ranges::sort(files);
  files.erase(std::unique(files.begin(), files.end()), files.end());
  Row row{{Text(item, {"spec", "url"})},
          {Text(item, {"spec", "branch"})},
          {ShortRevision(Text(item, {"status", "revision"}))},
          {AgeSince(Time(item, {"status", "fetched"}), now)},
          verdict.status,
          {std::to_string(files.size()), files.empty() ? Tone::Plain : Tone::Bad}};
  if (wide) row.insert(row.end(), {{Text(item, {"spec", "path"})}, {AgeSince(Time(item, {"status", "applied"}), now)}});
  const bool both = !verdict.message.empty() && !pending.empty();
  row.push_back({verdict.message + (both ? "; " : "") + pending, pending.empty() ? Tone::Plain : Tone::Bad});
  return row;
}

std::string VersionText(const Json& version) {
  const std::string text = Text(version, {"version"});
  return text.empty() ? "-" : text;
}

Row RolloutRow(const Json& item, bool wide, SysTime now) {
  const Json& status = At(item, {"status"});
  const std::string outcome = Text(status, {"outcome"});
  const auto started = Time(status, {"started"});
  const auto ended = Time(status, {"ended"});
  Row row{{Text(status, {"workload"})},
          {std::to_string(Number(status, {"id"}))},
          {outcome, outcome == "Succeeded" ? Tone::Good
                    : outcome == "Failed"  ? Tone::Bad
                                           : Tone::Plain},
          {VersionText(At(status, {"from"}))},
          {VersionText(At(status, {"to"}))},
          {ShortRevision(Text(status, {"revision"}))},
          {AgeSince(started, now)},
          {started && ended ? FormatAge(*ended - *started) : "-"}};
  if (wide) row.push_back({Text(status, {"message"})});
  row.push_back({Text(status, {"cause"})});
  return row;
}

Row FactsRow(const Json& item) {
  const Json& status = At(item, {"status"});
  std::string good;
  for (const auto& release : At(status, {"good"}))
    good.append(good.empty() ? "" : ",").append(Text(release, {"version"}));
  const std::string pin = Text(status, {"pin", "version"});
  std::string last;
  for (const auto& release : At(status, {"failed"})) last = Text(release, {"message"});
  return {{NameOf(item)},
          {pin.empty() ? "-" : pin},
          {good.empty() ? "-" : good},
          {std::to_string(At(status, {"failed"}).size())},
          {std::to_string(At(status, {"superseded"}).size())},
          {Flag(status, {"suspended"}) ? "true" : "false"},
          {Flag(status, {"stopped"}) ? "true" : "false"},
          {last}};
}

}  // namespace

Verdict Judge(const Json& object) {
  if (Flag(object, {"spec", "suspend"})) return {{"Suspended", Tone::Dim}, "spec.suspend is true"};
  const Json& suspended = FindCondition(object, "Suspended");
  if (Text(suspended, {"status"}) == "True") return {{"Suspended", Tone::Dim}, Text(suspended, {"message"})};
  const Json& ready = FindCondition(object, "Ready");
  if (ready.is_null()) return {{"Pending"}, "not looked at yet"};
  const std::int64_t generation = Number(object, {"metadata", "generation"});
  if (Number(ready, {"observedGeneration"}, generation) < generation) {
    return {{"Pending"}, "the newest spec has not been acted upon yet"};
  }
  if (Text(ready, {"status"}) == "True")
    return {{"Ready", Tone::Good}, Text(FindCondition(object, "Pinned"), {"message"})};
  const std::string reason = Text(ready, {"reason"});
  return {{reason.empty() ? "NotReady" : reason, Tone::Bad}, Text(ready, {"message"})};
}

std::optional<SysTime> Since(const Json& object) {
  const auto ended = Time(object, {"status", "lastRollout", "ended"});
  if (ended) return ended;
  const auto started = Time(object, {"status", "lastRollout", "started"});
  return started ? started : Time(FindCondition(object, "Ready"), {"lastTransitionTime"});
}

std::string SourceKind(const Json& workload) {
  return FirstMember(At(workload, {"spec", "source"}), {"image", "compose", "static", "dockerfile"});
}

std::string TriggerKind(const Json& trigger) {
  return FirstMember(At(trigger, {"spec"}), {"registry", "git", "schedule", "promotion", "manual"});
}

std::string ImageOf(const Json& workload) {
  const Json& image = At(workload, {"spec", "source", "image"});
  std::string text = Text(image, {"repository"});
  if (text.empty()) return ImagesOf(At(workload, {"status", "services"}));
  const std::string digest = Text(image, {"digest"});
  std::string tag = Text(workload, {"status", "resolved", "tag"});
  if (tag.empty()) tag = Text(image, {"tag"});
  if (!tag.empty()) return text + ":" + tag;
  return digest.empty() ? text + ":latest" : text + "@sha256:" + ShortId(digest);
}

std::string NameOf(const Json& item) {
  return Text(item, {"metadata", "name"});
}

std::vector<std::string> HeadersOf(ResourceKind kind, bool wide) {
  const auto pick = [wide](std::vector<std::string> normal, const std::vector<std::string>& extra, const char* last) {
    if (wide) normal.insert(normal.end(), extra.begin(), extra.end());
    normal.emplace_back(last);
    return normal;
  };
  switch (kind) {
    case ResourceKind::Workload:
      return pick({"NAME", "READY", "STATUS", "REVISION", "AGE"}, {"SOURCE", "IMAGE", "MANIFEST", "LABELS"}, "MESSAGE");
    case ResourceKind::Trigger: return TriggerHeaders(wide);
    case ResourceKind::Binding: return BindingHeaders(wide);
    case ResourceKind::Secret: return pick({"NAME", "READABLE", "STATUS", "KEYS"}, {}, "MESSAGE");
    case ResourceKind::Container:
      return pick({"NAME", "WORKLOAD", "STATE", "RELATION", "AGE"}, {"ID", "SOURCE", "REPLICA"}, "IMAGE");
    case ResourceKind::Rollout:
      return pick({"WORKLOAD", "ID", "OUTCOME", "FROM", "TO", "REVISION", "AGE", "TOOK"}, {"MESSAGE"}, "CAUSE");
    case ResourceKind::Delivery: return DeliveryHeaders(wide);
    case ResourceKind::Facts:
      return {"NAME", "PIN", "GOOD", "FAILED", "SUPERSEDED", "SUSPENDED", "STOPPED", "LAST FAILURE"};
    case ResourceKind::Event: return {"LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"};
    case ResourceKind::Repository:
      return pick({"URL", "BRANCH", "REVISION", "FETCHED", "STATUS", "BROKEN FILES"}, {"PATH", "APPLIED"}, "MESSAGE");
  }
  return {};
}

std::vector<Cell> RowOf(ResourceKind kind, bool wide, const Json& item, SysTime now) {
  switch (kind) {
    case ResourceKind::Workload: return WorkloadRow(item, wide, now);
    case ResourceKind::Trigger: return TriggerRow(item, wide, now);
    case ResourceKind::Binding: return BindingRow(item, wide, now);
    case ResourceKind::Secret: return SecretRow(item, wide);
    case ResourceKind::Container: return ContainerRow(item, wide, now);
    case ResourceKind::Rollout: return RolloutRow(item, wide, now);
    case ResourceKind::Delivery: return DeliveryRow(item, wide, now);
    case ResourceKind::Facts: return FactsRow(item);
    case ResourceKind::Event: return EventRow(item, now);
    case ResourceKind::Repository: return RepositoryRow(item, wide, now);
  }
  return {};
}

}  // namespace tinyforge::tfctl
