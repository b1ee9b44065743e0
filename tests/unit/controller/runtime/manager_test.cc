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
using ::testing::IsSupersetOf;
using ::testing::UnorderedElementsAre;

// Revisions are given by the test; each is fetched by the next sync.
class FakeSource : public ConfigSource {
 public:
  std::optional<ConfigUpdate> next;
  std::optional<ConfigUpdate> clone;
  std::optional<Error> down;
  std::function<void()> during;
  std::set<std::string> held;  // "revision path"
  std::vector<ObjectKey> noted;

  Expected<std::optional<ConfigUpdate>> Restore() override { return std::exchange(clone, std::nullopt); }
  Expected<std::optional<ConfigUpdate>> Sync(std::stop_token) override {
    if (during) during();
    if (down) return *down;
    return std::exchange(next, std::nullopt);
  }
  Expected<void> NoteInForce(const std::vector<v1::ObjectPtr>& kept) override {
    noted.clear();
    for (const v1::ObjectPtr& object : kept) noted.push_back(object->key);
    return {};
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
  bool in_step = true;
  std::vector<ObservedContainer> All() override { return containers; }
  bool InStep() override { return in_step; }

  void Run(const std::string& workload, int count) {
    for (int i = 0; i < count; ++i) {
      ObservedContainer c{.id = workload + std::to_string(i),
                          .name = workload,
                          .image_id = "sha256:one",
                          .state = ContainerState::Running};
      c.labels = {{std::string(label::kManaged), "true"},
                  {std::string(label::kWorkload), workload},
                  {std::string(label::kImage), "sha256:one"},
                  {std::string(label::kRevision), "r1"},
                  {std::string(label::kSource), workload + ".yaml"}};
      containers.push_back(std::move(c));
    }
  }
};

class FakeLedger : public DeletionLedger {
 public:
  std::vector<ReleasedDeletion> stored;
  bool failing = false;

  std::vector<ReleasedDeletion> Load() override { return stored; }
  Expected<void> Save(const std::vector<ReleasedDeletion>& released) override {
    if (failing) return Error{ErrorKind::Transient, "disk full"};
    stored = released;
    return {};
  }
};

class ManagerTest : public ::testing::Test {
 protected:
  std::map<std::string, Facts> remembered;
  FakeClock clock;
  FakeSource source;
  FakeFleet fleet;
  FakeStore store;
  FakeLedger ledger;
  WorkQueue queue{clock};
  Metrics metrics;
  std::unique_ptr<Logger> log = MakeNullLogger();
  Manager manager{{source, fleet, store, ledger, queue, clock, *log, metrics},
                  {.sync_interval = std::chrono::seconds(60), .host = "web1", .remembered = [this] {
                     return Expected<std::map<std::string, Facts>>(remembered);
                   }}};

