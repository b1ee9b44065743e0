// A trigger service with a registry, facts and a log in memory.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "controller/runtime/world_calendar.h"
#include "controller/trigger/trigger_service.h"
#include "tests/fakes/awaited.h"
#include "tests/fakes/fake_commit_reader.h"
#include "tests/fakes/fake_delivery_log.h"
#include "tests/fakes/fake_logger.h"
#include "tests/fakes/fake_registry.h"
#include "tests/fakes/fake_remote_refs.h"
#include "tests/fakes/fake_store.h"
#include "tests/fakes/fake_tree.h"
#include "tests/unit/controller/trigger/trigger_world.h"

namespace tinyforge {

inline constexpr const char* kHooksOnly = "registry: {tagPolicy: {semver: \">=1.0.0\"}, pollInterval: 0s}";

class TriggerServiceTest : public ::testing::Test {
 protected:
  TriggerServiceTest() {
    registry_.Push("shop", "1.4.2", Digest('4'));
    registry_.Push("shop", "1.5.0", Digest('5'));
    commits_.Set(own_commit_, CommitOrigin::Tinyforge);
    Make();
  }
  ~TriggerServiceTest() override {
    for (const char* repository : {"shop", "slow"}) registry_.Hang(repository, false);
    if (service_) service_->Stop();
  }

  virtual const Clock& clock() { return clock_; }
  void Make() {
    service_ = std::make_unique<TriggerService>(
        TriggerPorts{config_, routes_, facts_, store_, log_, registry_, secrets_, calendar_, clock(), logger_, metrics_,
                     commits_, &remote_, &ref_ledger_},
        TriggerOptions{.on_accepted = [this](const std::string& workload) { OnAccepted(workload); },
                       .on_news = [](const ObjectKey&) {},
                       .fetch = [this] { fetches_.Do([](int& n) { ++n; }); }});
  }
  // While all that its threads call is still whole.
  void TearDown() override { service_->Stop(); }
  void Set(const std::string& manifests) {
    config_.Set(ParseManifests(manifests));
    service_->OnRevision();
  }
  void SetPolicy(const std::string& policy = kHooksOnly) {
    Set(Manifest("Trigger", "name: auto", policy) + ImageWorkload("shop") + Bound("b", "auto", "shop"));
  }
  void SetManual() {
    Set(Manifest("Trigger", "name: hand", "manual: {}") + ImageWorkload("shop") + Bound("b", "hand", "shop"));
  }
  // With `deploys`, what is accepted runs at once.
  void OnAccepted(const std::string& workload) {
    accepted_.Do([&](std::vector<std::string>& a) { a.push_back(workload); });
    if (deploys_) service_->OnStatus({Kind::Workload, workload}, RunsWhatItHas(workload));
  }
  v1::Status RunsWhatItHas(const std::string& workload) {
    const Facts facts = facts_.Of(workload);
    v1::Status status{.observed_generation = 1};
    status.conditions = {{.type = std::string(condition::kReady),
                          .status = ConditionStatus::True,
                          .reason = "Ready",
                          .observed_generation = 1,
                          .last_transition_time = clock().SystemNow()}};
    if (!facts.versions.empty())
      status.resolved = v1::ResolvedSource{.tag = facts.versions.back().version.tag,
                                           .digest = facts.versions.back().version.digest,
                                           .set_by = "binding/b"};
    status.last_rollout = v1::RolloutRecord{.outcome = "Succeeded", .ended = clock().SystemNow()};
    return status;
  }
  Delivery Push(const std::string& trigger, const std::string& tag, const std::string& vendor_id = "") {
    return {.trigger = trigger,
            .cause = "webhook",
            .vendor_id = vendor_id,
            .events = {ImagePushed{.host = "docker.io", .path = "library/shop", .tag = tag}}};
  }
  // The delivery once it is final.
  Delivery Final(const std::string& id) {
    Awaited<bool> done;
    service_->desk().Await(id, [&] { done.Do([](bool& d) { d = true; }); });
    EXPECT_TRUE(done.Until([](bool d) { return d; })) << id << " is not final";
    return service_->desk().Find(id).value_or(Delivery{});
  }
  bool AwaitAccepted(std::size_t count) {
    return accepted_.Until([&](const auto& a) { return a.size() >= count; });
  }
  // Outcomes of a final delivery, "b/shop deployed: runs 1.5.0@…".
  static std::string Text(const Delivery& delivery) {
    std::string text;
    for (const DeliveryOutcome& o : delivery.outcomes)
      text += o.binding + "/" + o.workload + " " + std::string(ToString(o.result)) + ": " + o.message.str() + "\n";
    return text;
  }
  Finding Judge(const std::string& trigger) {
    const auto snapshot = config_.Current();
    return service_->JudgeTrigger(*snapshot->objects->Find({Kind::Trigger, trigger}), *snapshot);
  }

  MovableClock clock_;
  FakeConfigReader config_;
  FakeSecrets no_secrets_;
  RouteBook routes_{"", no_secrets_};
  LockedFacts facts_;
  FakeStore store_;
  FakeDeliveryLog log_;
  FakeRegistry registry_;
  FakeCommitReader commits_;
  Awaited<int> fetches_;
  FakeRemoteRefs remote_;
  FakeRefLedger ref_ledger_;
  FakeSecrets secrets_;
  WorldCalendar calendar_;
  FakeLogger logger_;
  Metrics metrics_;
  Awaited<std::vector<std::string>> accepted_;
  std::string own_commit_ = std::string(40, 'c');
  std::atomic<bool> deploys_ = true;
  std::unique_ptr<TriggerService> service_;
};

}  // namespace tinyforge
