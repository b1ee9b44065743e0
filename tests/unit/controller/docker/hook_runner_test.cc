// What becomes of commands in containers, as a scripted Engine answers.
#include "controller/docker/hook_runner.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <nlohmann/json.hpp>
#include <semaphore>
#include <thread>

#include "controller/docker/engine_writer.h"
#include "reconcilers/core/field_digests.h"
#include "reconcilers/core/hook_label.h"
#include "tests/fakes/fake_logger.h"
#include "tests/unit/controller/docker/scripted_engine.h"

namespace tinyforge::docker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class OneSecret : public SecretReader {
 public:
  Expected<SecretHandle> Find(const v1::SecretKeyRef& ref) override {
    if (ref.name == "there") return SecretHandle{ref, "f"};
    return Error{ErrorKind::Waiting, "secret " + ref.name + "/" + ref.key + " is not there"};
  }
  Expected<std::vector<SecretHandle>> Variables(const v1::SecretKeyRef&) override {
    return std::vector<SecretHandle>();
  }
  Expected<std::string> Reveal(const SecretHandle&) override { return std::string("s3cret"); }
};

// Container c1 of workload w, which was made with hooks.
class HookRunnerTest : public testing::Test {
 protected:
  HookRunnerTest()
      : engine_([this](const std::string& line) { return Script(line); }),
        client_({engine_.host(), {}}),
        index_(client_, {.instance = "i", .subnet = {ParseIpv4("10.0.0.0").value(), 24}}),
        resources_(client_, {}),
        policy_({}, {}, ""),
        runner_({client_, index_, policy_, secrets_, log_, [](std::string_view text) {
                   std::string out(text);
                   for (auto at = out.find("s3cret"); at != std::string::npos; at = out.find("s3cret"))
                     out.replace(at, 6, "***");
                   return out;
                 }}) {
    index_.Connected();
  }

  static Hook Command(const std::string& word) { return {.command = {word}}; }

  // Makes c1 so and has the index know it.
  void Make(const std::vector<Hook>& post_start, const std::vector<Hook>& pre_stop = {}) {
    ContainerTemplate made{.image = "web:1"};
    made.post_start = post_start;
    made.pre_stop = pre_stop;
    nlohmann::json labels = {{"tinyforge.instance", "i"},      {"tinyforge.role", "main"},
                             {"tinyforge.replica", "1"},       {"tinyforge.workload.id", "w"},
                             {"tinyforge.template-hash", "h"}, {label::kFields, FieldDigests(made)}};
    if (!post_start.empty()) labels[std::string(label::kPostStart)] = EncodeHooks(post_start);
    if (!pre_stop.empty()) labels[std::string(label::kPreStop)] = EncodeHooks(pre_stop);
    labels_ = labels.dump();
    ASSERT_TRUE(index_.Resync());
    ASSERT_TRUE(index_.Containers("w"));
  }

  std::string Inspect() {
    return Answer(inspect_status_, R"({"Id":"c1","Name":"/c1","Image":"sha256:1","State":{"Status":")" +
                                       std::string(runs_ ? "running" : "exited") + R"(","StartedAt":")" + started_ +
                                       R"("},"HostConfig":{},"Config":{"Tty":false,"Labels":)" + labels_ + "}}");
  }

  std::string Script(const std::string& line) {
    if (line.find("/info") != std::string::npos) return Answer(200, R"({"ID":"e"})");
    if (line.find("/containers/json") != std::string::npos)
      return Answer(200,
                    line.find("address") != std::string::npos
                        ? "[]"
                        : R"([{"Id":"c1","Names":["/c1"],"State":"running","Status":"Up","Labels":)" + labels_ + "}]");
    if (line.find("/exec/") != std::string::npos && line.find("/start") != std::string::npos) {
      if (on_start_) on_start_();
      return stream_;
    }
    if (line.find("/exec/") != std::string::npos) {
      const std::string state = exec_.empty() ? R"({"Running":false,"ExitCode":0})" : exec_.front();
      if (exec_.size() > 1) exec_.erase(exec_.begin());
      return Answer(exec_status_, state);
    }
    if (line.find("/exec") != std::string::npos) return Answer(create_status_, R"({"Id":"e1"})");
    if (line.find("/stop") != std::string::npos) return Answer(204, "");
    return line.find("/images/") != std::string::npos ? Answer(200, "{}") : Inspect();
  }

  HookReport Run() {
    EXPECT_TRUE(runner_.Begin("c1"));
    runner_.RunPostStart("c1", {});
    const auto reports = runner_.Reports("w");
    return reports.contains("c1") ? reports.at("c1") : HookReport{.message = "forgotten"};
  }
  bool WasAsked(const char* call) {
    return std::ranges::any_of(engine_.requests(),
                               [&](const std::string& request) { return request.find(call) != std::string::npos; });
  }
  // The commands that were asked for.
  std::vector<std::string> Commands() {
    std::vector<std::string> commands;
    for (const std::string& request : engine_.requests()) {
      const auto at = request.find(R"("Cmd":[")");
      if (at != std::string::npos) commands.push_back(request.substr(at + 8, request.find('"', at + 8) - at - 8));
    }
    return commands;
  }

  std::string labels_ = "{}";
  std::atomic<bool> runs_ = true;
  std::string started_ = "2026-01-01T00:00:00Z";
  std::string stream_ = Answer(200, "");
  std::vector<std::string> exec_;   // what exec inspect says, the last again and again
  std::function<void()> on_start_;  // of a command
  std::atomic<int> inspect_status_ = 200;
  std::atomic<int> exec_status_ = 200;
  std::atomic<int> create_status_ = 201;
  ScriptedEngine engine_;
  EngineClient client_;
  ContainerIndex index_;
  ResourceKeeper resources_;
  PolicyChecker policy_;
  OneSecret secrets_;
  FakeLogger log_;
  HookRunner runner_;
};

