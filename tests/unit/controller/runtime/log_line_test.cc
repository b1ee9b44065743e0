#include "controller/runtime/log_line.h"

#include <gtest/gtest.h>

#include <vector>

namespace tinyforge {
namespace {

const SysTime kTime = *ParseRfc3339("2026-01-02T03:04:05.678Z");

std::string Text(std::string value) {
  const std::vector<LogField> fields{{"k", std::move(value)}};
  const std::string line = FormatLine({kTime, LogLevel::Info, "m", fields}, LogFormat::Text);
  return line.substr(std::string("2026-01-02T03:04:05.678Z INFO m ").size());
}

std::string Json(std::string value) {
  const std::vector<LogField> fields{{"k", std::move(value)}};
  const std::string line = FormatLine({kTime, LogLevel::Info, "m", fields}, LogFormat::Json);
  return line.substr(std::string(R"({"time":"2026-01-02T03:04:05.678Z","level":"info","message":"m",)").size());
}

TEST(LogLine, TextIsTimeLevelMessageAndPairs) {
  const std::vector<LogField> fields{{"object", "workload/shop"}, {"error", "no such image"}, {"empty", ""}};
  EXPECT_EQ(FormatLine({kTime, LogLevel::Warning, "reconcile failed", fields}, LogFormat::Text),
            "2026-01-02T03:04:05.678Z WARN reconcile failed object=workload/shop error=\"no such image\" empty=\"\"\n");
}

TEST(LogLine, JsonIsOneObject) {
  const std::vector<LogField> fields{{"object", "workload/shop"}, {"error", "say \"please\""}};
  EXPECT_EQ(FormatLine({kTime, LogLevel::Error, "reconcile failed", fields}, LogFormat::Json),
            R"({"time":"2026-01-02T03:04:05.678Z","level":"error","message":"reconcile failed",)"
            R"("object":"workload/shop","error":"say \"please\""})"
            "\n");
}

TEST(LogLine, AValueCannotForgeALine) {
  EXPECT_EQ(Text("a\n2026 INFO forged\r\x1b[2J"), "k=\"a\\n2026 INFO forged\\r\\x1b[2J\"\n");
  EXPECT_EQ(Json("a\nb\x1b[2J"), "\"k\":\"a\\nb\\u001b[2J\"}\n");
}

TEST(LogLine, C1ControlsAndLineSeparatorsAreEscapedAndOtherUnicodeIsNot) {
  EXPECT_EQ(Text("caf\u00e9 \u009b2J\u2028\U0001F600"), "k=\"caf\u00e9 \\xc2\\x9b2J\\xe2\\x80\\xa8\U0001F600\"\n");
  EXPECT_EQ(Json("\u009b\u2029"), "\"k\":\"\\u009b\\u2029\"}\n");
}

TEST(LogLine, WhatIsNotUtf8IsEscapedInTextAndReplacedInJson) {
  EXPECT_EQ(Text("\xff\xc0\xaf\xed\xa0\x80"), "k=\"\\xff\\xc0\\xaf\\xed\\xa0\\x80\"\n");
  EXPECT_EQ(Json("a\xff"), "\"k\":\"a\uFFFD\"}\n");
}

TEST(LogLine, ALongValueIsCutAtACharacter) {
  const std::string line = Text(std::string(4095, 'a') + "\u00e9" + std::string(5000, 'b'));
  EXPECT_EQ(line, "k=\"" + std::string(4095, 'a') + "…\"\n");
}

}  // namespace
}  // namespace tinyforge
