#include "controller/trigger/delivery_match.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/controller/trigger/trigger_world.h"

namespace tinyforge {
namespace {

const SysTime kNow = *ParseRfc3339("2026-03-01T12:00:00Z");
const GitPushed kPush{.repository = "acme/shop", .name = "main", .commit = std::string(40, 'a')};

// "b/shop pending: why"
std::vector<std::string> Texts(const std::vector<DeliveryOutcome>& outcomes) {
  std::vector<std::string> texts;
  for (const DeliveryOutcome& o : outcomes)
    texts.push_back(o.binding + "/" + o.workload + " " + std::string(ToString(o.result)) + ": " + o.message.str());
  return texts;
}

// However many routes share a match: each has the result that it would have alone.
TEST(RouteMatches, AreThoseOfEachRouteByItself) {
  const std::string text = Manifest("Trigger", "name: push", "git: {repository: acme/shop, branches: [main]}") +
                           ImageWorkload("w0") + ImageWorkload("w1") + ImageWorkload("w2") + ImageWorkload("w3") +
                           Bound("b0", "push", "w0") + Bound("b1", "push", "w1") +
                           Bound("b2", "push", "w2", "overrides: {branches: [release]}") + Bound("b3", "push", "w3");
  const RouteTable table = ResolveRoutes(ParseManifests(text), "");
  const auto& routes = table.by_trigger.at("push");
  ASSERT_EQ(routes.size(), 4U);
  const std::vector<TriggerEvent> events = ToTriggerEvents({kPush});
  const RouteMatches matches(events, routes);
  for (std::size_t i = 0; i < routes.size(); ++i) EXPECT_EQ(matches.Of(i), MatchAll(events, routes[i])) << i;
  EXPECT_EQ(&matches.Of(0), &matches.Of(1));
  EXPECT_NE(&matches.Of(1), &matches.Of(2));
  const std::string pushed = " pending: branch main of acme/shop was pushed";
  EXPECT_THAT(
      Texts(OutcomesOf(routes, matches, kNow)),
      ::testing::ElementsAre("b0/w0" + pushed, "b1/w1" + pushed,
                             "b2/w2 no-match: branch main is none of those that are watched", "b3/w3" + pushed));
}

// A git trigger means something else for what is built from its source.
TEST(RouteMatches, OfAnotherKindOfSourceAreNotShared) {
  const std::string compose = Manifest("Workload", "name: w1", "source: {compose: {files: [compose.yaml]}}");
  const std::string text = Manifest("Trigger", "name: push", "git: {repository: acme/shop}") + ImageWorkload("w0") +
                           compose + Bound("b0", "push", "w0") + Bound("b1", "push", "w1");
  const RouteTable table = ResolveRoutes(ParseManifests(text), "");
  const auto& routes = table.by_trigger.at("push");
  ASSERT_EQ(routes.size(), 2U);
  const RouteMatches matches(ToTriggerEvents({kPush}), routes);
  EXPECT_EQ(std::get<DeploymentIntent>(matches.Of(0)).act, DeploymentIntent::Act::Refresh);
  EXPECT_EQ(std::get<DeploymentIntent>(matches.Of(1)).act, DeploymentIntent::Act::Redeploy);
}

}  // namespace
}  // namespace tinyforge
