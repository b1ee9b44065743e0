#include "reconcilers/trigger/effective_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/reconcilers/trigger/trigger_manifests.h"

namespace tinyforge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kTrigger = "registry: {image: acme/shop, tagPolicy: {semver: \"^1.4\"}, pollInterval: 10m}";

EffectiveConfig Merge(const std::string& trigger, const std::string& overrides) {
  auto binding = ParseBinding("trigger: t, workload: w" + (overrides.empty() ? "" : ", overrides: " + overrides));
  auto merged = MergeOverrides(ParseTrigger(trigger), binding);
  if (const auto* problems = std::get_if<1>(&merged)) {
    ADD_FAILURE() << problems->front().field << ": " << problems->front().message;
    return {};
  }
  return std::get<0>(std::move(merged));
}

std::vector<v1::Problem> Problems(const std::string& trigger, const std::string& overrides) {
  const auto merged =
      MergeOverrides(ParseTrigger(trigger), ParseBinding("trigger: t, workload: w, overrides: " + overrides));
  const auto* problems = std::get_if<1>(&merged);
  return problems ? *problems : std::vector<v1::Problem>();
}

TEST(MergeOverrides, WithoutOverridesItIsTheTriggers) {
  const EffectiveConfig config = Merge(kTrigger, "");
  EXPECT_EQ(config.spec, ParseTrigger(kTrigger));
  EXPECT_THAT(config.overridden, IsEmpty());
  EXPECT_EQ(config.base, R"({"image":"acme/shop","pollInterval":"10m","tagPolicy":{"semver":"^1.4"}})");
  EXPECT_EQ(config.merged, config.base);
}

TEST(MergeOverrides, AKeyOfTheBindingReplacesThatOfTheTriggerAsAWhole) {
  const EffectiveConfig config = Merge(kTrigger, "{tagPolicy: {glob: \"v*\"}}");
  EXPECT_EQ(config.spec, ParseTrigger("registry: {image: acme/shop, tagPolicy: {glob: \"v*\"}, pollInterval: 10m}"));
  EXPECT_THAT(config.overridden, ElementsAre("tagPolicy"));
  EXPECT_EQ(config.merged, R"({"image":"acme/shop","pollInterval":"10m","tagPolicy":{"glob":"v*"}})");
  EXPECT_EQ(Merge(kTrigger, "{pollInterval: 0}").spec.registry->poll_interval, Duration(0));
  EXPECT_THAT(Merge(kTrigger, "{pollInterval: 1m, image: acme/b}").overridden, ElementsAre("image", "pollInterval"));
}

TEST(MergeOverrides, WhatIsNotOfTheKindStays) {
  const std::string webhook = "webhook: {secretRef: {name: hooks, key: shop}}, hosts: [web1], ";
  const EffectiveConfig config = Merge(webhook + kTrigger, "{image: acme/other}");
  EXPECT_EQ(config.spec.hosts, std::vector<std::string>{"web1"});
  ASSERT_TRUE(config.spec.webhook);
  EXPECT_EQ(config.spec.webhook->secret_ref.key, "shop");
}

TEST(MergeOverrides, EveryKindCanBeOverridden) {
  EXPECT_EQ(Merge("schedule: {cron: \"@daily\"}", "{cron: \"@hourly\", action: Refresh}").spec,
            ParseTrigger("schedule: {cron: \"@hourly\", action: Refresh}"));
  EXPECT_EQ(Merge("git: {repository: a/b, branches: [main]}", "{branches: [dev, test]}").spec,
            ParseTrigger("git: {repository: a/b, branches: [dev, test]}"));
  EXPECT_EQ(Merge("promotion: {soak: 1h}", "{approval: Required}").spec,
            ParseTrigger("promotion: {soak: 1h, approval: Required}"));
  EXPECT_EQ(Merge("promotion: {}", "{soak: 1h}").spec, ParseTrigger("promotion: {soak: 1h}"));
  EXPECT_EQ(Merge("manual: {}", "{}").spec, ParseTrigger("manual: {}"));
}

TEST(MergeOverrides, TheTriggerAndOtherBindingsStayAsTheyAre) {
  const auto trigger = ParseTrigger(kTrigger);
  const auto binding = ParseBinding("trigger: t, workload: w, overrides: {pollInterval: 1m}");
  const auto first = MergeOverrides(trigger, binding);
  EXPECT_EQ(trigger, ParseTrigger(kTrigger));
  EXPECT_EQ(std::get<0>(first).spec, std::get<0>(MergeOverrides(trigger, binding)).spec);
  EXPECT_EQ(Merge(kTrigger, "").spec.registry->poll_interval, std::chrono::minutes(10));
}

TEST(MergeOverrides, WhatIsWrongIsNamedByItsFieldInTheBinding) {
  EXPECT_THAT(Problems(kTrigger, "{tagPolicy: {semver: \">=1.4 <a\"}}"),
              ElementsAre(v1::Problem{"spec.overrides.tagPolicy.semver",
                                      "at character 8: expected a number without leading zeros, x or *, got \"a\""}));
  EXPECT_THAT(Problems(kTrigger, "{tagPolicy: {semver: \"1.x\", glob: a}}"),
              ElementsAre(v1::Problem{"spec.overrides.tagPolicy",
                                      "expected exactly one of semver, glob, regex, newest and digest"}));
  EXPECT_THAT(Problems(kTrigger, "{tagPolice: {}, pollInterval: soon}"),
              ElementsAre(v1::Problem{"spec.overrides.pollInterval",
                                      "expected a duration such as 30s, 5m or 1h30m, got \"soon\""},
                          v1::Problem{"spec.overrides.tagPolice", "unknown key; did you mean \"tagPolicy\"?"}));
  EXPECT_EQ(Problems(kTrigger, "{image: null}").at(0).field, "spec.overrides.image");
  EXPECT_EQ(Problems("schedule: {cron: \"@daily\"}", "{cron: \"0 0 30 2 *\"}").at(0).field, "spec.overrides.cron");
  EXPECT_EQ(Problems("manual: {}", "{image: a}").at(0).message, "unknown key; expected no keys");
}

TEST(MergeOverrides, TheCapHoldsForWhatWasNotDecodedToo) {
  auto binding = ParseBinding("trigger: t, workload: w");
  binding.overrides = "{\"image\":\"" + std::string(8 * 1024, 'a') + "\"}";
  const auto merged = MergeOverrides(ParseTrigger(kTrigger), binding);
  ASSERT_EQ(merged.index(), 1U);
  EXPECT_THAT(std::get<1>(merged).at(0).message, HasSubstr("at most 8192 are allowed"));
  EXPECT_EQ(std::get<1>(merged).at(0).field, "spec.overrides");
  binding.overrides = "[]";
  EXPECT_EQ(std::get<1>(MergeOverrides(ParseTrigger(kTrigger), binding)).at(0).message, "expected a mapping");
  binding.overrides = "{";
  EXPECT_EQ(MergeOverrides(ParseTrigger(kTrigger), binding).index(), 1U);
}

}  // namespace
}  // namespace tinyforge