TEST_F(HookRunnerTest, TheExitCodeDecides) {
  Make({Command("a"), Command("b")});
  EXPECT_EQ(Run().state, HookState::Succeeded);
  EXPECT_THAT(Commands(), ElementsAre("a", "b"));
  runner_.Forget("c1");
  exec_ = {R"({"Running":false,"ExitCode":3})"};
  const HookReport report = Run();
  EXPECT_EQ(report.state, HookState::Failed);
  EXPECT_THAT(report.message, HasSubstr(R"(post_start ["a"]: ended with exit code 3)"));
}

// The stream broke before the command had ended.
TEST_F(HookRunnerTest, WhatStillRunsIsAskedAgain) {
  Make({Command("a")});
  stream_ = "";
  exec_ = {R"({"Running":true})", R"({"Running":true})", R"({"Running":false,"ExitCode":0})"};
  EXPECT_EQ(Run().state, HookState::Succeeded);
}

TEST_F(HookRunnerTest, WhatTheEngineCannotSayIsAwaited) {
  Make({Command("a")});
  for (const int status : {404, 409, 403}) {
    exec_status_ = status;
    const HookReport report = Run();
    EXPECT_EQ(report.state, HookState::Waiting) << status << report.message;
    runner_.Forget("c1");
  }
}

TEST_F(HookRunnerTest, PausesGrow) {
  Make({Command("a")});
  create_status_ = 500;
  std::vector<Duration> pauses;
  for (int i = 0; i < 3; ++i) pauses.push_back(Run().pause);
  EXPECT_LE(pauses[0], std::chrono::seconds(1));
  EXPECT_LE(pauses[1], std::chrono::seconds(2));
  EXPECT_GT(pauses[2], std::chrono::seconds(2));
  EXPECT_LE(pauses[2], std::chrono::seconds(4));
}

TEST_F(HookRunnerTest, NothingIsRunBeforeEverySecretIsThere) {
  Hook second = Command("b");
  second.env = {{.name = "S", .value = "", .inserts = {{0, {{"absent", "key"}, "f"}}}}};
  Make({Command("a"), second});
  const HookReport report = Run();
  EXPECT_EQ(report.state, HookState::Waiting);
  EXPECT_THAT(report.message, HasSubstr("secret absent/key is not there"));
  EXPECT_THAT(Commands(), IsEmpty());
}

TEST_F(HookRunnerTest, WhatEndedWellIsNotRunAgainForTheSameStart) {
  Make({Command("a"), Command("b")});
  exec_ = {R"({"Running":false,"ExitCode":0})", R"({"Running":false,"ExitCode":3})"};
  EXPECT_EQ(Run().state, HookState::Failed);
  exec_ = {};
  EXPECT_EQ(Run().state, HookState::Succeeded);
  EXPECT_THAT(Commands(), ElementsAre("a", "b", "b"));
}

TEST_F(HookRunnerTest, WhatEndsWithItsContainerIsForgotten) {
  Make({Command("a")});
  exec_ = {R"({"Running":false,"ExitCode":137})"};
  on_start_ = [this] { runs_ = false; };
  EXPECT_EQ(Run().message, "forgotten");
  EXPECT_THAT(Commands(), ElementsAre("a"));
  runs_ = true;
  on_start_ = [this] { started_ = "2026-01-01T00:01:00Z"; };
  EXPECT_EQ(Run().message, "forgotten") << "it was started anew";
}

TEST_F(HookRunnerTest, WhatNobodyAsksForAnyMoreIsNotRun) {
  Make({Command("a")});
  EXPECT_TRUE(runner_.Begin("c1"));
  runner_.Forget("c1");
  runner_.RunPostStart("c1", {});
  EXPECT_THAT(Commands(), IsEmpty());
}

