// The public listener in front of a controller that does what a test says.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "controller/serve/http_server.h"
#include "controller/serve/webhook.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_logger.h"
#include "tests/unit/controller/serve/raw_client.h"

namespace tinyforge::serve {

inline const std::string kSecret = "canary-5f1c0d9e7b3a2468";
inline const std::string kPath = "/api/webhook/triggers/";

class FakeWebhookBackend : public WebhookBackend {
 public:
  struct Call {
    std::string secret;
    std::string body;
    std::string source;
    std::string event;  // its header X-GitHub-Event
  };

  bool Knows(std::string_view secret) override {
    const std::lock_guard lock(mutex_);
    return known_.contains(std::string(secret));
  }
  WebhookReceipt Accept(const WebhookCall& call) override {
    const std::lock_guard lock(mutex_);
    calls_.push_back({std::string(call.secret), std::string(call.body), std::string(call.source),
                      std::string(call.header("x-github-event"))});
    return receipt_;
  }
  Delivery DeliveryOf(const std::string& id) override {
    const std::lock_guard lock(mutex_);
    const auto delivery = deliveries_.find(id);
    return delivery == deliveries_.end() ? Delivery{.id = id} : delivery->second;
  }
  void AwaitDelivery(const std::string& id, std::function<void()> done) override {
    {
      const std::lock_guard lock(mutex_);
      const auto delivery = deliveries_.find(id);
      if (delivery != deliveries_.end() && CountOutcomes(delivery->second).pending != 0) {
        waiting_.emplace(id, std::move(done));
        return;
      }
    }
    done();
  }

  void Know(const std::string& secret) {
    const std::lock_guard lock(mutex_);
    known_.insert(secret);
  }
  // What Accept says from here on, and what becomes of the delivery.
  void Say(WebhookReceipt receipt) {
    const std::lock_guard lock(mutex_);
    receipt_ = std::move(receipt);
    deliveries_[receipt_.delivery.id] = receipt_.delivery;
  }
  void Finish(const Delivery& delivery) {
    std::vector<std::function<void()>> done;
    {
      const std::lock_guard lock(mutex_);
      deliveries_[delivery.id] = delivery;
      const auto [first, last] = waiting_.equal_range(delivery.id);
      for (auto it = first; it != last; ++it) done.push_back(std::move(it->second));
      waiting_.erase(first, last);
    }
    for (const auto& wake : done) wake();
  }
  std::vector<Call> calls() {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  std::size_t waiting() {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }

 private:
  std::mutex mutex_;
  std::set<std::string> known_;
  WebhookReceipt receipt_;
  std::map<std::string, Delivery> deliveries_;
  std::multimap<std::string, std::function<void()>> waiting_;
  std::vector<Call> calls_;
};

class WebhookTest : public testing::Test {
 protected:
  WebhookTest() {
    options_.rates = {.source = {}, .total = {}, .guesses = {}};  // no limits
    backend_.Know(kSecret);
    backend_.Say({.code = WebhookReceipt::Code::Accepted, .delivery = {.id = "delivery00000001"}});
  }

  void Start() {
    server_ = std::make_unique<HttpServer>(limits_, log_);
    const auto address = ListenForWebhooks(*server_, "127.0.0.1:0", {backend_, clock_, metrics_, log_}, options_);
    ASSERT_TRUE(address);
    port_ = static_cast<std::uint16_t>(std::stoi(address->substr(address->rfind(':') + 1)));
    server_->Start();
  }

  static std::string Post(const std::string& body, const std::string& fields = "",
                          const std::string& path = kPath + kSecret) {
    return "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + fields +
           "\r\n" + body;
  }

  RawClient Connect(const std::string& from = "") const { return RawClient(port_, from); }

  // The answer to bytes after which the client sends no more.
  std::string Answer(const std::string& bytes, const std::string& from = "") const {
    RawClient client = Connect(from);
    client.Send(bytes);
    client.HalfClose();
    return client.ReadAll();
  }
  std::string StatusOf(const std::string& bytes, const std::string& from = "") const {
    const std::string answer = Answer(bytes, from);
    return answer.starts_with("HTTP/1.1 ") ? answer.substr(9, 3) : "closed";
  }
  // Without the field that tells the time.
  static std::string Undated(std::string answer) {
    const std::size_t at = answer.find("Date: ");
    return at == std::string::npos ? answer : answer.erase(at, answer.find("\r\n", at) + 2 - at);
  }
  static std::string BodyOf(const std::string& answer) {
    const std::size_t at = answer.find("\r\n\r\n");
    return at == std::string::npos ? "" : answer.substr(at + 4);
  }
  double Metric(const std::string& series) const {
    const std::string text = "\n" + metrics_.Serialize();
    const std::size_t at = text.find("\n" + series + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + series.size() + 2));
  }

  FakeClock clock_;
  FakeLogger log_;
  Metrics metrics_;
  FakeWebhookBackend backend_;
  HttpLimits limits_ = WebhookLimits();
  WebhookListenOptions options_;
  std::uint16_t port_ = 0;
  std::unique_ptr<HttpServer> server_;  // ends first
};

}  // namespace tinyforge::serve
