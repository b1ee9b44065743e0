// What the integration tests of the Docker client share: one private engine a test binary, and the parts on top of it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <thread>

#include "controller/docker/container_logs.h"
#include "controller/docker/docker_engine.h"
#include "tests/integration/docker/private_engine.h"

namespace tinyforge::docker {

inline constexpr std::string_view kSleeper = "tinyforge-test/sleeper:1";

class SilentLogger : public Logger {
 public:
  void Log(LogLevel, std::string_view, std::initializer_list<LogField>) override {}
};

class OneSecret : public SecretReader {
 public:
  Expected<SecretHandle> Find(const v1::SecretKeyRef& ref) override { return SecretHandle{ref, "f1"}; }
  Expected<std::vector<SecretHandle>> Variables(const v1::SecretKeyRef&) override {
    return std::vector<SecretHandle>();
  }
  Expected<std::string> Reveal(const SecretHandle&) override { return std::string("s3cret \"quoted\"\nline"); }
};

// Collects what is to be looked at.
class Queued {
 public:
  void Add(const ObjectKey& key) { names_.Lock()->insert(key.name); }
  bool Has(const std::string& name) { return names_.Lock()->contains(name); }
  void Clear() { names_.Lock()->clear(); }

 private:
  Guarded<std::multiset<std::string>> names_;
};

inline bool Eventually(const std::function<bool()>& condition, Duration limit = std::chrono::seconds(20)) {
  auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

inline CreateRequest RequestFor(const std::string& workload, const std::string& name,
                                const std::string& instance = "test") {
  CreateRequest request{.workload = workload, .name = name};
  request.spec.image = kSleeper;
  request.labels = {{std::string(label::kManaged), "true"},
                    {std::string(label::kInstance), instance},
                    {std::string(label::kWorkload), workload},
                    {std::string(label::kSeq), "1"}};
  return request;
}

class EngineTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { process_ = std::make_unique<PrivateEngine>(); }
  static void TearDownTestSuite() { process_.reset(); }

  void SetUp() override { Open({}); }

  void TearDown() override {
    engine_->Stop();
    engine_.reset();
    auto ids = process_->Command("docker ps -aq");
    for (auto& c : ids) c = c == '\n' ? ' ' : c;
    if (!ids.empty()) process_->Command("docker rm -f " + ids);
  }

  // Another engine object in place of the present one. Its first resync is over, and with it what that one forgets.
  void Open(DockerEngineOptions options) {
    if (engine_) engine_->Stop();
    options.docker_host = process_->host();
    if (options.instance.empty()) options.instance = "test";
    options.resync_interval = std::chrono::hours(1);
    options.enqueue = [this](const ObjectKey& key) { queued_.Add(key); };
    options.on_call = [this](const CallRecord& record) { calls_.Lock()->emplace_back(record.operation); };
    in_step_ = false;
    options.on_resynced = [this](const ResyncReport&) { in_step_ = true; };
    auto made = DockerEngine::Make(std::move(options), secrets_, log_);
    ASSERT_TRUE(made) << made.error().message;
    engine_ = std::move(*made);
    engine_->Start();
    ASSERT_TRUE(Eventually([&] { return in_step_ && engine_->ready(); }));
  }

  std::vector<std::string> TakeCalls() { return std::exchange(*calls_.Lock(), {}); }
  static std::string Docker(const std::string& arguments) { return process_->Command("docker " + arguments); }

  std::string MustCreate(const CreateRequest& request) {
    auto id = engine_->writer().Create(request);
    EXPECT_TRUE(id) << id.error().message;
    return id ? *id : "";
  }

  std::string MustRun(const CreateRequest& request) {
    auto id = MustCreate(request);
    auto started = engine_->writer().Start(id);
    EXPECT_TRUE(started) << started.error().message;
    return id;
  }

  // The only container of the workload.
  ObservedContainer Only(const std::string& workload) {
    auto containers = engine_->index().Containers(workload);
    EXPECT_TRUE(containers) << containers.error().message;
    EXPECT_EQ(containers ? containers->size() : 0, 1u);
    return containers && !containers->empty() ? containers->front() : ObservedContainer{};
  }

  static inline std::unique_ptr<PrivateEngine> process_;
  SilentLogger log_;
  OneSecret secrets_;
  Queued queued_;
  Guarded<std::vector<std::string>> calls_;
  std::atomic<bool> in_step_ = false;
  std::unique_ptr<DockerEngine> engine_;
};

}  // namespace tinyforge::docker
