#include "tests/unit/reconcilers/source/compose/decoding.h"

namespace tinyforge::compose {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Optional;
using ::testing::Pair;

using EnvironmentTest = Decoding;

TEST_F(EnvironmentTest, ListAndMappingMeanTheSame) {
  EXPECT_EQ(WebService("environment: [A=1, B=, \"C=x=y\"]"), WebService("environment: {A: 1, B: \"\", C: x=y}"));
}

TEST_F(EnvironmentTest, ScalarsStandAsTheyAreWritten) {
  EXPECT_THAT(WebService("environment: {F: 1.10, I: 007, B: true}").environment,
              ElementsAre(Pair("B", Optional(std::string("true"))), Pair("F", Optional(std::string("1.10"))),
                          Pair("I", Optional(std::string("007")))));
}

TEST_F(EnvironmentTest, WithoutAValueItIsThatOfTheProject) {
  variables = {{"A", "outside"}};
  const auto expected = ElementsAre(Pair("A", Optional(std::string("outside"))), Pair("B", std::nullopt));
  EXPECT_THAT(WebService("environment: [A, B]").environment, expected);
  EXPECT_THAT(WebService("environment: {A: , B: }").environment, expected);
}

TEST_F(EnvironmentTest, LaterFilesWinAndEnvironmentWinsOverFiles) {
  env_files = {{"a.env", {{"A", "1"}, {"B", "1"}, {"C", "1"}}}, {"conf/b.env", {{"B", "2"}, {"C", "2"}}}};
  EXPECT_THAT(WebService("env_file: [a.env, ./conf/b.env]\nenvironment: {C: 3}").environment,
              ElementsAre(Pair("A", Optional(std::string("1"))), Pair("B", Optional(std::string("2"))),
                          Pair("C", Optional(std::string("3")))));
}

TEST_F(EnvironmentTest, AVariableThatIsUnsetHidesThatOfAFile) {
  env_files = {{"a.env", {{"A", "1"}}}};
  EXPECT_THAT(WebService("env_file: a.env\nenvironment: [A]").environment, ElementsAre(Pair("A", std::nullopt)));
}

TEST_F(EnvironmentTest, AFileLooksAtTheProjectFirstAndThenAtTheService) {
  variables = {{"A", "project"}};
  env_files = {{"a.env", {{"X", "$A"}, {"Y", "$B"}}}};
  const Environment environment = WebService("env_file: a.env\nenvironment: {A: service, B: service}").environment;
  EXPECT_EQ(environment.at("X"), "project");
  EXPECT_EQ(environment.at("Y"), "service");
}

TEST_F(EnvironmentTest, AFileThatIsNotRequiredMayBeMissing) {
  EXPECT_EQ(WebError("env_file: [{path: a.env, required: false}]"), "(no error)");
  EXPECT_EQ(WebError("env_file: [{path: a.env}]"),
            "compose.yaml:4:16: services.web.env_file[0]: no file a.env in the repository");
}

TEST_F(EnvironmentTest, AFileMayBeRaw) {
  env_files = {{"a.env raw", {{"A", "'1'"}}}};
  EXPECT_THAT(WebService("env_file: [{path: a.env, format: raw}]").environment,
              ElementsAre(Pair("A", Optional(std::string("'1'")))));
  EXPECT_THAT(WebError("env_file: [{path: a.env, format: json}]"), HasSubstr("expected raw, got \"json\""));
}

TEST_F(EnvironmentTest, FilesAreThoseOfTheRepository) {
  EXPECT_THAT(WebError("env_file: /etc/environment"),
              HasSubstr("expected a path of the config repository, relative to the project directory"));
}

TEST_F(EnvironmentTest, ASecretMayStandInEnvironmentAndNowhereElse) {
  const std::string mark =
      "\x01"
      "0\x02";
  root = doc::Node::Map();
  doc::Node web = doc::Node::Map();
  web.Add("image", doc::Node::Of("nginx:" + mark));
  doc::Node environment = doc::Node::Map();
  environment.Add("URL", doc::Node::Of("db://u:" + mark + "@db"));
  web.Add("environment", environment);
  web.Add("labels", environment);
  root.Add("services", doc::Node::Map()).Add("web", std::move(web));
  const auto project = DecodeRoot();
  ASSERT_FALSE(project);
  const std::string& message = project.error().message;
  EXPECT_THAT(message, HasSubstr("services.web.image: a secret may not stand here"));
  EXPECT_THAT(message, HasSubstr("services.web.labels.URL: a secret may not stand here"));
  EXPECT_THAT(message, Not(HasSubstr("environment.URL")));
}

TEST_F(EnvironmentTest, MessagesShowNoSecret) {
  EXPECT_EQ(Quoted("a\x01"
                   "17\x02"
                   "b"),
            "\"a(secret)b\"");
}

TEST_F(EnvironmentTest, Labels) {
  env_files = {{"l.env", {{"a", "file"}, {"b", "file"}}}};
  EXPECT_THAT(WebService("label_file: l.env\nlabels: [b=own, c]").labels,
              ElementsAre(Pair("a", "file"), Pair("b", "own"), Pair("c", "")));
  EXPECT_THAT(WebService("annotations: {a: 1}").annotations, ElementsAre(Pair("a", "1")));
  for (const char* label : {"com.docker.compose.project", "tinyforge.managed"})
    EXPECT_THAT(WebError("labels: {" + std::string(label) + ": x}"), HasSubstr("are the controller's own"));
}

TEST_F(EnvironmentTest, Logging) {
  const auto logging = WebService("logging: {driver: syslog, options: {max-file: 3, tag: }}").logging;
  EXPECT_EQ(logging, (v1::Logging{"syslog", {{"max-file", "3"}, {"tag", ""}}}));
}

}  // namespace
}  // namespace tinyforge::compose
