#include "controller/docker/event_stream.h"

#include <gmock/gmock.h>

#include <atomic>
#include <semaphore>
#include <stdexcept>

#include "tests/fakes/fake_logger.h"
#include "tests/unit/controller/docker/scripted_engine.h"

namespace tinyforge::docker {
namespace {

constexpr auto kSoon = std::chrono::seconds(20);

TEST(EventStreamTest, WhatACallbackThrowsInterruptsTheStreamAndItConnectsAgain) {
  ScriptedEngine engine([](const std::string&) {
    return Answer(200, R"({"Type":"container","Action":"start","Actor":{"ID":"c1","Attributes":{}},"timeNano":1})");
  });
  EngineClient client({engine.host(), {}});
  FakeLogger log;
  std::atomic<int> connections = 0;
  std::atomic<int> interruptions = 0;
  std::counting_semaphore<> seen{0};
  EventStream stream(client, log,
                     {.on_connected =
                          [&] {
                            if (++connections == 1) throw std::runtime_error("oops");
                          },
                      .on_disconnected =
                          [&](const Error&) {
                            if (++interruptions == 1) throw std::runtime_error("oops too");
                          },
                      .on_event = [&](const EngineEvent&) { seen.release(); }});
  stream.Start();
  EXPECT_TRUE(seen.try_acquire_for(kSoon));
  stream.Stop();
  EXPECT_GE(interruptions, 1);
  EXPECT_THAT(log.lines(), testing::Contains(testing::HasSubstr("error=oops")));
  EXPECT_THAT(log.lines(), testing::Contains(testing::HasSubstr("error=oops too")));
}

}  // namespace
}  // namespace tinyforge::docker
