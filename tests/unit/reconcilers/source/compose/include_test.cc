// The page "Include" of the Compose Specification, a test a rule.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/reconcilers/source/compose/project_files.h"

namespace tinyforge::compose {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Include, AllResourcesComeIntoTheModel) {
  ProjectFiles files("include: [sub/compose.yaml]\nservices: {web: {depends_on: [db]}}\nnetworks: {own: {}}\n");
  files.tree.files["sub/compose.yaml"] =
      "services: {db: {image: x}}\nnetworks: {n: {}}\nvolumes: {v: {}}\nsecrets: {s: {}}\nconfigs: {c: {}}\n";
  EXPECT_EQ(files.At("services/db"), R"({"image":"x"})");
  EXPECT_EQ(files.At("networks"), R"({"n":{},"own":{}})");
  EXPECT_EQ(files.At("volumes"), R"({"v":{}})");
  EXPECT_EQ(files.At("secrets"), R"({"s":{}})");
  EXPECT_EQ(files.At("configs"), R"({"c":{}})");
  EXPECT_EQ(files.At("include"), "absent");
}

TEST(Include, AppliesRecursively) {
  ProjectFiles files("include: [a.yaml]\n");
  files.tree.files["a.yaml"] = "include: [sub/b.yaml]\n";
  files.tree.files["sub/b.yaml"] = "include: [c.yaml]\n";
  files.tree.files["sub/c.yaml"] = "services: {deep: {env_file: e}}\n";
  EXPECT_EQ(files.At("services/deep/env_file"), R"(["./sub/e"])");
}

TEST(Include, PathsAreMeantFromTheFolderOfTheFile) {
  ProjectFiles files;
  files.tree.files = {{"shop/compose.yaml", "include: [../common/compose.yaml]\n"},
                      {"common/compose.yaml",
                       "services: {a: {volumes: ['./x:/x', '../y:/y', '../../z:/z']}}\n"
                       "configs: {c: {file: c.conf}}\nsecrets: {s: {file: /abs}}\n"
                       "volumes: {v: {driver: local, driver_opts: {o: bind, device: ./d}}}\n"}};
  files.request.files = {{"shop/compose.yaml"}};
  files.request.directory = "shop";
  EXPECT_EQ(files.At("services/a/volumes"), R"(["../common/x:/x","../y:/y","../../z:/z"])");
  EXPECT_EQ(files.At("configs/c/file"), R"("../common/c.conf")");
  EXPECT_EQ(files.At("secrets/s/file"), R"("/abs")");
  EXPECT_EQ(files.At("volumes/v/driver_opts/device"), R"("../common/d")");
}

TEST(Include, ProjectDirectoryIsTheFolderOfPaths) {
  ProjectFiles files("include: [{path: a/b/compose.yaml, project_directory: a}]\n");
  files.tree.files["a/b/compose.yaml"] = "services: {x: {env_file: e}}\n";
  EXPECT_EQ(files.At("services/x/env_file"), R"(["./a/e"])");
}

TEST(Include, SeveralPathsAreMerged) {
  ProjectFiles files("include:\n  - path: [a/one.yaml, a/two.yaml]\n");
  files.tree.files["a/one.yaml"] = "services: {x: {image: one, dns: a, env_file: e}}\n";
  files.tree.files["a/two.yaml"] = "services: {x: {image: two, dns: b}}\n";
  EXPECT_EQ(files.At("services/x"), R"({"dns":["a","b"],"env_file":["./a/e"],"image":"two"})");
}

TEST(Include, VariablesMayStandInPaths) {
  ProjectFiles files("include: ['${INCLUDE_PATH:?FOO}/compose.yaml']\n");
  EXPECT_THAT(files.At(""), HasSubstr("the variable INCLUDE_PATH must be set and not empty: FOO"));
  files.request.environment["INCLUDE_PATH"] = "sub";
  files.tree.files["sub/compose.yaml"] = "services: {x: {image: y}}\n";
  EXPECT_EQ(files.At("services/x/image"), R"("y")");
}

TEST(Include, DefaultsOfVariablesComeFromItsDotEnv) {
  ProjectFiles files("include: [sub/compose.yaml]\nservices: {web: {image: '[$TAG]'}}\n");
  files.tree.files["sub/compose.yaml"] = "services: {x: {image: 'i:$TAG', environment: [TAG]}}\n";
  files.tree.files["sub/.env"] = "TAG=from-sub\n";
  EXPECT_EQ(files.At("services"),
            R"({"web":{"image":"[]"},"x":{"environment":{"TAG":"from-sub"},"image":"i:from-sub"}})");
  EXPECT_THAT(files.read_set.paths, Contains("sub/.env"));
}

TEST(Include, VariablesOfTheProjectGoBeforeItsDotEnv) {
  ProjectFiles files("include: [sub/compose.yaml]\n");
  files.tree.files["sub/compose.yaml"] = "services: {x: {image: 'i:$TAG'}}\n";
  files.tree.files["sub/.env"] = "TAG=from-sub\n";
  files.tree.files[".env"] = "TAG=from-project\n";
  EXPECT_EQ(files.At("services/x/image"), R"("i:from-project")");
}

