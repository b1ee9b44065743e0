#include "controller/docker/container_index.h"

#include <gmock/gmock.h>

#include <atomic>
#include <set>

#include "tests/unit/controller/docker/scripted_engine.h"

namespace tinyforge::docker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string Labels(const std::string& workload) {
  return R"({"tinyforge.instance":"i","tinyforge.role":"main","tinyforge.replica":"1","tinyforge.template-hash":"h",)"
         R"("tinyforge.workload.id":")" +
         workload + R"("})";
}

std::string Summary(const std::string& id, const std::string& workload) {
  return R"({"Id":")" + id + R"(","Names":["/)" + id + R"("],"State":"running","Status":"Up","Labels":)" +
         Labels(workload) + "}";
}

std::int64_t Now() {
  return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
}

// Containers c1 … of workload w, all running.
class ContainerIndexTest : public testing::Test {
 protected:
  Expected<std::vector<ObservedContainer>> Compare(const DesiredState& desired) { return index_.Compared({&desired}); }

  ContainerIndexTest()
      : engine_([this](const std::string& line) { return Script(line); }),
        client_({engine_.host(), {}}),
        index_(client_, {.instance = "i",
                         .subnet = {ParseIpv4("10.0.0.0").value(), 24},
                         .on_change = [this](const std::string& w) { told_.Lock()->push_back(w); }}) {
    index_.Connected();
  }

  std::string Script(const std::string& line) {
    if (line.find("/info") != std::string::npos)
      return Answer(200, R"({"ID":"e","MemoryLimit":false,"CpuCfsQuota":true})");
    if (line.find("/containers/json") != std::string::npos) {
      if (line.find("address") != std::string::npos) return Answer(200, "[]");
      std::string list;
      for (int i = 1; i <= count_; ++i) list += (i > 1 ? "," : "") + Summary("c" + std::to_string(i), "w");
      return listing_.empty() ? Answer(200, "[" + list + "]") : listing_;
    }
    if (line.find("/images/") != std::string::npos) return Answer(200, R"({"Config":{"User":"7"}})");
    auto at = line.find("/containers/") + 12;
    auto id = line.substr(at, line.find("/json") - at);
    if (failing_) return Answer(500, "{}");
    if (gone_) return Answer(404, "{}");
    return Answer(200, R"({"Id":")" + id + R"(","Name":"/)" + id + R"(","Image":"sha256:1","State":{"Status":")" +
                           (exited_ ? "exited" : "running") +
                           R"(","StartedAt":"2026-01-01T00:00:00Z","FinishedAt":"2099-01-01T00:00:00Z"},)" +
                           R"("RestartCount":)" + std::to_string(restarts_) + R"(,"HostConfig":{},"Config":{)" +
                           config_ + R"(,"Labels":)" + Labels("w") + "}}");
  }

  std::size_t Calls() { return engine_.requests().size(); }
  static EngineEvent Event(const std::string& action, const std::string& id, std::int64_t time) {
    return {.action = action, .id = id, .name = id, .instance = "i", .workload = "w", .time_ns = time};
  }
  void Fill(int count) {
    count_ = count;
    ASSERT_TRUE(index_.Resync());
    ASSERT_THAT(*index_.Containers("w"), SizeIs(count));
  }
  std::vector<std::string> Told() { return std::exchange(*told_.Lock(), {}); }

  std::atomic<int> count_ = 0;
  std::atomic<bool> gone_ = false;
  std::atomic<bool> failing_ = false;
  std::atomic<bool> exited_ = false;
  std::atomic<int> restarts_ = 0;
  std::string listing_;
  std::string config_ = R"("Tty":false)";
  Guarded<std::vector<std::string>> told_;
  ScriptedEngine engine_;
  EngineClient client_;
  ContainerIndex index_;
};

