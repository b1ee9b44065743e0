#include "controller/docker/index_entry.h"

#include <gtest/gtest.h>

namespace tinyforge::docker {
namespace {

constexpr SysTime kWatched{std::chrono::seconds(100)};

ObservedContainer Ended(int exit_code, std::chrono::seconds at) {
  return {.id = "c1", .state = ContainerState::Exited, .exit_code = exit_code, .finished = SysTime(at)};
}

TEST(IndexEntryTest, WhatEndedUnderOurEyesEndedByItself) {
  IndexEntry entry;
  for (const int code : {0, 1, 137})
    EXPECT_FALSE(entry.WasInterrupted(Ended(code, std::chrono::seconds(101)), kWatched));
}

TEST(IndexEntryTest, ASignalInterruptsUnlessItAsksForSomethingElse) {
  IndexEntry entry;
  for (const char* number : {"1", "10", "12"}) entry.NoteSignal(number);
  EXPECT_FALSE(entry.WasInterrupted(Ended(0, std::chrono::seconds(101)), kWatched));
  entry.NoteSignal("15");
  EXPECT_TRUE(entry.WasInterrupted(Ended(0, std::chrono::seconds(101)), kWatched));
  EXPECT_TRUE(entry.WasInterrupted(Ended(1, std::chrono::seconds(101)), kWatched));
}

TEST(IndexEntryTest, WhatEndedUnseenMayHaveBeenInterruptedUnlessItFailed) {
  IndexEntry entry;
  for (const int code : {0, 137, 143})
    EXPECT_TRUE(entry.WasInterrupted(Ended(code, std::chrono::seconds(99)), kWatched));
  EXPECT_FALSE(entry.WasInterrupted(Ended(1, std::chrono::seconds(99)), kWatched));
}

TEST(IndexEntryTest, WhatWasSeenOnceIsKnownAfterAReconnection) {
  IndexEntry entry;
  IndexEntry fresh = IndexEntry::Begin(1);
  fresh.details.container = Ended(0, std::chrono::seconds(101));
  entry.Renew(fresh, kWatched);
  EXPECT_FALSE(entry.Known().interrupted);
  fresh.inspected = 2;
  entry.Renew(fresh, kWatched + std::chrono::seconds(60));
  EXPECT_FALSE(entry.Known().interrupted);
}

}  // namespace
}  // namespace tinyforge::docker
