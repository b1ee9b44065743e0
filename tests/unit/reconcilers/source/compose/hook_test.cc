#include "tests/unit/reconcilers/source/compose/decoding.h"

namespace tinyforge::compose {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using HookTest = Decoding;

TEST_F(HookTest, EveryKey) {
  const Service service = WebService(
      "post_start:\n  - command: /warm-up \"a b\"\n    user: \"1000\"\n    privileged: true\n    working_dir: /srv\n"
      "    environment: [A=1]\n  - command: [sh, -c, \"echo $$HOME\"]\npre_stop: [{command: /drain, environment: {B: "
      "2}}]");
  EXPECT_THAT(service.post_start, ElementsAre(ServiceHook{.command = {"/warm-up", "a b"},
                                                          .user = "1000",
                                                          .working_dir = "/srv",
                                                          .privileged = true,
                                                          .environment = {{"A", "1"}}},
                                              ServiceHook{.command = {"sh", "-c", "echo $$HOME"}}));
  EXPECT_THAT(service.pre_stop, ElementsAre(ServiceHook{.command = {"/drain"}, .environment = {{"B", "2"}}}));
}

TEST_F(HookTest, WhatIsNoneIsAnError) {
  EXPECT_THAT(WebError("post_start: [{user: root}]"),
              HasSubstr("services.web.post_start[0]: needs the key \"command\""));
  EXPECT_THAT(WebError("post_start: [{command: []}]"), HasSubstr("expected a command, at least one word"));
  EXPECT_THAT(WebError("post_start: [{command: \"\"}]"), HasSubstr("services.web.post_start[0].command"));
  EXPECT_THAT(WebError("post_start: [/warm-up]"), HasSubstr("services.web.post_start[0]: expected"));
  EXPECT_THAT(WebError("post_start: {command: x}"), HasSubstr("services.web.post_start: expected"));
  EXPECT_THAT(WebError("pre_stop: [{command: x, shell: sh}]"), HasSubstr("services.web.pre_stop[0].shell"));
  EXPECT_THAT(WebError("pre_stop: [{command: x, privileged: maybe}]"), HasSubstr("expected true or false"));
  std::string many;
  for (int i = 0; i < 17; ++i) many += "{command: x}, ";
  EXPECT_THAT(WebError("pre_stop: [" + many + "]"), HasSubstr("services.web.pre_stop: has more than 16 commands"));
}

}  // namespace
}  // namespace tinyforge::compose
