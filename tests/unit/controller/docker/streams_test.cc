// What cuts byte streams: log frames, JSON objects, events.
#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "controller/docker/engine_event.h"
#include "controller/docker/json_splitter.h"
#include "controller/docker/log_frames.h"

namespace tinyforge::docker {
namespace {

using testing::ElementsAre;

std::string Frame(char stream, const std::string& payload) {
  return std::string{stream, 0, 0, 0, 0, 0, static_cast<char>(payload.size() >> 8), static_cast<char>(payload.size())} +
         payload;
}

TEST(LogDemultiplexerTest, FramesSurviveAnyCut) {
  std::string bytes = Frame(1, "out one\n") + Frame(2, "") + Frame(2, "err\n") + Frame(1, std::string(300, 'x'));
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    std::string out;
    std::string err;
    LogDemultiplexer frames([&](LogStream stream, std::string_view piece) {
      (stream == LogStream::Stdout ? out : err) += piece;
      return true;
    });
    for (std::size_t at = 0; at < bytes.size(); at += cut)
      ASSERT_TRUE(frames.Feed(std::string_view(bytes).substr(at, cut)));
    ASSERT_EQ(out, "out one\n" + std::string(300, 'x')) << cut;
    ASSERT_EQ(err, "err\n") << cut;
  }
}

TEST(LogDemultiplexerTest, BytesThatAreNoFramesEndIt) {
  LogDemultiplexer frames([](LogStream, std::string_view) { return true; });
  EXPECT_FALSE(frames.Feed("plain text"));
  EXPECT_FALSE(frames.Feed(Frame(1, "a")));
}

TEST(LogDemultiplexerTest, TheSinkCanEndIt) {
  int pieces = 0;
  LogDemultiplexer frames([&](LogStream, std::string_view) { return ++pieces < 2; });
  EXPECT_FALSE(frames.Feed(Frame(1, "a") + Frame(1, "b") + Frame(1, "c")));
  EXPECT_EQ(pieces, 2);
}

TEST(LogTailTest, KeepsTheLastLinesWithinItsBounds) {
  const auto as_is = [](std::string_view text) { return std::string(text); };
  LogTail tail(2, 10);
  tail.Feed("one\ntwo\nthree\n");
  EXPECT_EQ(tail.Text(as_is), "two\nthree");
  LogTail odd(5, 100);
  odd.Feed("\x1b[31mred\xff\r\n");
  EXPECT_EQ(odd.Text(as_is), " [31mred?");
  EXPECT_EQ(LogTail(3, 10).Text(as_is), "");
}

TEST(LogTailTest, SecretsAreLookedForInWholeLinesAsTheyWereWritten) {
  std::string seen;
  const auto note = [&](std::string_view text) { return seen = text; };
  LogTail cut(5, 10);
  cut.Feed("the secret of twenty\nshort\n");
  EXPECT_EQ(cut.Text(note), "short");
  cut.Feed("one that comes ");
  cut.Feed("in several pieces and ");
  cut.Feed("is longer than what is kept\nend\n");
  EXPECT_EQ(cut.Text(note), "end");
  LogTail raw(5, 100);
  raw.Feed("a\x01\xff\n");
  (void)raw.Text(note);
  EXPECT_EQ(seen, "a\x01\xff");
}

std::vector<std::string> Split(std::string_view text, std::size_t cut, std::size_t limit = 100) {
  std::vector<std::string> objects;
  JsonSplitter splitter(limit, [&](std::string_view object) { objects.emplace_back(object); });
  for (std::size_t at = 0; at < text.size(); at += cut) splitter.Feed(text.substr(at, cut));
  return objects;
}

TEST(JsonSplitterTest, ObjectsSurviveAnyCut) {
  std::string text = R"([{"a":"}{"},{"b":{"c":["\"}"]}} , {"d":"\\"}])";
  for (std::size_t cut = 1; cut <= text.size(); ++cut) {
    ASSERT_THAT(Split(text, cut), ElementsAre(R"({"a":"}{"})", R"({"b":{"c":["\"}"]}})", R"({"d":"\\"})"));
  }
  EXPECT_THAT(Split("{\"a\":1}\n{\"b\":2}\r\n", 3), ElementsAre("{\"a\":1}", "{\"b\":2}"));
}

TEST(JsonSplitterTest, AnObjectLargerThanAllowedEndsIt) {
  JsonSplitter splitter(8, [](std::string_view) {});
  EXPECT_TRUE(splitter.Feed("{\"a\":1}"));
  EXPECT_FALSE(splitter.Feed("{\"a\":12345}"));
  EXPECT_FALSE(splitter.Feed("{}"));
}

TEST(EngineEventTest, TheEventsOfARealEngineAreUnderstood) {
  std::ifstream file(std::string(TINYFORGE_SOURCE_DIR) + "/tests/unit/controller/docker/testdata/events_20.10.jsonl");
  std::stringstream text;
  text << file.rdbuf();
  std::vector<std::string> seen;
  JsonSplitter splitter(1 << 16, [&](std::string_view json) {
    auto event = DecodeEvent(json);
    ASSERT_TRUE(event);
    EXPECT_GT(event->time_ns, 1'700'000'000'000'000'000);
    if (event->type == EngineEvent::Type::Container)
      seen.push_back(event->action + " " + event->workload + " " + event->name);
    if (event->type == EngineEvent::Type::Network)
      seen.push_back(event->action + " " + event->name + " " + event->container.substr(0, 4));
    if (event->type == EngineEvent::Type::Image) seen.push_back(event->action + " " + event->name.substr(0, 9));
  });
  ASSERT_TRUE(splitter.Feed(text.str()));
  EXPECT_THAT(seen, ElementsAre("create web web", "connect tinyforge f29e", "start web web",
                                "disconnect tinyforge f29e", "disconnect tinyforge f29e", "connect tinyforge f29e",
                                "rename web web2", "update web web2", "kill web web2", "die web web2",
                                "disconnect tinyforge f29e", "destroy web web2", "tag tf/base:3", "untag sha256:1f"));
}

TEST(EngineEventTest, HealthComesWithoutItsVerdictAndNonsenseIsNoEvent) {
  EXPECT_EQ(DecodeEvent(R"({"Type":"container","Action":"health_status: healthy","Actor":{"ID":"a"}})")->action,
            "health_status");
  for (const char* text : {"", "[]", "{}", R"({"Type":"plugin","Actor":{}})", R"({"Type":"container"})"})
    EXPECT_FALSE(DecodeEvent(text));
}

}  // namespace
}  // namespace tinyforge::docker
