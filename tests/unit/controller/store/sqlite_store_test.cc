#include "controller/store/sqlite_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <thread>

#include "api-types/codec/spec.h"
#include "tests/fakes/temporary_directory.h"

namespace tinyforge {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

v1::ObjectPtr Workload(const std::string& name, const std::string& tag, std::uint32_t line = 1) {
  auto object = std::make_shared<v1::Object>();
  object->key = {Kind::Workload, name};
  object->meta = {.name = name, .labels = {{"team", "web"}}};
  v1::WorkloadSpec spec;
  spec.source.image = v1::ImageSource{.repository = "shop", .tag = tag};
  object->spec = spec;
  object->position = {"apps/" + name + ".yaml", line, 1};
  object->spec_hash = codec::SpecHash(object->spec);
  return object;
}

std::string Why(const Expected<void>& outcome) {
  return outcome ? "" : outcome.error().message;
}

class SqliteStoreTest : public ::testing::Test {
 protected:
  SqliteStore Open() {
    return SqliteStore({.state_dir = dir_ / "state",
                        .now = [this] { return now_; },
                        .max_events = 10,
                        .max_missing_containers = 3,
                        .retry_interval = Duration(0)});
  }
  Event EventAt(seconds offset, const std::string& object, const std::string& message) {
    return {.time = now_ + offset, .object = object, .reason = "Created", .message = message};
  }