TEST_F(ContainerIndexTest, BeforeAListingNothingIsKnownInsteadOfEmpty) {
  auto containers = index_.Containers("w");
  ASSERT_FALSE(containers);
  EXPECT_EQ(containers.error().kind, ErrorKind::Waiting);
  EXPECT_THAT(containers.error().message, HasSubstr("is being asked for its containers"));
  Fill(0);
  EXPECT_FALSE(index_.WhyNotInStep());
  index_.Disconnected({ErrorKind::Transient, "connection refused"});
  containers = index_.Containers("w");
  ASSERT_FALSE(containers);
  EXPECT_THAT(containers.error().message, HasSubstr("cannot be read: connection refused"));
  ASSERT_TRUE(index_.Resync());
  EXPECT_TRUE(index_.WhyNotInStep());  // the stream is down
}

TEST_F(ContainerIndexTest, TheExitCodeOfWhatTheEngineRestartedIsKnownFromItsEvent) {
  Fill(1);
  EXPECT_EQ(index_.Containers("w")->front().exit_code, 0);
  restarts_ = 1;
  EngineEvent died = Event("die", "c1", Now());
  died.exit_code = "3";
  index_.OnEvent(died);
  index_.OnEvent(Event("start", "c1", Now()));
  const ObservedContainer seen = index_.Containers("w")->front();
  EXPECT_EQ(seen.state, ContainerState::Running);
  EXPECT_EQ(seen.exit_code, 3);
  EXPECT_EQ(index_.Containers("w")->front().exit_code, 3) << "as long as it is not started anew";
  restarts_ = 0;
  index_.OnEvent(Event("start", "c1", Now()));
  EXPECT_EQ(index_.Containers("w")->front().exit_code, 0);
}

TEST_F(ContainerIndexTest, AListingThatFailsIsSaidByWhoeverNeedsIt) {
  listing_ = Answer(500, R"({"message":"the disk is on fire"})");
  ASSERT_FALSE(index_.Resync());
  EXPECT_THAT(index_.Containers("w").error().message, HasSubstr("the disk is on fire"));
  listing_.clear();
  Fill(0);
}

TEST_F(ContainerIndexTest, AConnectionTellsWhatTheHostSupports) {
  EXPECT_TRUE(index_.Host().memory_limit);
  Fill(0);
  EXPECT_FALSE(index_.Host().memory_limit);
  EXPECT_TRUE(index_.Host().cpu_limit);
}

TEST_F(ContainerIndexTest, AListingThatCannotBeReadChangesNothing) {
  Fill(2);
  for (const std::string& broken :
       {Answer(200, "[{\"Id\":5}]"), Answer(200, "[" + Summary("c1", "w") + ",{\"Names\":[]}]"), Answer(500, "{}"),
        Answer(200, "[" + Summary("c1", "w")), Answer(200, "{\"message\":\"x\"}"), Answer(200, ""),
        std::string("HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")}) {
    {
      std::lock_guard lock(engine_.mutex());
      listing_ = broken;
    }
    EXPECT_FALSE(index_.Resync()) << broken;
    EXPECT_THAT(*index_.Containers("w"), SizeIs(2));
  }
}

