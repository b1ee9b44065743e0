#include "reconcilers/source/compose/build_readers.h"
#include "reconcilers/source/compose/service_readers.h"

namespace tinyforge::compose {
namespace {

std::optional<PullPolicy> ReadPullPolicy(const Value& value) {
  constexpr PullPolicy kPolicies[] = {PullPolicy::Missing, PullPolicy::Missing, PullPolicy::Always, PullPolicy::Never,
                                      PullPolicy::Build};
  const auto text = value.Text();
  if (text && (*text == "daily" || *text == "weekly" || text->starts_with("every_"))) {
    value.Fail("not supported: nothing is pulled by the clock; say always, or follow the image with a Trigger");
    return std::nullopt;
  }
  const auto index = text ? value.OneOf({"missing", "if_not_present", "always", "never", "build"}) : std::nullopt;
  return index ? std::optional(kPolicies[*index]) : std::nullopt;
}

}  // namespace

void ReadImage(const ServiceInput& in, Service& out) {
  const Section& keys = in.keys;
  keys.Take("image", out.image, &Value::Word);
  if (const auto build = keys.Find("build")) out.build = ReadBuild(*build, in.scope);
  if (const auto develop = keys.Find("develop")) CheckDevelop(*develop, in.scope);
  keys.TakeText("pull_policy", out.pull_policy, ReadPullPolicy);
  keys.TakeText("platform", out.platform, &Value::Word);
  const bool none = keys.value().Is(doc::Type::Map) && !keys.Find("image") && !out.build;
  if (none) keys.value().Fail("has neither image nor build; give it an image");
}

}  // namespace tinyforge::compose
