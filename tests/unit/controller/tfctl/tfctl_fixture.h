// tfctl in this process against the API over a real socket with a fake backend.
#pragma once

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "controller/cmd/tfctl/tfctl.h"
#include "controller/serve/api.h"
#include "controller/serve/http_server.h"
#include "tests/unit/controller/serve/fake_backend.h"
#include "tests/unit/controller/serve/null_logger.h"
#include "tests/unit/controller/serve/temp_dir.h"

namespace tinyforge::tfctl {

inline const SysTime kNow = *ParseRfc3339("2026-03-01T12:00:00Z");
inline constexpr const char* kCommit = "4f2a9c1d00112233445566778899aabbccddeeff";

inline Condition MakeCondition(std::string_view type, ConditionStatus status, std::string reason, std::string message) {
  return {.type = std::string(type),
          .status = status,
          .reason = std::move(reason),
          .message = std::move(message),
          .observed_generation = 1,
          .last_transition_time = kNow - std::chrono::minutes(42)};
}

inline ObjectRecord MakeRecord(Kind kind, std::string name, std::string spec) {
  return {.key = {kind, name},
          .meta = {.name = name},
          .spec_json = std::move(spec),
          .position = {"apps/" + name + ".yaml", 1, 1},
          .generation = 1,
          .revision = kCommit,
          .status = {.observed_generation = 1, .revision = kCommit}};
}

class TfctlTest : public testing::Test {
 protected:
  TfctlTest() : server_(serve::HttpLimits{}, log_) {
    EXPECT_TRUE(server_.ListenUnix(Socket(), 0660, serve::MakeApiRouter(backend_)));
    server_.Start();
  }

  std::string Socket() const { return dir_ / "api.sock"; }

  // The exit code; what was written stands in out and err.
  int Run(std::vector<std::string> args) {
    args.insert(args.begin(), {"--api-socket", Socket()});
    return RunPlain(std::move(args));
  }

  int RunPlain(std::vector<std::string> args) {
    std::ostringstream out_stream;
    std::ostringstream err_stream;
    const int code = TfctlMain(
        args, {.out = out_stream, .err = err_stream, .width = width_, .now = [] { return kNow; }, .stop = stop_});
    out = out_stream.str();
    err = err_stream.str();
    return code;
  }

  ObjectRecord& Add(ObjectRecord record) {
    const ObjectKey key = record.key;
    return backend_.store.records.insert_or_assign(key, std::move(record)).first->second;
  }

  // "shop" runs; "api" failed to roll out.
  void AddShopAndApi() {
    auto& shop = Add(
        MakeRecord(Kind::Workload, "shop",
                   R"({"replicas":2,"source":{"image":{"repository":"registry.example.com/shop","tag":"1.4.2"}}})"));
    shop.meta.labels = {{"team", "web"}};
    shop.status.ready_replicas = 2;
    shop.status.replicas = 2;
    shop.status.conditions = {MakeCondition("Ready", ConditionStatus::True, "Running", "2 of 2 replicas run")};
    auto& api =
        Add(MakeRecord(Kind::Workload, "api", R"({"source":{"image":{"repository":"registry.example.com/api"}}})"));
    api.meta.labels = {{"team", "core"}};
    api.status.conditions = {MakeCondition("Ready", ConditionStatus::False, "RolloutFailed",
                                           "exit code 3: no such table users; version 1.1 keeps serving")};
    api.status.last_rollout = v1::RolloutRecord{.cause = "spec.source.image.tag: 1.1 -> 1.2",
                                                .outcome = "Failed",
                                                .message = "exit code 3: no such table users",
                                                .revision = kCommit,
                                                .started = kNow - std::chrono::minutes(5),
                                                .ended = kNow - std::chrono::minutes(3)};
  }

  serve::TempDir dir_;
  serve::NullLogger log_;
  serve::FakeBackend backend_;
  serve::HttpServer server_;
  std::size_t width_ = 0;
  std::stop_token stop_;
  std::string out;
  std::string err;
};

}  // namespace tinyforge::tfctl
