// What a load makes of its request: names, variables, secrets, paths, places of errors, what was read, and the bounds.
#include "reconcilers/source/compose/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconcilers/source/compose/project_name.h"
#include "reconcilers/source/compose/secret_mark.h"
#include "reconcilers/source/compose/tree_path.h"
#include "tests/unit/reconcilers/source/compose/project_files.h"

namespace tinyforge::compose {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

std::string NameOf(ProjectFiles& files) {
  const auto project = files.Load();
  return project ? project->name : project.error().message;
}

TEST(ProjectName, IsMadeOfLowerCaseLettersDigitsHyphensAndUnderscores) {
  EXPECT_EQ(SanitiseProjectName("My Shop.v2_x-y"), "myshopv2_x-y");
  EXPECT_EQ(SanitiseProjectName("_-9a"), "9a");
  EXPECT_EQ(SanitiseProjectName("Ä!"), "");
}

TEST(ProjectName, TheExplicitOneGoesBeforeAll) {
  ProjectFiles files("name: from-file\n");
  files.request.project_name = "Explicit";
  files.request.environment["COMPOSE_PROJECT_NAME"] = "from-env";
  EXPECT_EQ(NameOf(files), "explicit");
}

TEST(ProjectName, TheVariableGoesBeforeTheFile) {
  ProjectFiles files("name: from-file\n");
  files.tree.files[".env"] = "COMPOSE_PROJECT_NAME=from-env\n";
  EXPECT_EQ(NameOf(files), "from-env");
}

TEST(ProjectName, TheLastFileThatSaysOneStands) {
  ProjectFiles files("name: one\n---\nname: Two-$X\n", "services: {}\n");
  files.request.environment["X"] = "2";
  EXPECT_EQ(NameOf(files), "two-2");
}

TEST(ProjectName, WithoutOneTheDefaultStandsAndThenTheDirectory) {
  ProjectFiles files;
  EXPECT_EQ(NameOf(files), "test");
  files.request.default_name.clear();
  files.request.directory = "apps/Shop";
  EXPECT_EQ(NameOf(files), "shop");
  files.request.directory = "";
  EXPECT_EQ(NameOf(files), "the project has no name: \"\" has no letter and no digit; set projectName");
}

TEST(ProjectName, IsAVariable) {
  ProjectFiles files(
      "name: Shop\nservices: {web: {command: 'in ${COMPOSE_PROJECT_NAME}', environment: [COMPOSE_PROJECT_NAME]}}\n");
  EXPECT_EQ(files.At("services/web"), R"({"command":"in shop","environment":{"COMPOSE_PROJECT_NAME":"shop"}})");
}

TEST(Variables, ThoseOfTheRequestGoBeforeDotEnv) {
  ProjectFiles files("services: {web: {command: '$A $B'}}\n");
  files.tree.files[".env"] = "A=file\nB=$A\n";
  files.request.environment["A"] = "request";
  EXPECT_EQ(files.Web("command"), R"("request request")");
}

TEST(Variables, DotEnvIsThatOfTheProjectDirectory) {
  ProjectFiles files("services: {web: {command: '$A'}}\n");
  files.tree.files[".env"] = "A=root\n";
  files.tree.files["shop/.env"] = "A=shop\n";
  files.request.directory = "shop";
  EXPECT_EQ(files.Web("command"), R"("shop")");
}

TEST(Variables, EnvFilesTakeThePlaceOfDotEnv) {
  ProjectFiles files("services: {web: {command: '$A $B $C'}}\n");
  files.tree.files[".env"] = "C=3\n";
  files.tree.files["one.env"] = "A=1\nB=1\n";
  files.tree.files["two.env"] = "B=2\n";
  files.request.env_files = {{"one.env"}, {"two.env"}};
  EXPECT_EQ(files.Web("command"), R"("1 2 ")");
  files.request.env_files = {{"none.env"}};
  EXPECT_EQ(files.At(""), "there is no file none.env in the repository");
}

TEST(Variables, AnErrorOfAnEnvFileSaysWhere) {
  ProjectFiles files;
  files.tree.files[".env"] = "A=1\nB C\n";
  EXPECT_EQ(files.At(""), ".env:2: a name has no blanks in it; write NAME=value, one a line");
}

TEST(Variables, OnlyValuesAreInterpolated) {
  ProjectFiles files("services: {web: {labels: {'$A': '$A'}, environment: ['$A=$A']}}\n");
  files.request.environment["A"] = "x";
  EXPECT_EQ(files.At("services/web"), R"({"environment":{"x":"x"},"labels":{"$A":"x"}})");
}

TEST(Variables, AnUnsetOneIsToldOnceAFile) {
  ProjectFiles files("services:\n  web:\n    image: a$NONE\n    command: $NONE $B\n");
  EXPECT_THAT(files.Load()->warnings, ElementsAre("compose.yaml:3:12: the variable NONE is not set and taken as empty",
                                                  "compose.yaml:4:14: the variable B is not set and taken as empty"));
}

TEST(Variables, ThatAreNamedWithoutValueAreFilledIn) {
  ProjectFiles files("services: {web: {environment: [A, B, C=]}}\n");
  files.request.environment["A"] = "x";
  EXPECT_EQ(files.Web("environment"), R"({"A":"x","B":null,"C":""})");
}

TEST(Variables, ThatSecretsAndConfigsNameAreTheirContent) {
  ProjectFiles files("secrets: {s: {environment: A}, t: {environment: NONE}}\nconfigs: {c: {environment: A}}\n");
  files.request.environment["A"] = "x";
  EXPECT_EQ(files.At(""),
            R"({"configs":{"c":{"content":"x"}},"secrets":{"s":{"content":"x"},"t":{"environment":"NONE"}}})");
}

TEST(Variables, AnErrorSaysWhereTheTextStands) {
  EXPECT_EQ(ProjectFiles("services:\n  web:\n    image: \"${TAG:?give a tag}\"\n").At(""),
            "compose.yaml:3:12: the variable TAG must be set and not empty: give a tag");
}

TEST(Secrets, StandAsMarks) {
  ProjectFiles files(
      "services: {web: {environment: {A: 'u:$PASSWORD@h', B: '${PASSWORD:-x}', C: '${PASSWORD:+set}'}}}\n"
      "secrets: {s: {environment: TOKEN}}\nconfigs: {c: {content: 'p=$TOKEN'}}\n");
  files.request.secrets = {{"PASSWORD", {"db", "password"}}, {"TOKEN", {"api", "token"}}};
  files.request.environment["PASSWORD"] = "not this";
  const auto project = files.Load();
  ASSERT_TRUE(project) << project.error().message;
  EXPECT_THAT(project->secrets, ElementsAre(SecretHandle{{"db", "password"}, ""}, SecretHandle{{"api", "token"}, ""}));
  const doc::Node& environment = *project->root.Find("services")->Find("web")->Find("environment");
  EXPECT_THAT(SplitMarks(environment.Find("A")->text),
              ElementsAre(TextPart{"u:", {}}, TextPart{"", 0}, TextPart{"@h", {}}));
  EXPECT_EQ(environment.Find("B")->text, SecretMark(0)) << "it counts as set and not empty";
  EXPECT_EQ(environment.Find("C")->text, "set");
  EXPECT_EQ(project->root.Find("secrets")->Find("s")->Find("content")->text, SecretMark(1));
  EXPECT_EQ(project->root.Find("configs")->Find("c")->Find("content")->text, "p=" + SecretMark(1));
  EXPECT_THAT(files.read_set.secrets, ElementsAre("api", "db"));
}

TEST(Secrets, ComeThroughEnvFilesToo) {
  ProjectFiles files("services: {web: {environment: {URL: $URL}}}\n");
  files.tree.files[".env"] = "URL=\"http://$PASSWORD@h\"\n";
  files.request.secrets = {{"PASSWORD", {"db", "password"}}};
  EXPECT_EQ(files.Load()->root.Find("services")->Find("web")->Find("environment")->Find("URL")->text,
            "http://" + SecretMark(0) + "@h");
}

TEST(Secrets, AFileOfThemSetsVariablesAsOthersDo) {
  ProjectFiles files("services: {web: {environment: {A: '$A', B: '$B', C: 'x$C', D: '${D:-none}', E: '$E'}}}\n");
  files.tree.files["one.env"] = "A=1\nB=1\n";
  files.tree.files["two.env"] = "C=<$B>\n";
  files.request.env_files = {
      {"one.env"},
      {.variables = {{{"shop", "env"}, "f1", "B"}, {{"shop", "env"}, "", "D"}, {{"shop", "env"}, "f2", "E"}}},
      {"two.env"}};
  files.request.environment["E"] = "request";
  const auto project = files.Load();
  ASSERT_TRUE(project) << project.error().message;
  const doc::Node& environment = *project->root.Find("services")->Find("web")->Find("environment");
  EXPECT_EQ(environment.Find("A")->text, "1");
  EXPECT_EQ(environment.Find("B")->text, SecretMark(0)) << "a later file wins";
  EXPECT_EQ(environment.Find("C")->text, "x<" + SecretMark(0) + ">");
  EXPECT_EQ(environment.Find("D")->text, "none") << "an empty value is seen as such";
  EXPECT_EQ(environment.Find("E")->text, "request");
  EXPECT_EQ(project->secrets.at(0), (SecretHandle{{"shop", "env"}, "f1", "B"}));
}

TEST(Secrets, MayStandNowhereElse) {
  const auto error = [](const std::string& text) {
    ProjectFiles files(text);
    files.request.secrets = {{"P", {"db", "password"}}};
    return files.At("");
  };
  EXPECT_EQ(error("services: {web: {image: 'a:$P'}}\n"),
            "compose.yaml:1:25: services.web.image: a secret may not stand here");
  EXPECT_EQ(error("services: {web: {command: [a, $P]}}\n"),
            "compose.yaml:1:31: services.web.command.[]: a secret may not stand here");
  EXPECT_EQ(error("services: {web: {environment: ['$P=1']}}\n"),
            "compose.yaml:1:32: services.web.environment: a secret may not stand in a key");
  EXPECT_EQ(error("include: ['$P.yaml']\n"), "compose.yaml:1:11: a secret may not stand here");
  EXPECT_EQ(error("name: $P\n"), "the name of the project may not be a secret");
  EXPECT_EQ(error("services: {web: {environment: {A: '${X:?$P}'}}}\n"),
            "compose.yaml:1:35: the variable X must be set and not empty: (secret)");
}

TEST(Secrets, MayStandInTheEnvironmentOfHooks) {
  ProjectFiles files(
      "services: {web: {post_start: [{command: x, environment: ['A=$P']}], pre_stop: [{command: $P}]}}\n");
  files.request.secrets = {{"P", {"db", "password"}}};
  EXPECT_THAT(files.At(""), HasSubstr("services.web.pre_stop.[].command: a secret may not stand here"));
}

TEST(Secrets, TextThatLooksLikeAMarkIsRefused) {
  EXPECT_EQ(ProjectFiles("services: {web: {image: \"\\x010\\x02\"}}\n").At(""),
            "compose.yaml:1:25: the characters U+0001 and U+0002 may not stand in a compose file");
  EXPECT_EQ(ProjectFiles("services: {\"\\x01\": {}}\n").At(""),
            "compose.yaml:1:12: the characters U+0001 and U+0002 may not stand in a compose file");
  ProjectFiles files;
  files.request.environment["A"] = SecretMark(0);
  EXPECT_EQ(files.At(""), "the variable A has the character U+0001 or U+0002");
}

TEST(Extensions, AreLeftOut) {
  ProjectFiles files(
      "version: '3.8'\nx-a: {b: 1}\nservices: {web: {x-b: 1, image: y, deploy: {x-c: 2, replicas: 1}}}\n");
  EXPECT_EQ(files.At(""), R"({"services":{"web":{"deploy":{"replicas":1},"image":"y"}}})");
}

TEST(Extensions, StayWhereKeysAreNamesOfSomebodysOwn) {
  ProjectFiles files(
      "services: {x-web: {labels: {x-l: 1}, environment: [x-e=1], depends_on: [x-d]}}\nvolumes: {x-v: {}}\n");
  EXPECT_EQ(files.At("services/x-web/labels"), R"({"x-l":1})");
  EXPECT_EQ(files.At("services/x-web/environment"), R"({"x-e":"1"})");
  EXPECT_THAT(files.At("services/x-web/depends_on"), HasSubstr("x-d"));
  EXPECT_EQ(files.At("volumes"), R"({"x-v":{}})");
}

TEST(Fragments, AreExpanded) {
  ProjectFiles files(
      "x-env: &env {A: 1, B: 2}\nx-more: &more {C: 3}\n"
      "services: {web: {environment: {<<: [*env, *more], B: 4}}}\n");
  EXPECT_EQ(files.Web("environment"), R"({"A":1,"B":4,"C":3})");
}

TEST(Load, TextMayBeGivenInline) {
  ProjectFiles files;
  files.request.files = {{"inline", "services:\n  web: {image: $X-$}\n  bad: *a\n"}};
  EXPECT_EQ(files.At(""), "inline (inline):3:8: the alias names no anchor that stands before it");
  files.request.files = {{"inline", "services: {web: {image: x}}\n"}};
  EXPECT_EQ(files.Web("image"), R"("x")");
}

TEST(Load, PathsOfTheProjectsOwnFilesStayAsTheyAre) {
  ProjectFiles files;
  files.tree.files = {{"shop/sub/compose.yaml", "services: {web: {env_file: e, volumes: ['./a:/a']}}\n"}};
  files.request.files = {{"shop/sub/compose.yaml"}};
  files.request.directory = "shop";
  EXPECT_EQ(files.At("services/web"), R"({"env_file":["e"],"volumes":["./a:/a"]})");
}

TEST(Load, WhatItLookedForIsInTheReadSet) {
  ProjectFiles files("include: [sub/compose.yaml]\nservices: {web: {extends: {file: base.yaml, service: a}}}\n");
  files.tree.files["sub/compose.yaml"] = "services: {x: {image: y}}\n";
  files.tree.files["base.yaml"] = "services: {a: {image: y}}\n";
  ASSERT_TRUE(files.Load());
  EXPECT_THAT(files.read_set.paths,
              UnorderedElementsAre(".env", "compose.yaml", "sub/.env", "sub/compose.yaml", "base.yaml"));
}

TEST(Load, AFileThatIsMissingIsReadToo) {
  ProjectFiles files;
  files.request.files = {{"none.yaml"}};
  EXPECT_EQ(files.At(""), "there is no file none.yaml in the repository");
  EXPECT_THAT(files.read_set.paths, UnorderedElementsAre(".env", "none.yaml"));
}

TEST(Load, MarksNameTheirFiles) {
  ProjectFiles files("services: {web: {image: a}}\n", "\nservices: {web: {tty: true}}\n");
  const auto project = files.Load();
  ASSERT_TRUE(project);
  const doc::Node& web = *project->root.Find("services")->Find("web");
  EXPECT_EQ(Where(project->files, web.Find("image")->mark), "compose.yaml:1:25");
  EXPECT_EQ(Where(project->files, web.Find("tty")->mark), "override.yaml:2:23");
}

TEST(Load, ErrorsOfYamlNameTheirFile) {
  EXPECT_THAT(ProjectFiles("services: {}\n", "a: [\n").At(""), HasSubstr("override.yaml:2:1: not valid YAML"));
  EXPECT_EQ(ProjectFiles("services: {}\n", "a: 1\na: 2\n").At(""),
            "override.yaml:2:1: the key \"a\" stands twice in one mapping; first at line 1");
}

TEST(Load, AFileMustBeAMapping) {
  EXPECT_EQ(ProjectFiles("- a\n").At(""),
            "compose.yaml:1:1: a compose file is a mapping with the key services, not a list");
  EXPECT_EQ(ProjectFiles("# nothing\n").At(""), "{}");
}

TEST(Load, StaysInTheRepository) {
  ProjectFiles files("include: [../../etc/compose.yaml]\n");
  EXPECT_EQ(files.At(""), "\"../../etc/.env\" is no file of the repository");
  files.tree.files["compose.yaml"] = "include: [/etc/compose.yaml]\n";
  EXPECT_EQ(files.At(""), "\"/etc/.env\" is no file of the repository");
  files.request.directory = "../x";
  EXPECT_EQ(files.At(""), "the project directory ../x lies outside the repository");
}

TEST(Load, AFolderIsNoFile) {
  ProjectFiles files("include: [sub]\n");
  files.tree.files["sub/compose.yaml"] = "";
  EXPECT_EQ(files.At(""), "sub is a folder; a file is wanted");
}

TEST(Bounds, OfFiles) {
  std::string text = "include:\n";
  ProjectFiles files;
  for (int i = 0; i < 15; ++i) {
    text += "  - f" + std::to_string(i) + ".yaml\n";
    files.tree.files["f" + std::to_string(i) + ".yaml"] = "services: {}\n";
  }
  files.tree.files["compose.yaml"] = text;
  EXPECT_EQ(files.At("include"), "absent");
  files.tree.files["f15.yaml"] = "services: {}\n";
  files.tree.files["compose.yaml"] = text + "  - f15.yaml\n";
  EXPECT_EQ(files.At(""), "f15.yaml: a project has at most 16 compose files");
}

TEST(Bounds, OfValuesThatExtendingMultiplies) {
  std::string text = "services:\n  base:\n    security_opt: [" + std::string(400, '1');
  for (int i = 0; i < 2000; ++i) text += ",x";
  text += "]\n";
  for (int i = 0; i < 150; ++i) text += "  s" + std::to_string(i) + ": {extends: base}\n";
  EXPECT_THAT(ProjectFiles(text).At(""), HasSubstr("the project has more than 200000 values"));
}

TEST(Bounds, OfTextThatVariablesMultiply) {
  ProjectFiles files;
  std::string text = "services: {web: {command: [";
  for (int i = 0; i < 200; ++i) text += "$A,";
  files.tree.files["compose.yaml"] = text + "]}}\n";
  files.request.environment["A"] = std::string(100'000, 'x');
  EXPECT_THAT(files.At(""), HasSubstr("the project has more than 16777216 bytes of text"));
}

TEST(Bounds, OfFilesThatAreIncludedAgainAndAgain) {
  ProjectFiles files;
  std::string text = "include: [";
  for (int i = 0; i < 100; ++i) text += "big.yaml,";
  files.tree.files["compose.yaml"] = text + "]\n";
  files.tree.files["big.yaml"] = std::string(500'000, '#') + "\n";
  EXPECT_THAT(files.At(""), HasSubstr("the project has more than 16777216 bytes of text"));
}

TEST(Bounds, OfReads) {
  ProjectFiles files;
  const auto including = [&](int times) {
    std::string text = "include: [";
    for (int i = 0; i < times; ++i) text += "small.yaml,";
    files.tree.files["compose.yaml"] = text + "]\n";
    return files.At("");
  };
  files.tree.files["small.yaml"] = "volumes: {v: {}}\n";
  EXPECT_EQ(including(255), R"({"volumes":{"v":{}}})");
  EXPECT_EQ(including(256), "small.yaml: compose files are included and extended more than 256 times");
}

TEST(Bounds, OfDocuments) {
  std::string text;
  for (int i = 0; i < 16; ++i) text += "services: {}\n---\n";
  EXPECT_EQ(ProjectFiles(text).At(""), R"({"services":{}})");
  EXPECT_EQ(ProjectFiles(text + "services: {}\n").At(""),
            "compose.yaml:32:1: the file has more than 16 documents; split it");
}

TEST(Bounds, OfAnchorsThatStandForEachOther) {
  std::string text = "x-0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 8; ++i) {
    const std::string alias = "*a" + std::to_string(i - 1);
    text += "x-" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + alias;
    for (int j = 0; j < 9; ++j) text += ", " + alias;
    text += "]\n";
  }
  EXPECT_THAT(ProjectFiles(text).At(""), HasSubstr("more than 50000 values"));
}

TEST(TreePath, IsJoinedOnItsText) {
  EXPECT_EQ(Join("a/b", "../c/./d"), "a/c/d");
  EXPECT_EQ(Join("", "./a//b/"), "a/b");
  EXPECT_EQ(Join("a", "../../b"), "../b");
  EXPECT_EQ(Join("a", "/x/../../y"), "/y");
  EXPECT_EQ(Join("a", ".."), "");
}

TEST(TreePath, IsWrittenFromAnotherFolder) {
  EXPECT_EQ(Relative("a/b", "a/c/d"), "../c/d");
  EXPECT_EQ(Relative("a", "a"), ".");
  EXPECT_EQ(Relative("", "a"), "a");
  EXPECT_EQ(Relative("a/b", ""), "../..");
  EXPECT_EQ(FolderOf("a/b/c"), "a/b");
  EXPECT_EQ(FolderOf("c"), "");
}

TEST(Load, ANameThatIsNoTextIsAnError) {
  for (const std::string_view name : {"[a]", "{}", "1"})
    EXPECT_EQ(ProjectFiles("name: " + std::string(name) + "\nservices: {}").At(""),
              "compose.yaml:1:7: name: expected the name of the project");
}

TEST(Load, ASecretHasNoContentInAFile) {
  EXPECT_THAT(ProjectFiles("secrets: {pw: {content: hunter2}}").At(""),
              AllOf(HasSubstr("compose.yaml:1:16: secrets.pw.content: unknown key"), Not(HasSubstr("hunter2"))));
}

TEST(Load, SeveralAddressesOfAHostArePartedByCommas) {
  EXPECT_EQ(ProjectFiles("services: {web: {extra_hosts: ['h=10.0.0.1,10.0.0.2', 'h=::1']}}").Web("extra_hosts"),
            R"({"h":["10.0.0.1","10.0.0.2","::1"]})");
}

TEST(Load, TextOfTheManifestIsNamedSo) {
  ProjectFiles files;
  files.request.files = {{"shop.yaml", "services: {a: {extends: 3}}"}};
  EXPECT_THAT(files.At(""), HasSubstr("shop.yaml (inline):1:"));
}

}  // namespace
}  // namespace tinyforge::compose
