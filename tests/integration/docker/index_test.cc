#include "tests/integration/docker/engine_fixture.h"

namespace tinyforge::docker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class IndexTest : public EngineTest {
 protected:
  // Waits until the events of what was done are through.
  void Settle(const std::string& workload) {
    Docker("pause " + workload);
    ASSERT_TRUE(Eventually([&] { return Only(workload).state == ContainerState::Paused; }));
    Docker("unpause " + workload);
    ASSERT_TRUE(Eventually([&] { return Only(workload).state == ContainerState::Running; }));
    queued_.Clear();
    TakeCalls();
  }
};

TEST_F(IndexTest, AnIdleLookMakesNoCall) {
  MustRun(RequestFor("web", "web"));
  Settle("web");
  Only("web");
  EXPECT_THAT(TakeCalls(), IsEmpty());
}

TEST_F(IndexTest, AResyncWithNothingChangedIsOneListingAndOneAuditInspect) {
  for (int i = 0; i < 3; ++i) MustCreate(RequestFor("w" + std::to_string(i), "w" + std::to_string(i)));
  for (int i = 0; i < 3; ++i) Only("w" + std::to_string(i));
  ASSERT_TRUE(engine_->index().Resync());
  for (int i = 0; i < 3; ++i) Only("w" + std::to_string(i));
  TakeCalls();
  auto mutating = engine_->client().mutating_calls();
  auto report = engine_->index().Resync();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->containers, 3u);
  EXPECT_THAT(report->workloads, IsEmpty());
  EXPECT_THAT(TakeCalls(), ElementsAre("container_list", "container_inspect"));
  EXPECT_EQ(engine_->client().mutating_calls(), mutating);
}

TEST_F(IndexTest, AReaderAfterItsOwnChangesInspectsOnlyTheContainerChanged) {
  MustRun(RequestFor("other", "other"));
  Settle("other");
  auto id = MustCreate(RequestFor("web", "web"));
  ASSERT_TRUE(engine_->writer().Start(id));
  EXPECT_EQ(Only("web").state, ContainerState::Running);
  EXPECT_EQ(std::ranges::count(TakeCalls(), "container_inspect"), 1);
}

TEST_F(IndexTest, EveryKindOfChangeByAnotherHandQueuesTheOwnerAndShows) {
  ASSERT_TRUE(engine_->writer().EnsureNetwork({.name = "backend"}, "web"));
  auto request = RequestFor("web", "web");
  request.networks = {{"backend", {"web"}, std::nullopt}};
  MustRun(request);
  Settle("web");
  auto after = [&](const std::string& command, const std::function<bool(const ObservedContainer&)>& shows) {
    queued_.Clear();
    Docker(command);
    EXPECT_TRUE(Eventually([&] { return queued_.Has("web"); })) << command;
    EXPECT_TRUE(Eventually([&] { return shows(Only("web")); })) << command;
  };
  after("rename web other", [](auto& c) { return c.name == "other"; });
  after("rename other web", [](auto& c) { return c.name == "web"; });
  after("update --memory 64m --memory-swap 64m web", [](auto& c) { return c.limits.memory == 64 << 20; });
  after("update --restart no web", [](auto& c) { return c.restart == v1::RestartPolicy::Never; });
  after("update --restart unless-stopped web", [](auto& c) { return !c.restart; });
  after("network disconnect backend web", [](auto& c) { return c.networks.empty(); });
  after("network connect backend web", [](auto& c) { return c.networks.size() == 1; });
  after("pause web", [](auto& c) { return c.state == ContainerState::Paused; });
  after("unpause web", [](auto& c) { return c.state == ContainerState::Running; });
  after("stop web", [](auto& c) { return c.state == ContainerState::Exited; });
  after("start web", [](auto& c) { return c.state == ContainerState::Running; });
  queued_.Clear();
  Docker("rm -f web");
  EXPECT_TRUE(Eventually([&] { return queued_.Has("web"); }));
  EXPECT_TRUE(Eventually([&] { return engine_->index().Containers("web")->empty(); }));
}

TEST_F(IndexTest, AForcedRemovalShowsAsKilledAtTheDieEvent) {
  MustRun(RequestFor("web", "web"));
  Settle("web");
  std::atomic<bool> seen{false};
  std::jthread watcher([&](const std::stop_token& stop) {
    while (!stop.stop_requested() && !seen) {
      if (!queued_.Has("web")) continue;
      queued_.Clear();
      auto containers = engine_->index().Containers("web");
      seen = containers && (!containers->empty() && containers->front().state == ContainerState::Killed);
    }
  });
  Docker("rm -f web");
  EXPECT_TRUE(Eventually([&] { return seen.load(); }));
  EXPECT_TRUE(Eventually([&] { return engine_->index().Containers("web")->empty(); }));
}

