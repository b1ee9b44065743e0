#include "controller/docker/engine_writer.h"

#include <gmock/gmock.h>

#include <atomic>
#include <semaphore>

#include "tests/fakes/fake_logger.h"
#include "tests/unit/controller/docker/scripted_engine.h"

namespace tinyforge::docker {
namespace {

class NoSecrets : public SecretReader {
 public:
  Expected<SecretHandle> Find(const v1::SecretKeyRef&) override { return Error{ErrorKind::Waiting, "none"}; }
  Expected<std::vector<SecretHandle>> Variables(const v1::SecretKeyRef&) override {
    return std::vector<SecretHandle>();
  }
  Expected<std::string> Reveal(const SecretHandle&) override { return Error{ErrorKind::Waiting, "none"}; }
};

TEST(EngineWriterTest, TheOwnerIsToldOfEveryStopThatEndedWithoutAnyEvent) {
  std::atomic<int> status = 204;
  ScriptedEngine engine([&](const std::string&) { return Answer(status, status == 204 ? "" : "{}"); });
  EngineClient client({engine.host(), {}});
  ContainerIndex index(client, {.instance = "i", .subnet = {ParseIpv4("10.0.0.0").value(), 24}});
  ResourceKeeper resources(client, {});
  PolicyChecker policy({}, {}, "");
  NoSecrets secrets;
  FakeLogger log;
  Guarded<std::vector<std::string>> told;
  std::counting_semaphore<> ended{0};
  EngineWriter writer({client, index, resources, policy, secrets, log}, {.on_ended = [&](const std::string& workload) {
                        told.Lock()->push_back(workload);
                        ended.release();
                      }});
  index.Created("c1", "w");
  for (int answer : {204, 304, 404, 500}) {
    status = answer;
    ASSERT_TRUE(writer.BeginStop("c1"));
    ASSERT_TRUE(ended.try_acquire_for(std::chrono::seconds(20))) << answer;
  }
  EXPECT_THAT(*told.Lock(), testing::ElementsAre("w", "w", "w", "w"));
  // What failed is told to the next asker, who backs off instead of asking again at once; then it may be tried again.
  const auto refused = writer.BeginStop("c1");
  ASSERT_FALSE(refused);
  EXPECT_EQ(told.Lock()->size(), 4u);
  EXPECT_TRUE(writer.BeginStop("c1"));
  ASSERT_TRUE(ended.try_acquire_for(std::chrono::seconds(20)));
}

TEST(EngineWriterTest, ARenameOfWhichTheAnswerWasLostIsDone) {
  std::atomic<bool> same_name = true;
  ScriptedEngine engine([&](const std::string&) {
    return Answer(400, same_name ? R"({"message":"Renaming a container with the same name as its current name"})"
                                 : R"({"message":"Invalid container name"})");
  });
  EngineClient client({engine.host(), {}});
  ContainerIndex index(client, {.instance = "i", .subnet = {ParseIpv4("10.0.0.0").value(), 24}});
  ResourceKeeper resources(client, {});
  PolicyChecker policy({}, {}, "");
  NoSecrets secrets;
  FakeLogger log;
  EngineWriter writer({client, index, resources, policy, secrets, log}, {});
  EXPECT_TRUE(writer.Rename("c1", "w"));
  same_name = false;
  const auto refused = writer.Rename("c1", "w");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Terminal);
}

TEST(EngineWriterTest, AnUpdateThatMeetsTheEndOfAProcessIsMadeAgain) {
  std::atomic<int> updates = 0;
  std::atomic<int> undone = 2;
  ScriptedEngine engine([&](const std::string& line) {
    if (line.find("/update") == std::string::npos)
      return Answer(200, R"({"ApiVersion":"1.41","MinAPIVersion":"1.12"})");
    return ++updates <= undone
               ? Answer(500, R"({"message":"Cannot update container c1: task c1 not found: not found"})")
               : Answer(200, "{}");
  });
  EngineClient client({engine.host(), {}});
  ContainerIndex index(client, {.instance = "i", .subnet = {ParseIpv4("10.0.0.0").value(), 24}});
  ResourceKeeper resources(client, {});
  PolicyChecker policy({}, {}, "");
  NoSecrets secrets;
  FakeLogger log;
  EngineWriter writer({client, index, resources, policy, secrets, log}, {});
  EXPECT_TRUE(writer.DisableRestart("c1"));
  EXPECT_EQ(updates, 3);
  undone = 1000;
  EXPECT_FALSE(writer.DisableRestart("c1"));
  EXPECT_LT(updates, 20);
}

TEST(EngineWriterTest, WhatIsToBeKilledAndDoesNotRunIsAsWanted) {
  ScriptedEngine engine([&](const std::string& line) {
    if (line.find("/kill") == std::string::npos) return Answer(200, R"({"ApiVersion":"1.41","MinAPIVersion":"1.12"})");
    return Answer(409, R"({"message":"Cannot kill container: c1: Container c1 is not running"})");
  });
  EngineClient client({engine.host(), {}});
  ContainerIndex index(client, {.instance = "i", .subnet = {ParseIpv4("10.0.0.0").value(), 24}});
  ResourceKeeper resources(client, {});
  PolicyChecker policy({}, {}, "");
  NoSecrets secrets;
  FakeLogger log;
  EngineWriter writer({client, index, resources, policy, secrets, log}, {});
  EXPECT_TRUE(writer.Signal("c1", "KILL"));
  EXPECT_FALSE(writer.Signal("c1", "HUP"));
}

}  // namespace
}  // namespace tinyforge::docker
