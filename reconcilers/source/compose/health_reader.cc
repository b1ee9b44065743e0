#include "reconcilers/source/compose/service_readers.h"

namespace tinyforge::compose {
namespace {

constexpr std::string_view kTestForm = "a command line, or a list that begins with CMD, CMD-SHELL or NONE";

std::optional<std::vector<std::string>> ReadTest(const Value& value) {
  if (!value.Is(doc::Type::List)) {
    auto line = value.Word();
    if (!line) return std::nullopt;
    return std::vector<std::string>{"CMD-SHELL", *std::move(line)};
  }
  auto words = value.Texts();
  if (!words || words->empty()) return words;  // an empty one is the image's
  const std::string& kind = words->front();
  const bool right = (kind == "NONE" && words->size() == 1) || (kind == "CMD" && words->size() > 1) ||
                     (kind == "CMD-SHELL" && words->size() == 2);
  if (right) return words;
  value.Fail("expected " + std::string(kTestForm) + ", each with what it runs");
  return std::nullopt;
}

}  // namespace

void ReadHealthcheck(const ServiceInput& in, Service& out) {
  const auto value = in.keys.Find("healthcheck");
  if (!value) return;
  const Section keys(*value, "services.*.healthcheck");
  Healthcheck health;
  keys.Take("disable", health.disabled, &Value::Boolean);
  keys.Take("test", health.test, ReadTest);
  keys.Take("interval", health.interval, &Value::Time);
  keys.Take("timeout", health.timeout, &Value::Time);
  keys.Take("start_period", health.start_period, &Value::Time);
  keys.Take("start_interval", health.start_interval, &Value::Time);
  keys.TakeInteger("retries", health.retries, 0, std::numeric_limits<int>::max());
  const bool none = !health.test.empty() && health.test.front() == "NONE";
  out.healthcheck = health.disabled || none ? Healthcheck{.disabled = true} : std::move(health);
}

}  // namespace tinyforge::compose
