#include "api-types/codec/formats.h"
#include "reconcilers/source/compose/mapping.h"
#include "reconcilers/source/compose/service_readers.h"

namespace tinyforge::compose {
namespace {

std::optional<std::vector<std::string>> ReadGroups(const Value& value) {
  std::vector<std::string> groups;
  for (const Value& item : value.Items())
    if (auto group = item.Scalar()) groups.push_back(*std::move(group));
  return groups;
}

}  // namespace

void ReadProcess(const ServiceInput& in, Service& out) {
  const Section& keys = in.keys;
  keys.TakeText("container_name", out.container_name, Value::Of(codec::format::kDockerName));
  keys.Take("command", out.command, ReadCommand);
  keys.Take("entrypoint", out.entrypoint, ReadCommand);
  keys.TakeText("user", out.user, Value::Of(codec::format::kUser));
  keys.Take("group_add", out.group_add, ReadGroups);
  keys.TakeText("working_dir", out.working_dir, &Value::Word);
  keys.TakeText("stop_signal", out.stop_signal, Value::Of(codec::format::kSignal));
  keys.Take("stop_grace_period", out.stop_grace_period, &Value::Time);
  keys.Take("init", out.init, &Value::Boolean);
  keys.Take("tty", out.tty, &Value::Boolean);
  keys.Take("stdin_open", out.stdin_open, &Value::Boolean);
  keys.Take("read_only", out.read_only, &Value::Boolean);
  keys.Check("attach", &Value::Boolean);
}

}  // namespace tinyforge::compose
