#include "controller/trigger/trigger_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/runtime/world_calendar.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_commit_reader.h"
#include "tests/fakes/fake_delivery_log.h"
#include "tests/fakes/fake_logger.h"
#include "tests/fakes/fake_registry.h"
#include "tests/fakes/fake_store.h"
#include "tests/fakes/fake_tree.h"
#include "tests/unit/controller/trigger/trigger_world.h"

namespace tinyforge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class NoLedger : public HookLedger {
 public:
  std::vector<RetiredHook> Load() override { return {}; }
  Expected<void> Save(const std::vector<RetiredHook>&) override { return {}; }
};

class TriggerApiTest : public ::testing::Test {
 protected:
  void Set(const std::string& manifests) { config_.Set(ParseManifests(manifests)); }

  FakeClock clock_;
  FakeConfigReader config_;
  FakeSecrets no_secrets_;
  RouteBook routes_{"", no_secrets_};
  LockedFacts facts_;
  FakeStore store_;
  FakeDeliveryLog log_;
  FakeRegistry registry_;
  FakeSecrets secrets_;
  WorldCalendar calendar_;
  FakeLogger logger_;
  Metrics metrics_;
  FakeCommitReader commits_;
  NoLedger ledger_;
  TriggerService service_{
      {config_, routes_, facts_, store_, log_, registry_, secrets_, calendar_, clock_, logger_, metrics_, commits_},
      {.on_accepted = [](const std::string&) {}, .on_news = [](const ObjectKey&) {}}};
  HookDoor door_{{config_, routes_, secrets_, ledger_, service_, clock_}, {.digest_key = "k"}};
  TriggerApi api_{{config_, routes_, facts_, log_, service_, door_}};
};

TEST_F(TriggerApiTest, ShowsWhatEachBindingBindsAndWhatIsWrongWithOthers) {
  EXPECT_THAT(api_.AllBound(), IsEmpty());  // before any revision
  Set(Manifest("Trigger", "name: auto", kPolicy) + ImageWorkload("shop") + Bound("good", "auto", "shop") +
      Bound("off", "auto", "shop", "enabled: false") + Bound("dangling", "nothing", "shop"));
  facts_.Set("shop", [](Facts& f) {
    f.versions = {{.binding = "good", .version = {"1.5.0", Digest('5')}, .base = "shop:1.4.2", .policy = true}};
  });
  const auto all = api_.AllBound();
  ASSERT_THAT(all, SizeIs(3));
  EXPECT_EQ(all[0].binding, "dangling");
  EXPECT_THAT(all[0].problem, HasSubstr("trigger/nothing does not exist"));
  EXPECT_EQ(all[1].binding, "good");
  EXPECT_EQ(all[1].kind, "registry");
  EXPECT_TRUE(all[1].decides);
  EXPECT_EQ(all[1].accepted, "1.5.0@sha256:555555555555");
  EXPECT_EQ(all[2].binding, "off");
  EXPECT_FALSE(all[2].enabled);
  EXPECT_THAT(api_.Bound({Kind::Trigger, "auto"}), SizeIs(2));
  EXPECT_THAT(api_.Bound({Kind::Workload, "shop"}), SizeIs(3));
  EXPECT_THAT(api_.Bound({Kind::Binding, "good"}), SizeIs(1));
  EXPECT_THAT(api_.Bound({Kind::Secret, "good"}), IsEmpty());
}

TEST_F(TriggerApiTest, ShowsTheConfigurationsOfABindingAndWhatItOverrides) {
  Set(Manifest("Trigger", "name: auto", kPolicy) + ImageWorkload("shop") +
      Bound("b", "auto", "shop", "overrides: {pollInterval: 1m}"));
  const auto config = api_.ConfigOf("b");
  ASSERT_TRUE(config);
  EXPECT_THAT(config->base, HasSubstr(">=1.0.0"));
  EXPECT_THAT(config->merged, HasSubstr("1m"));
  EXPECT_THAT(config->overridden, ElementsAre("pollInterval"));
  EXPECT_EQ(api_.ConfigOf("nobody").error().kind, ErrorKind::NotFound);
}

TEST_F(TriggerApiTest, ADeliveryThatIsNotKnownIsJustItsId) {
  EXPECT_EQ(api_.DeliveryOf("gone").id, "gone");
  int calls = 0;
  api_.AwaitDelivery("gone", [&] { ++calls; });
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(api_.Rotate("nobody", {}).error().kind, ErrorKind::NotFound);
}

}  // namespace
}  // namespace tinyforge
