#include "controller/facts/file_fact_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "controller/facts/file_deletion_ledger.h"
#include "controller/facts/file_hook_ledger.h"
#include "controller/facts/installation.h"
#include "tests/fakes/temporary_directory.h"

namespace tinyforge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
namespace fs = std::filesystem;

Facts Sample() {
  Facts facts;
  const SysTime at(std::chrono::milliseconds(1767225600123));
  facts.failed = {{"v1:abc", "sha256:1", "exit 1", "panic: no config", at}};
  facts.good = {{"c0ffee", "shop:1.4", "sha256:0", "1.4", at}};
  facts.candidate = CandidateImage{"shop:1.6", "sha256:6"};
  facts.superseded = {{"shop:1.3", "sha256:3", "not among the last 3 good releases", "container x is made from it", at},
                      {"shop:1.2", "", "its release never ran well", "", at}};
  facts.pin = Pin{"sha256:0", "1.4", "shop:1.5", at};
  facts.versions = {{"auto", {"1.6", "sha256:6"}, "shop:1.5", true, true, "it is the newest", "0d7", at},
                    {"", {"", "sha256:7"}, "shop:1.5", false, false, "tfctl deploy", "", at}};
  facts.excluded = {{{"1.7", "sha256:8"}, "it was rolled back", at}};
  facts.approved = "sha256:9";
  facts.hooked = {"0123456789ab", "cafe00000000"};
  facts.remake = Remake{at, "a person asked for it"};
  facts.suspended = true;
  facts.adopted_project = "shop";
  facts.adopted = {{"4f5e", "shop_web_1", {{"tinyforge.role", "web"}, {"tinyforge.seq", "1"}}}};
  return facts;
}

Expected<void> Put(FileFactStore& store, std::string_view workload, const Facts& facts) {
  return store.Update(workload, [&](Facts& kept) { kept = facts; });
}

std::string Why(const Expected<void>& outcome) {
  return outcome ? "" : outcome.error().message;
}

class FactsTest : public ::testing::Test {
 protected:
  std::string File(const std::string& name) { return dir_ / ("state/facts/" + name); }
  struct stat StatOf(const std::string& path) {
    struct stat info {};
    EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
    return info;
  }
  void PutFile(const std::string& text) {
    fs::create_directories(dir_ / "state/facts");
    WriteText(File("shop.json"), text);
  }

  TemporaryDirectory dir_;
  std::unique_ptr<Logger> log_ = MakeNullLogger();
  std::string state_ = dir_ / "state";
};

TEST_F(FactsTest, AreEmptyBeforeTheFirstSave) {
  FileFactStore store(state_, *log_);
  EXPECT_EQ(*store.Load("shop"), Facts());
  EXPECT_EQ(Why(Put(store, "shop", Facts())), "");
  EXPECT_FALSE(fs::exists(File("shop.json")));
}

TEST_F(FactsTest, SurviveARestart) {
  FileFactStore first(state_, *log_);
  EXPECT_EQ(Why(Put(first, "shop", Sample())), "");
  EXPECT_EQ(*FileFactStore(state_, *log_).Load("shop"), Sample());
  EXPECT_EQ(StatOf(File("shop.json")).st_mode & 07777, 0600u);
}

TEST_F(FactsTest, WriteNothingWhenEqualAndNoFileWhenEmpty) {
  FileFactStore store(state_, *log_);
  ASSERT_EQ(Why(Put(store, "shop", Sample())), "");
  const ino_t inode = StatOf(File("shop.json")).st_ino;
  ASSERT_EQ(Why(Put(store, "shop", Sample())), "");
  EXPECT_EQ(StatOf(File("shop.json")).st_ino, inode);
  ASSERT_EQ(Why(Put(store, "shop", Facts())), "");
  EXPECT_FALSE(fs::exists(File("shop.json")));
}

TEST_F(FactsTest, KeepKeysOfANewerVersion) {
  PutFile(R"({"later": {"tag": "1.2", "base": [1, 2]}, "suspended": true})");
  FileFactStore store(state_, *log_);
  Facts facts = *store.Load("shop");
  EXPECT_TRUE(facts.suspended);
  facts.suspended = false;
  facts.stopped = true;
  ASSERT_EQ(Why(Put(store, "shop", facts)), "");
  EXPECT_THAT(ReadText(File("shop.json")), HasSubstr("\"tag\": \"1.2\""));
  EXPECT_EQ(*FileFactStore(state_, *log_).Load("shop"), facts);
  ASSERT_EQ(Why(Put(store, "shop", Facts())), "");
  EXPECT_THAT(ReadText(File("shop.json")), HasSubstr("\"tag\": \"1.2\""));
}