TEST_F(ContainerIndexTest, AnEventFromBeforeTheInspectIsOldNews) {
  Fill(1);
  auto calls = Calls();
  index_.OnEvent(Event("start", "c1", Now() - 1'000'000'000));
  EXPECT_THAT(Told(), IsEmpty());
  ASSERT_TRUE(index_.Containers("w"));
  EXPECT_EQ(Calls(), calls);
  index_.OnEvent(Event("start", "c1", Now()));
  EXPECT_THAT(Told(), ElementsAre("w"));
  ASSERT_TRUE(index_.Containers("w"));
  EXPECT_EQ(Calls(), calls + 1);
}

TEST_F(ContainerIndexTest, APeekSeesTheNewestAndLeavesTheChangeToTheReconcile) {
  Fill(2);
  auto calls = Calls();
  EXPECT_THAT(*index_.Peek("w"), SizeIs(2));
  EXPECT_EQ(Calls(), calls);  // nothing is marked
  auto happened = Now();
  index_.Touch("c1");
  EXPECT_THAT(*index_.Peek("w"), SizeIs(2));
  EXPECT_EQ(Calls(), calls + 1);
  index_.OnEvent(Event("die", "c1", happened));
  EXPECT_THAT(Told(), ElementsAre("w"));
  gone_ = true;
  EXPECT_THAT(*index_.Peek("w"), SizeIs(1));
  index_.OnEvent(Event("destroy", "c1", happened));
  EXPECT_THAT(Told(), ElementsAre("w"));
}

TEST_F(ContainerIndexTest, AListingWhoseAuditFailsStillTellsWhatItFound) {
  Fill(2);
  count_ = 1;
  failing_ = true;
  EXPECT_FALSE(index_.Resync());
  EXPECT_THAT(Told(), ElementsAre("w"));
  failing_ = false;
  EXPECT_THAT(index_.Resync()->workloads, IsEmpty());
}

TEST_F(ContainerIndexTest, ABurstOfEventsCostsOneInspect) {
  Fill(1);
  auto calls = Calls();
  for (int i = 0; i < 100; ++i) index_.OnEvent(Event("start", "c1", Now()));
  ASSERT_TRUE(index_.Containers("w"));
  EXPECT_EQ(Calls(), calls + 1);
}

TEST_F(ContainerIndexTest, EventsOfOthersAreNotOurs) {
  Fill(1);
  auto event = Event("start", "c9", Now());
  event.instance = "other";
  index_.OnEvent(event);
  EXPECT_THAT(Told(), IsEmpty());
  EXPECT_THAT(index_.All(), SizeIs(1));
}

TEST_F(ContainerIndexTest, OwnChangesAreInspectedOnceAndARemovalNotAtAll) {
  Fill(2);
  auto calls = Calls();
  index_.Touch("c1");
  index_.Touch("c1");
  index_.Removed("c2");
  EXPECT_THAT(*index_.Containers("w"), SizeIs(1));
  EXPECT_EQ(Calls(), calls + 1);
  index_.OnEvent(Event("destroy", "c2", Now()));
  EXPECT_THAT(Told(), IsEmpty());
}

TEST_F(ContainerIndexTest, ACreatedContainerIsSeenBeforeItsEvent) {
  Fill(0);
  index_.Created("c7", "w");
  EXPECT_THAT(*index_.Containers("w"), SizeIs(1));
}

TEST_F(ContainerIndexTest, AnInspectThatFindsNothingDropsTheContainer) {
  Fill(1);
  gone_ = true;
  index_.OnEvent(Event("die", "c1", Now()));
  EXPECT_THAT(*index_.Containers("w"), IsEmpty());
  EXPECT_THAT(index_.All(), IsEmpty());
}

TEST_F(ContainerIndexTest, TheAuditInspectsATwentiethEachTimeAndComesRound) {
  Fill(40);
  std::set<std::string> audited;
  for (int round = 0; round < 20; ++round) {
    auto before = Calls();
    auto report = index_.Resync();
    ASSERT_TRUE(report);
    EXPECT_EQ(report->inspected, 2u);
    EXPECT_THAT(report->workloads, IsEmpty());
    auto requests = engine_.requests();
    ASSERT_EQ(requests.size(), before + 3);
    audited.insert(requests[before + 1].substr(0, 40));
    audited.insert(requests[before + 2].substr(0, 40));
  }
  EXPECT_THAT(audited, SizeIs(40));
}

TEST_F(ContainerIndexTest, WhatSigkillEndedIsKilledOnceWithoutACallAndThenAskedFor) {
  Fill(1);
  auto kill = Event("kill", "c1", Now());
  kill.signal = "9";
  index_.OnEvent(kill);
  EXPECT_THAT(Told(), IsEmpty());
  index_.OnEvent(Event("die", "c1", Now()));
  EXPECT_THAT(Told(), ElementsAre("w"));
  const auto before = Calls();
  auto containers = index_.Containers("w");
  ASSERT_THAT(*containers, SizeIs(1));
  EXPECT_EQ(containers->front().state, ContainerState::Killed);
  EXPECT_EQ(Calls(), before);
  EXPECT_THAT(Told(), ElementsAre("w"));
  EXPECT_EQ(index_.Containers("w")->front().state, ContainerState::Running);
  EXPECT_EQ(Calls(), before + 1);
  EXPECT_THAT(Told(), IsEmpty());
}

TEST_F(ContainerIndexTest, AnEndThatWasAskedForIsToldFromOneByItself) {
  Fill(1);
  const auto end = [&] {
    exited_ = true;
    index_.OnEvent(Event("die", "c1", Now()));
    return index_.Containers("w")->front().interrupted;
  };
  const auto begin = [&] {
    exited_ = false;
    index_.OnEvent(Event("start", "c1", Now()));
    ASSERT_FALSE(index_.Containers("w")->front().interrupted);
  };
  EXPECT_FALSE(end());
  begin();
  auto signal = Event("kill", "c1", Now());
  signal.signal = "15";
  index_.OnEvent(signal);
  EXPECT_TRUE(end());
  begin();
  index_.Interrupting("c1");  // its event is still to come
  EXPECT_TRUE(end());
  EXPECT_TRUE(index_.Peek("w")->front().interrupted);
  begin();
  EXPECT_FALSE(end());
}

TEST_F(ContainerIndexTest, WhatAStopOrACrashEndedIsAskedForAtOnce) {
  Fill(1);
  auto signal = Event("kill", "c1", Now());
  for (const char* number : {"15", "9"}) {
    signal.signal = number;
    index_.OnEvent(signal);
  }
  index_.OnEvent(Event("die", "c1", Now()));
  EXPECT_EQ(index_.Containers("w")->front().state, ContainerState::Running);
  index_.OnEvent(Event("die", "c1", Now()));
  EXPECT_EQ(index_.Containers("w")->front().state, ContainerState::Running);
}

TEST_F(ContainerIndexTest, OfTwoWhoWantToWriteOneVolumeTheSecondFindsTheFirst) {
  EXPECT_THAT(index_.PeekWriters("a", {"data"}), IsEmpty());
  EXPECT_THAT(index_.WritersElsewhere("a", {"data", "logs"}), IsEmpty());
  EXPECT_THAT(index_.WritersElsewhere("a", {"data"}), IsEmpty());
  EXPECT_THAT(index_.WritersElsewhere("b", {"data", "logs"}), ElementsAre(testing::Key("data")));
  EXPECT_THAT(index_.PeekWriters("a", {"logs"}), ElementsAre(testing::Key("logs")));
  auto destroyed = Event("destroy", "c1", Now());
  destroyed.workload = "a";
  index_.OnEvent(destroyed);
  EXPECT_THAT(index_.WritersElsewhere("b", {"data"}), IsEmpty());
}

TEST_F(ContainerIndexTest, AReconnectionMarksAndReportsEverything) {
  Fill(2);
  index_.Disconnected({ErrorKind::Transient, "connection refused"});
  index_.Connected();
  auto report = index_.Resync();
  ASSERT_TRUE(report);
  EXPECT_THAT(report->workloads, ElementsAre("w"));
  auto calls = Calls();
  EXPECT_THAT(*index_.Containers("w"), SizeIs(2));
  EXPECT_EQ(Calls(), calls + 2);
}

TEST_F(ContainerIndexTest, AnOrphanIsReportedOnceAndNotForEver) {
  count_ = 1;
  EXPECT_THAT(index_.Resync()->workloads, ElementsAre("w"));
  EXPECT_THAT(index_.Resync()->workloads, IsEmpty());  // nobody has read it, and nothing changed
}

TEST_F(ContainerIndexTest, WhatOneWorkloadAdoptedNoOtherDoes) {
  Fill(0);
  const std::string workload(label::kWorkload);
  ASSERT_TRUE(index_.Adopt({"a1", "shop_web_1", {{workload, "w"}}}));
  const auto refused = index_.Adopt({"a1", "shop_web_1", {{workload, "other"}}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Conflict);
  EXPECT_THAT(*index_.Containers("other"), IsEmpty());
  EXPECT_THAT(*index_.Containers("w"), SizeIs(1));
  EXPECT_TRUE(index_.Adopt({"a1", "shop_web_1", {{workload, "w"}}}));
}

TEST_F(ContainerIndexTest, WhatIsAdoptedCountsAsBearingItsLabels) {
  Fill(0);
  ASSERT_TRUE(
      index_.Adopt({"a1", "shop_web_1", {{std::string(label::kWorkload), "w"}, {std::string(label::kAdopted), "a1"}}}));
  auto containers = index_.Containers("w");
  ASSERT_TRUE(containers);
  ASSERT_THAT(*containers, SizeIs(1));
  EXPECT_EQ(containers->front().Label(label::kAdopted), "a1");
  Told();
  EngineEvent event = Event("die", "a1", Now());
  event.instance.clear();  // the container bears no label of ours
  event.workload.clear();
  index_.OnEvent(event);
  EXPECT_THAT(Told(), ElementsAre("w"));
  listing_ = Answer(200, "[" + Summary("a1", "") + "]");
  ASSERT_TRUE(index_.Resync());
  EXPECT_THAT(*index_.Containers("w"), SizeIs(1));
  event.action = "destroy";
  index_.OnEvent(event);
  EXPECT_THAT(Told(), ElementsAre("w"));
  EXPECT_THAT(*index_.Containers("w"), IsEmpty());
}

// A template of which c1 is an instance; the Engine's answers show another user.
DesiredState Wanted(const std::string& user) {
  DesiredState desired{.workload = "w"};
  desired.containers.push_back({.spec = {.user = user}, .template_hash = "h"});
  return desired;
}

TEST_F(ContainerIndexTest, AContainerIsComparedAtFirstSightAndNeverAgain) {
  config_ = R"("User":"7","Env":["A=1"])";
  Fill(1);  // inspected, and compared with nothing
  auto calls = Calls();
  EXPECT_THAT(Compare(Wanted("7"))->front().altered, ElementsAre("env.A"));
  EXPECT_EQ(Calls(), calls + 2);  // the container and its image
  EXPECT_THAT(Compare(Wanted("8"))->front().altered, ElementsAre("env.A"));
  EXPECT_EQ(Calls(), calls + 2);
  index_.OnEvent(Event("start", "c1", Now()));
  EXPECT_THAT(index_.Peek("w")->front().altered, ElementsAre("env.A"));
  EXPECT_THAT(Compare(Wanted("8"))->front().altered, ElementsAre("env.A"));
  EXPECT_EQ(Calls(), calls + 4);
  EXPECT_THAT(index_.Containers("w")->front().altered, ElementsAre("env.A"));
  ASSERT_TRUE(index_.Resync());
  EXPECT_THAT(Compare(Wanted("8"))->front().altered, ElementsAre("env.A"));
}

TEST_F(ContainerIndexTest, WhatIsMarkedIsComparedByTheInspectThatReadsIt) {
  config_ = R"("User":"7")";
  count_ = 2;
  ASSERT_TRUE(index_.Resync());
  auto calls = Calls();
  auto containers = Compare(Wanted("8"));
  EXPECT_THAT(containers->front().altered, ElementsAre("user"));
  EXPECT_FALSE(containers->front().created_here);
  EXPECT_EQ(Calls(), calls + 3);  // two containers of one image
}

TEST_F(ContainerIndexTest, WhatBearsAnotherHashIsNotCompared) {
  config_ = R"("User":"7")";
  Fill(1);
  auto other = Wanted("8");
  other.containers.front().template_hash = "another";
  auto calls = Calls();
  EXPECT_THAT(Compare(other)->front().altered, IsEmpty());
  EXPECT_EQ(Calls(), calls);
  EXPECT_THAT(Compare(Wanted("8"))->front().altered, ElementsAre("user"));
}

TEST_F(ContainerIndexTest, WhatThisRunCreatedIsKnownAsSuch) {
  config_ = R"("User":"7")";
  Fill(1);
  index_.Created("c1", "w");
  EXPECT_TRUE(index_.Peek("w")->front().created_here);
  EXPECT_TRUE(Compare(Wanted("7"))->front().created_here);
}

TEST_F(ContainerIndexTest, AddressesOfLabelsAndReservationsAreNotGivenTwice) {
  Fill(1);
  auto first = index_.FreeAddresses(3);
  ASSERT_TRUE(first);
  auto event = Event("create", "c9", Now());
  event.instance = "other";
  event.address = ToString(*ParseIpv4(first->back()) + 1);
  index_.OnEvent(event);
  auto next = index_.FreeAddresses(1);
  ASSERT_TRUE(next);
  EXPECT_NE(next->front(), event.address);
  EXPECT_THAT(*first, testing::Not(testing::Contains(next->front())));
}

}  // namespace
}  // namespace tinyforge::docker
