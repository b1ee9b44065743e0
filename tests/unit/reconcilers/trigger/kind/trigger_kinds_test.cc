// What every trigger kind has in common, and what the small ones do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconcilers/trigger/effective_config.h"
#include "reconcilers/trigger/trigger_kind.h"
#include "tests/unit/reconcilers/trigger/trigger_manifests.h"

namespace tinyforge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Act = DeploymentIntent::Act;

const std::string kImage = "source: {image: {repository: registry.example.com/shop, tag: \"1.4.2\"}}";

MatchResult Match(const std::string& trigger, TriggerEvent event, const std::string& workload = kImage) {
  const auto config = ParseTrigger(trigger);
  const auto object = ParseWorkload(workload);
  return MatchTrigger({event, config, *object});
}

std::string Refusal(const MatchResult& result) {
  const auto* none = std::get_if<NoMatch>(&result);
  return none ? none->reason : "matches";
}

DeploymentIntent Intent(const MatchResult& result) {
  EXPECT_TRUE(std::holds_alternative<DeploymentIntent>(result)) << Refusal(result);
  const auto* intent = std::get_if<DeploymentIntent>(&result);
  return intent ? *intent : DeploymentIntent{};
}

std::vector<v1::Problem> Problems(const std::string& trigger) {
  return ValidateTrigger(ParseTrigger(trigger));
}

TEST(TriggerKinds, AreRegisteredOnceInTheOrderOfTheReference) {
  std::vector<std::string> names;
  for (const TriggerKind* kind : TriggerKinds()) names.emplace_back(kind->Kind());
  EXPECT_THAT(names, ElementsAre("registry", "git", "schedule", "promotion", "manual"));
  EXPECT_TRUE(CheckTriggerKinds(TriggerKinds()));
  const std::vector<const TriggerKind*> twice = {TriggerKinds()[0], TriggerKinds()[1], TriggerKinds()[0]};
  const auto checked = CheckTriggerKinds(twice);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().message, "two trigger kinds are named \"registry\"");
}

TEST(TriggerKinds, SamplesAreValidManifestsOfTheirKind) {
  for (const TriggerKind* kind : TriggerKinds()) {
    const v1::ObjectSet set = ParseManifests(std::string(kind->Sample()));
    ASSERT_EQ(set.objects.size(), 1U) << kind->Kind();
    const auto& spec = std::get<v1::TriggerSpec>(set.objects.begin()->second->spec);
    EXPECT_TRUE(kind->Serves(spec)) << kind->Kind();
    EXPECT_THAT(kind->Validate(spec), IsEmpty()) << kind->Kind();
    EXPECT_EQ(*FindTriggerKind(spec), kind);
  }
}

TEST(TriggerKinds, AnUnknownOneListsTheKnown) {
  const auto kind = FindTriggerKind({});
  ASSERT_FALSE(kind);
  EXPECT_EQ(kind.error().kind, ErrorKind::Terminal);
  EXPECT_THAT(kind.error().message, HasSubstr("known kinds: registry, git, schedule, promotion, manual"));
}

TEST(TriggerKinds, PoliciesAreThoseWithAnAnswerAtAnyTime) {
  std::vector<std::string> policies;
  for (const TriggerKind* kind : TriggerKinds())
    if (kind->IsPolicy()) policies.emplace_back(kind->Kind());
  EXPECT_THAT(policies, ElementsAre("registry", "promotion"));
}

TEST(TriggerKinds, WhatIsIgnoredConcernsNobody) {
  for (const TriggerKind* kind : TriggerKinds()) {
    const auto set = ParseManifests(std::string(kind->Sample()));
    const auto& spec = std::get<v1::TriggerSpec>(set.objects.begin()->second->spec);
    const TriggerEvent event = Ignored{"a ping"};
    EXPECT_EQ(Refusal(MatchTrigger({event, spec, *ParseWorkload(kImage)})), "a ping");
  }
}

TEST(TriggerEvent, HoldsWhatAWebhookSays) {
  EXPECT_EQ(std::get<ImagePushed>(ToTriggerEvent(ImagePushed{.path = "shop"})).path, "shop");
  EXPECT_EQ(std::get<Ignored>(ToTriggerEvent(Ignored{"x"})).reason, "x");
}

TEST(ScheduleTriggerKind, ItsActionIsWhatIsDone) {
  const SysTime at = *ParseRfc3339("2026-11-20T03:00:00Z");
  for (const auto& [action, act] :
       {std::pair("Redeploy", Act::Redeploy), std::pair("Refresh", Act::Refresh), std::pair("Restart", Act::Restart)}) {
    const std::string trigger = "schedule: {cron: \"0 3 * * *\", action: " + std::string(action) + "}";
    EXPECT_EQ(Intent(Match(trigger, TimeCame{at})),
              (DeploymentIntent{.act = act, .reason = "\"0 3 * * *\" came at 2026-11-20T03:00:00.000Z"}));
    EXPECT_EQ(Intent(Match(trigger, Fired{})), (DeploymentIntent{.act = act, .reason = "it was fired"}));
  }
  EXPECT_EQ(Refusal(Match("schedule: {cron: \"@daily\"}", ImagePushed{})), "a schedule trigger acts on times");
}

TEST(ScheduleTriggerKind, WhatNeverComesIsWrong) {
  EXPECT_THAT(Problems("schedule: {cron: \"0 0 30 2 *\"}"),
              ElementsAre(v1::Problem{"spec.schedule.cron", "never comes: no month of these has such a day"}));
  EXPECT_THAT(Problems("schedule: {cron: \"0 0 29 2 *\"}"), IsEmpty());
}

TEST(ScheduleTriggerKind, ADigestHasNothingToRefresh) {
  const auto by_digest =
      ParseWorkload("source: {image: {repository: shop, digest: \"sha256:" + std::string(64, '0') + "\"}}");
  const auto refresh = ParseTrigger("schedule: {cron: \"@daily\", action: Refresh}");
  const auto restart = ParseTrigger("schedule: {cron: \"@daily\", action: Restart}");
  EXPECT_THAT((*FindTriggerKind(refresh))->WhyUnfit(refresh, *by_digest), HasSubstr("workload/shop names a digest"));
  EXPECT_EQ((*FindTriggerKind(restart))->WhyUnfit(restart, *by_digest), "");
  EXPECT_EQ((*FindTriggerKind(refresh))->WhyUnfit(refresh, *ParseWorkload(kImage)), "");
}

TEST(ManualTriggerKind, ACallRedeploysAndAnImageIsAVersion) {
  EXPECT_EQ(Intent(Match("manual: {}", Fired{})), (DeploymentIntent{.act = Act::Redeploy, .reason = "it was called"}));
  EXPECT_EQ(Intent(Match("manual: {}", GitPushed{.repository = "a/b"})).act, Act::Redeploy);
  EXPECT_EQ(
      Intent(Match("manual: {}", ImagePushed{"", "shop", "1.5.0", ""})),
      (DeploymentIntent{.act = Act::SetVersion, .version = {"1.5.0", ""}, .reason = "the caller asked for 1.5.0"}));
  EXPECT_EQ(Refusal(Match("manual: {}", ImagePushed{"quay.io", "shop", "1.5.0", ""})),
            "the caller names quay.io/shop, which the workload does not run");
  EXPECT_EQ(Refusal(Match("manual: {}", TimeCame{})), "a manual trigger acts when it is called");
}

}  // namespace
}  // namespace tinyforge