TEST_F(FactsTest, CountAsEmptyWhenDamagedAndAreSetAside) {
  const std::vector<std::string> texts = {"{\"suspended\": tru",   "[]",
                                          "{\"failed\": 3}",       "{\"failed\": [{\"at\": \"yesterday\"}]}",
                                          std::string(20000, ' '), ""};
  for (const std::string& text : texts) {
    PutFile(text);
    FileFactStore store(state_, *log_);
    auto facts = store.Load("shop");
    ASSERT_TRUE(facts) << text;
    EXPECT_EQ(*facts, Facts());
    EXPECT_FALSE(fs::exists(File("shop.json")));
    EXPECT_EQ(ReadText(File("shop.json.damaged")), text);
    EXPECT_EQ(Why(Put(store, "shop", Sample())), "");
    EXPECT_EQ(*FileFactStore(state_, *log_).Load("shop"), Sample());
  }
}

TEST_F(FactsTest, SetALinkAsideInsteadOfFollowingIt) {
  fs::create_directories(dir_ / "state/facts");
  WriteText(dir_ / "precious", "{\"suspended\": true}");
  fs::create_symlink(dir_ / "precious", File("shop.json"));
  FileFactStore store(state_, *log_);
  EXPECT_EQ(*store.Load("shop"), Facts());
  ASSERT_EQ(Why(Put(store, "shop", Sample())), "");
  EXPECT_EQ(ReadText(dir_ / "precious"), "{\"suspended\": true}");
}

TEST_F(FactsTest, StayWithinTheirBoundsWhateverIsSaved) {
  FileFactStore store(state_, *log_);
  Facts facts;
  for (int i = 0; i < 20; ++i) {
    facts.failed.push_back({"v1:" + std::to_string(i), "sha256:x", std::string(100000, i % 2 == 0 ? '\xff' : '"'),
                            std::string(100000, '"'), SysTime{}});
    facts.good.push_back({std::string(40, 'a'), std::string(9999, 'b'), "sha256:x", std::string(9999, 'c'), SysTime{}});
    facts.superseded.push_back({std::string(9999, 'd'), "sha256:x", "old", std::string(9999, '"'), SysTime{}});
  }
  ASSERT_EQ(Why(Put(store, "shop", facts)), "");
  EXPECT_LE(fs::file_size(File("shop.json")), 16u << 10);
  FileFactStore again(state_, *log_);
  ASSERT_THAT(again.Load("shop")->failed, SizeIs(8));
  EXPECT_EQ(again.Load("shop")->failed.back().release, "v1:19");
  EXPECT_THAT(again.Load("shop")->good, SizeIs(10));
  EXPECT_EQ(*again.Load("shop"), *store.Load("shop"));
}

TEST_F(FactsTest, APolicyThatIsKnownIsNoneThatIsNot) {
  FileFactStore store(state_, *log_);
  EXPECT_EQ(store.Load("shop")->orphan, std::nullopt);
  ASSERT_TRUE(store.Update("shop", [](Facts& facts) { facts.orphan = false; }));
  EXPECT_EQ(FileFactStore(state_, *log_).Load("shop")->orphan, false);
}

TEST_F(FactsTest, TenReleasesAndAllTheirImagesOfUsualNamesFit) {
  FileFactStore store(state_, *log_);
  Facts facts;
  const std::string id = "sha256:" + std::string(64, 'a');
  const std::string reference = "registry.example.com:5000/team/project/shop:";
  for (int i = 10; i < 26; ++i) {
    const std::string version = "1.4." + std::to_string(i);
    if (i < 20) facts.good.push_back({std::string(40, 'a'), reference + version, id, version, SysTime{}});
    if (i < 18) facts.failed.push_back({std::string(32, 'a'), id, "web.2 is exited, exit code 3", "", SysTime{}});
    facts.superseded.push_back({reference + version, id, "not among the last 10 good releases",
                                "container somebodys-database-1 is made from it", SysTime{}});
  }
  ASSERT_EQ(Why(Put(store, "shop", facts)), "");
  EXPECT_EQ(*FileFactStore(state_, *log_).Load("shop"), facts);
}

