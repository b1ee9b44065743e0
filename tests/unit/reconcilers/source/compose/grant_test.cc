#include "tests/unit/reconcilers/source/compose/decoding.h"

namespace tinyforge::compose {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

using GrantTest = Decoding;
constexpr std::string_view kFiles = "secrets: {key: {file: ./key}}\nconfigs: {conf: {file: ./conf}}\n";

TEST_F(GrantTest, ShortForms) {
  const Service service = WebService("secrets: [key]\nconfigs: [conf]", kFiles);
  EXPECT_THAT(service.secrets, ElementsAre(FileGrant{"key", "/run/secrets/key"}));
  EXPECT_THAT(service.configs, ElementsAre(FileGrant{"conf", "/conf"}));
}

TEST_F(GrantTest, LongForms) {
  const Service service = WebService(
      "secrets: [{source: key, target: server.key, uid: \"103\", gid: \"104\", mode: 0o440}]\n"
      "configs: [{source: conf, target: /etc/web.conf, mode: \"0440\"}]",
      kFiles);
  EXPECT_THAT(service.secrets, ElementsAre(FileGrant{"key", "/run/secrets/server.key", 103, 104, 0440}));
  EXPECT_THAT(service.configs, ElementsAre(FileGrant{"conf", "/etc/web.conf", std::nullopt, std::nullopt, 0440}));
}

TEST_F(GrantTest, AModeIsOctal) {
  EXPECT_EQ(WebService("secrets: [{source: key, mode: 0440}]", kFiles).secrets.at(0).mode, 0440u);
  EXPECT_THAT(WebError("secrets: [{source: key, mode: 440}]", kFiles),
              HasSubstr("expected permission bits in octal with a leading zero, such as 0444, got 440"));
}

TEST_F(GrantTest, WhatIsNotDeclaredIsAnError) {
  EXPECT_THAT(WebError("secrets: [kez]", kFiles),
              HasSubstr("the project has no secret \"kez\"; did you mean \"key\"?"));
  EXPECT_THAT(WebError("configs: [{source: cnf}]", kFiles), HasSubstr("no config \"cnf\""));
  EXPECT_THAT(WebError("configs: [{target: /a}]", kFiles), HasSubstr("needs the key \"source\""));
}

TEST_F(GrantTest, Sources) {
  variables = {{"TOKEN",
                "\x01"
                "0\x02"}};
  auto project =
      Decode(Web("secrets: [a, b, c, d]\nconfigs: [e]") +
             "secrets:\n  a: {file: ./a.txt}\n  b: {environment: TOKEN}\n  c: {external: true}\n"
             "  d: {external: true, name: shop/key}\n  unused: {file: x}\nconfigs:\n  e: {content: \"x=1\"}\n");
  ASSERT_TRUE(project) << project.error().message;
  EXPECT_THAT(project->secrets,
              ElementsAre(Pair("a", FileSource{.file = "a.txt"}),
                          Pair("b", FileSource{.content = "\x01"
                                                          "0\x02"}),
                          Pair("c", FileSource{.external = "c"}), Pair("d", FileSource{.external = "shop/key"})));
  EXPECT_THAT(project->configs, ElementsAre(Pair("e", FileSource{.content = "x=1"})));
}

TEST_F(GrantTest, ASourceIsOne) {
  EXPECT_THAT(WebError("tty: true", "configs: {a: {}}"),
              HasSubstr("configs.a: expected exactly one of file, content, environment and external: true"));
  EXPECT_THAT(WebError("tty: true", "secrets: {a: {file: a, environment: B}}"), HasSubstr("exactly one of file"));
  EXPECT_THAT(WebError("tty: true", "secrets: {a: {environment: B}}"),
              HasSubstr("secrets.a.environment: the environment of the project has no variable \"B\""));
}

}  // namespace
}  // namespace tinyforge::compose
