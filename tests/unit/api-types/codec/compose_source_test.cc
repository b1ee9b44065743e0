// source.compose of a Workload: its forms, its rules, and that it is written as it was read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api-types/codec/manifest.h"
#include "api-types/codec/spec.h"

namespace tinyforge::codec {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using Lines = std::vector<std::string>;

// The source begins in line 5, column 21.
std::string Workload(std::string_view compose, std::string_view rest = "") {
  return "apiVersion: tinyforge.dev/v1\nkind: Workload\nmetadata: {name: shop}\nspec:\n  source: {compose: " +
         std::string(compose) + "}\n" + std::string(rest);
}

Lines ErrorsOf(std::string_view text) {
  Lines lines;
  for (const auto& error : DecodeManifests("a.yaml", text).errors) lines.push_back(ToString(error));
  return lines;
}

v1::ComposeSource Read(std::string_view compose) {
  const auto result = DecodeManifests("a.yaml", Workload(compose));
  EXPECT_THAT(result.errors, IsEmpty());
  return result.objects.empty() ? v1::ComposeSource{} : *result.objects[0]->workload().source.compose;
}

TEST(ComposeSource, Forms) {
  EXPECT_EQ(Read("{file: shop/compose.yaml}").file, "shop/compose.yaml");
  EXPECT_THAT(Read("{files: [a.yaml, ../b.yaml]}").files, ElementsAre("a.yaml", "../b.yaml"));
  EXPECT_EQ(Read("{inline: \"services: {}\"}").inline_, "services: {}");
}

TEST(ComposeSource, AllFields) {
  const v1::ComposeSource source = Read(
      "{file: c.yaml, projectName: my_shop-1, projectDirectory: /srv/shop, profiles: [web, \"*\"], env: [{name: A, "
      "value: \"\"}, {name: B, valueFrom: {secret: {name: s, key: k}}}], envFiles: [a.env, {secret: {name: s, key: "
      "env}}], adopt: true}");
  EXPECT_EQ(source, (v1::ComposeSource{.file = "c.yaml",
                                       .project_name = "my_shop-1",
                                       .project_directory = "/srv/shop",
                                       .profiles = {"web", "*"},
                                       .env = {{.name = "A", .value = ""}, {.name = "B", .secret = {{"s", "k"}}}},
                                       .env_files = {{.path = "a.env"}, {.secret = {{"s", "env"}}}},
                                       .adopt = true}));
}

TEST(ComposeSource, IsWrittenAsItWasRead) {
  const auto result = DecodeManifests(
      "a.yaml", Workload("{file: c.yaml, env: [{name: B, valueFrom: {secret: {name: s, key: k}}}], envFiles: [a.env, "
                         "{secret: {name: s, key: env}}], adopt: true}"));
  ASSERT_THAT(result.objects, SizeIs(1));
  EXPECT_EQ(CanonicalSpec(result.objects[0]->spec),
            R"({"source":{"compose":{"adopt":true,"env":[{"name":"B","valueFrom":{"secret":{"key":"k","name":"s"}}}],)"
            R"("envFiles":["a.env",{"secret":{"key":"env","name":"s"}}],"file":"c.yaml"}}})");
}

TEST(ComposeSource, OneOfFileFilesAndInline) {
  const Lines expected = {"a.yaml:5:21: spec.source.compose: expected exactly one of file, files and inline"};
  EXPECT_EQ(ErrorsOf(Workload("{profiles: [a]}")), expected);
  EXPECT_EQ(ErrorsOf(Workload("{file: a, files: [b]}")), expected);
  EXPECT_EQ(ErrorsOf(Workload("{file: a, inline: b}")), expected);
  EXPECT_THAT(ErrorsOf(Workload("{files: []}")), Not(IsEmpty()));
}

TEST(ComposeSource, ProjectNamesFollowTheSpecification) {
  for (const char* wrong : {"Shop", "-shop", "my.shop", ""})
    EXPECT_THAT(
        ErrorsOf(Workload("{file: a, projectName: \"" + std::string(wrong) + "\"}")),
        ElementsAre("a.yaml:5:44: spec.source.compose.projectName: expected a project name: lower-case letters, "
                    "digits, - and _, beginning with a letter or digit, at most 63 characters, got \"" +
                    std::string(wrong) + "\""));
}

TEST(ComposeSource, EnvNamesAVariableOnceWithOneValue) {
  EXPECT_EQ(ErrorsOf(Workload("{file: a, env: [{name: A, value: b}, {name: A, value: c}]}")),
            (Lines{"a.yaml:5:65: spec.source.compose.env[1].name: A stands already above"}));
  EXPECT_EQ(ErrorsOf(Workload("{file: a, env: [{name: A}]}")),
            (Lines{"a.yaml:5:37: spec.source.compose.env[0]: expected exactly one of value and valueFrom; for an empty "
                   "variable write value: \"\""}));
}

TEST(ComposeSource, AnEnvFileIsAPathOrASecret) {
  EXPECT_EQ(ErrorsOf(Workload("{file: a, envFiles: [{path: b}]}")),
            (Lines{"a.yaml:5:42: spec.source.compose.envFiles[0].secret: is required but missing",
                   "a.yaml:5:43: spec.source.compose.envFiles[0].path: unknown key; known keys: secret"}));
  EXPECT_THAT(ErrorsOf(Workload("{file: a, envFiles: [/etc/env]}")), SizeIs(1));
}

TEST(ComposeSource, WhatTheComposeFileSaysIsNotForTheManifest) {
  EXPECT_EQ(
      ErrorsOf(Workload("{file: a}", "  replicas: 2\n  env: [{name: A, value: b}]\n  ports: [{container: 80}]\n")),
      (Lines{"a.yaml:6:13: spec.replicas: has no meaning with source.compose; say it in the compose file",
             "a.yaml:7:8: spec.env: has no meaning with source.compose; say it in the compose file",
             "a.yaml:8:10: spec.ports: has no meaning with source.compose; say it in the compose file"}));
}

TEST(ComposeSource, WhatIsOfTheWholeWorkloadIs) {
  EXPECT_THAT(ErrorsOf(Workload("{file: a}",
                                "  hosts: [web]\n  dependsOn: [db]\n  suspend: true\n  parent: p\n"
                                "  deletionPolicy: Orphan\n  rollout: {retain: 2}\n")),
              IsEmpty());
}

TEST(ComposeSource, HowItIsReplacedIsSaidInTheComposeFile) {
  EXPECT_THAT(ErrorsOf(Workload("{file: c.yaml}", "  rollout: {strategy: Rolling}\n")),
              ElementsAre(::testing::HasSubstr("spec.rollout.strategy: has no meaning with source.compose")));
  EXPECT_THAT(ErrorsOf(Workload("{file: c.yaml}", "  rollout: {deadline: 1m}\n")), IsEmpty());
}

}  // namespace
}  // namespace tinyforge::codec
