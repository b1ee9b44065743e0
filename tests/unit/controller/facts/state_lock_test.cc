#include "controller/facts/state_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "tests/fakes/fake_logger.h"
#include "tests/fakes/temporary_directory.h"

namespace tinyforge {
namespace {

using ::testing::HasSubstr;

TEST(StateLock, IsHeldByOneAndTheNextIsToldByWhomAndWhatToDo) {
  TemporaryDirectory dir;
  const auto log = MakeNullLogger();
  auto first = LockStateDirectory(dir.path(), Duration(0), *log);
  ASSERT_TRUE(first);
  auto second = LockStateDirectory(dir.path(), Duration(0), *log);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::Conflict);
  EXPECT_THAT(second.error().message, HasSubstr("process " + std::to_string(::getpid())));
  EXPECT_THAT(second.error().message, HasSubstr("--state-dir"));
}

TEST(StateLock, IsWaitedForWhileItsHolderEnds) {
  TemporaryDirectory dir;
  const auto log = MakeNullLogger();
  auto first = LockStateDirectory(dir.path(), Duration(0), *log);
  ASSERT_TRUE(first);
  std::jthread ends([held = std::move(*first)]() mutable { LockedFile gone = std::move(held); });
  EXPECT_TRUE(LockStateDirectory(dir.path(), std::chrono::seconds(30), *log));
}

}  // namespace
}  // namespace tinyforge