TEST_F(FactsTest, WhatWasAdoptedIsKeptWhateverElseThereIs) {
  Facts facts = Sample();
  for (int i = 0; i < 16; ++i) facts.superseded.push_back({std::string(500, 'r'), std::to_string(i), "", "", {}});
  facts.adopted.assign(kMaxAdopted, {std::string(64, 'a'), "shop_web_1", {{"tinyforge.role", "web"}}});
  for (AdoptedContainer& container : facts.adopted) container.labels["tinyforge.fields"] = std::string(1500, 'f');
  FileFactStore store(state_, *log_);
  EXPECT_EQ(Why(Put(store, "shop", facts)), "");
  const Facts kept = *FileFactStore(state_, *log_).Load("shop");
  ASSERT_EQ(kept.adopted.size(), kMaxAdopted);
  EXPECT_EQ(kept.adopted.back().labels.at("tinyforge.role"), "web");
}

TEST_F(FactsTest, AreListedForEveryWorkloadAndSayWhatIsLost) {
  FileFactStore store(state_, *log_);
  EXPECT_THAT(*store.All(), SizeIs(0));
  ASSERT_EQ(Why(Put(store, "shop", Sample())), "");
  ASSERT_EQ(Why(Put(store, "web", Sample())), "");
  ASSERT_TRUE(InstallationKey(state_, *log_));
  EXPECT_EQ(*FileFactStore(state_, *log_).All(), (std::map<std::string, Facts>{{"shop", Sample()}, {"web", Sample()}}));
  EXPECT_EQ(*store.Damaged(), "");
  WriteText(File("web.json"), "{");
  FileFactStore again(state_, *log_);
  EXPECT_EQ(*again.All(), (std::map<std::string, Facts>{{"shop", Sample()}, {"web", Facts()}}));
  EXPECT_EQ(*again.Damaged(), File("web.json.damaged"));
}

TEST_F(FactsTest, RefuseWhatIsNoWorkloadName) {
  FileFactStore store(state_, *log_);
  for (const char* name : {"", "..", "../x", "a/b", "_installation", "UPPER"}) {
    EXPECT_FALSE(store.Load(name)) << name;
    EXPECT_FALSE(Put(store, name, Sample())) << name;
  }
}

TEST_F(FactsTest, AFailedSaveChangesNothing) {
  FileFactStore store(state_, *log_);
  EXPECT_EQ(*store.Load("shop"), Facts());
  WriteText(state_, "a file where the directory should be");
  EXPECT_FALSE(Put(store, "shop", Sample()));
  fs::remove(state_);
  EXPECT_EQ(*store.Load("shop"), Facts());
  EXPECT_EQ(Why(Put(store, "shop", Sample())), "");
}

TEST_F(FactsTest, ServeManyThreads) {
  FileFactStore store(state_, *log_);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const std::string workload = "w" + std::to_string(t % 2);
      for (int i = 0; i < 10; ++i) {
        Facts facts;
        facts.stopped = i % 2 == 0;
        EXPECT_EQ(Why(Put(store, workload, facts)), "");
        EXPECT_TRUE(store.Load(workload));
      }
    });
  }
}

// What is lost of it is run once more; what is lost of the good releases is gone.
TEST_F(FactsTest, HooksThatEndedGoBeforeGoodReleases) {
  Facts facts;
  for (int i = 0; i < 300; ++i) facts.hooked.push_back(std::to_string(100000000000 + i));
  for (int i = 0; i < 10; ++i)
    facts.good.push_back({.reference = std::string(500, 'r'), .image_id = std::string(64, 'a'), .version = "v"});
  for (int i = 0; i < 8; ++i)
    facts.versions.push_back(
        {.binding = std::to_string(i), .base = std::string(400, 'b'), .why = std::string(300, 'w')});
  {
    FileFactStore store(state_, *log_);
    ASSERT_EQ(Why(Put(store, "shop", facts)), "");
  }
  const Facts kept = *FileFactStore(state_, *log_).Load("shop");
  EXPECT_EQ(kept.good.size(), 10u);
  EXPECT_LT(kept.hooked.size(), 256u);
  ASSERT_FALSE(kept.hooked.empty());
  EXPECT_EQ(kept.hooked.back(), facts.hooked.back());
}

