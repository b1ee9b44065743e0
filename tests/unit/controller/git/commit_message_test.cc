#include "controller/git/commit_message.h"

#include <gtest/gtest.h>

#include "reconcilers/core/repo_writer.h"

namespace tinyforge::git {
namespace {

TEST(CommitMessage, TrailerIsAParagraphOfItsOwn) {
  EXPECT_EQ(CommitMessage("shop: 1.4.2 -> 1.4.3\n\nTrigger shop-image\n", "web1"),
            "shop: 1.4.2 -> 1.4.3\n\nTrigger shop-image\n\nTinyforge-Instance: web1\n");
}

TEST(CommitMessage, WhatATerminalWouldObeyIsReplaced) {
  EXPECT_EQ(CommitMessage(std::string("\r\n\n a\x1b[31mb\0c\r\nd\xFF \n", 17), "x"),
            "a\xEF\xBF\xBD[31mb\xEF\xBF\xBD"
            "c\nd\xEF\xBF\xBD\n\nTinyforge-Instance: x\n");
}

TEST(CommitMessage, LongOneIsCutAndAnEmptyOneIsNone) {
  EXPECT_LT(CommitMessage(std::string(100'000, 'a'), "x").size(), 9000U);
  EXPECT_EQ(CommitMessage("", "x"), "");
  EXPECT_EQ(CommitMessage(" \r\n\n", "x"), "");
}

TEST(CommitMessage, InstanceIsReadBack) {
  EXPECT_EQ(InstanceOf(CommitMessage("a", "web 1")), "web 1");
  EXPECT_EQ(InstanceOf(CommitMessage("a\n\nTinyforge-Instance: other", "web1")), "web1");
}

}  // namespace
}  // namespace tinyforge::git
