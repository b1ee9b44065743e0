#include "controller/cmd/tfctl/describe.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "controller/cmd/tfctl/columns.h"
#include "controller/cmd/tfctl/describe_triggers.h"
#include "controller/cmd/tfctl/printer.h"
#include "controller/cmd/tfctl/repository_note.h"
#include "controller/cmd/tfctl/resource.h"
#include "controller/cmd/tfctl/sections.h"
#include "controller/cmd/tfctl/text.h"

namespace tinyforge::tfctl {
namespace {

Error NotFound(const Resource& resource, const std::string& name) {
  return {ErrorKind::NotFound, std::string(resource.name) + " \"" + name + "\" not found"};
}

Expected<Json> FetchItems(ApiClient& client, const std::string& path) {
  auto list = client.Get(path);
  if (!list) return list;
  return At(*list, {"items"});
}

// One object of a kind that the API lists only.
Expected<Json> FindListed(ApiClient& client, const Resource& resource, const std::string& name) {
  auto items = FetchItems(client, std::string(resource.path));
  if (!items) return items;
  for (const auto& item : *items) {
    if (NameOf(item) == name) return item;
  }
  return NotFound(resource, name);
}

Expected<Json> FetchObject(ApiClient& client, const Resource& resource, const std::string& name) {
  if (resource.kind == ResourceKind::Repository) return client.Get(std::string(resource.path));
  if (!resource.by_name) return FindListed(client, resource, name);
  auto object = client.Get(std::string(resource.path) + "/" + PercentEncode(name));
  if (!object && object.error().kind == ErrorKind::NotFound) return NotFound(resource, name);
  return object;
}

void PrintHead(const Terminal& terminal, const Resource& resource, const Json& object) {
  PrintField(terminal, "Name", NameOf(object));
  PrintField(terminal, "Kind", Text(object, {"kind"}));
  for (const auto* key : {"labels", "annotations"}) {
    std::string name(key);
    name.front() = static_cast<char>(std::toupper(name.front()));
    for (const auto& [label, value] : At(object, {"metadata", key}).items()) {
      PrintField(terminal, std::exchange(name, std::string()),
                 label + "=" + (value.is_string() ? value.get<std::string>() : ""));
    }
  }
  PrintField(terminal, "Manifest", Text(object, {"metadata", "source"}));
  PrintField(terminal, "Revision", Text(object, {"status", "revision"}));
  if (resource.kind == ResourceKind::Container) return;
  const Verdict verdict = Judge(object);
  PrintField(terminal, "Status",
             verdict.message.empty() ? verdict.status.text : verdict.status.text + ": " + verdict.message);
}

Expected<void> PrintYaml(const Terminal& terminal, std::string_view title, const Json& value) {
  if (value.is_null() || value.empty()) return {};
  auto text = ToYaml(value);
  if (!text) return std::move(text).error();
  terminal.out << title << ":\n";
  PrintIndented(terminal, *text);
  return {};
}

void PrintRollout(const Terminal& terminal, const Json& rollout) {
  if (rollout.is_null()) return;
  terminal.out << "Last rollout:\n";
  const auto line = [&terminal](const char* name, const std::string& value) {
    if (!value.empty()) PrintIndented(terminal, std::string(name) + ": " + OneLine(value));
  };
  line("id", Text(rollout, {"id"}));
  line("cause", Text(rollout, {"cause"}));
  line("from", VersionOf(At(rollout, {"from"})));
  line("to", VersionOf(At(rollout, {"to"})));
  line("revision", Text(rollout, {"revision"}));
  line("outcome", Text(rollout, {"outcome"}));
  line("message", Text(rollout, {"message"}));
  line("started", Text(rollout, {"started"}));
  line("took", RolloutDuration(rollout));
  PrintSteps(terminal, "  steps:", rollout);
}

// What is to go from the host once nobody needs it.
Expected<void> PrintSuperseded(const Session& session, const std::string& workload) {
  auto facts = FetchItems(session.client, "/api/facts");
  if (!facts) return std::move(facts).error();
  std::string list;
  for (const auto& item : *facts) {
    if (NameOf(item) != workload) continue;
    for (const auto& image : At(item, {"status", "superseded"})) {
      const std::string kept = Text(image, {"kept"});
      list += Text(image, {"reference"}) + ": " + Text(image, {"cause"});
      list += kept.empty() ? "\n" : "; stays, since " + OneLine(kept) + "\n";
    }
  }
  if (!list.empty()) session.terminal.out << "Superseded images:\n";
  PrintIndented(session.terminal, list);
  return {};
}

Expected<void> PrintWorkloadParts(const Session& session, const Json& workload) {
  const Terminal& terminal = session.terminal;
  PrintServices(terminal, workload);
  PrintRollout(terminal, At(workload, {"status", "lastRollout"}));
  auto containers = FetchItems(session.client, "/api/workloads/" + PercentEncode(NameOf(workload)) + "/containers");
  if (!containers) return std::move(containers).error();
  PrintContainers(terminal, *containers);
  PrintBound(terminal, workload);
  return PrintSuperseded(session, NameOf(workload));
}

Expected<void> PrintObjectEvents(const Session& session, const std::string& object) {
  auto events = FetchItems(session.client, "/api/events?limit=20&object=" + PercentEncode(object));
  if (!events) return std::move(events).error();
  PrintEvents(session.terminal, *events);
  return {};
}

Expected<void> PrintObject(const Session& session, const Resource& resource, const Json& object) {
  const Terminal& terminal = session.terminal;
  if (resource.kind == ResourceKind::Delivery) {
    PrintDelivery(terminal, object);
    return {};
  }
  PrintHead(terminal, resource, object);
  if (auto done = PrintYaml(terminal, "Spec", At(object, {"spec"})); !done) return done;
  PrintConditions(terminal, object);
  switch (resource.kind) {
    case ResourceKind::Workload:
      if (auto done = PrintWorkloadParts(session, object); !done) return done;
      break;
    case ResourceKind::Trigger:
      PrintBound(terminal, object);
      if (auto done = PrintDeliveries(session, object); !done) return done;
      break;
    case ResourceKind::Binding:
      if (auto done = PrintConfig(terminal, object); !done) return done;
      PrintBound(terminal, object);
      break;
    case ResourceKind::Secret:
      if (auto done = PrintYaml(terminal, "Keys", At(object, {"status", "keys"})); !done) return done;
      break;
    case ResourceKind::Container: return PrintYaml(terminal, "Status", At(object, {"status"}));
    case ResourceKind::Repository: {
      const auto errors = ManifestErrors(object);
      if (!errors.empty()) terminal.out << "Manifest errors:\n";
      for (const auto& error : errors) PrintIndented(terminal, error);
      return PrintObjectEvents(session, "repository");
    }
    default: break;
  }
  return PrintObjectEvents(session, QualifiedName(resource, object));
}

Expected<std::vector<std::string>> NamesOf(ApiClient& client, const Target& target) {
  if (!target.names.empty()) return target.names;
  if (target.resource->kind == ResourceKind::Repository) return std::vector<std::string>{"config"};
  auto items = FetchItems(client, std::string(target.resource->path));
  if (!items) return std::move(items).error();
  std::vector<std::string> names;
  for (const auto& item : *items) names.push_back(NameOf(item));
  return names;
}

Expected<void> DescribeTarget(const Session& session, const Target& target, bool& first) {
  if (target.resource->kind == ResourceKind::Event) {
    return Error{ErrorKind::Invalid, "events are shown by tfctl events"};
  }
  const auto names = NamesOf(session.client, target);
  if (!names) return names.error();
  for (const auto& name : *names) {
    const auto object = FetchObject(session.client, *target.resource, name);
    if (!object) return object.error();
    if (!std::exchange(first, false)) session.terminal.out << "\n\n";
    if (auto done = PrintObject(session, *target.resource, *object); !done) return done;
  }
  return {};
}

}  // namespace

int Describe(const Session& session, const std::vector<std::string>& what) {
  const auto targets = ParseTargets(what);
  if (!targets) return Report(session.terminal, targets.error());
  bool first = true;
  for (const auto& target : *targets) {
    if (auto done = DescribeTarget(session, target, first); !done) return Report(session.terminal, done.error());
  }
  return kDone;
}

}  // namespace tinyforge::tfctl
