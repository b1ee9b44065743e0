#include "controller/facts/instance_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "tests/fakes/temporary_directory.h"

namespace tinyforge {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class InstanceLockTest : public ::testing::Test {
 protected:
  TemporaryDirectory dir_;
  InstanceLockKey key_{.directory = dir_ / "run", .engine_id = "ABCD:EFGH/..", .instance = "main"};
};

TEST_F(InstanceLockTest, IsHeldByOneAndSaysByWhom) {
  auto first = InstanceLock::TryLock(key_);
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->StillHeld());
  auto second = InstanceLock::TryLock(key_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::Conflict);
  EXPECT_THAT(second.error().message, HasSubstr("process " + std::to_string(::getpid())));
  EXPECT_THAT(second.error().message, HasSubstr("since 2"));
  EXPECT_EQ(second.error().message.find('\n'), std::string::npos);
}

TEST_F(InstanceLockTest, IsPerEngineAndInstance) {
  auto first = InstanceLock::TryLock(key_);
  InstanceLockKey other = key_;
  other.instance = "second";
  EXPECT_TRUE(InstanceLock::TryLock(other));
  other = key_;
  other.engine_id = "another";
  EXPECT_TRUE(InstanceLock::TryLock(other));
}

TEST_F(InstanceLockTest, IsFreeAfterTheHolderEnds) {
  { auto first = InstanceLock::TryLock(key_); }
  EXPECT_TRUE(InstanceLock::TryLock(key_));
}

TEST_F(InstanceLockTest, IsFreeAfterTheHolderWasKilled) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto held = InstanceLock::TryLock(key_);
    WriteText(dir_ / (held ? "held" : "failed"), "x");
    ::pause();
    ::_exit(0);
  }
  while (!fs::exists(dir_ / "held") && !fs::exists(dir_ / "failed")) std::this_thread::yield();
  auto refused = InstanceLock::TryLock(key_);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("process " + std::to_string(child)));
  EXPECT_TRUE(InstanceLock::TryLock(key_));
}

TEST_F(InstanceLockTest, NoticesThatItsFileWasRemoved) {
  auto first = InstanceLock::TryLock(key_);
  ASSERT_TRUE(first);
  fs::remove_all(key_.directory);
  EXPECT_FALSE(first->StillHeld());
  auto second = InstanceLock::TryLock(key_);
  EXPECT_TRUE(second);
  EXPECT_FALSE(first->StillHeld());
}

}  // namespace
}  // namespace tinyforge
