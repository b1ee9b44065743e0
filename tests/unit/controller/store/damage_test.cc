// What may happen to the cache file: each of these must end in an empty, usable store that says so.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sqlite3.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <random>
#include <thread>

#include "api-types/codec/spec.h"
#include "controller/store/sqlite_store.h"
#include "tests/fakes/temporary_directory.h"

namespace tinyforge {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace fs = std::filesystem;

v1::ObjectPtr Workload(const std::string& name) {
  auto object = std::make_shared<v1::Object>();
  object->key = {Kind::Workload, name};
  object->meta.name = name;
  v1::WorkloadSpec spec;
  spec.source.image = v1::ImageSource{.repository = "registry.example.com/" + name};
  object->spec = spec;
  object->spec_hash = codec::SpecHash(object->spec);
  return object;
}

std::string Why(const Expected<void>& outcome) {
  return outcome ? "" : outcome.error().message;
}

class DamageTest : public ::testing::Test {
 protected:
  std::unique_ptr<SqliteStore> Open(const std::string& directory) {
    return std::make_unique<SqliteStore>(
        SqliteStoreOptions{.state_dir = directory,
                           .on_rebuilt = [this](const std::string& why) { reasons_.push_back(why); },
                           .retry_interval = Duration(0)});
  }
  std::unique_ptr<SqliteStore> Open() { return Open(state_); }

  void Fill(SqliteStore& store, int objects = 50) {
    std::vector<v1::ObjectPtr> all;
    for (int i = 0; i < objects; ++i) all.push_back(Workload("w" + std::to_string(i)));
    ASSERT_EQ(Why(store.CommitRevision(all, {}, "c1")), "");
    ASSERT_EQ(Why(store.AddEvents({{.object = "workload/w1", .reason = "Created", .message = "old history"}})), "");
  }

  // The store noticed, told, is empty and takes what its user commits again.
  void ExpectRebuilt(SqliteStore& store, const std::string& reason) {
    EXPECT_THAT(*store.List(Kind::Workload), IsEmpty());
    ASSERT_THAT(reasons_, SizeIs(1));
    EXPECT_THAT(reasons_[0], HasSubstr(reason));
    EXPECT_EQ(store.Rebuilds(), 1u);
    auto events = store.Events({});
    ASSERT_TRUE(events);
    ASSERT_THAT(*events, SizeIs(1));
    EXPECT_EQ(events->front().reason, "CacheRebuilt");
    EXPECT_THAT(events->front().message, HasSubstr(reason));
    Fill(store);
    EXPECT_THAT(*store.List(Kind::Workload), SizeIs(50));
    EXPECT_EQ(store.Rebuilds(), 1u);
  }

  // A database of another installation, closed.
  std::string Foreign() {
    const std::string directory = dir_ / "foreign";
    auto other = Open(directory);
    EXPECT_EQ(Why(other->CommitRevision({Workload("evil")}, {}, "c9")), "");
    other.reset();
    return directory + "/cache-v4.sqlite";
  }