TEST(Include, EnvFilesTakeThePlaceOfDotEnv) {
  ProjectFiles files("include: [{path: sub/compose.yaml, env_file: [one.env, two.env]}]\n");
  files.tree.files["sub/compose.yaml"] = "services: {x: {image: '$A $B $C'}}\n";
  files.tree.files["sub/.env"] = "C=3\n";
  files.tree.files["one.env"] = "A=1\nB=1\n";
  files.tree.files["two.env"] = "B=2$A\n";
  EXPECT_EQ(files.At("services/x/image"), R"("1 21 ")");
  files.tree.files["compose.yaml"] = "include: [{path: sub/compose.yaml, env_file: missing.env}]\n";
  EXPECT_EQ(files.At(""), "compose.yaml:1:11: there is no file missing.env in the repository");
  files.tree.files["compose.yaml"] = "include: [{path: sub/compose.yaml, env_file: /dev/null}]\n";
  EXPECT_EQ(files.At("services/x/image"), R"("  ")");
}

TEST(Include, AConflictIsToldAndTheIncludingModelStandsAbove) {
  ProjectFiles files("include: [sub/compose.yaml]\nservices: {x: {image: own}}\n");
  files.tree.files["sub/compose.yaml"] = "services: {x: {image: theirs, tty: true}}\n";
  EXPECT_EQ(files.At("services/x"), R"({"image":"own","tty":true})");
  EXPECT_THAT(
      files.Load()->warnings,
      ElementsAre("compose.yaml:2:15: services.x is included from sub/compose.yaml:1:12 too; what stands here is "
                  "merged on it"));
}

TEST(Include, TheSameFileOverTwoWaysIsNoConflict) {
  ProjectFiles files("include: [a/compose.yaml, b/compose.yaml]\n");
  files.tree.files["a/compose.yaml"] = "include: [../c/compose.yaml]\n";
  files.tree.files["b/compose.yaml"] = "include: [../c/compose.yaml]\n";
  files.tree.files["c/compose.yaml"] = "services: {x: {volumes: ['./v:/v']}}\n";
  EXPECT_EQ(files.At("services/x/volumes"), R"(["./c/v:/v"])");
  EXPECT_THAT(files.Load()->warnings, IsEmpty());
}

TEST(Include, ALaterFileMergesOnWhatWasIncluded) {
  ProjectFiles files("include: [sub/compose.yaml]\n", "services: {x: {image: mine, dns: !reset []}}\n");
  files.tree.files["sub/compose.yaml"] = "services: {x: {image: theirs, tty: true, dns: [a]}}\n";
  EXPECT_EQ(files.At("services/x"), R"({"image":"mine","tty":true})");
}

TEST(Include, ServicesMayExtendIncludedOnes) {
  ProjectFiles files("include: [sub/compose.yaml]\nservices: {web: {extends: base}}\n");
  files.tree.files["sub/compose.yaml"] = "services: {base: {env_file: e}}\n";
  EXPECT_EQ(files.Web("env_file"), R"(["./sub/e"])");
}

TEST(Include, ACircleIsAnErrorThatNamesIt) {
  ProjectFiles files("include: [a.yaml]\n");
  files.tree.files["a.yaml"] = "include:\n  - b.yaml\n";
  files.tree.files["b.yaml"] = "include:\n  - a.yaml\n";
  EXPECT_EQ(files.At(""),
            "b.yaml:2:5: files include one another in a circle: compose.yaml includes a.yaml includes b.yaml includes "
            "a.yaml");
}

TEST(Include, TheLevelsAreBounded) {
  ProjectFiles files("include: [f1.yaml]\n");
  for (int i = 1; i < 9; ++i)
    files.tree.files["f" + std::to_string(i) + ".yaml"] = "include: [f" + std::to_string(i + 1) + ".yaml]\n";
  files.tree.files["f9.yaml"] = "services: {x: {image: y}}\n";
  EXPECT_EQ(files.At(""), "f8.yaml:1:11: files include one another over more than 8 levels");
  files.tree.files["f8.yaml"] = "services: {x: {image: y}}\n";
  EXPECT_EQ(files.At("services/x/image"), R"("y")");
}

TEST(Include, AFileThatIsNotThereIsAnErrorAndRead) {
  ProjectFiles files("include: [a.yaml]\n");
  EXPECT_EQ(files.At(""), "compose.yaml:1:11: there is no file a.yaml in the repository");
  EXPECT_THAT(files.read_set.paths, Contains("a.yaml"));
}

TEST(Include, ItsOwnFormIsChecked) {
  EXPECT_EQ(ProjectFiles("include: a.yaml\n").At(""), "compose.yaml:1:10: include is a list of paths");
  EXPECT_EQ(ProjectFiles("include: [[a]]\n").At(""),
            "compose.yaml:1:11: an item of include is a path, or a mapping with path");
  EXPECT_EQ(ProjectFiles("include: [{env_file: x}]\n").At(""), "compose.yaml:1:11: an item of include must say a path");
  EXPECT_EQ(ProjectFiles("include: [{path: 5}]\n").At(""),
            "compose.yaml:1:12: include.path is a path or a list of paths");
  EXPECT_THAT(ProjectFiles("include: [{path: a, paths: b}]\n").At(""),
              HasSubstr("compose.yaml:1:21: an item of include has"));
}

TEST(Include, AnUnknownKeyOfAnIncludedFileIsAnError) {
  ProjectFiles files("include: [b.yaml]\nservices: {a: {image: x}}");
  files.tree.files["b.yaml"] = "servces: {b: {image: y}}";
  EXPECT_EQ(files.At(""), "b.yaml:1:1: servces: unknown key; did you mean \"services\"?");
  files.tree.files["b.yaml"] = "version: '3'\nname: b\nx-own: 1\nservices: {b: {image: y}}";
  EXPECT_TRUE(files.Load());
}

}  // namespace
}  // namespace tinyforge::compose
