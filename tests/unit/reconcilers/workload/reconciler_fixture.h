// A reconciler of one workload on the fake Engine.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "reconcilers/source/source_kind.h"
#include "reconcilers/workload/reconciler.h"
#include "tests/fakes/fake_engine.h"
#include "tests/fakes/fake_host_images.h"
#include "tests/fakes/fake_store.h"
#include "tests/fakes/fake_tree.h"
#include "tests/fakes/one_by_one.h"

namespace tinyforge {

class FakeConfig : public ConfigReader, public DeletionGate, public BindingReader {
 public:
  FakeSecrets secrets;
  std::shared_ptr<v1::ObjectSet> objects = std::make_shared<v1::ObjectSet>();
  std::shared_ptr<FakeTree> tree = std::make_shared<FakeTree>();
  bool may_delete = true;
  bool in_history = true;
  std::map<std::string, std::set<std::string>> left;  // services, by workload
  std::optional<DecidingBinding> deciding;

  std::shared_ptr<const ConfigSnapshot> Current() override {
    return std::make_shared<ConfigSnapshot>(ConfigSnapshot{objects, tree});
  }
  bool HistoryHeld(const Revision&, std::string_view) override { return in_history; }
  bool MayDelete(std::string_view) override { return may_delete; }
  bool MayRetire(const std::string& workload, const std::set<std::string>& services) override {
    left[workload] = services;
    return services.empty() || may_delete;
  }
  std::optional<DecidingBinding> DecidingFor(const ConfigSnapshot&, const std::string&, const std::string&) override {
    return deciding;
  }
  Expected<SourceImages> ImagesOf(const ConfigSnapshot& snapshot, const v1::Object& workload) override {
    return (*FindSourceKind(workload.workload().source))->Images(workload, *snapshot.tree, secrets);
  }
};

class WorkloadReconcilerTest : public ::testing::Test {
 protected:
  WorkloadReconcilerTest() {
    engine.images["web:1"] = "sha256:one";
    config.objects->complete = true;
    config.objects->revision = "c0ffee";
    spec.source.image = v1::ImageSource{.repository = "web", .tag = "1"};
    Commit();
  }
  void Commit() {
    auto object = std::make_shared<v1::Object>();
    object->key = {Kind::Workload, "web"};
    object->position = {"web.yaml", 1, 1};
    object->spec = spec;
    config.objects->objects[object->key] = object;
    ASSERT_TRUE(store.CommitRevision({object}, {}, "c0ffee"));
  }
  // A project in the place of the image.
  void CommitCompose(const std::string& text) {
    spec.source.image.reset();
    spec.source.compose = v1::ComposeSource{.inline_ = text};
    Commit();
  }
  void Remove() { config.objects->objects.clear(); }
  Outcome Pass() {
    Outcome outcome = reconciler.Reconcile({{Kind::Workload, "web"}, now});
    if (outcome.status) {
      EXPECT_TRUE(store.UpdateStatus({Kind::Workload, "web"}, *outcome.status));
    }
    return outcome;
  }
  void Settle() {
    for (int i = 0; i < 10; ++i) Pass(), engine.Tick(std::chrono::seconds(10)), now += std::chrono::seconds(10);
  }
  const Condition& Ready(const Outcome& outcome) {
    return *FindCondition(outcome.status->conditions, condition::kReady);
  }

  v1::WorkloadSpec spec;
  FakeConfig config;
  FakeEngine engine;
  FakeSecrets secrets;
  FakeFiles files;
  FakeFacts facts;
  FakeHealth health;
  FakeLogs logs;
  FakeCalendar calendar;
  FakeStore store;
  FakeHostImages host_images;
  OneByOne tasks;
  SysTime now = SysTime(std::chrono::seconds(1'000'000));
  std::string read_only;
  WorkloadReconciler reconciler{
      {config, config, config, engine, engine, engine, engine, health, logs, calendar, engine, secrets, files, facts,
       store, host_images, tasks},
      {.instance = "test", .host = "web1", .paths = {"/vol", "/files"}, .read_only = [this] { return read_only; }}};
};

}  // namespace tinyforge