  TemporaryDirectory dir_;
  SysTime now_ = SysTime(seconds(1767225600));
};

TEST_F(SqliteStoreTest, KeepsARevisionOverARestart) {
  {
    SqliteStore store = Open();
    ASSERT_EQ(Why(store.CommitRevision({Workload("shop", "1", 12), Workload("blog", "1")}, {}, "c1")), "");
  }
  SqliteStore store = Open();
  auto record = store.Get({Kind::Workload, "shop"});
  ASSERT_TRUE(record && *record);
  EXPECT_EQ((*record)->meta.labels.at("team"), "web");
  EXPECT_EQ((*record)->position, (SourcePosition{"apps/shop.yaml", 12, 1}));
  EXPECT_EQ((*record)->spec_json, codec::CanonicalSpec(Workload("shop", "1")->spec));
  EXPECT_EQ((*record)->generation, 1);
  EXPECT_EQ((*record)->revision, "c1");
  EXPECT_THAT(*store.List(Kind::Workload), SizeIs(2));
  EXPECT_THAT(*store.List(Kind::Trigger), IsEmpty());
  EXPECT_FALSE((*store.Get({Kind::Secret, "shop"})).has_value());
  EXPECT_EQ(store.Rebuilds(), 0u);
}

TEST_F(SqliteStoreTest, MovesTheGenerationOnlyWithTheSpec) {
  SqliteStore store = Open();
  auto generation = [&] { return (*store.Get({Kind::Workload, "shop"}))->generation; };
  ASSERT_EQ(Why(store.CommitRevision({Workload("shop", "1")}, {}, "c1")), "");
  ASSERT_EQ(Why(store.CommitRevision({Workload("shop", "1", 99)}, {}, "c2")), "");
  EXPECT_EQ(generation(), 1);
  EXPECT_EQ((*store.Get({Kind::Workload, "shop"}))->position.line, 99u);
  ASSERT_EQ(Why(store.CommitRevision({Workload("shop", "2")}, {}, "c3")), "");
  EXPECT_EQ(generation(), 2);
  ASSERT_EQ(Why(store.CommitRevision({}, {{Kind::Workload, "shop"}}, "c4")), "");
  EXPECT_FALSE((*store.Get({Kind::Workload, "shop"})).has_value());
}

TEST_F(SqliteStoreTest, KeepsAStatusAndForgetsItWithTheObject) {
  SqliteStore store = Open();
  const ObjectKey key{Kind::Workload, "shop"};
  v1::Status status;
  status.observed_generation = 3;
  status.conditions = {{.type = "Ready", .status = ConditionStatus::True, .reason = "Running", .message = "2 of 2"}};
  status.inventory = {{"Container", "shop", "abc"}};
  ASSERT_EQ(Why(store.UpdateStatus(key, status)), "");
  ASSERT_EQ(Why(store.CommitRevision({Workload("shop", "1")}, {}, "c1")), "");
  EXPECT_EQ((*store.Get(key))->status, v1::Status());
  ASSERT_EQ(Why(store.UpdateStatus(key, status)), "");
  EXPECT_EQ((*store.Get(key))->status, status);
  EXPECT_EQ(store.List(Kind::Workload)->front().status, status);
  ASSERT_EQ(Why(store.CommitRevision({}, {key}, "c2")), "");
  ASSERT_EQ(Why(store.CommitRevision({Workload("shop", "1")}, {}, "c3")), "");
  EXPECT_EQ((*store.Get(key))->status, v1::Status());
}

TEST_F(SqliteStoreTest, StoresAMessageOfAnyBytes) {
  SqliteStore store = Open();
  const ObjectKey key{Kind::Workload, "shop"};
  v1::Status status;
  status.conditions = {{.type = "Ready", .message = std::string("exit 1: \xff\x80 \0 end", 16)}};
  ASSERT_EQ(Why(store.CommitRevision({Workload("shop", "1")}, {}, "c1")), "");
  ASSERT_EQ(Why(store.UpdateStatus(key, status)), "");
  ASSERT_THAT((*store.Get(key))->status.conditions, SizeIs(1));
  EXPECT_THAT((*store.Get(key))->status.conditions[0].message, HasSubstr("\xEF\xBF\xBD"));
}

TEST_F(SqliteStoreTest, WritesNothingWhenNothingChanged) {
  SqliteStore store = Open();
  v1::Status status;
  status.replicas = 2;
  const std::vector<ContainerRow> rows = {{.id = "a", .name = "shop", .workload = "shop", .state = "running"}};
  auto write = [&] {
    ASSERT_EQ(Why(store.CommitRevision({Workload("shop", "1")}, {}, "c1")), "");
    ASSERT_EQ(Why(store.UpdateStatus({Kind::Workload, "shop"}, status)), "");
    ASSERT_EQ(Why(store.ReplaceContainers(rows)), "");
    ASSERT_EQ(Why(store.SetRepository({.url = "file:///x", .revision = "c1"})), "");
  };
  write();
  const auto before = std::filesystem::file_size(dir_ / "state/cache-v4.sqlite-wal");
  for (int i = 0; i < 20; ++i) write();
  EXPECT_EQ(std::filesystem::file_size(dir_ / "state/cache-v4.sqlite-wal"), before);
}

TEST_F(SqliteStoreTest, KeepsTheRepositoryStatus) {
  RepositoryStatus status{
      .url = "https://git.example.com/ops.git", .branch = "main", .path = "hosts", .revision = "c1"};
  status.fetched = now_;
  status.applied = now_ + seconds(1);
  status.conditions = {
      {.type = "Ready", .status = ConditionStatus::False, .reason = "FetchFailed", .message = "no route"}};
  status.errors = {{{"a.yaml", 3, 7}, "spec.ports[0].host", "expected a number"}};
  {
    SqliteStore store = Open();
    EXPECT_EQ(*store.Repository(), RepositoryStatus());
    ASSERT_EQ(Why(store.SetRepository(status)), "");
  }
  EXPECT_EQ(*Open().Repository(), status);
}

TEST_F(SqliteStoreTest, CollapsesEqualConsecutiveEventsOfAnObject) {
  SqliteStore store = Open();
  ASSERT_EQ(Why(store.AddEvents({EventAt(seconds(0), "workload/a", "x"), EventAt(seconds(1), "workload/b", "x"),
                                 EventAt(seconds(2), "workload/a", "x"), EventAt(seconds(3), "workload/a", "y"),
                                 EventAt(seconds(4), "workload/a", "x")})),
            "");
  auto events = store.Events({.object = "workload/a"});
  ASSERT_TRUE(events);
  ASSERT_THAT(*events, SizeIs(3));
  EXPECT_EQ((*events)[0].count, 2);
  EXPECT_EQ((*events)[0].time, now_ + seconds(2));
  EXPECT_EQ((*events)[1].message, "y");
  EXPECT_EQ((*events)[2].count, 1);
  EXPECT_THAT(*store.Events({}), SizeIs(4));
  EXPECT_EQ(store.Events({.limit = 1})->front().time, now_ + seconds(4));
}

TEST_F(SqliteStoreTest, DropsOldEvents) {
  SqliteStore store = Open();
  for (int i = 0; i < 30; ++i) {
    ASSERT_EQ(Why(store.AddEvents({EventAt(seconds(i), "workload/a", std::to_string(i))})), "");
  }
  auto events = store.Events({});
  ASSERT_THAT(*events, SizeIs(10));
  EXPECT_EQ(events->front().message, "20");
  now_ += hours(8 * 24);
  ASSERT_EQ(Why(store.AddEvents({EventAt(seconds(0), "workload/b", "new")})), "");
  EXPECT_THAT(*store.Events({}), ElementsAre(Field(&Event::message, "new")));
}

TEST_F(SqliteStoreTest, ShowsVanishedContainersAsMissingForAWhile) {
  SqliteStore store = Open();
  std::vector<ContainerRow> rows;
  for (const char* id : {"a", "b", "c", "d", "e"}) {
    rows.push_back(
        {.id = id, .name = id, .workload = "shop", .state = "running", .relation = "owned", .created = now_});
  }
  ASSERT_EQ(Why(store.ReplaceContainers(rows)), "");
  EXPECT_EQ(*store.Containers(), rows);
  ASSERT_EQ(Why(store.ReplaceContainers({rows[0]})), "");
  auto listed = store.Containers();
  ASSERT_THAT(*listed, SizeIs(4));
  EXPECT_EQ((*listed)[0].state, "running");
  EXPECT_EQ((*listed)[1].state, "missing");
  ASSERT_EQ(Why(store.ReplaceContainers({rows[0], rows[1]})), "");
  EXPECT_EQ((*store.Containers())[1].state, "running");
  now_ += hours(25);
  ASSERT_EQ(Why(store.ReplaceContainers({rows[0], rows[1]})), "");
  EXPECT_THAT(*store.Containers(), SizeIs(2));
}

TEST_F(SqliteStoreTest, KeepsRolloutsNewestFirstAndOnlySoMany) {
  const auto rollout = [this](std::int64_t id, const char* outcome) {
    return v1::RolloutRecord{.id = id, .cause = "env.A differs", .outcome = outcome, .started = now_ + seconds(id)};
  };
  {
    SqliteStore store = Open();
    for (std::int64_t id = 1; id <= 60; ++id) {
      ASSERT_EQ(Why(store.PutRollout("shop", rollout(id, "InProgress"))), "");
      ASSERT_EQ(Why(store.PutRollout("shop", rollout(id, "Succeeded"))), "");
    }
    ASSERT_EQ(Why(store.PutRollout("blog", rollout(1, "Failed"))), "");
  }
  SqliteStore again = Open();
  const auto shop = *again.Rollouts("shop");
  ASSERT_THAT(shop, SizeIs(50));
  EXPECT_EQ(shop.front(), (RolloutRow{"shop", rollout(60, "Succeeded")}));
  EXPECT_EQ(shop.back().rollout.id, 11);
  EXPECT_THAT(*again.Rollouts(""), SizeIs(51));
}

TEST_F(SqliteStoreTest, ServesManyThreads) {
  SqliteStore store = Open();
  ASSERT_EQ(Why(store.CommitRevision({Workload("shop", "1")}, {}, "c1")), "");
  std::vector<std::jthread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        v1::Status status;
        status.replicas = i;
        EXPECT_TRUE(store.UpdateStatus({Kind::Workload, "shop"}, status));
        EXPECT_TRUE(store.AddEvents({EventAt(seconds(i), "workload/" + std::to_string(t), std::to_string(i))}));
        EXPECT_TRUE(store.List(Kind::Workload));
        if (i % 10 != 0) continue;
        EXPECT_TRUE(store.CommitRevision({Workload("w" + std::to_string(t), std::to_string(i))}, {}, "c"));
      }
    });
  }
  threads.clear();
  EXPECT_THAT(*store.List(Kind::Workload), SizeIs(7));
}

}  // namespace
}  // namespace tinyforge