  static v1::ObjectPtr Workload(const std::string& name, const std::string& spec_hash = "1") {
    auto object = std::make_shared<v1::Object>();
    object->key = {Kind::Workload, name};
    object->meta.name = name;
    object->spec_hash = spec_hash;
    object->position = {name + ".yaml", 1, 1};
    return object;
  }
  static ConfigUpdate Commit(const Revision& revision, const std::vector<v1::ObjectPtr>& objects,
                             std::vector<std::string> paths = {}) {
    auto set = std::make_shared<v1::ObjectSet>();
    set->revision = revision;
    set->complete = true;
    for (const v1::ObjectPtr& object : objects) set->objects[object->key] = object;
    return {.snapshot = std::make_shared<ConfigSnapshot>(ConfigSnapshot{set, std::make_shared<FakeTree>()}),
            .changed_paths = std::move(paths)};
  }
  static v1::ObjectPtr Of(Kind kind, const std::string& name, v1::Spec spec, const std::string& spec_hash = "1") {
    auto object = std::make_shared<v1::Object>(*Workload(name, spec_hash));
    object->key.kind = kind;
    object->spec = std::move(spec);
    return object;
  }
  static v1::ObjectPtr Spec(const std::string& name, v1::WorkloadSpec spec, const std::string& spec_hash = "1") {
    return Of(Kind::Workload, name, std::move(spec), spec_hash);
  }
  // w0 to w9 with a container each, of which a commit tells.
  std::vector<v1::ObjectPtr> TenWorkloads() {
    std::vector<v1::ObjectPtr> all;
    for (int i = 0; i < 10; ++i) {
      const std::string name = "w" + std::to_string(i);
      all.push_back(Workload(name));
      fleet.Run(name, 1);
      source.held.insert("r1 " + name + ".yaml");
    }
    return all;
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

TEST_F(ManagerTest, ARestoredRevisionKeepsWhatWasInForceBeforeItAndCannotBeReadInIt) {
  ConfigUpdate tip = Commit("r3", {Workload("good", "3")});
  auto unread = std::make_shared<v1::ObjectSet>(*tip.snapshot->objects);
  unread->errors.push_back({{"b.yaml", 1, 1}, "", "is no YAML"});
  unread->broken.push_back({Kind::Workload, "c"});
  tip.snapshot = std::make_shared<ConfigSnapshot>(ConfigSnapshot{unread, tip.snapshot->tree});
  tip.earlier = {Commit("r1", {Workload("b"), Workload("gone")}).snapshot->objects,
                 Commit("r2", {Workload("b", "2"), Workload("c"), Workload("good")}).snapshot->objects};
  source.clone = tip;
  manager.Restore();
  const auto objects = manager.Current()->objects;
  EXPECT_EQ(objects->revision, "r3");
  EXPECT_EQ(objects->Find({Kind::Workload, "b"})->spec_hash, "2") << "the newest of what was in force";
  EXPECT_NE(objects->Find({Kind::Workload, "c"}), nullptr);
  EXPECT_EQ(objects->Find({Kind::Workload, "good"})->spec_hash, "3");
  EXPECT_EQ(objects->Find({Kind::Workload, "gone"}), nullptr) << "r2 could be read and has it no more";
  EXPECT_THAT(source.noted, UnorderedElementsAre(ObjectKey{Kind::Workload, "b"}, ObjectKey{Kind::Workload, "c"}));
  EXPECT_THAT(TakeQueued(), UnorderedElementsAre("b", "c", "good"));
}

TEST_F(ManagerTest, WhatIsToBeKeptAsAnOrphanUsesUpNoBudget) {
  std::vector<v1::ObjectPtr> all = TenWorkloads();
  Push(Commit("r1", all));
  for (int i = 4; i < 10; ++i) remembered["w" + std::to_string(i)].orphan = true;
  all.resize(3);
  Push(Commit("r2", all));
  EXPECT_EQ(PendingMessage(), "") << "one of four is deleted, six are not";
  EXPECT_TRUE(manager.deletion_gate().MayDelete("w3"));
  EXPECT_FALSE(manager.deletion_gate().MayDelete("w4"));
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

TEST_F(ManagerTest, ASyncThatIsAskedForComesBeforeItsTimeAlsoWhenOneIsUnderWay) {
  EXPECT_TRUE(manager.Step({}));
  manager.SyncSoon();
  EXPECT_TRUE(manager.Step({}));
  EXPECT_FALSE(manager.Step({}));
  clock.Advance(std::chrono::seconds(60));
  source.during = [&] { manager.SyncSoon(); };  // it may have read the remote before
  EXPECT_TRUE(manager.Step({}));
  source.during = nullptr;
  EXPECT_TRUE(manager.Step({}));
  EXPECT_FALSE(manager.Step({}));
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
  EXPECT_TRUE(manager.deletion_gate().MayDelete("a"));
  EXPECT_EQ(PendingMessage(), "");
}

TEST_F(ManagerTest, WhatAWeighingReleasesIsLookedAtAfterIt) {
  Push(Commit("r1", TenWorkloads()));
  auto moved = TenWorkloads();
  moved[3] = Spec("w3", {.hosts = {"db1"}}, "2");
  std::erase_if(fleet.containers, [](const auto& c) { return c.Label(label::kWorkload) == "w3"; });
  Push(Commit("r2", moved));
  TakeQueued();
  fleet.Run("w3", 1);  // seen only now: the Engine was down
  manager.OnResynced({});
  EXPECT_TRUE(manager.deletion_gate().MayDelete("w3"));
  EXPECT_THAT(TakeQueued(), UnorderedElementsAre("w3"));
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
  EXPECT_FALSE(manager.deletion_gate().MayDelete("w5"));
  EXPECT_THAT(PendingMessage(), HasSubstr("tfctl approve deletions r2beef0"));
  EXPECT_FALSE(manager.ApproveDeletions("r1abcde"));
  EXPECT_FALSE(manager.deletion_gate().MayDelete("w5"));
  TakeQueued();
  ASSERT_TRUE(manager.ApproveDeletions("r2beef0"));
  EXPECT_TRUE(manager.deletion_gate().MayDelete("w5"));
  EXPECT_FALSE(manager.deletion_gate().MayDelete("w0"));
  EXPECT_EQ(TakeQueued().size(), 9u);
  EXPECT_EQ(PendingMessage(), "");
}

// A workload of ten services that have a container each; told to have left the first `count` of them.
class ManyServicesTest : public ManagerTest {
 protected:
  ManyServicesTest() {
    for (int i = 0; i < 10; ++i) {
      fleet.Run("shop", 1);
      fleet.containers.back().labels[std::string(label::kRole)] = "s" + std::to_string(i);
    }
    Push(Commit("r1beef0", {Workload("shop")}));
    TakeQueued();
  }
  bool MayRetire(int count) {
    std::set<std::string> left;
    for (int i = 0; i < count; ++i) left.insert("s" + std::to_string(i));
    return manager.deletion_gate().MayRetire("shop", left);
  }
  void Lose(int count) {
    std::erase_if(fleet.containers, [&](const auto& c) { return c.Label(label::kRole) < "s" + std::to_string(count); });
  }
};

TEST_F(ManyServicesTest, MostServicesOfAWorkloadGoAfterApprovalOnly) {
  EXPECT_FALSE(MayRetire(9));
  EXPECT_THAT(PendingMessage(), HasSubstr("the removal of 9 services waits: shop.s0, shop.s1"));
  EXPECT_FALSE(MayRetire(9));
  TakeQueued();
  ASSERT_TRUE(manager.ApproveDeletions("r1beef0"));
  EXPECT_THAT(TakeQueued(), ElementsAre("shop"));
  EXPECT_TRUE(MayRetire(9));
  EXPECT_EQ(PendingMessage(), "");
  EXPECT_FALSE(manager.deletion_gate().MayDelete("shop"));
}

TEST_F(ManyServicesTest, AFewServicesGoAndCount) {
  EXPECT_TRUE(MayRetire(3));
  EXPECT_TRUE(MayRetire(3));
  Lose(3);
  EXPECT_TRUE(MayRetire(0));
  EXPECT_FALSE(manager.deletion_gate().MayRetire("shop", {"s3", "s4"})) << "five of ten in a day";
}

TEST_F(ManyServicesTest, WhatIsDescribedAgainWaitsNoLonger) {
  EXPECT_FALSE(MayRetire(9));
  EXPECT_TRUE(MayRetire(0));
  EXPECT_EQ(PendingMessage(), "");
}

TEST_F(ManyServicesTest, AReleasedServiceThatCameBackIsANewDeletion) {
  EXPECT_FALSE(MayRetire(9));
  ASSERT_TRUE(manager.ApproveDeletions("r1beef0"));
  EXPECT_TRUE(MayRetire(0));
  EXPECT_FALSE(MayRetire(9));
}

TEST_F(ManyServicesTest, AWorkloadThatGoesIsCountedOnce) {
  EXPECT_FALSE(MayRetire(9));
  source.held.insert("r1 shop.yaml");
  Push(Commit("r2beef0", {}));
  EXPECT_THAT(PendingMessage(), HasSubstr("the removal of 1 workload waits: shop;"));
}

TEST_F(ManagerTest, OrphansWidenNoBudget) {
  std::vector<v1::ObjectPtr> all;
  for (int i = 0; i < 4; ++i) {
    const std::string name = "w" + std::to_string(i);
    all.push_back(Workload(name));
    fleet.Run(name, 1);
    source.held.insert("r1 " + name + ".yaml");
  }
  for (int i = 0; i < 10; ++i) fleet.Run("orphan" + std::to_string(i), 1);
  Push(Commit("r1", all));
  Push(Commit("r2", {}));
  EXPECT_FALSE(manager.deletion_gate().MayDelete("w0"));
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
    EXPECT_TRUE(manager.deletion_gate().MayDelete(gone)) << gone;
    std::erase_if(fleet.containers, [&](const auto& c) { return c.Label(label::kWorkload) == gone; });
  }
  all.pop_back();
  Push(Commit("r9", all));
  EXPECT_FALSE(manager.deletion_gate().MayDelete("w6"));
}

TEST_F(ManagerTest, TheBudgetOutlivesTheProcess) {
  auto all = TenWorkloads();
  Push(Commit("r1", all));
  all.resize(7);
  Push(Commit("r2", all));
  EXPECT_TRUE(manager.deletion_gate().MayDelete("w9"));
  std::erase_if(fleet.containers, [&](const auto& c) { return c.Label(label::kWorkload) >= "w7"; });
  Manager again{{source, fleet, store, ledger, queue, clock, *log, metrics}, {.host = "web1"}};
  all.resize(5);
  source.next = Commit("r3", all);
  ASSERT_TRUE(again.Sync({}));
  EXPECT_FALSE(again.deletion_gate().MayDelete("w5"));
}

TEST_F(ManagerTest, ADeletionThatACrashCutShortIsNotCountedAgain) {
  auto all = TenWorkloads();
  Push(Commit("r1", all));
  all.resize(7);
  Push(Commit("r2", all));
  Manager again{{source, fleet, store, ledger, queue, clock, *log, metrics}, {.host = "web1"}};
  TakeQueued();
  source.next = Commit("r2", all);
  ASSERT_TRUE(again.Sync({}));
  for (const char* gone : {"w7", "w8", "w9"}) EXPECT_TRUE(again.deletion_gate().MayDelete(gone)) << gone;
  EXPECT_THAT(TakeQueued(), IsSupersetOf({"w7", "w8", "w9"}));
  std::size_t counted = 0;
  for (const ReleasedDeletion& deletion : ledger.stored) counted += deletion.containers;
  EXPECT_EQ(counted, 3u);
}

TEST_F(ManagerTest, WhatRanAgainIsANewDeletionToTheNextProcessToo) {
  const auto all = TenWorkloads();
  auto fewer = all;
  fewer.resize(7);
  Push(Commit("r1", all));
  Push(Commit("r2", fewer));
  Push(Commit("r3", all));
  Manager again{{source, fleet, store, ledger, queue, clock, *log, metrics}, {.host = "web1"}};
  source.next = Commit("r4", fewer);
  ASSERT_TRUE(again.Sync({}));
  EXPECT_FALSE(again.deletion_gate().MayDelete("w9"));
}

TEST_F(ManagerTest, ADeletionThatCannotBeNotedWaits) {
  auto all = TenWorkloads();
  Push(Commit("r1", all));
  all.pop_back();
  ledger.failing = true;
  Push(Commit("r2", all));
  EXPECT_FALSE(manager.deletion_gate().MayDelete("w9"));
  EXPECT_THAT(PendingMessage(), HasSubstr("w9"));
}

TEST_F(ManagerTest, WhatNoCommitExplainsIsAnOrphanAndIsNotDeleted) {
  Push(Commit("r1", {Workload("a")}));
  fleet.Run("a", 3);
  fleet.Run("stranger", 1);
  TakeQueued();
  manager.OnResynced({});
  EXPECT_THAT(TakeQueued(), ElementsAre("stranger"));
  EXPECT_FALSE(manager.deletion_gate().MayDelete("stranger"));
  EXPECT_EQ(manager.RefreshContainers().back().relation, "orphan");
}

TEST_F(ManagerTest, WhileTheEngineDoesNotAnswerContainersAreShownAsLastKnown) {
  Push(Commit("r1", {Workload("a")}));
  fleet.Run("a", 2);
  ASSERT_EQ(manager.RefreshContainers().size(), 2u);
  fleet.containers.clear();
  fleet.in_step = false;
  EXPECT_EQ(manager.RefreshContainers().size(), 2u);
  EXPECT_EQ(store.Containers()->front().state, "running");
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
  EXPECT_FALSE(manager.deletion_gate().MayDelete("a"));
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

TEST_F(ManagerTest, AnUpdateInHandIsAppliedThoughWhoAskedWentAway) {
  std::stop_source gone;
  source.during = [&] { gone.request_stop(); };
  source.next = Commit("r1", {Workload("a")});
  EXPECT_TRUE(manager.Sync(gone.get_token()));
  ASSERT_TRUE(manager.Current());
  EXPECT_EQ(manager.Current()->objects->revision, "r1");
}

TEST_F(ManagerTest, AChangedSecretManifestQueuesItsReaders) {
  Push(Commit("r1", {Workload("a"), Workload("b"), Of(Kind::Secret, "db", v1::SecretSpec{})}));
  manager.OnRead({Kind::Workload, "a"}, {.secrets = {"db"}});
  TakeQueued();
  Push(Commit("r2", {Workload("a"), Workload("b"), Of(Kind::Secret, "db", v1::SecretSpec{}, "2")}));
  EXPECT_THAT(TakeQueued(), UnorderedElementsAre("a", "db"));
  Push(Commit("r3", {Workload("a"), Workload("b")}));
  EXPECT_THAT(TakeQueued(), UnorderedElementsAre("a", "db"));
}

TEST_F(ManagerTest, WorkloadsThatNoLongerRunOnThisHostAreADeletion) {
  const auto all = TenWorkloads();
  Push(Commit("r1", all));
  std::vector<v1::ObjectPtr> moved;
  for (int i = 0; i < 10; ++i)
    moved.push_back(i == 0 ? all[0] : Spec("w" + std::to_string(i), {.hosts = {"db*"}, .suspend = i == 9}));
  Push(Commit("r2beef0", moved));
  EXPECT_FALSE(manager.deletion_gate().MayDelete("w1"));
  EXPECT_THAT(PendingMessage(), HasSubstr("8 workloads")) << "what is suspended is left alone";
  ASSERT_TRUE(manager.ApproveDeletions("r2beef0"));
  EXPECT_TRUE(manager.deletion_gate().MayDelete("w1"));
  EXPECT_FALSE(manager.deletion_gate().MayDelete("w9"));
}

TEST_F(ManagerTest, OneWorkloadThatMovedToAnotherHostMayBeDeleted) {
  auto all = TenWorkloads();
  Push(Commit("r1", all));
  all[3] = Spec("w3", {.hosts = {"db1"}}, "2");
  Push(Commit("r2", all));
  EXPECT_TRUE(manager.deletion_gate().MayDelete("w3"));
}

TEST_F(ManagerTest, AnApprovalLastsWhileTheWorkloadIsAbsent) {
  const auto all = TenWorkloads();
  Push(Commit("r1", all));
  Push(Commit("r2beef0", {all[0]}));
  ASSERT_TRUE(manager.ApproveDeletions("r2beef0"));
  Push(Commit("r3", {all[0], Workload("new")}));
  EXPECT_TRUE(manager.deletion_gate().MayDelete("w5")) << "a slow stop outlives a commit";
  Push(Commit("r4", all));
  EXPECT_FALSE(manager.deletion_gate().MayDelete("w5"));
  Push(Commit("r5", {all[0]}));
  EXPECT_FALSE(manager.deletion_gate().MayDelete("w5")) << "the new deletion was not shown to anybody";
}

TEST_F(ManagerTest, AnApprovalOutlivesTheProcessAndUsesUpNoBudget) {
  const auto all = TenWorkloads();
  Push(Commit("r1", all));
  Push(Commit("r2beef0", {all[0], all[1], all[2]}));
  ASSERT_TRUE(manager.ApproveDeletions("r2beef0"));
  std::erase_if(fleet.containers, [](const auto& c) { return c.Label(label::kWorkload) > "w5"; });
  Manager again{{source, fleet, store, ledger, queue, clock, *log, metrics}, {.host = "web1"}};
  TakeQueued();
  source.next = Commit("r2beef0", {all[0], all[1], all[2]});
  ASSERT_TRUE(again.Sync({}));
  for (const char* gone : {"w3", "w4", "w5"}) EXPECT_TRUE(again.deletion_gate().MayDelete(gone)) << gone;
  EXPECT_THAT(TakeQueued(), IsSupersetOf({"w3", "w4", "w5"}));
  EXPECT_EQ(PendingMessage(), "");
  source.next = Commit("r3", {all[0], all[1]});
  ASSERT_TRUE(again.Sync({}));
  EXPECT_TRUE(again.deletion_gate().MayDelete("w2")) << "a small deletion after it is small";
}

TEST_F(ManagerTest, AnApprovalOfAnEarlierProcessReleasesNothingElse) {
  const auto all = TenWorkloads();
  Push(Commit("r1", all));
  Push(Commit("r2beef0", {all[0], all[1], all[2], all[3], all[4]}));
  ASSERT_TRUE(manager.ApproveDeletions("r2beef0"));
  Manager again{{source, fleet, store, ledger, queue, clock, *log, metrics}, {.host = "web1"}};
  source.next = Commit("r3", {all[0]});
  ASSERT_TRUE(again.Sync({}));
  EXPECT_TRUE(again.deletion_gate().MayDelete("w7"));
  EXPECT_FALSE(again.deletion_gate().MayDelete("w1"));
  EXPECT_THAT(PendingMessage(), HasSubstr("w1, w2, w3, w4;"));
}

TEST_F(ManagerTest, WhatRanAgainAfterAnApprovalIsAskedAboutByTheNextProcessToo) {
  const auto all = TenWorkloads();
  Push(Commit("r1", all));
  Push(Commit("r2beef0", {all[0]}));
  ASSERT_TRUE(manager.ApproveDeletions("r2beef0"));
  Push(Commit("r3", all));
  Manager again{{source, fleet, store, ledger, queue, clock, *log, metrics}, {.host = "web1"}};
  source.next = Commit("r4", {all[0]});
  ASSERT_TRUE(again.Sync({}));
  EXPECT_FALSE(again.deletion_gate().MayDelete("w5"));
}

TEST_F(ManagerTest, AnApprovalThatCannotBeNotedReleasesNothing) {
  const auto all = TenWorkloads();
  Push(Commit("r1", all));
  Push(Commit("r2beef0", {all[0]}));
  ledger.failing = true;
  EXPECT_FALSE(manager.ApproveDeletions("r2beef0"));
  EXPECT_FALSE(manager.deletion_gate().MayDelete("w5"));
  EXPECT_THAT(PendingMessage(), HasSubstr("w5"));
  ledger.failing = false;
  ASSERT_TRUE(manager.ApproveDeletions("r2beef0"));
  EXPECT_TRUE(manager.deletion_gate().MayDelete("w5"));
}

TEST_F(ManagerTest, WhatIsHeldStaysHeldWhateverElseRuns) {
  const auto all = TenWorkloads();
  Push(Commit("r1", all));
  Push(Commit("r2", {all[0], all[1], all[2], all[3], all[4], all[5]}));
  ASSERT_FALSE(manager.deletion_gate().MayDelete("w9"));
  fleet.Run("w0", 90);
  manager.OnResynced({});
  EXPECT_FALSE(manager.deletion_gate().MayDelete("w9"));
  EXPECT_THAT(PendingMessage(), HasSubstr("w6, w7, w8, w9"));
  Push(Commit("r3", all));
  EXPECT_EQ(PendingMessage(), "");
}

TEST_F(ManagerTest, ForgedContainersDoNotWiden) {
  const auto all = TenWorkloads();
  fleet.Run("stranger", 90);
  for (auto& c : fleet.containers)
    if (c.Label(label::kWorkload) == "stranger") c.image_id = "sha256:two";
  Push(Commit("r1", all));
  Push(Commit("r2", {all[0], all[1], all[2], all[3], all[4], all[5]}));
  EXPECT_FALSE(manager.deletion_gate().MayDelete("w9"));
}

TEST_F(ManagerTest, WhatWasReleasedIsNotCountedTwice) {
  auto all = TenWorkloads();
  Push(Commit("r1", all));
  for (int i = 0; i < 3; ++i) all.pop_back();
  Push(Commit("r2", all));
  ASSERT_TRUE(manager.deletion_gate().MayDelete("w9"));
  all.pop_back();
  Push(Commit("r3", all));
  EXPECT_FALSE(manager.deletion_gate().MayDelete("w6")) << "4 of 10, though the first three still run";
}

TEST_F(ManagerTest, ARenderingOfAnEarlierRevisionIsQueuedAgain) {
  Push(Commit("r1", {Workload("a")}));
  Push(Commit("r2", {Workload("a")}, {"conf/app.ini"}));
  TakeQueued();
  manager.OnRead({Kind::Workload, "a"}, {.paths = {"conf"}, .revision = "r1"});
  EXPECT_THAT(TakeQueued(), ElementsAre("a"));
  manager.OnRead({Kind::Workload, "a"}, {.paths = {"conf"}, .revision = "r2"});
  EXPECT_THAT(TakeQueued(), IsEmpty());
}

TEST_F(ManagerTest, WhoReadTheWholeRepositoryIsQueuedByAnyPath) {
  Push(Commit("r1", {Workload("a")}));
  TakeQueued();
  manager.OnRead({Kind::Workload, "a"}, {.paths = {""}});
  Push(Commit("r2", {Workload("a")}, {"conf/app.ini"}));
  EXPECT_THAT(TakeQueued(), ElementsAre("a"));
}

TEST_F(ManagerTest, AWorkloadIsQueuedWhenOneAboveItChanges) {
  const auto child = Spec("child", {.parent = "middle"});
  const auto middle = Spec("middle", {.parent = "root"});
  Push(Commit("r1", {child, middle, Workload("other")}));
  TakeQueued();
  Push(Commit("r2", {child, middle, Workload("other"), Workload("root")}));
  EXPECT_THAT(TakeQueued(), UnorderedElementsAre("child", "middle", "root"));
  Push(Commit("r3", {child, Spec("middle", {.parent = "other"}, "2"), Workload("other"), Workload("root")}));
  EXPECT_THAT(TakeQueued(), UnorderedElementsAre("child", "middle"));
  Push(Commit("r4", {child, Workload("other"), Workload("root")}));
  EXPECT_THAT(TakeQueued(), UnorderedElementsAre("child", "middle"));
}

TEST_F(ManagerTest, ABindingIsQueuedWhenWhatItNamesComesOrGoes) {
  const auto binding = Of(Kind::Binding, "bind", v1::BindingSpec{.trigger = "nightly", .workload = "a"});
  Push(Commit("r1", {binding}));
  TakeQueued();
  Push(Commit("r2", {binding, Of(Kind::Trigger, "nightly", v1::TriggerSpec{})}));
  EXPECT_THAT(TakeQueued(), UnorderedElementsAre("bind", "nightly"));
  Push(Commit("r3", {binding, Of(Kind::Trigger, "nightly", v1::TriggerSpec{}), Workload("a")}));
  EXPECT_THAT(TakeQueued(), UnorderedElementsAre("a", "bind"));
  Push(Commit("r4", {binding, Workload("a")}));
  EXPECT_THAT(TakeQueued(), UnorderedElementsAre("bind", "nightly"));
}

TEST_F(ManagerTest, ARevisionThatTheCacheDidNotTakeIsStoredLater) {
  store.fail = true;
  Push(Commit("r1", {Workload("a")}));
  TakeQueued();
  store.fail = false;
  EXPECT_FALSE(manager.Step({})) << "not at once";
  clock.Advance(std::chrono::seconds(10));
  EXPECT_TRUE(manager.Step({}));
  EXPECT_EQ(store.Get({Kind::Workload, "a"})->value().generation, 2);
  EXPECT_THAT(TakeQueued(), ElementsAre("a"));
  EXPECT_FALSE(manager.Step({}));
}

TEST_F(ManagerTest, OfAnEarlierLifeOnlyWhatIsKnownGoneLeavesTheCache) {
  store.Put({.key = {Kind::Workload, "gone"}, .position = {"gone.yaml", 1, 1}});
  store.Put({.key = {Kind::Workload, "faulty"}, .position = {"faulty.yaml", 1, 1}});
  ConfigUpdate update = Commit("r1", {Workload("a")});
  auto objects = std::make_shared<v1::ObjectSet>(*update.snapshot->objects);
  objects->errors = {{{"faulty.yaml", 1, 1}, "", "x"}};
  update.snapshot = std::make_shared<ConfigSnapshot>(ConfigSnapshot{objects, update.snapshot->tree});
  Push(std::move(update));
  EXPECT_THAT(TakeQueued(), UnorderedElementsAre("a", "gone"));
  EXPECT_TRUE(*store.Get({Kind::Workload, "faulty"}));
}

TEST_F(ManagerTest, TheLoopSurvivesAnException) {
  std::stop_source stop;
  int syncs = 0;
  source.during = [&] {
    if (++syncs == 1) throw std::runtime_error("disk");
    stop.request_stop();
  };
  manager.Run(stop.get_token());
  EXPECT_EQ(syncs, 2);
}

TEST_F(ManagerTest, WhatIsRememberedOfRemovedWorkloadsIsLookedAtWithTheEngine) {
  Push(Commit("r1", {Workload("a")}));
  TakeQueued();
  remembered = {{"a", Facts()},
                {"a.web", Facts()},
                {"gone", Facts{.superseded = {{"gone:1", "one", "old", "", SysTime{}}}}},
                {"gone.db", Facts()}};
  manager.OnEngineReady();
  EXPECT_THAT(TakeQueued(), UnorderedElementsAre("a", "gone"));
}

TEST_F(ManagerTest, AStateThatNoContainerHasCountsAsNone) {
  Push(Commit("r1", {Workload("a")}));
  fleet.Run("a", 2);
  manager.RefreshGauges();
  fleet.containers.clear();
  manager.RefreshGauges();
  EXPECT_THAT(metrics.Serialize(), HasSubstr("state=\"running\"} 0"));
}

}  // namespace
}  // namespace tinyforge
