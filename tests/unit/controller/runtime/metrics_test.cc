#include "controller/runtime/metrics.h"

#include <unistd.h>

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

namespace tinyforge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

bool HasLine(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

// One sample of everything.
void RecordAll(Metrics& metrics) {
  metrics.BuildInfo("0.1.0", "abc");
  metrics.Reconciled("Workload", "success", milliseconds(3));
  metrics.QueueDepth(7);
  metrics.QueueLatency(milliseconds(1));
  metrics.WorkloadsByCondition("Ready", "True", 12);
  metrics.ContainersByState("running", 14);
  metrics.GitFetched("success", milliseconds(700), SysTime(seconds(1767225600)));
  metrics.RevisionChanged(SysTime(seconds(1767225601)));
  metrics.EngineRequest("container_create", 201, milliseconds(40));
  metrics.DriftRepaired("missing");
  metrics.RolloutEnded("succeeded");
  metrics.WebhookRequest(202);
  metrics.WebhookConnectionDropped("evicted");
}

TEST(Metrics, WhatPromtoolChecksIsInOrder) {
  Metrics metrics;
  RecordAll(metrics);
  const std::string path = ::testing::TempDir() + "tinyforge_metrics_" + std::to_string(getpid()) + ".txt";
  std::ofstream(path) << metrics.Serialize();
  const std::string command = "promtool check metrics < " + path + " 2>&1";
  std::FILE* promtool = popen(command.c_str(), "r");
  ASSERT_NE(promtool, nullptr);
  std::string output;
  for (int c = 0; (c = std::fgetc(promtool)) != EOF;) output += static_cast<char>(c);
  EXPECT_EQ(pclose(promtool), 0) << "promtool (Debian package prometheus): " << output;
  EXPECT_EQ(output, "");
  std::remove(path.c_str());
}

TEST(Metrics, KnownSeriesExistFromTheStartWithValueZero) {
  const std::string text = Metrics().Serialize();
  EXPECT_TRUE(HasLine(text, R"(tinyforge_reconcile_duration_seconds_count{kind="Workload",result="stalled"} 0)"));
  EXPECT_TRUE(HasLine(text, "tinyforge_queue_depth 0"));
  EXPECT_TRUE(HasLine(text, R"(tinyforge_workloads{condition="Ready",status="False"} 0)"));
  EXPECT_TRUE(HasLine(text, R"(tinyforge_containers{state="missing"} 0)"));
  EXPECT_TRUE(HasLine(text, R"(tinyforge_drift_repairs_total{cause="networks"} 0)"));
  EXPECT_TRUE(HasLine(text, R"(tinyforge_rollouts_total{result="failed"} 0)"));
  EXPECT_TRUE(HasLine(text, R"(tinyforge_webhook_requests_total{code="429"} 0)"));
  EXPECT_TRUE(HasLine(text, R"(tinyforge_webhook_connections_dropped_total{reason="handshake"} 0)"));
  EXPECT_TRUE(HasLine(text, "tinyforge_git_last_success_timestamp_seconds 0"));
}

TEST(Metrics, RecordedValuesShow) {
  Metrics metrics;
  RecordAll(metrics);
  metrics.EngineRequest("container_create", 201, milliseconds(60));
  const std::string text = metrics.Serialize();
  EXPECT_TRUE(HasLine(text, R"(tinyforge_build_info{revision="abc",version="0.1.0"} 1)")) << text;
  EXPECT_TRUE(
      HasLine(text, R"(tinyforge_reconcile_duration_seconds_bucket{kind="Workload",result="success",le="0.005"} 1)"));
  EXPECT_TRUE(HasLine(text, R"(tinyforge_engine_requests_total{code="201",operation="container_create"} 2)"));
  EXPECT_TRUE(HasLine(text, R"(tinyforge_engine_request_duration_seconds_count{operation="container_create"} 2)"));
  EXPECT_TRUE(HasLine(text, "tinyforge_git_last_success_timestamp_seconds 1767225600"));
  EXPECT_TRUE(HasLine(text, R"(tinyforge_webhook_requests_total{code="202"} 1)"));
  EXPECT_TRUE(HasLine(text, R"(tinyforge_webhook_connections_dropped_total{reason="evicted"} 1)"));
  EXPECT_TRUE(HasLine(text, R"(tinyforge_workloads{condition="Ready",status="True"} 12)"));
}

TEST(Metrics, AFailedFetchLeavesTheTimeOfTheLastGoodOne) {
  Metrics metrics;
  metrics.GitFetched("success", milliseconds(700), SysTime(seconds(100)));
  metrics.GitFetched("error", milliseconds(700), SysTime(seconds(200)));
  EXPECT_TRUE(HasLine(metrics.Serialize(), "tinyforge_git_last_success_timestamp_seconds 100"));
}

TEST(Metrics, AWordOutsideAClosedSetMakesOneSeriesOnly) {
  Metrics metrics;
  for (int i = 0; i < 10; ++i) metrics.DriftRepaired("cause " + std::to_string(i));
  metrics.EngineRequest("version", 99999, milliseconds(1));
  const std::string text = metrics.Serialize();
  EXPECT_TRUE(HasLine(text, R"(tinyforge_drift_repairs_total{cause="other"} 10)"));
  EXPECT_TRUE(HasLine(text, R"(tinyforge_engine_requests_total{code="0",operation="version"} 1)"));
}

TEST(Metrics, TheProcessReportsItself) {
  const std::string text = Metrics().Serialize();
  for (const char* name : {"process_cpu_seconds_total ", "process_resident_memory_bytes ", "process_open_fds ",
                           "process_start_time_seconds "})
    EXPECT_NE(text.find(std::string("\n") + name), std::string::npos) << name;
  const double resident = std::stod(text.substr(text.find("\nprocess_resident_memory_bytes ") + 31));
  EXPECT_GT(resident, 1 << 20);
}

}  // namespace
}  // namespace tinyforge