// All had ended well, and only that was not known.
TEST_F(HookRunnerTest, WhatTheLastLookMissedIsNotRunAgain) {
  Make({Command("a")});
  on_start_ = [this] { inspect_status_ = 500; };
  EXPECT_EQ(Run().state, HookState::Waiting);
  inspect_status_ = 200;
  EXPECT_EQ(Run().state, HookState::Succeeded);
  EXPECT_THAT(Commands(), ElementsAre("a"));
}

// One try is all that a stop has: what can be run is.
TEST_F(HookRunnerTest, BeforeAStopWhatComesBeforeAMissingSecretIsRun) {
  Hook second = Command("b");
  second.env = {{.name = "S", .value = "", .inserts = {{0, {{"absent", "key"}, "f"}}}}};
  Make({}, {Command("a"), second});
  const auto done = runner_.RunPreStop("c1", std::chrono::seconds(5), {});
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("secret absent/key is not there"));
  EXPECT_THAT(Commands(), ElementsAre("a"));
}

TEST_F(HookRunnerTest, WhatTakesTooLongIsSaid) {
  Make({}, {Command("a")});
  stream_ = "";
  exec_ = {R"({"Running":true})"};
  const auto done = runner_.RunPreStop("c1", std::chrono::milliseconds(300), {});
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("has not ended within 300ms"));
}

TEST_F(HookRunnerTest, OfWhatIsNotKnownNothingCountsAsDone) {
  Make({});
  EXPECT_EQ(Run().state, HookState::Waiting);
}

TEST_F(HookRunnerTest, OutputIsRedactedBeforeItIsCut) {
  Make({Command("a")});
  const std::string line = std::string(500, 'x') + " s3cret s3cret s3cret";
  const auto size = static_cast<unsigned char>(line.size());
  std::string frame = {1, 0, 0, 0, 0, 0, static_cast<char>(line.size() >> 8), static_cast<char>(size)};
  stream_ = Answer(200, frame + line);
  exec_ = {R"({"Running":false,"ExitCode":1})"};
  const HookReport report = Run();
  EXPECT_EQ(report.state, HookState::Failed);
  EXPECT_THAT(report.message, HasSubstr("xxx"));
  EXPECT_THAT(report.message, Not(HasSubstr("s3")));
}

TEST_F(HookRunnerTest, WhatIsUnderWayIsNotBegun) {
  Make({Command("a")});
  EXPECT_TRUE(runner_.Begin("c1"));
  EXPECT_FALSE(runner_.Begin("c1"));
}

TEST_F(HookRunnerTest, AStopRunsCommandsFirstAndIsMadeWhateverComesOfThem) {
  Make({}, {Command("drain")});
  exec_status_ = 404;
  std::counting_semaphore<> told{0};
  EngineWriter writer({client_, index_, resources_, policy_, secrets_, log_},
                      {.on_ended = [&](const std::string&) { told.release(); }});
  ASSERT_TRUE(*writer.BeginStop("c1"));
  ASSERT_TRUE(told.try_acquire_for(std::chrono::seconds(20)));
  std::vector<std::string> order;
  for (const std::string& request : engine_.requests())
    for (const char* call : {"/containers/c1/exec", "/containers/c1/stop"})
      if (request.starts_with("POST") && request.find(call) != std::string::npos) order.emplace_back(call);
  EXPECT_THAT(order, ElementsAre("/containers/c1/exec", "/containers/c1/stop"));
}

TEST_F(HookRunnerTest, WhatEndedByItsOwnCommandIsNotStopped) {
  Make({}, {Command("quit")});
  on_start_ = [this] { runs_ = false; };
  std::counting_semaphore<> told{0};
  EngineWriter writer({client_, index_, resources_, policy_, secrets_, log_},
                      {.on_ended = [&](const std::string&) { told.release(); }});
  ASSERT_TRUE(*writer.BeginStop("c1"));
  ASSERT_TRUE(told.try_acquire_for(std::chrono::seconds(20)));
  EXPECT_FALSE(WasAsked("/stop"));
}

// The next controller does both again.
TEST_F(HookRunnerTest, TheEndOfTheControllerStopsNothing) {
  Make({}, {Command("drain")});
  stream_ = "hang";
  {
    EngineWriter writer({client_, index_, resources_, policy_, secrets_, log_}, {});
    ASSERT_TRUE(*writer.BeginStop("c1"));
    for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
         !WasAsked("/exec/e1/start") && std::chrono::steady_clock::now() < end;)
      std::this_thread::yield();
    EXPECT_TRUE(WasAsked("/exec/e1/start"));
    writer.AbortStops();
  }
  EXPECT_FALSE(WasAsked("/stop"));
}

TEST_F(HookRunnerTest, WhatSomebodyRemovedIsForgotten) {
  Make({Command("a")});
  EXPECT_EQ(Run().state, HookState::Succeeded);
  index_.Removed("c1");
  EXPECT_THAT(runner_.Reports("w"), IsEmpty());
}

}  // namespace
}  // namespace tinyforge::docker
