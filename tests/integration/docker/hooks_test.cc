// Commands in containers of a real Engine.
#include <gmock/gmock.h>

#include "reconcilers/core/field_digests.h"
#include "reconcilers/core/hook_label.h"
#include "tests/integration/docker/engine_fixture.h"

namespace tinyforge::docker {
namespace {

using testing::HasSubstr;
using testing::Not;

class HooksTest : public EngineTest {
 protected:
  static Hook Shell(const std::string& script) { return {.command = {"sh", "-c", script}}; }
  // As the planner does.
  static void Label(CreateRequest& request) {
    const ContainerTemplate& spec = request.spec;
    if (!spec.post_start.empty()) request.labels[std::string(label::kPostStart)] = EncodeHooks(spec.post_start);
    if (!spec.pre_stop.empty()) request.labels[std::string(label::kPreStop)] = EncodeHooks(spec.pre_stop);
    request.labels[std::string(label::kFields)] = FieldDigests(spec);
  }

  std::string Run(const std::vector<Hook>& post_start, const std::vector<Hook>& pre_stop = {}) {
    CreateRequest request = RequestFor("web", "web");
    request.spec.post_start = post_start;
    request.spec.pre_stop = pre_stop;
    request.spec.stop_timeout = std::chrono::seconds(2);
    Label(request);
    const std::string id = MustRun(request);
    EXPECT_EQ(Only("web").state, ContainerState::Running);
    return id;
  }
  HookReport ReportOf(const std::string& id) {
    EXPECT_TRUE(engine_->writer().BeginHooks(id));
    EXPECT_TRUE(Eventually([&] {
      const HookState state = engine_->writer().HookReports("web")[id].state;
      return state != HookState::Queued && state != HookState::Running;
    }));
    return engine_->writer().HookReports("web")[id];
  }
  std::string Read(const std::string& path) { return Docker("exec web cat " + path); }
};

TEST_F(HooksTest, RunInOrderAsTheyAreAsked) {
  Hook second = Shell("echo $A $SECRET $(id -u) $(pwd) >> /tmp/out");
  second.user = "1000";
  second.working_dir = "/tmp";
  second.env = {{.name = "A", .value = "b"},
                {.name = "SECRET", .value = "<>", .inserts = {{1, {{"shop", "key"}, "old"}}}}};
  const std::string id = Run({Shell("echo first > /tmp/out; chmod 666 /tmp/out"), second});
  EXPECT_EQ(ReportOf(id).state, HookState::Succeeded) << ReportOf(id).message;
  EXPECT_THAT(Read("/tmp/out"), HasSubstr("first\nb <s3cret \"quoted\" line> 1000 /tmp"));
}

TEST_F(HooksTest, TheFirstFailureEndsThemAndIsTold) {
  const std::string id = Run({Shell("echo the last words >&2; exit 3"), Shell("touch /tmp/second")});
  const HookReport report = ReportOf(id);
  EXPECT_EQ(report.state, HookState::Failed);
  EXPECT_THAT(report.message, HasSubstr("post_start [\"sh\",\"-c\",\"echo the last words"));
  EXPECT_THAT(report.message, HasSubstr("ended with exit code 3: the last words"));
  EXPECT_THAT(Docker("exec web ls /tmp"), Not(HasSubstr("second")));
}

TEST_F(HooksTest, ACommandThatIsNotThereIsAFailure) {
  const HookReport report = ReportOf(Run({{.command = {"/none"}}}));
  EXPECT_EQ(report.state, HookState::Failed);
  EXPECT_THAT(report.message, HasSubstr("/none"));
}

TEST_F(HooksTest, WhatEndsWithItsContainerIsNoFailure) {
  const std::string id = Run({Shell("touch /tmp/begun; sleep 60")});
  ASSERT_TRUE(engine_->writer().BeginHooks(id));
  ASSERT_TRUE(Eventually([&] { return Docker("exec web ls /tmp").find("begun") != std::string::npos; }));
  Docker("kill web");
  EXPECT_TRUE(Eventually([&] { return engine_->writer().HookReports("web").empty(); }));
}

TEST_F(HooksTest, AStopRunsThoseBeforeIt) {
  Docker("volume create drained");
  CreateRequest request = RequestFor("web", "web");
  request.spec.mounts = {{.type = MountType::Volume, .source = "drained", .target = "/out"}};
  request.spec.pre_stop = {Shell("echo drained > /out/note"), Shell("exit 1")};
  Label(request);
  const std::string id = MustRun(request);
  ASSERT_EQ(Only("web").state, ContainerState::Running);
  ASSERT_TRUE(engine_->writer().BeginStop(id));
  ASSERT_TRUE(Eventually([&] { return Only("web").state == ContainerState::Exited; })) << "a failure holds up nothing";
  Docker("start web");
  EXPECT_EQ(Read("/out/note"), "drained");
}

TEST_F(HooksTest, AStopWaitsForThemNoLongerThanItsGracePeriod) {
  const std::string id = Run({}, {Shell("sleep 600")});
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_TRUE(engine_->writer().BeginStop(id));
  ASSERT_TRUE(Eventually([&] { return Only("web").state == ContainerState::Exited; }));
  EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(1900));
}

TEST_F(HooksTest, PrivilegesAreThePolicysToGive) {
  CreateRequest request = RequestFor("web", "web");
  request.spec.pre_stop = {{.command = {"x"}, .privileged = true}};
  const auto refused = engine_->writer().Create(request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Terminal);
  EXPECT_THAT(refused.error().message, HasSubstr("a hook with privileged: true is not allowed for workload web"));
  // Labels may be another's work.
  Hook forged = Shell("true");
  forged.privileged = true;
  request.spec.pre_stop = {};
  request.spec.post_start = {forged};
  Label(request);
  request.spec.post_start = {};
  const std::string id = MustRun(request);
  ASSERT_EQ(Only("web").state, ContainerState::Running);
  EXPECT_THAT(ReportOf(id).message, HasSubstr("is not allowed for workload web by the host policy"));
}

}  // namespace
}  // namespace tinyforge::docker
