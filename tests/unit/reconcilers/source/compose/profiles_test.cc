// The page "Profiles" of the Compose Specification, a test a rule.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/reconcilers/source/compose/project_files.h"

namespace tinyforge::compose {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// The example of the specification.
constexpr std::string_view kExample = R"(services:
  foo: {image: foo}
  bar: {image: bar, profiles: [test]}
  baz: {image: baz, depends_on: [bar], profiles: [test]}
  zot: {image: zot, depends_on: [bar], profiles: [debug]}
)";

// The names of the enabled services, or the error.
std::string Enabled(std::string_view text, std::set<std::string> profiles) {
  ProjectFiles files{std::string(text)};
  files.request.profiles = std::move(profiles);
  const auto project = files.Load();
  if (!project) return project.error().message;
  std::string names;
  for (const auto& member : project->root.Find("services")->members) names += (names.empty() ? "" : " ") + member.key;
  return names;
}

TEST(Profiles, WithoutAnActiveOneServicesWithoutProfilesAreEnabled) {
  EXPECT_EQ(Enabled(kExample, {}), "foo");
}

TEST(Profiles, AnActiveOneEnablesItsServices) {
  EXPECT_EQ(Enabled(kExample, {"test"}), "foo bar baz");
}

TEST(Profiles, DependingOnAServiceThatIsNotEnabledIsAnError) {
  EXPECT_EQ(
      Enabled(kExample, {"debug"}),
      "compose.yaml:5:34: services.zot.depends_on: the service bar is not enabled; it needs one of the profiles test");
}

TEST(Profiles, SeveralMayBeActive) {
  EXPECT_EQ(Enabled(kExample, {"debug", "test"}), "foo bar baz zot");
}

TEST(Profiles, OneOfAServicesProfilesIsEnough) {
  EXPECT_EQ(Enabled("services: {a: {image: x, profiles: [one, two]}}", {"two"}), "a");
}

TEST(Profiles, AStarMeansAll) {
  EXPECT_EQ(Enabled(kExample, {"*"}), "foo bar baz zot");
}

TEST(Profiles, OneThatIsNoListOfNamesIsAnErrorNotNone) {
  const std::string expected = "services.a.profiles: expected a list of names";
  for (const std::string_view profiles : {"debug", "", "{debug: }"})
    EXPECT_THAT(Enabled("services: {a: {image: x, profiles: " + std::string(profiles) + "}}", {}), HasSubstr(expected));
}

TEST(Profiles, ANameIsOfLettersDigitsAndSigns) {
  for (const std::string_view name : {"-debug", "'a b'", "1", "[x]", "''"})
    EXPECT_THAT(Enabled("services: {a: {image: x, profiles: [" + std::string(name) + "]}}", {}),
                HasSubstr("compose.yaml:1:37: services.a.profiles: expected a name of letters"));
  EXPECT_EQ(Enabled("services: {a: {image: x, profiles: [1.a_-]}}", {"1.a_-"}), "a");
}

TEST(Profiles, ASecretIsNoNameAndNotShown) {
  ProjectFiles files("services: {a: {image: x, profiles: ['${S}']}}");
  files.request.secrets["S"] = {"shop", "key"};
  EXPECT_THAT(files.Load().error().message, AllOf(HasSubstr("expected a name"), Not(HasSubstr("\x01"))));
}

TEST(Profiles, WhatIsNotEnabledIsKept) {
  const auto project = ProjectFiles{std::string(kExample)}.Load();
  ASSERT_TRUE(project);
  ASSERT_EQ(project->disabled.members.size(), 3U);
  EXPECT_EQ(project->disabled.members.front().key, "bar");
}

TEST(Profiles, AnEmptyListMeansNone) {
  EXPECT_EQ(Enabled("services: {a: {image: x, profiles: []}}", {}), "a");
}

TEST(Profiles, AnOptionalDependencyIsLeftOut) {
  ProjectFiles files(
      "services:\n  a: {depends_on: {b: {condition: service_started, required: false}}}\n"
      "  b: {profiles: [p]}\n");
  EXPECT_EQ(files.At("services"), R"({"a":{"depends_on":{}}})");
}

TEST(Profiles, OtherReferencesAreErrorsToo) {
  const auto error = [](const std::string& key) {
    return Enabled("services:\n  a: {" + key + "}\n  b: {profiles: [p]}\n", {});
  };
  EXPECT_THAT(error("links: ['b:alias']"), HasSubstr("services.a.links: the service b is not enabled"));
  EXPECT_THAT(error("network_mode: 'service:b'"), HasSubstr("services.a.network_mode: the service b is not enabled"));
  EXPECT_THAT(error("ipc: 'service:b'"), HasSubstr("services.a.ipc: the service b is not enabled"));
  EXPECT_THAT(error("pid: 'service:b'"), HasSubstr("services.a.pid: the service b is not enabled"));
}

TEST(Profiles, ExtendingAServiceThatIsNotEnabledIsNoError) {
  EXPECT_EQ(Enabled("services: {a: {extends: b, profiles: !reset []}, b: {image: x, profiles: [p]}}", {}), "a");
}

TEST(Profiles, ExtendedServicesInheritProfiles) {
  EXPECT_EQ(Enabled("services: {a: {extends: b}, b: {image: x, profiles: [p]}}", {}), "");
}

TEST(Profiles, OtherElementsAreAlwaysActive) {
  ProjectFiles files("services: {a: {profiles: [p]}}\nvolumes: {v: {}}\n");
  EXPECT_EQ(files.At(""), R"({"services":{},"volumes":{"v":{}}})");
}

TEST(Profiles, ComeFromAVariableWhereNoneAreAskedFor) {
  ProjectFiles files{std::string(kExample)};
  files.request.environment["COMPOSE_PROFILES"] = "debug,test";
  EXPECT_EQ(files.At("services/zot/image"), R"("zot")");
  files.request.profiles = {"other"};
  EXPECT_EQ(files.At("services/zot/image"), "absent");
}

}  // namespace
}  // namespace tinyforge::compose