TEST_F(IndexTest, AContainerWithOurLabelsByAnotherHandIsListed) {
  Docker(
      "create --name forged --label tinyforge.instance=test --label tinyforge.workload.id=web "
      "tinyforge-test/sleeper:1");
  ASSERT_TRUE(Eventually([&] { return queued_.Has("web"); }));
  EXPECT_EQ(Only("web").name, "forged");
}

TEST_F(IndexTest, AnotherInstanceIsInvisibleButItsAddressesAreNotGiven) {
  auto taken = engine_->index().FreeAddresses(1);
  ASSERT_TRUE(taken);
  auto next = ParseIpv4(taken->front()).value() + 1;
  auto foreign = RequestFor("web", "foreign", "elsewhere");
  foreign.labels[std::string(label::kAddress)] = ToString(next);
  MustCreate(foreign);
  Open({});
  EXPECT_THAT(*engine_->index().Containers("web"), IsEmpty());
  auto addresses = engine_->index().FreeAddresses(20);
  ASSERT_TRUE(addresses);
  EXPECT_THAT(*addresses, testing::Not(testing::Contains(ToString(next))));
  EXPECT_THAT(*addresses, testing::Contains(ToString(next + 1)));
}

TEST_F(IndexTest, ResyncFindsWhatEventsMissed) {
  MustRun(RequestFor("web", "web"));
  MustRun(RequestFor("db", "db"));
  Settle("web");
  Settle("db");
  // An index without a stream: it hears nothing.
  ContainerIndex deaf(engine_->client(), {.instance = "test", .subnet = {ParseIpv4("10.213.0.0").value(), 16}});
  deaf.Connected();
  EXPECT_THAT(deaf.Resync()->workloads, ElementsAre("db", "web"));
  ASSERT_THAT(*deaf.Containers("web"), SizeIs(1));
  ASSERT_THAT(*deaf.Containers("db"), SizeIs(1));
  EXPECT_THAT(deaf.Resync()->workloads, IsEmpty());
  Docker("rename web other");
  EXPECT_THAT(deaf.Resync()->workloads, ElementsAre("web"));
  EXPECT_EQ(deaf.Containers("web")->front().name, "other");
  Docker("kill db");
  EXPECT_THAT(deaf.Resync()->workloads, ElementsAre("db"));
  EXPECT_EQ(deaf.Containers("db")->front().exit_code, 137);
  Docker("rm db");
  EXPECT_THAT(deaf.Resync()->workloads, ElementsAre("db"));
  EXPECT_THAT(*deaf.Containers("db"), IsEmpty());
  // Only an inspect shows this: the audit gets to it.
  Docker("update --restart no other");
  EXPECT_THAT(deaf.Resync()->workloads, ElementsAre("web"));
}

TEST_F(IndexTest, RunningForStartsAgainWithARestart) {
  auto id = MustRun(RequestFor("web", "web"));
  Only("web");
  ASSERT_TRUE(Eventually([&] { return engine_->index().Ages("web")[id].running > std::chrono::milliseconds(300); }));
  Docker("restart -t 0 web");
  EXPECT_TRUE(Eventually([&] {
    Only("web");
    const auto running = engine_->index().Ages("web")[id].running;
    return running && *running < std::chrono::milliseconds(300);
  }));
}

TEST_F(IndexTest, AKilledEngineIsWaitedForAndEverythingIsListedAgain) {
  MustRun(RequestFor("web", "web"));
  Settle("web");
  process_->Command("kill9");
  ASSERT_TRUE(Eventually([&] { return !engine_->ready(); }));
  auto down = engine_->index().Containers("web");
  ASSERT_FALSE(down);
  EXPECT_EQ(down.error().kind, ErrorKind::Waiting);
  auto started = engine_->writer().Start("web");
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, ErrorKind::Transient);
  EXPECT_THAT(started.error().message, HasSubstr("is not reachable"));
  queued_.Clear();
  process_->Command("start");
  ASSERT_TRUE(Eventually([&] { return engine_->ready(); }, std::chrono::seconds(40)));
  EXPECT_TRUE(Eventually([&] { return queued_.Has("web"); }));
  EXPECT_TRUE(Eventually([&] { return Only("web").state == ContainerState::Running; }));
}

TEST_F(IndexTest, AHungEngineEndsInTheDeadlineAndRecovers) {
  process_->Command("freeze");
  EngineCall call{.endpoint = Endpoint::ContainerList, .deadline = std::chrono::milliseconds(300)};
  std::optional<Error> error;  // the Engine may answer until the command reaches it
  ASSERT_TRUE(Eventually([&] {
    auto begun = std::chrono::steady_clock::now();
    if (auto answer = engine_->client().Call(call); !answer) error = answer.error();
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(2));
    return error.has_value();
  }));
  process_->Command("thaw");
  EXPECT_EQ(error->kind, ErrorKind::Transient);
  EXPECT_THAT(error->message, HasSubstr("no answer within 300ms"));
  EXPECT_TRUE(Eventually([&] { return engine_->client().Call(call).has_value(); }));
}

}  // namespace
}  // namespace tinyforge::docker
