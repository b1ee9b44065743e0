#include "controller/runtime/manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_store.h"
#include "tests/fakes/fake_tree.h"

namespace tinyforge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// Revisions are given by the test; each is fetched by the next sync.
class FakeSource : public ConfigSource {
 public:
  std::optional<ConfigUpdate> next;
  std::optional<ConfigUpdate> clone;
  std::optional<Error> down;
  std::set<std::string> held;  // "revision path"

  Expected<std::optional<ConfigUpdate>> Restore() override { return std::exchange(clone, std::nullopt); }
  Expected<std::optional<ConfigUpdate>> Sync(std::stop_token) override {
    if (down) return *down;
    return std::exchange(next, std::nullopt);
  }
  bool HistoryHeld(const Revision& revision, const Revision&, std::string_view path) override {
    return held.contains(revision + " " + std::string(path));
  }
  RepositoryStatus Describe() const override { return {.url = "/config.git", .branch = "main"}; }
  std::string Reason() const override { return down ? "Unreachable" : "Synced"; }
};

class FakeFleet : public Fleet {
 public:
  std::vector<ObservedContainer> containers;
  std::vector<ObservedContainer> All() override { return containers; }

  void Run(const std::string& workload, int count) {
    for (int i = 0; i < count; ++i) {
      ObservedContainer c{.id = workload + std::to_string(i), .name = workload, .image_id = "sha256:one", .state = ContainerState::Running};
      c.labels = {{std::string(label::kManaged), "true"}, {std::string(label::kWorkload), workload}, {std::string(label::kImage), "sha256:one"},
                  {std::string(label::kRevision), "r1"}, {std::string(label::kSource), workload + ".yaml"}};
      containers.push_back(std::move(c));
    }
  }
};

class ManagerTest : public ::testing::Test {
 protected:
  FakeClock clock;
  FakeSource source;
  FakeFleet fleet;
  FakeStore store;
  WorkQueue queue{clock};
  Metrics metrics;
  std::unique_ptr<Logger> log = MakeNullLogger();
  Manager manager{{source, fleet, store, queue, clock, *log, metrics}, {.sync_interval = std::chrono::seconds(60)}};

  static v1::ObjectPtr Workload(const std::string& name, const std::string& spec_hash = "1") {
    auto object = std::make_shared<v1::Object>();
    object->key = {Kind::Workload, name};
    object->meta.name = name;
    object->spec_hash = spec_hash;
    object->position = {name + ".yaml", 1, 1};
    return object;
  }
  static ConfigUpdate Commit(const Revision& revision, const std::vector<v1::ObjectPtr>& objects, std::vector<std::string> paths = {}) {
    auto set = std::make_shared<v1::ObjectSet>();
    set->revision = revision;
    set->complete = true;
    for (const v1::ObjectPtr& object : objects) set->objects[object->key] = object;
    return {.snapshot = std::make_shared<ConfigSnapshot>(ConfigSnapshot{set, std::make_shared<FakeTree>()}), .changed_paths = std::move(paths)};
  }
  void Push(ConfigUpdate update) {
    source.next = std::move(update);
    ASSERT_TRUE(manager.Sync({}));
  }
  std::vector<std::string> TakeQueued() {
    std::vector<std::string> names;
    while (auto item = queue.TryGet()) {
      names.push_back(item->key.name);
      queue.Done(item->key);
    }
    return names;
  }
  std::string PendingMessage() {
    const RepositoryStatus repository = *store.Repository();
    const Condition* condition = FindCondition(repository.conditions, "DeletionsPending");
    return condition && condition->status == ConditionStatus::True ? condition->message : "";
  }
};

TEST_F(ManagerTest, ARevisionIsStoredComesIntoForceAndQueuesWhatChanged) {
  Push(Commit("r1", {Workload("a"), Workload("b")}));
  EXPECT_THAT(TakeQueued(), UnorderedElementsAre("a", "b"));
  EXPECT_EQ(manager.Current()->objects->revision, "r1");
  EXPECT_EQ(store.Repository()->revision, "r1");
  Push(Commit("r2", {Workload("a"), Workload("b", "2")}));
  EXPECT_THAT(TakeQueued(), ElementsAre("b"));
}

TEST_F(ManagerTest, AFailedSyncLeavesTheRevisionInForceAndSaysWhy) {
  Push(Commit("r1", {Workload("a")}));
  source.down = Error{ErrorKind::Transient, "connection refused"};
  EXPECT_FALSE(manager.Sync({}));
  EXPECT_EQ(manager.Current()->objects->revision, "r1");
  const RepositoryStatus repository = *store.Repository();
  const Condition* ready = FindCondition(repository.conditions, condition::kReady);
  EXPECT_EQ(ready->status, ConditionStatus::False);
  EXPECT_EQ(ready->reason, "Unreachable");
  source.down.reset();
  ASSERT_TRUE(manager.Sync({}));
  EXPECT_EQ(FindCondition(store.Repository()->conditions, condition::kReady)->status, ConditionStatus::True);
}

TEST_F(ManagerTest, SyncsWhenTheIntervalHasPassed) {
  EXPECT_TRUE(manager.Step({}));
  EXPECT_FALSE(manager.Step({}));
  clock.Advance(std::chrono::seconds(60));
  EXPECT_TRUE(manager.Step({}));
}

