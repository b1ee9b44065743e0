#include <charconv>

#include "reconcilers/source/compose/mapping.h"
#include "reconcilers/source/compose/service_readers.h"

namespace tinyforge::compose {
namespace {

constexpr std::int64_t kMaxReplicas = 100;
constexpr int kMaxAttempts = std::numeric_limits<int>::max();
constexpr std::string_view kRestartForm = "no, always, unless-stopped, on-failure or on-failure:ATTEMPTS";
constexpr std::string_view kOnFailure = "on-failure";

std::optional<Restart> ReadRestart(const Value& value) {
  // A plain `no` is a string in YAML 1.2; `false` is what YAML 1.1 made of it.
  if (value.Is(doc::Type::Bool) && !value.node().boolean) return Restart{};
  const auto text = value.Text();
  if (!text) return std::nullopt;
  if (*text == "no" || text->empty()) return Restart{};
  if (*text == "always") return Restart{RestartKind::Always};
  if (*text == "unless-stopped") return Restart{RestartKind::UnlessStopped};
  if (*text == kOnFailure) return Restart{RestartKind::OnFailure};
  int attempts = 0;
  if (text->starts_with(std::string(kOnFailure) + ":")) {
    const char* begin = text->data() + kOnFailure.size() + 1;
    const char* end = text->data() + text->size();
    const auto [rest, error] = std::from_chars(begin, end, attempts);
    if (error == std::errc{} && rest == end && attempts >= 0) return Restart{RestartKind::OnFailure, attempts};
  }
  value.Mismatch(kRestartForm);
  return std::nullopt;
}

// Any of the conditions that Swarm and the specification know; without one, any exit is followed by a restart.
std::optional<RestartKind> ReadCondition(const Value& value) {
  constexpr RestartKind kKinds[] = {RestartKind::No,     RestartKind::OnFailure,     RestartKind::Always,
                                    RestartKind::Always, RestartKind::UnlessStopped, RestartKind::No};
  const auto index = value.OneOf({"none", "on-failure", "any", "always", "unless-stopped", "no"});
  return index ? std::optional(kKinds[*index]) : std::nullopt;
}

Restart ReadRestartPolicy(const Value& value) {
  const Section keys(value, "services.*.deploy.restart_policy");
  Restart restart{RestartKind::Always};
  keys.Take("condition", restart.kind, ReadCondition);
  keys.TakeInteger("max_attempts", restart.max_attempts, 0, kMaxAttempts);
  const auto attempts = keys.Find("max_attempts");
  if (attempts && restart.kind != RestartKind::OnFailure && restart.max_attempts > 0) {
    attempts->Fail("the Engine counts attempts with condition: on-failure only");
    restart.max_attempts = 0;
  }
  return restart;
}

UpdateConfig ReadUpdateConfig(const Value& value) {
  const Section keys(value, "services.*.deploy.update_config");
  UpdateConfig update;
  keys.TakeInteger("parallelism", update.parallelism, 0, kMaxReplicas);
  keys.Take("order", update.order, [](const Value& order) -> std::optional<UpdateOrder> {
    const auto index = order.OneOf({"stop-first", "start-first"});
    return index ? std::optional(static_cast<UpdateOrder>(*index)) : std::nullopt;
  });
  keys.Check("failure_action", [](const Value& action) { return action.OneOf({"pause", "continue", "rollback"}); });
  return update;
}

void CheckDeployMode(const Value& value) {
  const auto index = value.OneOf({"replicated", "global", "replicated-job", "global-job"});
  if (index && *index > 0) value.Fail("not supported: modes of a Swarm; only replicated is done");
}

void ReadReplicas(const ServiceInput& in, Service& out) {
  in.keys.TakeInteger("scale", out.replicas, 0, kMaxReplicas);
  const auto scale = in.keys.Find("scale");
  const auto replicas = in.deploy != nullptr ? in.deploy->Find("replicas") : std::nullopt;
  const auto number = replicas ? replicas->Integer(0, kMaxReplicas) : std::nullopt;
  if (number && scale && *number != out.replicas) replicas->Fail("is not what scale of the service says; keep one");
  if (number) out.replicas = static_cast<int>(*number);
  if (out.replicas > 1 && out.container_name)
    replicas.value_or(scale.value_or(in.keys.value()))
        .Fail("two containers cannot both have the name of container_name; remove it, or run one");
}

}  // namespace

void ReadDeploy(const ServiceInput& in, Service& out) {
  ReadReplicas(in, out);
  in.keys.Take("restart", out.restart, ReadRestart);
  if (in.deploy == nullptr) return;
  const Section& deploy = *in.deploy;
  deploy.Check("labels", ReadMapping);  // of the service as such, which no object of the Engine stands for
  if (const auto mode = deploy.Find("mode")) CheckDeployMode(*mode);
  if (const auto update = deploy.Find("update_config")) out.update = ReadUpdateConfig(*update);
  if (const auto policy = deploy.Find("restart_policy")) out.restart = ReadRestartPolicy(*policy);
}

}  // namespace tinyforge::compose
