// Triggers, bindings and deliveries as tfctl shows them.
#include <gmock/gmock.h>

#include <thread>

#include "tests/unit/controller/tfctl/stop_at.h"
#include "tests/unit/controller/tfctl/triggers_fixture.h"

namespace tinyforge::tfctl {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using ShowTest = TriggersTest;

TEST_F(ShowTest, TriggersShowTheirWebhookAndTheirLastDelivery) {
  AddTriggers();
  EXPECT_EQ(Run({"get", "triggers"}), kDone) << err;
  EXPECT_EQ(out,
            "NAME         KIND       WEBHOOK   LAST   BINDINGS   READY     AGE         MESSAGE\n"
            "broken       registry   -         -      0          False     42m         InvalidTrigger: spec.registry: "
            "no policy\n"
            "nightly      schedule   yes       5s     0          Unknown   <unknown>   not looked at yet\n"
            "shop-image   registry   signed    119s   2          True      42m\n");
  EXPECT_EQ(Run({"get", "trg", "shop-image", "-o", "wide", "--no-headers"}), kDone);
  EXPECT_EQ(out,
            "shop-image   registry   signed    119s   2          True    42m   2 deployed, 1 errored   "
            "apps/shop-image.yaml:1:1\n");
  EXPECT_EQ(Run({"get", "trigger/shop-image", "-o", "jsonpath={.status.bound[*].workload}"}), kDone);
  EXPECT_EQ(out, "shop blog api");
}

TEST_F(ShowTest, ReadyIsUnknownUntilTheNewestSpecWasLookedAt) {
  AddObject(Kind::Trigger, "a", "{}", ConditionStatus::Unknown);
  AddObject(Kind::Trigger, "b", "{}", ConditionStatus::False);
  backend_.store.records[{Kind::Trigger, "b"}].generation = 2;
  EXPECT_EQ(Run({"get", "triggers", "--no-headers"}), kDone) << err;
  EXPECT_EQ(out,
            "a      -      -         -      0          Unknown   42m   Bound: all is well\n"
            "b      -      -         -      0          Unknown   42m   the newest spec has not been acted upon yet\n");
}

TEST_F(ShowTest, BindingsShowWhatTheyDecideAndAccepted) {
  AddTriggers();
  EXPECT_EQ(Run({"get", "bindings"}), kDone) << err;
  EXPECT_EQ(out,
            "NAME      TRIGGER      WORKLOAD       DECIDES   ACCEPTED     READY   AGE   MESSAGE\n"
            "by-hand   manual       stack/web      no        -            True    42m   disabled: spec.enabled is "
            "false\n"
            "staging   shop-image   api            no        -            True    42m   the version is decided by "
            "binding/other\n"
            "web       shop-image   team=web (2)   yes       2 versions   True    42m   waits for the registry\n");
  EXPECT_EQ(Run({"get", "bnd", "web", "-o", "wide", "--no-headers"}), kDone);
  EXPECT_EQ(out,
            "web    shop-image   team=web (2)   yes       2 versions   True    42m   true      1           Commit      "
            "apps/web.yaml:1:1   waits for the registry\n");
}

TEST_F(ShowTest, DeliveriesSayWhatCameOfThem) {
  AddTriggers();
  EXPECT_EQ(Run({"get", "deliveries"}), kDone) << err;
  EXPECT_EQ(out,
            "ID                 TRIGGER      VENDOR   EVENT        RESULT                  RECEIVED\n"
            "0k3v9x0000000003   nightly      -        tfctl fire   1 pending               5s\n"
            "0k3v9x0000000002   shop-image   github   package      2 deployed, 1 errored   119s\n"
            "0k3v9x0000000001   shop-image   github   ping         ignored                 5m\n");
  EXPECT_EQ(Run({"get", "dlv", "-l", "trigger=nightly", "-o", "name"}), kDone);
  EXPECT_EQ(out, "delivery/0k3v9x0000000003\n");
  EXPECT_EQ(Run({"get", "delivery", "0k3v9x0000000002", "-o", "wide", "--no-headers"}), kDone);
  EXPECT_EQ(
      out,
      "0k3v9x0000000002   shop-image   github   package   2 deployed, 1 errored   webhook   10.0.0.7   1a2b3c4d   "
      "4.2s   119s\n");
  EXPECT_EQ(Run({"get", "dlv", "--sort-by", ".status.received", "-o", "name"}), kDone);
  EXPECT_THAT(out, StartsWith("delivery/0k3v9x0000000001\n"));
  EXPECT_EQ(Run({"get", "delivery", "none"}), kFailed);
  EXPECT_EQ(err, "error: delivery \"none\" not found\n");
}

TEST_F(ShowTest, WatchedDeliveriesGrowDownwards) {
  AddTriggers();
  std::stop_source source;
  StopAt buffer("later", source);
  std::ostream stream(&buffer);
  std::ostringstream errors;
  std::jthread controller([&] {
    buffer.AwaitFirst();
    Delivery later = Kept("0k3v9x0000000003");
    later.id = "0k3v9x0000000004";
    later.trigger = "later";
    (void)backend_.triggers.log.PutDeliveries({later});
    backend_.changes.Bump();
  });
  EXPECT_EQ(TfctlMain({"--api-socket", Socket(), "get", "deliveries", "-w"},
                      {.out = stream, .err = errors, .now = [] { return kNow; }, .stop = source.get_token()}),
            kDone)
      << errors.str();
  EXPECT_EQ(buffer.str(),
            "ID                 TRIGGER      VENDOR   EVENT        RESULT                  RECEIVED\n"
            "0k3v9x0000000001   shop-image   github   ping         ignored                 5m\n"
            "0k3v9x0000000002   shop-image   github   package      2 deployed, 1 errored   119s\n"
            "0k3v9x0000000003   nightly      -        tfctl fire   1 pending               5s\n"
            "0k3v9x0000000004   later        -        tfctl fire   1 pending               5s\n");
}

TEST_F(ShowTest, DescribeTriggerListsItsBindingsAndDeliveries) {
  AddTriggers();
  EXPECT_EQ(Run({"describe", "trigger", "shop-image"}), kDone) << err;
  EXPECT_THAT(out, HasSubstr("Bindings:\n"
                             "  BINDING   WORKLOAD   DECIDES   ACCEPTED   MESSAGE\n"
                             "  web       shop       yes       1.4.3      waits for the registry\n"
                             "  web       blog       yes       1.4.2\n"
                             "  staging   api        no        -          the version is decided by binding/other\n"
                             "Last deliveries:\n"
                             "  ID                 TRIGGER      VENDOR   EVENT     RESULT                  RECEIVED\n"
                             "  0k3v9x0000000002   shop-image   github   package   2 deployed, 1 errored   119s\n"
                             "  0k3v9x0000000001   shop-image   github   ping      ignored                 5m\n"
                             "Events:\n"));
  EXPECT_EQ(Run({"describe", "trigger", "nightly"}), kDone);
  EXPECT_THAT(out, HasSubstr("Bindings:\n  <none>\n"));
}

TEST_F(ShowTest, DescribeBindingShowsBaseOverridesAndWhatComesOfThem) {
  AddTriggers();
  EXPECT_EQ(Run({"describe", "binding", "web"}), kDone) << err;
  EXPECT_THAT(out, HasSubstr("Configuration: overrides 1 field: tagPolicy\n"
                             "  base:\n"
                             "    pollInterval: 10m\n"
                             "    tagPolicy:\n"
                             "      semver: 1.x\n"
                             "  overrides:\n"
                             "    tagPolicy:\n"
                             "      semver: 2.x\n"
                             "  merged:\n"
                             "    pollInterval: 10m\n"
                             "    tagPolicy:\n"
                             "      semver: 2.x\n"
                             "Workloads:\n"
                             "  WORKLOAD   DECIDES   ACCEPTED   MESSAGE\n"
                             "  shop       yes       1.4.3      waits for the registry\n"
                             "  blog       yes       1.4.2\n"));
  EXPECT_EQ(Run({"describe", "binding", "by-hand"}), kDone);
  EXPECT_THAT(out, AllOf(HasSubstr("Configuration: cannot be told: trigger \"gone\" not found\n"),
                         HasSubstr("  stack/web   no        -          disabled\n")));
  EXPECT_EQ(Run({"describe", "binding", "staging"}), kDone);
  EXPECT_THAT(out, AllOf(HasSubstr("Configuration: overrides nothing\n  base:\n    {}\n"), Not(HasSubstr("overrides:")),
                         HasSubstr("  merged: none, the two do not go together\n")));
}

TEST_F(ShowTest, DescribeWorkloadNamesItsBindings) {
  AddTriggers();
  AddShopAndApi();
  EXPECT_EQ(Run({"describe", "workload", "shop"}), kDone) << err;
  EXPECT_THAT(out, HasSubstr("Bindings:\n"
                             "  BINDING   TRIGGER      DECIDES   ACCEPTED   MESSAGE\n"
                             "  web       shop-image   yes       1.4.3      waits for the registry\n"));
  backend_.triggers.bound.clear();
  EXPECT_EQ(Run({"describe", "workload", "shop"}), kDone);
  EXPECT_THAT(out, Not(HasSubstr("Bindings:")));
}

TEST_F(ShowTest, DescribeDeliveryTellsTheWholeStory) {
  AddTriggers();
  EXPECT_EQ(Run({"describe", "delivery", "0k3v9x0000000002"}), kDone) << err;
  EXPECT_EQ(out,
            "Name:         0k3v9x0000000002\n"
            "Kind:         Delivery\n"
            "Trigger:      shop-image\n"
            "Cause:        webhook\n"
            "Vendor:       github\n"
            "Event:        package\n"
            "Vendor's id:  72d3162e\n"
            "Source:       10.0.0.7\n"
            "Secret:       fingerprint 1a2b3c4d\n"
            "Received:     2026-03-01T11:58:01.000Z (119s ago)\n"
            "Ended:        2026-03-01T11:58:05.200Z, after 4.2s\n"
            "Result:       2 deployed, 1 errored\n"
            "It said:\n"
            "  image ghcr.io/acme/shop:1.4.3@sha256:0123456789ab\n"
            "  git acme/shop branch main at 4f2a9c1, 2 files changed\n"
            "Outcomes:\n"
            "  BINDING   WORKLOAD   RESULT     AFTER   MESSAGE\n"
            "  staging   api        errored    900ms   401 from ghcr.io\n"
            "  web       blog       deployed   4.2s    1.4.2 -> 1.4.3\n"
            "  web       shop       deployed   4s      1.4.2 -> 1.4.3\n"
            "Headers:\n"
            "  User-Agent: GitHub-Hookshot/1\n"
            "  X-GitHub-Event: package\n");
  EXPECT_EQ(Run({"describe", "dlv/0k3v9x0000000001"}), kDone);
  EXPECT_THAT(out, HasSubstr("It said:\n  ignored: a ping\n"));
}

TEST_F(ShowTest, WhyNamesTheBindingAndTheDeliveryThatSetTheVersion) {
  AddTriggers();
  AddShopAndApi();
  auto& shop = backend_.store.records[{Kind::Workload, "shop"}];
  shop.status.resolved = v1::ResolvedSource{"1.4.3", "", "binding/web"};
  shop.status.last_rollout = v1::RolloutRecord{.cause = "image: 1.4.2 -> 1.4.3",
                                               .outcome = "Succeeded",
                                               .steps = {{kNow - std::chrono::seconds(118), "create shop.4"}},
                                               .started = kNow - std::chrono::seconds(119),
                                               .ended = kNow - std::chrono::seconds(115)};
  backend_.plans["shop"] = {"shop", {}};
  EXPECT_EQ(Run({"why", "shop"}), kDone) << err;
  EXPECT_THAT(out, StartsWith("Workload:     shop, registry.example.com/shop:1.4.3\n"
                              "Commit:       4f2a9c1d00112233445566778899aabbccddeeff, apps/shop.yaml:1:1\n"
                              "Set by:       binding/web of trigger/shop-image, which accepted 1.4.3; waits for the "
                              "registry\n"
                              "Delivery:     0k3v9x0000000002, webhook of github (package) from 10.0.0.7, 119s ago: 2 "
                              "deployed, 1 errored\n"
                              "Cause:        image: 1.4.2 -> 1.4.3\n"
                              "Steps:\n"
                              "    +1s      create shop.4\n"
                              "Outcome:      Succeeded after 4s, 115s ago\n"));
  shop.status.resolved->set_by = "binding/gone";
  EXPECT_EQ(Run({"why", "shop"}), kDone);
  EXPECT_THAT(out, HasSubstr("Set by:       binding/gone, which does not bind it any more\n"));
  shop.status.resolved->set_by = "manifest";
  EXPECT_EQ(Run({"why", "shop"}), kDone);
  EXPECT_THAT(out, Not(HasSubstr("Set by")));
}

TEST_F(ShowTest, WhyOfAVersionThatThePollFoundSaysSo) {
  AddTriggers();
  AddShopAndApi();
  backend_.store.records[{Kind::Workload, "shop"}].status.resolved = v1::ResolvedSource{"1.4.3", "", "binding/web"};
  backend_.triggers.log.kept.clear();
  EXPECT_EQ(Run({"why", "shop"}), kDone) << err;
  EXPECT_THAT(out, HasSubstr("Delivery:     none is kept; the trigger looked by itself, or it is too long ago\n"));
}

}  // namespace
}  // namespace tinyforge::tfctl
