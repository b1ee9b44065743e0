#include "reconcilers/core/hook_label.h"

#include <gmock/gmock.h>

#include "reconcilers/core/field_digests.h"
#include "reconcilers/core/observed_state.h"

namespace tinyforge {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<Hook> Hooks() {
  const SecretHandle password{{"shop", "password"}, "f1"};
  const SecretHandle user{{"shop", "env"}, "f2", "USER"};
  return {{.command = {"/warm-up", "a \"b\"\n"}},
          {.command = {"x"},
           .user = "1000:1000",
           .working_dir = "/srv",
           .privileged = true,
           .env = {{.name = "A", .value = "b"},
                   {.name = "EMPTY", .value = ""},
                   {.name = "GONE", .unset = true},
                   {.name = "URL", .value = "://:@db", .inserts = {{3, user}, {4, password}}}}}};
}

TEST(HookLabel, ReadsBackWhatItWrote) {
  std::vector<Hook> expected = Hooks();
  for (EnvInsert& insert : expected[1].env[3].inserts) insert.secret.fingerprint.clear();
  const auto read = DecodeHooks(EncodeHooks(Hooks()));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, expected);
}

TEST(HookLabel, NamesSecretsAndHoldsNothingOfThem) {
  EXPECT_THAT(EncodeHooks(Hooks()), HasSubstr("\"secret\":\"shop\""));
  EXPECT_THAT(EncodeHooks(Hooks()), Not(HasSubstr("f1")));
}

TEST(HookLabel, WhatIsNoListOfCommandsIsAnError) {
  for (const std::string label : {"", "{", "[{}]", R"([{"command":[]}])", R"([{"command":"x"}])"}) {
    const auto read = DecodeHooks(label);
    ASSERT_FALSE(read) << label;
    EXPECT_EQ(read.error().kind, ErrorKind::Terminal) << label;
  }
}

// An image may bear any label: it is not run, and reads no secret.
TEST(HookLabel, OnlyWhatBearsOurSealCounts) {
  const std::string text = EncodeHooks(Hooks());
  StringMap labels = {{std::string(label::kPostStart), text}, {std::string(label::kFields), "image=12345678"}};
  EXPECT_EQ(OwnHooks(labels, label::kPostStart), "");
  ContainerTemplate made{.image = "web:1"};
  made.post_start = Hooks();
  labels[std::string(label::kFields)] = FieldDigests(made);
  EXPECT_EQ(OwnHooks(labels, label::kPostStart), text);
  labels[std::string(label::kPreStop)] = text;
  EXPECT_EQ(OwnHooks(labels, label::kPreStop), "") << "the seal is of one label";
  labels[std::string(label::kPostStart)].insert(1, " ");
  EXPECT_EQ(OwnHooks(labels, label::kPostStart), "");
}

}  // namespace
}  // namespace tinyforge