TEST_F(ManagerTest, TheLastFetchedRevisionIsEnforcedWithoutTheRemote) {
  source.clone = Commit("r1", {Workload("a")});
  source.down = Error{ErrorKind::Transient, "down"};
  manager.Restore();
  EXPECT_THAT(TakeQueued(), ElementsAre("a"));
}

TEST_F(ManagerTest, AFileThatAWorkloadReadQueuesItAndOthersNot) {
  Push(Commit("r1", {Workload("a"), Workload("b")}));
  TakeQueued();
  manager.OnRead({Kind::Workload, "a"}, {.paths = {"conf"}, .secrets = {"db"}});
  Push(Commit("r2", {Workload("a"), Workload("b")}, {"conf/app.ini"}));
  EXPECT_THAT(TakeQueued(), ElementsAre("a"));
  manager.OnSecretsChanged({"other"});
  EXPECT_THAT(TakeQueued(), ElementsAre("other"));
  manager.OnSecretsChanged({"db"});
  EXPECT_THAT(TakeQueued(), UnorderedElementsAre("a", "db"));
}

TEST_F(ManagerTest, ARemovedWorkloadMayBeDeletedWhenItIsNotALargePart) {
  Push(Commit("r1", {Workload("a"), Workload("b")}));
  for (int i = 0; i < 4; ++i) fleet.Run("b" + std::to_string(i), 0);
  fleet.Run("a", 1);
  fleet.Run("b", 3);
  source.held = {"r1 a.yaml"};
  Push(Commit("r2", {Workload("b")}));
  EXPECT_TRUE(manager.MayDelete("a"));
  EXPECT_EQ(PendingMessage(), "");
}

TEST_F(ManagerTest, ALargeDeletionWaitsForApprovalOfItsRevision) {
  std::vector<v1::ObjectPtr> all;
  for (int i = 0; i < 10; ++i) {
    const std::string name = "w" + std::to_string(i);
    all.push_back(Workload(name));
    fleet.Run(name, 1);
    source.held.insert("r1 " + name + ".yaml");
  }
  Push(Commit("r1", all));
  Push(Commit("r2beef0", {all[0]}));
  EXPECT_FALSE(manager.MayDelete("w5"));
  EXPECT_THAT(PendingMessage(), HasSubstr("tfctl approve deletions r2beef0"));
  EXPECT_FALSE(manager.ApproveDeletions("r1abcde"));
  EXPECT_FALSE(manager.MayDelete("w5"));
  TakeQueued();
  ASSERT_TRUE(manager.ApproveDeletions("r2beef0"));
  EXPECT_TRUE(manager.MayDelete("w5"));
  EXPECT_FALSE(manager.MayDelete("w0"));
  EXPECT_EQ(TakeQueued().size(), 9u);
  EXPECT_EQ(PendingMessage(), "");
}

TEST_F(ManagerTest, SmallDeletionsAddUpOverADay) {
  std::vector<v1::ObjectPtr> all;
  for (int i = 0; i < 10; ++i) {
    const std::string name = "w" + std::to_string(i);
    all.push_back(Workload(name));
    fleet.Run(name, 1);
    source.held.insert("r1 " + name + ".yaml");
  }
  Push(Commit("r1", all));
  for (int i = 0; i < 3; ++i) {
    all.pop_back();
    Push(Commit("r" + std::to_string(i + 2), all));
    const std::string gone = "w" + std::to_string(9 - i);
    EXPECT_TRUE(manager.MayDelete(gone)) << gone;
    std::erase_if(fleet.containers, [&](const auto& c) { return c.Label(label::kWorkload) == gone; });
  }
  all.pop_back();
  Push(Commit("r9", all));
  EXPECT_FALSE(manager.MayDelete("w6"));
}

TEST_F(ManagerTest, WhatNoCommitExplainsIsAnOrphanAndIsNotDeleted) {
  Push(Commit("r1", {Workload("a")}));
  fleet.Run("a", 3);
  fleet.Run("stranger", 1);
  TakeQueued();
  manager.OnResynced({});
  EXPECT_THAT(TakeQueued(), ElementsAre("stranger"));
  EXPECT_FALSE(manager.MayDelete("stranger"));
  EXPECT_EQ(manager.RefreshContainers().back().relation, "orphan");
}

TEST_F(ManagerTest, AnIncompleteTreeDeletesNothing) {
  Push(Commit("r1", {Workload("a"), Workload("b")}));
  fleet.Run("a", 1);
  fleet.Run("b", 5);
  source.held = {"r1 a.yaml"};
  ConfigUpdate partial = Commit("r2", {Workload("b")});
  auto objects = std::make_shared<v1::ObjectSet>(*partial.snapshot->objects);
  objects->complete = false;
  partial.snapshot = std::make_shared<ConfigSnapshot>(ConfigSnapshot{objects, partial.snapshot->tree});
  Push(std::move(partial));
  EXPECT_FALSE(manager.MayDelete("a"));
  EXPECT_NE(manager.Current()->objects->Find({Kind::Workload, "a"}), nullptr);
}

TEST_F(ManagerTest, AfterTheCacheWasLostEverythingIsStoredAndQueuedAgain) {
  Push(Commit("r1", {Workload("a"), Workload("b")}));
  TakeQueued();
  manager.Step({});
  manager.OnCacheLost();
  EXPECT_TRUE(manager.Step({}));
  EXPECT_THAT(TakeQueued(), UnorderedElementsAre("a", "b"));
  EXPECT_EQ(store.Get({Kind::Workload, "a"})->value().generation, 2);
}

}  // namespace
}  // namespace tinyforge
