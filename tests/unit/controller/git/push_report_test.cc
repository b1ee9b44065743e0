#include "controller/git/push_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/git/git2.h"

namespace tinyforge::git {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const git_oid kA = *ParseOid(std::string(40, 'a'));
const git_oid kB = *ParseOid(std::string(40, 'b'));

int Begin(PushReport& report, git_oid at) {
  char name[] = "refs/heads/main";
  const git_push_update update{name, name, at, kB};
  const git_push_update* updates[] = {&update};
  return report.Begin(updates, 1);
}

TEST(PushReport, PushGoesOnOnlyFromWhatWasRead) {
  PushReport same("refs/heads/main", kA);
  EXPECT_EQ(Begin(same, kA), 0);
  EXPECT_TRUE(same.begun());
  PushReport moved("refs/heads/main", kA);
  EXPECT_NE(Begin(moved, kB), 0);
  EXPECT_FALSE(moved.begun());
  EXPECT_EQ(moved.Refusal()->reason, GitReason::Raced);
  PushReport gone("refs/heads/main", kA);
  EXPECT_NE(Begin(gone, git_oid{}), 0) << "a branch that was deleted is not made again";
  PushReport fresh("refs/heads/main", std::nullopt);
  EXPECT_EQ(Begin(fresh, git_oid{}), 0);
  PushReport taken("refs/heads/main", std::nullopt);
  EXPECT_NE(Begin(taken, kA), 0);
}

TEST(PushReport, AcceptedOnlyWhenTheServerSaidSoOfThisReference) {
  PushReport report("refs/heads/main", kA);
  report.Answer("refs/heads/other", nullptr);
  EXPECT_FALSE(report.accepted());
  report.Answer("refs/heads/main", nullptr);
  EXPECT_TRUE(report.accepted());
  EXPECT_FALSE(report.Refusal());
}

TEST(PushReport, LocksAndOthersPushesAreRaces) {
  for (const char* text : {"fetch first", "failed to update ref", "cannot lock ref 'refs/heads/main'", "stale info"}) {
    PushReport report("refs/heads/main", kA);
    report.Answer("refs/heads/main", text);
    EXPECT_EQ(report.Refusal()->reason, GitReason::Raced) << text;
  }
}

TEST(PushReport, WhatAHookSaysIsCutAndPrintable) {
  PushReport report("refs/heads/main", kA);
  report.Say("checking\r\n  \x1b[31mtags must be");
  report.Say(" signed\n");
  report.Say(std::string(10'000, 'x'));
  report.Answer("refs/heads/main", "pre-receive hook declined");
  const GitFailure failure = *report.Refusal();
  EXPECT_EQ(failure.reason, GitReason::Declined);
  EXPECT_THAT(failure.message,
              AllOf(HasSubstr("the server declined the push to refs/heads/main: pre-receive hook declined"),
                    HasSubstr("checking \\x1b[31mtags must be signed xxx"), HasSubstr("allow this account"),
                    Not(HasSubstr("\x1b"))));
  EXPECT_LT(failure.message.size(), 700U);
}

}  // namespace
}  // namespace tinyforge::git