  TemporaryDirectory dir_{"/dev/shm"};  // a thousand openings, each with a sync
  std::string state_ = dir_ / "state";
  std::string file_ = state_ + "/cache-v4.sqlite";
  std::vector<std::string> reasons_;
};

void CopyOver(const std::string& from, const std::string& to) {
  fs::copy_file(from, to, fs::copy_options::overwrite_existing);
}

TEST_F(DamageTest, SaysNothingOfTheFirstStart) {
  auto store = Open();
  Fill(*store);
  EXPECT_THAT(reasons_, IsEmpty());
}

TEST_F(DamageTest, DeletedWhileRunning) {
  auto store = Open();
  Fill(*store);
  fs::remove(file_);
  ExpectRebuilt(*store, "was deleted");
}

TEST_F(DamageTest, OfAnEarlierVersion) {
  fs::create_directories(state_);
  for (const char* name : {"cache-v3.sqlite", "cache-v3.sqlite-wal", "cache-v3.id", "cache-v2.sqlite.damaged",
                           "cache-v5.sqlite", "cache-v3.txt", "cache-v3"})
    WriteText(state_ + "/" + name, "x");
  ExpectRebuilt(*Open(), "was of an earlier version");
  for (const char* name : {"cache-v3.sqlite", "cache-v3.sqlite-wal", "cache-v3.id", "cache-v2.sqlite.damaged"})
    EXPECT_FALSE(fs::exists(state_ + "/" + name)) << name;
  for (const char* name : {"cache-v5.sqlite", "cache-v3.txt", "cache-v3"})
    EXPECT_TRUE(fs::exists(state_ + "/" + name)) << name;
  reasons_.clear();
  EXPECT_THAT(*Open()->List(Kind::Workload), SizeIs(50));
  EXPECT_THAT(reasons_, IsEmpty());
}

TEST_F(DamageTest, DeletedWhileStopped) {
  Fill(*Open());
  fs::remove(file_);
  ExpectRebuilt(*Open(), "was deleted");
}

TEST_F(DamageTest, WholeDirectoryDeletedWhileRunning) {
  auto store = Open();
  Fill(*store);
  fs::remove_all(state_);
  ExpectRebuilt(*store, "was deleted");
}

TEST_F(DamageTest, TruncatedWhileRunning) {
  auto store = Open();
  Fill(*store);
  store.reset();
  store = Open();
  ASSERT_THAT(*store->List(Kind::Workload), SizeIs(50));
  fs::resize_file(file_, 0);
  ExpectRebuilt(*store, "was truncated");
}

TEST_F(DamageTest, TruncatedWhileStopped) {
  Fill(*Open());
  fs::resize_file(file_, fs::file_size(file_) / 2);
  ExpectRebuilt(*Open(), "damaged");
}

TEST_F(DamageTest, WriteAheadLogTruncatedWhileRunning) {
  auto store = Open();
  Fill(*store);
  fs::resize_file(file_ + "-wal", 100);
  ExpectRebuilt(*store, "write-ahead log");
}

TEST_F(DamageTest, WriteAheadLogDeletedWhileRunning) {
  auto store = Open();
  Fill(*store);
  fs::remove(file_ + "-wal");
  ExpectRebuilt(*store, "write-ahead log");
}

TEST_F(DamageTest, OverwrittenInPlaceWhileRunning) {
  const std::string foreign = Foreign();
  auto store = Open();
  Fill(*store);
  CopyOver(foreign, file_);
  ExpectRebuilt(*store, "was");
  EXPECT_TRUE(fs::exists(file_ + ".damaged"));
}

TEST_F(DamageTest, SwappedByRenameWhileRunning) {
  const std::string foreign = Foreign();
  auto store = Open();
  Fill(*store);
  fs::rename(foreign, file_);
  ExpectRebuilt(*store, "was replaced");
}

TEST_F(DamageTest, SwappedWhileStopped) {
  const std::string foreign = Foreign();
  Fill(*Open());
  fs::rename(foreign, file_);
  ExpectRebuilt(*Open(), "damaged");
}

TEST_F(DamageTest, SwappedAfterACrash) {
  const std::string foreign = Foreign();
  auto store = Open();
  Fill(*store);
  // As a crash leaves it: the log is there and the identity says "open".
  fs::copy(state_, dir_ / "crashed");
  CopyOver(foreign, dir_ / "crashed/cache-v4.sqlite");
  fs::remove(dir_ / "crashed/cache-v4.sqlite-wal");
  ExpectRebuilt(*Open(dir_ / "crashed"), "another database");
}

TEST_F(DamageTest, CrashLosesNothing) {
  auto store = Open();
  Fill(*store);
  fs::copy(state_, dir_ / "crashed");
  EXPECT_THAT(*Open(dir_ / "crashed")->List(Kind::Workload), SizeIs(50));
  EXPECT_THAT(reasons_, IsEmpty());
}

TEST_F(DamageTest, OlderBackupOfTheSameStore) {
  Fill(*Open());
  fs::copy(file_, dir_ / "backup");
  Fill(*Open());
  auto running = Open();
  Fill(*running);
  fs::copy(state_, dir_ / "crashed");
  CopyOver(dir_ / "backup", dir_ / "crashed/cache-v4.sqlite");
  fs::remove(dir_ / "crashed/cache-v4.sqlite-wal");
  ExpectRebuilt(*Open(dir_ / "crashed"), "another database");
}

TEST_F(DamageTest, StaleWriteAheadLogAfterACleanStopIsNotReplayed) {
  auto other = Open(dir_ / "other");
  ASSERT_EQ(Why(other->CommitRevision({Workload("evil")}, {}, "c9")), "");
  Fill(*Open());
  CopyOver(dir_ / "other/cache-v4.sqlite-wal", file_ + "-wal");
  auto store = Open();
  EXPECT_THAT(*store->List(Kind::Workload), SizeIs(50));
  EXPECT_FALSE((*store->Get({Kind::Workload, "evil"})).has_value());
}

TEST_F(DamageTest, StaleWriteAheadLogAfterACrash) {
  auto other = Open(dir_ / "other");
  ASSERT_EQ(Why(other->CommitRevision({Workload("evil")}, {}, "c9")), "");
  auto store = Open();
  Fill(*store);
  fs::copy(state_, dir_ / "crashed");
  CopyOver(dir_ / "other/cache-v4.sqlite-wal", dir_ / "crashed/cache-v4.sqlite-wal");
  ExpectRebuilt(*Open(dir_ / "crashed"), "damaged");
}

TEST_F(DamageTest, NotADatabase) {
  Fill(*Open());
  fs::remove(state_ + "/cache-v4.id");
  WriteText(file_, std::string(20000, 'x'));
  ExpectRebuilt(*Open(), "damaged");
}

TEST_F(DamageTest, OtherTablesUnderTheSameIdentity) {
  auto store = Open();
  Fill(*store);
  store.reset();
  sqlite3* connection = nullptr;
  ASSERT_EQ(sqlite3_open(file_.c_str(), &connection), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(connection, "DROP TABLE objects; CREATE TABLE objects(x)", nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(connection);
  ExpectRebuilt(*Open(), "damaged");
}

TEST_F(DamageTest, OddThingsAtThePath) {
  fs::create_directories(file_ + "/sub");
  fs::create_directories(file_ + "-wal/sub");
  auto store = Open();
  EXPECT_THAT(*store->List(Kind::Workload), IsEmpty());
  ASSERT_EQ(::mkfifo((dir_ / "pipe").c_str(), 0600), 0);
  fs::rename(dir_ / "pipe", file_);
  EXPECT_THAT(*store->List(Kind::Workload), IsEmpty());
  WriteText(dir_ / "precious", "untouched");
  fs::remove(file_);
  fs::create_symlink(dir_ / "precious", file_);
  EXPECT_THAT(*store->List(Kind::Workload), IsEmpty());
  EXPECT_EQ(ReadText(dir_ / "precious"), "untouched");
  EXPECT_EQ(store->Rebuilds(), 3u);
}

TEST_F(DamageTest, LockedByAnotherProgramIsAnErrorAndNoLoss) {
  Fill(*Open());
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  // The lock is the process's, so another process must hold it.
  if (child == 0) {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    const int fd = ::open(file_.c_str(), O_RDWR);
    ::fcntl(fd, F_SETLK, &lock);
    WriteText(dir_ / "locked", "x");
    ::pause();
    ::_exit(0);
  }
  while (!fs::exists(dir_ / "locked")) std::this_thread::yield();
  auto store = Open();
  auto listed = store->List(Kind::Workload);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().kind, ErrorKind::Transient);
  EXPECT_THAT(*store->List(Kind::Workload), SizeIs(50));
  EXPECT_THAT(reasons_, IsEmpty());
}

TEST_F(DamageTest, ReadOnlyDirectoryGivesErrorsAndHealsItself) {
  if (::getuid() != 0) GTEST_SKIP() << "changes its file system user";
  fs::create_directory(state_);
  ::chmod(dir_.path().c_str(), 0755);
  ASSERT_EQ(::chown(state_.c_str(), 65534, 65534), 0);
  ::chmod(state_.c_str(), 0555);
  // The user id for file access is the thread's.
  std::jthread([&] {
    ::setfsuid(65534);
    auto store = Open();
    EXPECT_FALSE(store->CommitRevision({Workload("a")}, {}, "c1"));
    EXPECT_FALSE(store->List(Kind::Workload));
    ::chmod(state_.c_str(), 0755);
    EXPECT_EQ(Why(store->CommitRevision({Workload("a")}, {}, "c1")), "");
    ::chmod(state_.c_str(), 0555);
    EXPECT_THAT(*store->List(Kind::Workload), SizeIs(1));
    store.reset();
    store = Open();
    EXPECT_FALSE(store->UpdateStatus({Kind::Workload, "a"}, {.replicas = 1}));
    ::chmod(state_.c_str(), 0755);
    EXPECT_EQ(Why(store->UpdateStatus({Kind::Workload, "a"}, {.replicas = 1})), "");
  }).join();
}

TEST_F(DamageTest, FullDiskGivesErrorsAndHealsItself) {
  bool mounted = true;
  std::jthread([&] {
    fs::create_directory(state_);
    mounted = ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
              ::mount("none", state_.c_str(), "tmpfs", 0, "size=1m") == 0;
    if (!mounted) return;
    auto store = Open();
    Fill(*store);
    WriteText(state_ + "/ballast", std::string(2 << 20, 'x'));
    std::vector<v1::ObjectPtr> many;
    for (int i = 0; i < 5000; ++i) many.push_back(Workload("big" + std::to_string(i)));
    auto full = store->CommitRevision(many, {}, "c2");
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().kind, ErrorKind::Transient);
    EXPECT_THAT(*store->List(Kind::Workload), SizeIs(50));
    fs::remove(state_ + "/ballast");
    EXPECT_EQ(Why(store->CommitRevision({Workload("more")}, {}, "c3")), "");
    EXPECT_THAT(*store->List(Kind::Workload), SizeIs(51));
    EXPECT_EQ(store->Rebuilds(), 0u);
  }).join();
  if (!mounted) GTEST_SKIP() << "may not mount";
}

TEST_F(DamageTest, AStateDirectoryThatIsAFileGivesErrors) {
  WriteText(state_, "x");
  auto store = Open();
  EXPECT_FALSE(store->List(Kind::Workload));
  fs::remove(state_);
  EXPECT_THAT(*store->List(Kind::Workload), IsEmpty());
}

// Every operation, whatever they answer: none may crash or hang.
void UseAll(SqliteStore& store) {
  for (Kind kind : {Kind::Workload, Kind::Trigger}) static_cast<void>(store.List(kind).has_value());
  static_cast<void>(store.Get({Kind::Workload, "w7"}).has_value());
  static_cast<void>(store.UpdateStatus({Kind::Workload, "w9"}, {.replicas = 4}).has_value());
  static_cast<void>(store.AddEvents({{.object = "workload/w9", .reason = "R", .message = "m"}}).has_value());
  static_cast<void>(store.Events({}).has_value());
  static_cast<void>(store.ReplaceContainers({{.id = "n", .name = "n"}}).has_value());
  static_cast<void>(store.Containers().has_value());
  static_cast<void>(store.Repository().has_value());
  static_cast<void>(store.CommitRevision({Workload("w3")}, {{Kind::Workload, "w4"}}, "c2").has_value());
}

class MutationTest : public DamageTest, public ::testing::WithParamInterface<bool> {
 protected:
  void Mutate(std::string& content) {
    const std::size_t page = random_() % (content.size() / 4096) * 4096;
    switch (random_() % 4) {
      case 0: std::fill_n(content.begin() + static_cast<std::ptrdiff_t>(page), 4096, '\0'); return;
      case 1: content.resize(random_() % content.size()); return;
      case 2: content[page + random_() % 4096] ^= static_cast<char>(1 << random_() % 8); return;
      default:
        for (int i = 0; i < 16; ++i) content[page + random_() % 200] = static_cast<char>(random_());
    }
  }
  std::mt19937 random_{20260101};  // NOLINT: the same mutations in every run
};

// With the size and time in the identity a stopped store notices every change; as after a crash it must live with what
// the quick check lets through.
TEST_P(MutationTest, SurvivesAThousandMutatedFiles) {
  Fill(*Open(), 200);
  const std::string clean = ReadText(file_);
  std::string identity = ReadText(state_ + "/cache-v4.id");
  if (GetParam()) identity.replace(identity.find("closed"), 6, "open");
  int usable = 0;
  for (int i = 0; i < 500; ++i) {
    std::string content = clean;
    Mutate(content);
    fs::remove(file_ + "-wal");
    WriteText(file_, content);
    WriteText(state_ + "/cache-v4.id", identity);
    auto store = Open();
    UseAll(*store);
    usable += store->CommitRevision({Workload("last")}, {}, "c3") && *store->Get({Kind::Workload, "last"}) ? 1 : 0;
  }
  EXPECT_EQ(usable, 500);
}
INSTANTIATE_TEST_SUITE_P(Stopped, MutationTest, ::testing::Values(false));
INSTANTIATE_TEST_SUITE_P(Crashed, MutationTest, ::testing::Values(true));

TEST_F(DamageTest, ConcurrentUseWhileTheFileIsDeletedAgainAndAgain) {
  auto store = std::make_unique<SqliteStore>(SqliteStoreOptions{.state_dir = state_, .retry_interval = Duration(0)});
  Fill(*store);
  std::vector<std::jthread> users;
  for (int t = 0; t < 4; ++t) {
    users.emplace_back([&] {
      for (int i = 0; i < 40; ++i) UseAll(*store);
    });
  }
  for (int i = 0; i < 20; ++i) {
    fs::remove(file_);
    UseAll(*store);
  }
  users.clear();
  EXPECT_GE(store->Rebuilds(), 1u);
}

TEST_F(DamageTest, ReplacesNotMoreOftenThanTheIntervalAllows) {
  SqliteStore store({.state_dir = state_, .retry_interval = std::chrono::hours(1)});
  Fill(store);
  fs::remove(file_);
  EXPECT_TRUE(store.List(Kind::Workload));
  fs::remove(file_);
  auto refused = store.List(Kind::Workload);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("was deleted again"));
  EXPECT_EQ(store.Rebuilds(), 1u);
}

}  // namespace
}  // namespace tinyforge
