#include "controller/trigger/registry_memo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_registry.h"

namespace tinyforge {
namespace {

class RegistryMemoTest : public ::testing::Test {
 protected:
  RegistryMemoTest() { registry_.Push("shop", "1", "sha256:1"); }

  FakeClock clock_;
  FakeRegistry registry_;
  RegistryMemo memo_{registry_, clock_};
};

TEST_F(RegistryMemoTest, ManyThatWantTheSameAreOneRequest) {
  registry_.Hang("shop", true);
  const SteadyTime since = clock_.Now();
  std::vector<std::jthread> callers;
  for (int i = 0; i < 8; ++i)
    callers.emplace_back([&] { EXPECT_EQ(*memo_.Digest({.repository = "shop"}, "1", since, {}), "sha256:1"); });
  ASSERT_TRUE(registry_.AwaitCalls("shop", 1));
  registry_.Hang("shop", false);
  callers.clear();
  EXPECT_EQ(registry_.calls("shop"), 1);
}

TEST_F(RegistryMemoTest, WhatWasReadBeforeTheNewsIsReadAgain) {
  ASSERT_TRUE(memo_.Tags({.repository = "shop"}, clock_.Now(), {}));
  ASSERT_TRUE(memo_.Tags({.repository = "shop"}, clock_.Now(), {}));
  EXPECT_EQ(registry_.calls("shop"), 1);
  clock_.Advance(std::chrono::seconds(1));
  registry_.Push("shop", "2", "sha256:2");
  EXPECT_EQ(memo_.Tags({.repository = "shop"}, clock_.Now(), {})->size(), 2u);
}

TEST_F(RegistryMemoTest, AFailureIsNotRemembered) {
  registry_.Fail("shop", Error{ErrorKind::Transient, "503"});
  const SteadyTime since = clock_.Now();
  EXPECT_FALSE(memo_.Digest({.repository = "shop"}, "1", since, {}));
  registry_.Fail("shop", std::nullopt);
  EXPECT_TRUE(memo_.Digest({.repository = "shop"}, "1", since, {}));
}

TEST_F(RegistryMemoTest, AnotherLoginIsAnotherQuestion) {
  const SteadyTime since = clock_.Now();
  ASSERT_TRUE(memo_.Digest({.repository = "shop"}, "1", since, {}));
  ASSERT_TRUE(
      memo_.Digest({.repository = "shop", .pull_secret = SecretHandle{{"registry", "login"}, "f"}}, "1", since, {}));
  EXPECT_EQ(registry_.calls("shop"), 2);
}

}  // namespace
}  // namespace tinyforge
