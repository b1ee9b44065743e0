// What tfctl asks of triggers.
#include <gmock/gmock.h>

#include <sstream>
#include <thread>

#include "tests/unit/controller/tfctl/triggers_fixture.h"

namespace tinyforge::tfctl {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class TriggerVerbsTest : public TriggersTest {
 protected:
  static Delivery With(DeliveryResult result) {
    return {.id = "0k3v9x0000000009",
            .trigger = "shop-image",
            .received = kNow,
            .outcomes = {{"web", "shop", "", result, "because", kNow + std::chrono::seconds(2)}}};
  }
};

TEST_F(TriggerVerbsTest, FireAndReplayDoNotWaitUnlessAsked) {
  AddTriggers();
  backend_.triggers.accepted = With(DeliveryResult::Pending);
  for (const auto& args : {std::vector<std::string>{"fire", "shop-image"},
                           {"fire", "trigger/shop-image"},
                           {"replay", "0k3v9x0000000002"},
                           {"replay", "delivery/0k3v9x0000000002"}}) {
    EXPECT_EQ(Run(args), kDone) << err;
    EXPECT_EQ(out, "delivery/0k3v9x0000000009 accepted: 1 pending\n");
  }
  EXPECT_EQ(Run({"fire", "ghost"}), kFailed);
  EXPECT_EQ(err, "error: trigger \"ghost\" not found\n");
  EXPECT_EQ(Run({"replay", "none"}), kFailed);
  EXPECT_EQ(Run({"fire"}), kUsage);
}

TEST_F(TriggerVerbsTest, AWaitShowsTheOutcomes) {
  backend_.triggers.accepted = With(DeliveryResult::Pending);
  std::jthread controller;
  backend_.triggers.on_await = [this, &controller] {
    controller = std::jthread([this] { backend_.triggers.Finish(With(DeliveryResult::Deployed)); });
  };
  EXPECT_EQ(Run({"fire", "--wait", "shop-image"}), kDone) << err;
  EXPECT_EQ(out,
            "delivery/0k3v9x0000000009: 1 deployed\n"
            "Outcomes:\n"
            "  BINDING   WORKLOAD   RESULT     AFTER   MESSAGE\n"
            "  web       shop       deployed   2s      because\n");
}

TEST_F(TriggerVerbsTest, AnErroredOutcomeFailsOnlyWhoWaitedForIt) {
  backend_.triggers.accepted = With(DeliveryResult::Errored);
  EXPECT_EQ(Run({"fire", "shop-image"}), kDone);
  backend_.triggers.Finish(With(DeliveryResult::Errored));
  EXPECT_EQ(Run({"fire", "shop-image", "--wait=5s"}), kFailed);
  EXPECT_THAT(out, StartsWith("delivery/0k3v9x0000000009: 1 errored\n"));
  EXPECT_EQ(Run({"replay", "0k3v9x0000000009", "--wait=5s"}), kFailed);
  backend_.triggers.accepted = With(DeliveryResult::NoMatch);
  EXPECT_EQ(Run({"fire", "shop-image", "--wait=5s"}), kDone);
}

TEST_F(TriggerVerbsTest, AWaitThatIsOverSaysSo) {
  backend_.triggers.accepted = With(DeliveryResult::Rolling);
  EXPECT_EQ(Run({"fire", "shop-image", "--wait=30ms"}), kFailed);
  EXPECT_EQ(err, "error: not over after 30ms; to see more: tfctl describe delivery 0k3v9x0000000009\n");
  EXPECT_EQ(Run({"fire", "shop-image", "--wait=soon"}), kUsage);
}

TEST_F(TriggerVerbsTest, AWaitForADeliveryThatNobodyFollowsEnds) {
  backend_.triggers.accepted = With(DeliveryResult::Pending);
  backend_.triggers.Finish(With(DeliveryResult::Pending));
  EXPECT_EQ(Run({"fire", "shop-image", "--wait=10m"}), kFailed);
}

TEST_F(TriggerVerbsTest, WhatIsAskedOfAWorkloadIsAnsweredInASentence) {
  EXPECT_EQ(Run({"deploy", "shop"}), kDone) << err;
  EXPECT_EQ(out, "shop is made anew\n");
  EXPECT_EQ(Run({"deploy", "workload/shop", "1.5"}), kDone);
  EXPECT_EQ(out, "shop gets 1.5\n");
  EXPECT_EQ(Run({"promote", "shop"}), kDone);
  EXPECT_EQ(out, "shop is promoted\n");
  EXPECT_EQ(Run({"approve", "promotion", "shop"}), kDone);
  EXPECT_EQ(out, "shop is approved\n");
  EXPECT_EQ(Run({"deploy", "pinned", "1.5"}), kFailed);
  EXPECT_EQ(err, "error: a pin decides the version of workload/pinned\n");
  EXPECT_EQ(Run({"promote", "ghost"}), kFailed);
  EXPECT_EQ(Run({"approve", "promotion"}), kUsage);
}

TEST_F(TriggerVerbsTest, RotateSaysWhereTheSecretStands) {
  backend_.triggers.rotated_until = kNow + std::chrono::hours(24);
  EXPECT_EQ(Run({"rotate", "shop-image"}), kDone) << err;
  EXPECT_EQ(out,
            "trigger/shop-image has a new webhook secret with fingerprint 1a2b3c4d, in "
            "/etc/tinyforge/secrets/hooks/shop-image on the controller's host; the old one is honoured for 24h\n");
  EXPECT_EQ(Run({"rotate", "shop-image", "--grace", "0s"}), kDone) << err;
  EXPECT_THAT(out, HasSubstr("; the old one is not honoured any more\n"));
  backend_.triggers.ended = kNow + std::chrono::hours(3);
  EXPECT_EQ(Run({"rotate", "shop-image"}), kDone) << err;
  EXPECT_THAT(out, HasSubstr("honoured for 24h; the one before it, which had 3h left, is at its end now\n"));
  EXPECT_EQ(Run({"rotate", "shop-image", "--grace", "soon"}), kUsage);
  EXPECT_THAT(err, HasSubstr("grace: expected a duration, as 0s, 15m or 24h"));
  EXPECT_EQ(Run({"rotate", "shop-image", "--grace="}), kUsage);
  EXPECT_EQ(Run({"rotate", "shop-image", "--grace", ""}), kUsage);
  EXPECT_THAT(err, HasSubstr("grace: expected a duration, as 0s, 15m or 24h"));
  EXPECT_EQ(Run({"rotate", "ghost"}), kFailed);
}

TEST_F(TriggerVerbsTest, EveryVerbAndKindIsCompleted) {
  EXPECT_EQ(RunPlain({"--help"}), kDone);
  std::istringstream help(out.substr(out.find("Subcommands:")));
  std::string line;
  std::getline(help, line);
  std::vector<std::string> words;
  while (std::getline(help, line))
    if (line.starts_with("  ") && line[2] != ' ') words.push_back(line.substr(2, line.find(' ', 2) - 2));
  EXPECT_GE(words.size(), 25U);
  for (const char* kind : {"workloads", "triggers", "bindings", "deliveries", "rollouts", "facts"})
    words.push_back(kind);
  for (const char* shell : {"bash", "fish"}) {
    EXPECT_EQ(RunPlain({"completion", shell}), kDone);
    for (const std::string& word : words) EXPECT_THAT(out, HasSubstr(" " + word)) << shell;
    EXPECT_THAT(out, AllOf(Not(HasSubstr("@VERBS@")), Not(HasSubstr("@KINDS@")))) << shell;
  }
}

}  // namespace
}  // namespace tinyforge::tfctl
