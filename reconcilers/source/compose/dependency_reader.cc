#include <algorithm>

#include "reconcilers/source/compose/service_readers.h"

namespace tinyforge::compose {
namespace {

std::optional<Condition> ReadCondition(const Value& value) {
  const auto index = value.OneOf({"service_started", "service_healthy", "service_completed_successfully"});
  return index ? std::optional(static_cast<Condition>(*index)) : std::nullopt;
}

Dependency ReadDependency(const Value& value) {
  Dependency dependency;
  const Section keys(value, "services.*.depends_on.*");
  keys.Require("condition");
  keys.Take("condition", dependency.condition, ReadCondition);
  keys.Take("restart", dependency.restart, &Value::Boolean);
  keys.Take("required", dependency.required, &Value::Boolean);
  return dependency;
}

class Dependencies {
 public:
  Dependencies(const ServiceInput& in, Service& out) : in_(in), out_(out) {}

  void Read(const Value& value) {
    for (const Value::Entry& entry : value.Entries()) Add(entry.value, entry.key, ReadDependency(entry.value));
  }

  void Imply(const std::string& service) { out_.depends_on.try_emplace(service, Dependency{.restart = true}); }

 private:
  void Add(const Value& value, const std::string& name, Dependency dependency) {
    const std::vector<std::string_view>& services = in_.scope.names.services;
    if (name == in_.name) return value.Fail("a service cannot depend on itself");
    const bool known = std::binary_search(services.begin(), services.end(), name);
    // One that no active profile brings is no dependency, where it may be missing.
    if (!known && !dependency.required) return;
    if (CheckName(value, name, services, "service")) out_.depends_on[name] = dependency;
  }

  const ServiceInput& in_;
  Service& out_;
};

}  // namespace

void ReadDependencies(const ServiceInput& in, Service& out) {
  Dependencies dependencies(in, out);
  if (const auto value = in.keys.Find("depends_on")) dependencies.Read(*value);
  for (const Link& link : out.links) dependencies.Imply(link.service);
  for (const Namespace* space : {&out.network_mode, &out.ipc, &out.pid})
    if (space->kind == NamespaceKind::Service) dependencies.Imply(space->service);
}

}  // namespace tinyforge::compose
