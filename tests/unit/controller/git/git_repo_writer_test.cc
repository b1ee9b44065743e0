#include "controller/git/git_repo_writer.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "controller/git/git_config_source.h"
#include "tests/unit/controller/git/write_back_rig.h"

namespace tinyforge {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using GitRepoWriterTest = WriteBackTest;

TEST_F(GitRepoWriterTest, OneLineOfOneFileDiffersAndTheCommitSaysWhoAndWhy) {
  const std::string before = Push("shop.yaml", Shop("1.4.2"));
  const WriteBackResult result = Write(*Writer(), WriteTag("1.4.2", "1.4.3"));
  EXPECT_EQ(result.commit, Tip());
  EXPECT_THAT(result.dropped, IsEmpty());
  EXPECT_EQ(Bare("rev-parse main^"), before);
  EXPECT_EQ(Bare("diff --numstat main^ main"), "1\t1\tshop.yaml");
  EXPECT_EQ(File("shop.yaml"), Shop("1.4.3"));
  EXPECT_EQ(Bare("log -1 --format='%an <%ae> %cn <%ce>%n%B' main"),
            "Tinyforge <tinyforge@web1> Tinyforge <tinyforge@web1>\nshop: 1.4.2 -> 1.4.3\n\nTinyforge-Instance: web1");
  EXPECT_EQ(Bare("log -1 --format='%(trailers:key=Tinyforge-Instance,valueonly)' main"), "web1");
  Bare("fsck --strict --no-dangling");
}

TEST_F(GitRepoWriterTest, SeveralEditsAlsoOfOneFileAreOneCommit) {
  origin_.Write("apps/two.yaml", Shop("1", "a") + "---\n" + Shop("1", "b"));
  origin_.Write("apps/deep/er/c.yaml", Shop("1", "c"));
  origin_.Write("apps.yaml", Shop("1", "d"));
  origin_.Write("apps-x/e.yaml", Shop("1", "e"));
  origin_.Write("apps/deep.yaml", Shop("1", "f"));
  const std::string before = Push("untouched/x.yaml", "a: b\n");
  WriteBackRequest request{{}, "six", ""};
  for (const auto& [name, path] : {std::pair("a", "apps/two.yaml"),
                                   {"b", "apps/two.yaml"},
                                   {"c", "apps/deep/er/c.yaml"},
                                   {"d", "apps.yaml"},
                                   {"e", "apps-x/e.yaml"},
                                   {"f", "apps/deep.yaml"}})
    request.edits.push_back(TagEdit("1", "2", name, path));
  const WriteBackResult result = Write(*Writer(), request);
  EXPECT_EQ(result.commit, Tip());
  EXPECT_EQ(Bare("rev-parse main^"), before);
  EXPECT_EQ(
      Bare("diff --numstat main^ main"),
      "1\t1\tapps-x/e.yaml\n1\t1\tapps.yaml\n1\t1\tapps/deep.yaml\n1\t1\tapps/deep/er/c.yaml\n2\t2\tapps/two.yaml");
  EXPECT_EQ(File("apps/two.yaml"), Shop("2", "a") + "---\n" + Shop("2", "b"));
  Bare("fsck --strict --no-dangling");
}

TEST_F(GitRepoWriterTest, PathsAreBelowTheSubPath) {
  origin_.Write("other/shop.yaml", Shop("1"));
  Push("hosts/web1/shop.yaml", Shop("1"));
  auto options = WriterOptions();
  options.repository.path = "hosts/web1";
  Write(*Writer(options), WriteTag("1", "2"));
  EXPECT_EQ(Bare("diff --numstat main^ main"), "1\t1\thosts/web1/shop.yaml");
}

TEST_F(GitRepoWriterTest, ModesAndOtherEntriesStay) {
  origin_.Write("shop.yaml", Shop("1"));
  origin_.Write("run.sh", "#!/bin/sh\n");
  Sh("chmod +x '" + origin_.path() + "/shop.yaml' '" + origin_.path() + "/run.sh' && ln -s run.sh '" + origin_.path() +
     "/link'");
  origin_.Commit();
  PushHead();
  Write(*Writer(), WriteTag("1", "2"));
  EXPECT_EQ(Bare("diff --summary main^ main"), "");
  EXPECT_THAT(Bare("ls-tree main"), AllOf(HasSubstr("100755 blob"), HasSubstr("120000 blob")));
  EXPECT_EQ(Bare("ls-tree --format='%(objectmode)' main shop.yaml"), "100755");
}

TEST_F(GitRepoWriterTest, VersionThatWasNotThereIsAddedBehindTheRepository) {
  Push("shop.yaml",
       "apiVersion: tinyforge.dev/v1\nkind: Workload\nmetadata: {name: shop}\nspec:\n  source:\n    image:\n"
       "      repository: x # the shop\n");
  Write(*Writer(), WriteTag("", "1.4.2"));
  EXPECT_EQ(Bare("diff --numstat main^ main"), "1\t0\tshop.yaml");
  EXPECT_THAT(File("shop.yaml"), HasSubstr("repository: x # the shop\n      tag: 1.4.2\n"));
}

TEST_F(GitRepoWriterTest, WhatSomebodyElseChangedIsDroppedAndTheRestIsWritten) {
  origin_.Write("moved.yaml", Shop("1", "moved"));
  origin_.Write("gone.yaml", Shop("1", "gone"));
  origin_.Write("edited.yaml", Shop("1", "edited"));
  origin_.Write("folder/x.yaml", Shop("1", "folder"));
  Sh("ln -s shop.yaml '" + origin_.path() + "/linked.yaml'");
  Push("shop.yaml", Shop("1"));
  auto writer = Writer();
  origin_.Git("mv moved.yaml new.yaml && git rm -q gone.yaml");
  Push("edited.yaml", Shop("7", "edited"));
  WriteBackRequest request = WriteTag("1", "2");
  for (const char* name : {"moved", "gone", "edited", "linked"}) request.edits.push_back(TagEdit("1", "2", name));
  request.edits.push_back(TagEdit("1", "2", "folder", "folder"));
  request.edits.push_back(TagEdit("1", "2", "shop", "new.yaml"));
  const WriteBackResult result = Write(*writer, request);
  EXPECT_EQ(result.commit, Tip());
  EXPECT_THAT(
      result.dropped,
      ElementsAre("workload/moved: moved.yaml: is not in the repository any more; it was moved or removed",
                  "workload/gone: gone.yaml: is not in the repository any more; it was moved or removed",
                  "workload/edited: edited.yaml:7:59: spec.source.image.tag is \"7\" by now, not \"1\"",
                  "workload/linked: linked.yaml: is a symlink; a manifest must be a plain file",
                  "workload/folder: folder: is a folder; a manifest must be a plain file",
                  "workload/shop: new.yaml: holds no workload/shop; it was removed, renamed or moved to another file"));
  EXPECT_EQ(Bare("diff --numstat main^ main"), "1\t1\tshop.yaml");
}

VersionEdit LineEdit(const std::string& from, const std::string& to) {
  return {{Kind::Workload, "shop"}, ".env", {}, from, to, codec::LinePlace{2, "TAG='", "'  # here\t"}};
}

TEST_F(GitRepoWriterTest, ALineOfAnyFileChangesInItsPlace) {
  origin_.Write("shop.yaml", Shop("1"));
  const std::string before = Push(".env", "# x\r\nTAG='1'  # here\t\r\nlast");
  WriteBackRequest request = WriteTag("1", "2");
  request.edits.push_back(LineEdit("1", "2"));
  request.edits.push_back(LineEdit("1", "2"));  // of another service that says it by the same value
  auto writer = Writer();
  EXPECT_THAT(Write(*writer, request).dropped, IsEmpty());
  EXPECT_EQ(Bare("diff --numstat main^ main"), "1\t1\t.env\n1\t1\tshop.yaml");
  EXPECT_EQ(File(".env"), "# x\r\nTAG='2'  # here\t\r\nlast\n");
  EXPECT_EQ(Bare("rev-parse main^"), before);
}

TEST_F(GitRepoWriterTest, ALineThatSomebodyElseChangedIsDropped) {
  Push("shop.yaml", Shop("1"));
  Push(".env", "TAG='1'  # here\t\n");
  auto writer = Writer();
  EXPECT_THAT(Write(*writer, {{LineEdit("1", "2")}, "x", ""}).dropped,
              ElementsAre("workload/shop: .env: line 2 is not what it was any more; somebody changed the file"));
  Push(".env", "\nTAG='3'  # here\t\n");
  EXPECT_THAT(Write(*writer, {{LineEdit("1", "2")}, "x", ""}).dropped,
              ElementsAre("workload/shop: .env: line 2 says another value by now"));
}

// Three services of one image, four lines each: by line number and surroundings one is like the other.
std::string Services(const std::vector<std::string>& names, const std::string& tag = "1") {
  std::string text = "services:\n";
  for (const std::string& name : names) text += "  " + name + ":\n    image: shop:" + tag + "\n    restart: always\n";
  return text;
}

VersionEdit SecondService(const Revision& judged, std::set<std::string> paths = {"compose.yaml"}) {
  return {{Kind::Workload, "shop"},
          "compose.yaml",
          {},
          "shop:1",
          "shop:2",
          codec::LinePlace{6, "    image: ", ""},
          EditBasis{judged, std::move(paths)}};
}

TEST_F(GitRepoWriterTest, AnEditIsDroppedWhereTheFileIsAnotherThanItWasMadeFor) {
  const Revision judged = Push("compose.yaml", Services({"beat", "web", "worker"}));
  auto writer = Writer();
  const Revision theirs = Push("compose.yaml", Services({"web", "worker"}));  // line 6 is of worker by now
  const WriteBackResult result = Write(*writer, {{SecondService(judged)}, "x", ""});
  EXPECT_EQ(result.commit, "");
  EXPECT_THAT(result.dropped, ElementsAre(HasSubstr("compose.yaml: somebody changed compose.yaml since")));
  EXPECT_EQ(Tip(), theirs);
  EXPECT_THAT(Write(*writer, {{SecondService(std::string(40, 'a'))}, "x", ""}).dropped,
              ElementsAre(HasSubstr("not in the clone")));
}

TEST_F(GitRepoWriterTest, AnEditIsDroppedWhereAnotherFileThatItWasJudgedByChanged) {
  const std::set<std::string> paths = {"compose.yaml", ".env", "conf"};
  origin_.Write("conf/a", "1");
  const Revision judged = Push("compose.yaml", Services({"beat", "web"}));
  auto writer = Writer();
  Push("other.yaml", "a: b\n");
  EXPECT_THAT(Write(*writer, {{SecondService(judged, paths)}, "x", ""}).dropped, IsEmpty());
  EXPECT_THAT(File("compose.yaml"), HasSubstr("  web:\n    image: shop:2\n"));
  EXPECT_THAT(Write(*writer, {{SecondService(judged, paths)}, "x", ""}).dropped, IsEmpty()) << "it is there already";
  for (const std::string changed : {".env", "conf/b"}) {
    Pull();
    const Revision before = Push("compose.yaml", Services({"beat", "web"}));
    Sync(*Make(WriterOptions().repository));
    Push(changed, "x");
    EXPECT_THAT(Write(*writer, {{SecondService(before, paths)}, "x", ""}).dropped,
                ElementsAre(HasSubstr("somebody changed " + changed.substr(0, 4))));
  }
}

TEST_F(GitRepoWriterTest, AnItemOfAListIsNotTakenForAnother) {
  const auto text = [](const std::string& items) {
    return "apiVersion: tinyforge.dev/v1\nkind: Workload\nmetadata: {name: shop}\nspec:\n  source:\n    compose:\n"
           "      file: compose.yaml\n      env: [" +
           items + "]\n";
  };
  const Revision judged = Push("shop.yaml", text("{name: A, value: '1'}, {name: B, value: '1'}"));
  auto writer = Writer();
  Push("shop.yaml", text("{name: B, value: '1'}"));
  const VersionEdit edit{
      {Kind::Workload, "shop"},        "shop.yaml", {"spec", "source", "compose", "env", "0", "value"}, "1", "2", {},
      EditBasis{judged, {"shop.yaml"}}};
  EXPECT_THAT(Write(*writer, {{edit}, "x", ""}).dropped, ElementsAre(HasSubstr("somebody changed shop.yaml")));
}

TEST_F(GitRepoWriterTest, NothingLeftToChangeIsNoCommit) {
  const std::string head = Push("shop.yaml", Shop("2"));
  auto writer = Writer();
  EXPECT_EQ(Write(*writer, WriteTag("1", "2")), WriteBackResult{});
  EXPECT_EQ(Write(*writer, {{}, "nothing", ""}), WriteBackResult{});
  const WriteBackResult dropped = Write(*writer, WriteTag("1", "3"));
  EXPECT_EQ(dropped.commit, "");
  EXPECT_THAT(dropped.dropped, SizeIs(1));
  EXPECT_EQ(Tip(), head);
}

TEST_F(GitRepoWriterTest, SameRequestAgainFindsItsCommit) {
  Push("shop.yaml", Shop("1"));
  auto writer = Writer();
  const WriteBackResult first = Write(*writer, WriteTag("1", "2"));
  Pull();
  const std::string later = Push("other.yaml", "a: b\n");
  EXPECT_EQ(Write(*writer, WriteTag("1", "2")).commit, first.commit);
  EXPECT_EQ(Tip(), later) << "and nothing was written";
}

TEST_F(GitRepoWriterTest, StaleCloneIsBroughtToTheTipFirst) {
  Push("shop.yaml", Shop("1"));
  auto writer = Writer();
  const std::string theirs = Push("other.yaml", "a: b\n");
  Write(*writer, WriteTag("1", "2"));
  EXPECT_EQ(Bare("rev-parse main^"), theirs);
}

TEST_F(GitRepoWriterTest, SourceOfTheSameCloneIsNotDisturbed) {
  Push("shop.yaml", Shop("1"));
  auto options = WriterOptions();
  auto repository = Make(options.repository);
  const Revision first = Sync(*repository).revision;
  auto writer = *GitRepoWriter::Create(options);
  const WriteBackResult result = Write(*writer, WriteTag("1", "2"));
  EXPECT_EQ(*repository->LastFetched(), first) << "what was fetched last is the source's to say";
  const SyncResult sync = Sync(*repository, first);
  EXPECT_EQ(sync.revision, result.commit);
  EXPECT_THAT(Shown(sync.changes), ElementsAre("+shop.yaml"));
  EXPECT_FALSE(sync.recloned || sync.rewritten);
}

TEST_F(GitRepoWriterTest, SourceAndWritersOfManyThreadsKeepOneClone) {
  for (const char* name : {"a", "b"}) origin_.Write(std::string(name) + ".yaml", Shop("0", name));
  Push("shop.yaml", Shop("0"));
  auto options = WriterOptions();
  options.attempts = 100;
  auto writer = Writer(options);
  GitConfigSource source(Make(options.repository));
  std::atomic<bool> done = false;
  std::jthread reader([&] {
    while (!done) {
      auto update = source.Sync({});
      EXPECT_TRUE(update) << update.error().message;
      if (update && *update) {
        EXPECT_THAT((*update)->snapshot->objects->errors, IsEmpty());
      }
    }
  });
  {
    std::vector<std::jthread> threads;
    for (const std::string name : {"a", "b"}) {
      threads.emplace_back([&writer, name] {
        for (int i = 0; i < 5; ++i) Write(*writer, WriteTag(std::to_string(i), std::to_string(i + 1), name));
      });
    }
  }
  done = true;
  EXPECT_EQ(Bare("rev-list --count main"), "11");
  EXPECT_EQ(File("a.yaml"), Shop("5", "a"));
  EXPECT_EQ(File("b.yaml"), Shop("5", "b"));
  Sh("git -C '" + options.repository.state_dir + "/git' fsck --strict --no-dangling");
}

TEST_F(GitRepoWriterTest, TwoInstallationsAndAPersonLoseNothing) {
  for (const char* name : {"a", "b"}) origin_.Write(std::string(name) + ".yaml", Shop("0", name));
  Push("person.txt", "0");
  std::vector<std::jthread> threads;
  for (const std::string name : {"a", "b"}) {
    auto options = WriterOptions();
    options.repository.state_dir = dir_ / ("state-" + name);
    options.attempts = 100;
    threads.emplace_back([writer = Writer(options), name] {
      for (int i = 0; i < 6; ++i) Write(*writer, WriteTag(std::to_string(i), std::to_string(i + 1), name));
    });
  }
  for (int i = 1; i <= 6; ++i) {
    origin_.CommitFile("person.txt", std::to_string(i));
    origin_.Git("pull -q --rebase '" + bare_ + "' main");
    // Somebody may be faster; people try again.
    Sh("cd '" + origin_.path() + "' && until git push -q '" + bare_ +
       "' HEAD:refs/heads/main 2>/dev/null; do git pull -q --rebase '" + bare_ + "' main; done");
  }
  threads.clear();
  EXPECT_EQ(Bare("rev-list --count main"), "19");
  EXPECT_EQ(File("a.yaml"), Shop("6", "a"));
  EXPECT_EQ(File("b.yaml"), Shop("6", "b"));
  EXPECT_EQ(File("person.txt"), "6\n");
  Bare("fsck --strict --no-dangling");
}

TEST_F(GitRepoWriterTest, LockOfSomebodyElseIsWaitedForAFewTimes) {
  const std::string head = Push("shop.yaml", Shop("1"));
  auto options = WriterOptions();
  options.attempts = 3;
  auto writer = Writer(options);
  std::ofstream(bare_ + "/refs/heads/main.lock") << "";
  const Error error = WriteError(*writer, WriteTag("1", "2"));
  EXPECT_EQ(error.kind, ErrorKind::Transient);
  EXPECT_THAT(error.message, AllOf(HasSubstr("refs/heads/main is locked: "), HasSubstr("given up after 3 tries")));
  EXPECT_EQ(writer->Reason(), "Raced");
  std::filesystem::remove(bare_ + "/refs/heads/main.lock");
  EXPECT_EQ(Tip(), head);
  Write(*writer, WriteTag("1", "2"));
  EXPECT_EQ(writer->Reason(), "Written");
}

TEST_F(GitRepoWriterTest, WhateverMomentAKillComesTheNextTryEndsWell) {
  Push("shop.yaml", Shop("0"));
  auto options = WriterOptions();
  Writer(options);
  int killed = 0;
  for (int i = 0; i < 40; ++i) {
    options.repository.fetcher.deadline = Duration(1 + i);
    auto hasty = *GitRepoWriter::Create(options);
    const WriteBackRequest request = WriteTag(std::to_string(i), std::to_string(i + 1));
    if (!hasty->Write(request, {})) ++killed;
    options.repository.fetcher.deadline = Duration(60'000);
    const WriteBackResult result = Write(**GitRepoWriter::Create(options), request);
    ASSERT_EQ(result.commit, Tip());
  }
  EXPECT_GT(killed, 3);
  EXPECT_EQ(Bare("rev-list --count main"), "41") << "each once";
  Bare("fsck --strict --no-dangling");
  Sh("git -C '" + options.repository.state_dir + "/git' fsck --strict --no-dangling");
}

TEST_F(GitRepoWriterTest, StopEndsAWriteThatWaits) {
  Push("shop.yaml", Shop("1"));
  auto options = WriterOptions();
  options.pause = Duration(60'000);
  auto writer = Writer(options);
  std::ofstream(bare_ + "/refs/heads/main.lock") << "";
  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    stop.request_stop();
  });
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(writer->Write(WriteTag("1", "2"), stop.get_token()));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST_F(GitRepoWriterTest, LocalRepositoryThatMayNotBeWrittenToSaysWhy) {
  Push("shop.yaml", Shop("1"));
  auto writer = Writer();
  Hook("update", "exit 0\n");
  const Error hook = WriteError(*writer, WriteTag("1", "2"));
  EXPECT_EQ(hook.kind, ErrorKind::Waiting);
  EXPECT_THAT(hook.message, AllOf(HasSubstr("has a hook \"update\""), HasSubstr("ssh:// or https://")));
  EXPECT_EQ(writer->Reason(), "Declined");
  Bare("config core.hooksPath /nonexistent");
  EXPECT_TRUE(writer->Write(WriteTag("1", "2"), {}));
  if (geteuid() == 0) {
    Sh("chown -R 12345 '" + bare_ + "'");
    const Error foreign = WriteError(*writer, WriteTag("2", "3"));
    EXPECT_EQ(foreign.kind, ErrorKind::Waiting);
    EXPECT_THAT(foreign.message, HasSubstr("belongs to user 12345"));
    EXPECT_EQ(writer->Reason(), "Credentials");
  }
}

TEST_F(GitRepoWriterTest, CheckedOutBranchIsNotPulledFromUnderItsFiles) {
  const std::string head = origin_.CommitFile("shop.yaml", Shop("1"));
  auto options = WriterOptions();
  options.repository.url = origin_.path();
  auto writer = Writer(options);
  EXPECT_THAT(WriteError(*writer, WriteTag("1", "2")).message, HasSubstr("refs/heads/main is checked out"));
  EXPECT_EQ(origin_.Git("rev-parse main"), head);
  WriteBackRequest review = WriteTag("1", "2");
  review.branch = "review";
  const WriteBackResult result = Write(*writer, review);
  EXPECT_EQ(result.commit, origin_.Git("rev-parse review"));
}

TEST_F(GitRepoWriterTest, PermissionsOfALocalRepositoryAreKept) {
  Push("shop.yaml", Shop("1"));
  Sh("chmod 0755 '" + bare_ + "'");
  Write(*Writer(), WriteTag("1", "2"));
  EXPECT_EQ(Sh("find '" + bare_ + "' -type f ! -perm -0044"), "");
}

TEST_F(GitRepoWriterTest, WithoutACloneItIsForLater) {
  Push("shop.yaml", Shop("1"));
  auto writer = *GitRepoWriter::Create(WriterOptions());
  const Error error = WriteError(*writer, WriteTag("1", "2"));
  EXPECT_EQ(error.kind, ErrorKind::Transient);
  EXPECT_THAT(error.message, HasSubstr("there is no complete clone"));
}

TEST_F(GitRepoWriterTest, BranchThatIsNotThereIsNotMade) {
  Push("shop.yaml", Shop("1"));
  auto writer = Writer();
  Bare("branch -m main trunk");
  const Error error = WriteError(*writer, WriteTag("1", "2"));
  EXPECT_EQ(error.kind, ErrorKind::Waiting);
  EXPECT_THAT(error.message, HasSubstr("no branch \"main\"; there is trunk"));
}

TEST_F(GitRepoWriterTest, RequestsThatCannotBeAreInvalid) {
  Push("shop.yaml", Shop("1"));
  auto writer = Writer();
  const auto message = [&](auto change) {
    WriteBackRequest request = WriteTag("1", "2");
    change(request);
    const Error error = WriteError(*writer, request);
    EXPECT_EQ(error.kind, ErrorKind::Invalid);
    return error.message;
  };
  EXPECT_THAT(message([](auto& request) { request.message = " \n"; }), HasSubstr("needs a message"));
  EXPECT_THAT(message([](auto& request) { request.branch = "a..b"; }), HasSubstr("not a valid branch name"));
  EXPECT_THAT(message([](auto& request) { request.edits[0].path = "../x.yaml"; }), HasSubstr("workload/shop: path"));
  EXPECT_THAT(message([](auto& request) { request.edits[0].path = ""; }), HasSubstr("names no file"));
  EXPECT_THAT(message([](auto& request) { request.edits[0].field.clear(); }), HasSubstr("needs a field"));
  EXPECT_THAT(message([](auto& request) { request.edits[0].to = std::string("2\0x", 3); }), HasSubstr("NUL"));
  EXPECT_THAT(message([](auto& request) { request.edits.resize(2000, request.edits[0]); }), HasSubstr("at most 1000"));
  EXPECT_THAT(message([](auto& request) { request.edits[0].to = std::string(1 << 20, 'x'); }), HasSubstr("too long"));
}

TEST_F(GitRepoWriterTest, ManyEditsFitIntoOneCommit) {
  WriteBackRequest request{{}, "many", ""};
  std::vector<std::pair<std::string, std::string>> files;
  for (int i = 0; i < 300; ++i) {
    const std::string name = "workload-" + std::to_string(i);
    const std::string path = "a-rather-long-folder-name/" + std::to_string(i % 7) + "/" + name + ".yaml";
    files.emplace_back(path, Shop("1", name));
    request.edits.push_back(TagEdit("1", "2", name, path));
  }
  origin_.CommitMany(files);
  origin_.Git("push -q '" + bare_ + "' main:main");
  Write(*Writer(), request);
  EXPECT_EQ(Bare("diff --shortstat main^ main"), " 300 files changed, 300 insertions(+), 300 deletions(-)");
}

TEST_F(GitRepoWriterTest, OptionsThatCannotStandInACommitAreRefused) {
  auto options = WriterOptions();
  for (std::string* name : {&options.instance, &options.author_name, &options.author_email}) {
    const std::string good = std::exchange(*name, "a\nb");
    const auto writer = GitRepoWriter::Create(options);
    ASSERT_FALSE(writer);
    EXPECT_THAT(writer.error().message, HasSubstr("must be one line"));
    *name = good;
  }
  options.author_email.clear();
  EXPECT_TRUE(GitRepoWriter::Create(options));
  options.repository.branch = "a..b";
  EXPECT_FALSE(GitRepoWriter::Create(options));
}

TEST_F(GitRepoWriterTest, LockThatAKilledTryHasLeftIsTakenAway) {
  Push("shop.yaml", Shop("1"));
  auto options = WriterOptions();
  auto writer = Writer(options);
  Write(*writer, WriteTag("1", "2"));
  const std::string lock = bare_ + "/refs/heads/main.lock";
  std::ofstream(lock) << Tip() << "\n";
  EXPECT_EQ(WriteError(*writer, WriteTag("2", "3")).kind, ErrorKind::Transient) << "published: it may be anybody's";
  std::filesystem::remove(lock);
  // A commit that was made and not pushed.
  std::ofstream(bare_ + "/refs/heads/main.lock") << "";
  WriteError(*writer, WriteTag("2", "3"));
  std::ofstream(lock) << Sh("git -C '" + options.repository.state_dir + "/git' rev-parse refs/tinyforge/push") << "\n";
  const WriteBackResult result = Write(*writer, WriteTag("2", "3"));
  EXPECT_EQ(result.commit, Tip());
  EXPECT_FALSE(std::filesystem::exists(lock));
  EXPECT_EQ(Sh("ls '" + bare_ + "'"),
            Sh("ls '" + origin_.path() + "/.git' | grep -v -e COMMIT_EDITMSG -e index -e logs"));
}

TEST_F(GitRepoWriterTest, PackedAndNestedBranchesAreMovedToo) {
  Push("shop.yaml", Shop("1"));
  Bare("branch a/b main && git -C '" + bare_ + "' pack-refs --all --prune");
  auto writer = Writer();
  Write(*writer, WriteTag("1", "2"));
  EXPECT_EQ(Bare("rev-list --count main"), "2");
  WriteBackRequest request = WriteTag("2", "3");
  request.branch = "a/b/c";
  const Error error = WriteError(*writer, request);
  EXPECT_EQ(error.kind, ErrorKind::Waiting);
  EXPECT_THAT(error.message, HasSubstr("branch \"a/b/c\" cannot be made while there is \"a/b\""));
  request.branch = "a";
  EXPECT_THAT(WriteError(*writer, request).message, HasSubstr("cannot be made while there is \"a/b\""));
  request.branch = "a/c";
  Write(*writer, request);
  EXPECT_EQ(File("shop.yaml", "a/c"), Shop("3"));
}

class ReviewTest : public WriteBackTest {
 protected:
  static WriteBackRequest Review(const std::string& from, const std::string& to, const std::string& name = "shop") {
    WriteBackRequest request = WriteTag(from, to, name);
    request.branch = "tinyforge/review";
    return request;
  }
  std::string ReviewTip() const { return Tip("tinyforge/review"); }
};

TEST_F(ReviewTest, BranchBeginsAtTheWatchedOne) {
  const std::string head = Push("shop.yaml", Shop("1"));
  const WriteBackResult result = Write(*Writer(), Review("1", "2"));
  EXPECT_EQ(result.commit, ReviewTip());
  EXPECT_EQ(Bare("rev-parse tinyforge/review^"), head);
  EXPECT_EQ(Tip(), head);
}

TEST_F(ReviewTest, NextProposalComesOnTopAndReplacesOurOwn) {
  origin_.Write("other.yaml", Shop("1", "other"));
  const std::string head = Push("shop.yaml", Shop("1"));
  auto writer = Writer();
  const Revision first = Write(*writer, Review("1", "2")).commit;
  EXPECT_EQ(Write(*writer, Review("1", "2")).commit, first) << "nothing new";
  Write(*writer, Review("1", "2", "other"));
  EXPECT_EQ(Bare("rev-parse tinyforge/review^"), first);
  const WriteBackResult third = Write(*writer, Review("1", "3"));
  EXPECT_THAT(third.dropped, IsEmpty()) << "the manifest in force still says 1";
  EXPECT_EQ(File("shop.yaml", "tinyforge/review"), Shop("3"));
  EXPECT_EQ(Bare("rev-list --count main..tinyforge/review"), "3");
  EXPECT_EQ(Tip(), head);
}

TEST_F(ReviewTest, NextProposalOfALineReplacesOurOwn) {
  Push(".env", "\nTAG='1'  # here\t\n");
  auto writer = Writer();
  Write(*writer, {{LineEdit("1", "2")}, "x", "tinyforge/review"});
  EXPECT_THAT(Write(*writer, {{LineEdit("1", "3")}, "x", "tinyforge/review"}).dropped, IsEmpty());
  EXPECT_EQ(File(".env", "tinyforge/review"), "\nTAG='3'  # here\t\n");
}

VersionEdit ThirdService(const Revision& judged, const std::string& to) {
  VersionEdit edit = SecondService(judged);
  edit.on_line->line = 9;
  edit.to = to;
  return edit;
}

TEST_F(ReviewTest, EarlierProposalsInTheFileOfAnEditAreNoObstacle) {
  const Revision judged = Push("compose.yaml", Services({"beat", "web", "worker"}));
  auto writer = Writer();
  Write(*writer, {{SecondService(judged)}, "x", "tinyforge/review"});
  Push("other.yaml", "a: b\n");
  EXPECT_THAT(Write(*writer, {{ThirdService(judged, "shop:3")}, "y", "tinyforge/review"}).dropped, IsEmpty());
  EXPECT_THAT(Write(*writer, {{ThirdService(judged, "shop:4")}, "z", "tinyforge/review"}).dropped, IsEmpty());
  EXPECT_EQ(Bare("diff --numstat main tinyforge/review"), "2\t2\tcompose.yaml");
  EXPECT_THAT(File("compose.yaml", "tinyforge/review"),
              AllOf(HasSubstr("  web:\n    image: shop:2\n"), HasSubstr("  worker:\n    image: shop:4\n")));
}

TEST_F(ReviewTest, AnEditIsDroppedWhereTheWatchedBranchHasAnotherFile) {
  const Revision judged = Push("compose.yaml", Services({"beat", "web", "worker"}));
  auto writer = Writer();
  Write(*writer, {{SecondService(judged)}, "x", "tinyforge/review"});
  Push("compose.yaml", Services({"beat", "worker", "new"}));  // merges, or does not: it is dropped either way
  EXPECT_THAT(Write(*writer, {{ThirdService(judged, "shop:3")}, "y", "tinyforge/review"}).dropped,
              ElementsAre(HasSubstr("somebody changed compose.yaml")));
}

TEST_F(ReviewTest, AnEditIsDroppedWhereABranchThatCannotBeMergedHasAnotherFile) {
  origin_.Write("shop.yaml", Shop("1"));
  Push("compose.yaml", Services({"beat", "web", "worker"}));
  auto writer = Writer();
  Write(*writer, Review("1", "2"));
  origin_.Git("rm -q shop.yaml");  // removed here, changed there: that is a person's to say
  const Revision judged = Push("compose.yaml", Services({"new", "beat", "web"}));
  Sync(*Make(WriterOptions().repository));
  EXPECT_THAT(Write(*writer, {{ThirdService(judged, "shop:3")}, "y", "tinyforge/review"}).dropped,
              ElementsAre(HasSubstr("somebody changed compose.yaml")));
}

TEST_F(ReviewTest, AnEditIsDroppedWhereAPersonMovedLinesOfTheReviewBranch) {
  const Revision judged = Push("compose.yaml", Services({"beat", "web", "worker"}));
  auto writer = Writer();
  Write(*writer, {{SecondService(judged)}, "x", "tinyforge/review"});
  origin_.Git("fetch -q '" + bare_ + "' tinyforge/review && git checkout -q FETCH_HEAD");
  const std::string theirs = origin_.CommitFile("compose.yaml", Services({"web", "worker", "beat"}));
  origin_.Git("push -q '" + bare_ + "' HEAD:refs/heads/tinyforge/review");
  EXPECT_THAT(Write(*writer, {{ThirdService(judged, "shop:3")}, "y", "tinyforge/review"}).dropped,
              ElementsAre(HasSubstr("somebody changed compose.yaml")));
  EXPECT_EQ(ReviewTip(), theirs);
}

TEST_F(ReviewTest, WhatAPersonDidThereIsNotOverwritten) {
  Push("shop.yaml", Shop("1"));
  auto writer = Writer();
  Write(*writer, Review("1", "2"));
  origin_.Git("fetch -q '" + bare_ + "' tinyforge/review && git checkout -q FETCH_HEAD");
  const std::string theirs = origin_.CommitFile("shop.yaml", Shop("2-hotfix"));
  origin_.Git("push -q '" + bare_ + "' HEAD:refs/heads/tinyforge/review");
  const WriteBackResult result = Write(*writer, Review("1", "3"));
  EXPECT_EQ(result.commit, "");
  EXPECT_THAT(result.dropped, ElementsAre(HasSubstr("is \"2-hotfix\" by now, not \"1\"")));
  EXPECT_EQ(ReviewTip(), theirs);
}

TEST_F(ReviewTest, ProposalThatTheWatchedBranchHasOutrunIsDropped) {
  Push("shop.yaml", Shop("1"));
  auto writer = Writer();
  Write(*writer, Review("1", "2"));
  Push("shop.yaml", Shop("9"));
  EXPECT_THAT(Write(*writer, Review("1", "3")).dropped, ElementsAre(HasSubstr("\"9\" by now, not \"1\"")));
}

TEST_F(ReviewTest, MergedBranchGoesOnFromTheWatchedOne) {
  Push("shop.yaml", Shop("1"));
  auto writer = Writer();
  Write(*writer, Review("1", "2"));
  origin_.Git("pull -q --no-rebase --no-ff --no-edit '" + bare_ + "' tinyforge/review");
  origin_.CommitFile("other.yaml", "a: b\n");
  const std::string head = PushHead();
  Write(*writer, Review("2", "3"));
  EXPECT_EQ(Bare("rev-parse tinyforge/review^"), head);
  EXPECT_EQ(Bare("diff --numstat main tinyforge/review"), "1\t1\tshop.yaml");
  origin_.Git("pull -q --ff-only '" + bare_ + "' tinyforge/review");
  PushHead();
  const WriteBackRequest next = Review("3", "4");
  Write(*writer, next);
  EXPECT_EQ(Bare("rev-list --count main..tinyforge/review"), "1") << "fast-forwarded, both at one commit";
}

TEST_F(ReviewTest, SquashedBranchGoesOnAndMergesWithoutAConflict) {
  origin_.Write("other.yaml", Shop("1", "other"));
  Push("shop.yaml", Shop("1"));
  auto writer = Writer();
  Write(*writer, Review("1", "2"));
  const Revision proposed = Write(*writer, Review("1", "5", "other")).commit;
  const std::string squashed = Push("shop.yaml", Shop("2"));
  const WriteBackResult result = Write(*writer, Review("2", "3"));
  EXPECT_EQ(Bare("log -1 --format=%P tinyforge/review"), proposed + " " + squashed);
  EXPECT_EQ(Bare("diff --numstat main tinyforge/review"), "1\t1\tother.yaml\n1\t1\tshop.yaml");
  EXPECT_EQ(File("shop.yaml", "tinyforge/review"), Shop("3"));
  EXPECT_EQ(File("other.yaml", "tinyforge/review"), Shop("5", "other")) << "still proposed";
  origin_.Git("pull -q --no-rebase --no-ff --no-edit '" + bare_ + "' tinyforge/review");
  Write(*writer, Review("2", "4"));
  EXPECT_EQ(Bare("rev-list --count " + result.commit + "..tinyforge/review"), "1");
  Bare("fsck --strict --no-dangling");
}

TEST_F(ReviewTest, WatchedBranchWinsWhereBothChangedALine) {
  origin_.Write("other.yaml", Shop("1", "other"));
  Push("shop.yaml", Shop("1"));
  auto writer = Writer();
  Write(*writer, Review("1", "2"));
  Push("shop.yaml", Shop("9"));
  Write(*writer, Review("1", "5", "other"));
  EXPECT_EQ(Bare("diff --numstat main tinyforge/review"), "1\t1\tother.yaml");
}

TEST_F(ReviewTest, DeletedBranchIsMadeAgain) {
  Push("shop.yaml", Shop("1"));
  auto writer = Writer();
  const Revision first = Write(*writer, Review("1", "2")).commit;
  Bare("branch -D tinyforge/review");
  const Revision second = Write(*writer, Review("1", "3")).commit;
  EXPECT_EQ(second, ReviewTip());
  EXPECT_EQ(Bare("rev-list --count main..tinyforge/review"), "1");
}

}  // namespace
}  // namespace tinyforge