// Names as long as registries allow, and texts as long as they may be.
TEST_F(FactsTest, OfTooMuchWhatDecidesWhatRunsIsKeptAndCanBeReadAgain) {
  Facts facts;
  const std::string digest = "sha256:" + std::string(64, 'a');
  const std::string base = std::string(255, 'r') + "@" + digest;
  for (int i = 0; i < 12; ++i) {
    const std::string tag = std::string(120, 't') + std::to_string(i);
    facts.versions.push_back({std::string(60, 'b') + std::to_string(i),
                              {tag, digest},
                              base,
                              false,
                              false,
                              std::string(500, '"'),
                              std::string(16, 'd'),
                              SysTime()});
    facts.excluded.push_back({{tag, digest}, std::string(500, '\n'), SysTime()});
    facts.good.push_back({.reference = std::string(500, 'r'), .image_id = digest, .version = tag});
  }
  {
    FileFactStore store(state_, *log_);
    ASSERT_EQ(Why(Put(store, "shop", facts)), "");
  }
  EXPECT_LE(fs::file_size(File("shop.json")), 16u << 10);
  const Facts kept = *FileFactStore(state_, *log_).Load("shop");
  ASSERT_FALSE(kept.versions.empty());
  EXPECT_EQ(kept.versions.back().version, facts.versions.back().version);
  EXPECT_EQ(kept.versions.back().base, base);
  EXPECT_EQ(kept.good.back().version, facts.good.back().version);
}

TEST_F(FactsTest, KeepRetiredWebhookSecrets) {
  FileHookLedger ledger(state_, *log_);
  EXPECT_THAT(ledger.Load(), SizeIs(0));
  const std::vector<RetiredHook> retired = {{"push", "0a1b", SysTime(std::chrono::milliseconds(1767225600123))},
                                            {"pull", "2c3d", SysTime(std::chrono::milliseconds(1767229200000))}};
  ASSERT_TRUE(ledger.Save(retired));
  EXPECT_EQ(FileHookLedger(state_, *log_).Load(), retired);
  EXPECT_EQ(StatOf(File("_hooks.json")).st_mode & 07777, 0600u);
  EXPECT_THAT(*FileFactStore(state_, *log_).All(), SizeIs(0));  // it is of no workload
  for (const char* broken : {"{\"retired\": 7}", "{\"retired\": [{\"trigger\": \"push\"}]}", "[]", "{", ""}) {
    WriteText(File("_hooks.json"), broken);
    EXPECT_THAT(ledger.Load(), SizeIs(0)) << broken;
  }
  ASSERT_TRUE(ledger.Save({}));
  EXPECT_THAT(ledger.Load(), SizeIs(0));
}

TEST_F(FactsTest, KeepTheDeletionsOfTheDay) {
  FileDeletionLedger ledger(state_, *log_);
  EXPECT_THAT(ledger.Load(), SizeIs(0));
  const std::vector<ReleasedDeletion> released = {
      {SysTime(std::chrono::milliseconds(1767225600123)), 3, {"shop", "web"}},
      {SysTime(std::chrono::milliseconds(1767229200000)), 1, {}}};
  ASSERT_TRUE(ledger.Save(released));
  EXPECT_EQ(FileDeletionLedger(state_, *log_).Load(), released);
  WriteText(File("_deletions.json"), "{\"released\": [{\"atMilliseconds\": 1767229200000, \"containers\": 1}]}");
  EXPECT_THAT(ledger.Load(), ElementsAre(released.back()));
  WriteText(File("_deletions.json"), "{\"released\": 7}");
  EXPECT_THAT(ledger.Load(), SizeIs(0));
}

TEST_F(FactsTest, KeepOneInstallationKey) {
  auto key = InstallationKey(state_, *log_);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->size(), 32u);
  EXPECT_EQ(*InstallationKey(state_, *log_), *key);
  TemporaryDirectory other;
  EXPECT_NE(*InstallationKey(other.path(), *log_), *key);
  EXPECT_EQ(StatOf(File("_installation.json")).st_mode & 07777, 0600u);
}

TEST_F(FactsTest, RestoreTheInstallationKeyFromEitherCopy) {
  const std::string key = *InstallationKey(state_, *log_);
  fs::remove_all(dir_ / "state/facts");
  EXPECT_EQ(*InstallationKey(state_, *log_), key);
  WriteText(File("_installation.json"), "{\"hmacKey\": \"short\"}");
  EXPECT_EQ(*InstallationKey(state_, *log_), key);
  fs::remove(dir_ / "state/installation.json");
  EXPECT_EQ(*InstallationKey(state_, *log_), key);
  fs::remove_all(state_);
  EXPECT_NE(*InstallationKey(state_, *log_), key);
}

}  // namespace
}  // namespace tinyforge
