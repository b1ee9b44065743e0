#include "api-types/codec/formats.h"
#include "reconcilers/source/compose/mapping.h"
#include "reconcilers/source/compose/service_readers.h"

namespace tinyforge::compose {
namespace {

constexpr std::size_t kMaxHooks = 16;  // of one kind of a service

ServiceHook ReadHook(const Value& item, std::string_view section, const Variables& variables) {
  const Section keys(item, section);
  ServiceHook hook;
  const auto command = keys.Require("command");
  if (auto words = command ? ReadCommand(*command) : std::nullopt) {
    if (words->empty() || words->front().empty()) command->Mismatch("a command, at least one word");
    hook.command = *std::move(words);
  }
  keys.TakeText("user", hook.user, Value::Of(codec::format::kUser));
  keys.TakeText("working_dir", hook.working_dir, &Value::Word);
  keys.Take("privileged", hook.privileged, &Value::Boolean);
  keys.Take("environment", hook.environment, [&](const Value& value) { return ReadVariables(value, variables); });
  return hook;
}

std::vector<ServiceHook> ReadList(const Value& list, std::string_view section, const Variables& variables) {
  std::vector<ServiceHook> hooks;
  for (const Value& item : list.Items()) hooks.push_back(ReadHook(item, section, variables));
  if (hooks.size() > kMaxHooks) list.Fail("has more than " + std::to_string(kMaxHooks) + " commands");
  return hooks;
}

}  // namespace

void ReadHooks(const ServiceInput& in, Service& out) {
  const Variables& variables = in.scope.surroundings.variables;
  if (const auto list = in.keys.Find("post_start"))
    out.post_start = ReadList(*list, "services.*.post_start[]", variables);
  if (const auto list = in.keys.Find("pre_stop")) out.pre_stop = ReadList(*list, "services.*.pre_stop[]", variables);
}

}  // namespace tinyforge::compose
