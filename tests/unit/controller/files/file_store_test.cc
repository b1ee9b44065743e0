#include "controller/files/file_store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "tests/fakes/temporary_directory.h"

namespace tinyforge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

class FixedSecrets : public SecretReader {
 public:
  Expected<SecretHandle> Find(const v1::SecretKeyRef& ref) override { return SecretHandle{ref, "f"}; }
  Expected<std::vector<SecretHandle>> Variables(const v1::SecretKeyRef&) override {
    return std::vector<SecretHandle>();
  }
  Expected<std::string> Reveal(const SecretHandle& handle) override {
    if (value.empty()) return Error{ErrorKind::Waiting, "secret " + handle.ref.name + " is not there"};
    return value;
  }
  std::string value = "hunter2";
};

struct stat StatOf(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
  return info;
}

std::string Why(const Expected<void>& outcome) {
  return outcome ? "" : outcome.error().message;
}

class FileStoreTest : public ::testing::Test {
 protected:
  FileStore Open(Duration grace = Duration(0)) {
    return FileStore({.paths = {.volumes = dir_ / "volumes", .files = dir_ / "files"}, .grace = grace}, secrets_);
  }
  DesiredFile Single(const std::string& content, std::uint32_t mode = 0644) {
    DesiredFile file;
    file.target = "/etc/motd";
    file.host_path = dir_ / "files/abc";
    file.entries = {{.path = "", .content = content, .mode = mode}};
    file.content_hash = "hash-of-" + content;
    return file;
  }
  DesiredFile Live(const std::string& content) {
    DesiredFile file = Single(content);
    file.host_path = dir_ / "files/live/shop/motd";
    file.on_change = {v1::FileChange::Signal, "HUP"};
    return file;
  }
  DesiredFile Folder(std::vector<DesiredFile::Entry> entries) {
    DesiredFile file = Single("");
    file.host_path = dir_ / "files/folder";
    file.entries = std::move(entries);
    return file;
  }

  TemporaryDirectory dir_;
  FixedSecrets secrets_;
};

TEST_F(FileStoreTest, WritesAFileWithModeAndOwnerWhateverTheUmaskIs) {
  if (::getuid() != 0) GTEST_SKIP() << "only root gives files away";
  const mode_t old = ::umask(0777);
  FileStore store = Open();
  DesiredFile file = Single("hello\n", 0664);
  file.uid = 1234;
  file.gid = 2345;
  const std::string why = Why(store.Write({file}));
  ::umask(old);
  ASSERT_EQ(why, "");
  EXPECT_EQ(ReadText(file.host_path), "hello\n");
  const struct stat info = StatOf(file.host_path);
  EXPECT_EQ(info.st_mode & 07777, 0664u);
  EXPECT_EQ(info.st_uid, 1234u);
  EXPECT_EQ(info.st_gid, 2345u);
  EXPECT_EQ(StatOf(dir_ / "files").st_mode & 07777, 0700u);
}

TEST_F(FileStoreTest, DoesNotTouchAFileThatIsRight) {
  FileStore store = Open();
  ASSERT_EQ(Why(store.Write({Single("hello")})), "");
  const struct stat before = StatOf(dir_ / "files/abc");
  ASSERT_EQ(Why(store.Write({Single("hello")})), "");
  const struct stat after = StatOf(dir_ / "files/abc");
  EXPECT_EQ(before.st_ino, after.st_ino);
  EXPECT_EQ(before.st_ctim.tv_nsec, after.st_ctim.tv_nsec);
}

TEST_F(FileStoreTest, RepairsContentAndModeThatAnotherHandChanged) {
  FileStore store = Open();
  ASSERT_EQ(Why(store.Write({Single("hello")})), "");
  WriteText(dir_ / "files/abc", "HELLO");
  ::chmod((dir_ / "files/abc").c_str(), 0777);
  ASSERT_EQ(Why(store.Write({Single("hello")})), "");
  EXPECT_EQ(ReadText(dir_ / "files/abc"), "hello");
  EXPECT_EQ(StatOf(dir_ / "files/abc").st_mode & 07777, 0644u);
  ::chmod((dir_ / "files/abc").c_str(), 0777);
  ASSERT_EQ(Why(store.Write({Single("hello")})), "");
  EXPECT_EQ(StatOf(dir_ / "files/abc").st_mode & 07777, 0644u);
}

TEST_F(FileStoreTest, CreatesEverythingAgainAfterTheFolderWasRemoved) {
  FileStore store = Open();
  ASSERT_EQ(Why(store.Write({Single("hello"), Live("x")})), "");
  fs::remove_all(dir_ / "files");
  ASSERT_EQ(Why(store.Write({Single("hello"), Live("x")})), "");
  EXPECT_EQ(ReadText(dir_ / "files/abc"), "hello");
  EXPECT_EQ(ReadText(dir_ / "files/live/shop/motd"), "x");
}

TEST_F(FileStoreTest, ReplacesTheEmptyFolderThatAnEngineLeftInPlaceOfAFile) {
  fs::create_directories(dir_ / "files/abc");
  FileStore store = Open();
  ASSERT_EQ(Why(store.Write({Single("hello")})), "");
  EXPECT_EQ(ReadText(dir_ / "files/abc"), "hello");
}

TEST_F(FileStoreTest, RefusesSymbolicLinksInTheWay) {
  FileStore store = Open();
  fs::create_directories(dir_ / "files/live");
  WriteText(dir_ / "victim", "precious");
  fs::create_symlink(dir_ / "victim", dir_ / "files/abc");
  Expected<void> through_file = store.Write({Single("hello")});
  ASSERT_FALSE(through_file);
  EXPECT_EQ(through_file.error().kind, ErrorKind::Conflict);
  EXPECT_THAT(through_file.error().message, HasSubstr("symbolic link"));
  fs::create_directory(dir_ / "elsewhere");
  fs::create_directory_symlink(dir_ / "elsewhere", dir_ / "files/live/shop");
  EXPECT_THAT(Why(store.Write({Live("x")})), HasSubstr("symbolic link"));
  EXPECT_EQ(ReadText(dir_ / "victim"), "precious");
  EXPECT_TRUE(fs::is_empty(dir_ / "elsewhere"));
}

TEST_F(FileStoreTest, RefusesAPathOutsideItsRoot) {
  FileStore store = Open();
  for (const char* path : {"/etc/passwd", "/files/../x", "/files//x", "/files/", "/filesx/y"}) {
    DesiredFile file = Single("x");
    file.host_path = dir_.path() + path;
    Expected<void> written = store.Write({file});
    ASSERT_FALSE(written) << path;
    EXPECT_EQ(written.error().kind, ErrorKind::Invalid);
  }
}

TEST_F(FileStoreTest, WritesAFolderAndKeepsItExactlyThat) {
  FileStore store = Open();
  DesiredFile file = Folder({{"a.conf", "a", 0644}, {"bin/run", "#!", 0755}});
  ASSERT_EQ(Why(store.Write({file})), "");
  const ino_t inode = StatOf(dir_ / "files/folder").st_ino;
  EXPECT_EQ(StatOf(dir_ / "files/folder").st_mode & 07777, 0755u);
  EXPECT_EQ(StatOf(dir_ / "files/folder/bin/run").st_mode & 07777, 0755u);
  WriteText(dir_ / "files/folder/a.conf", "tampered");
  fs::remove_all(dir_ / "files/folder/bin");
  fs::create_directories(dir_ / "files/folder/extra/deep");
  WriteText(dir_ / "files/folder/extra/deep/file", "x");
  fs::create_symlink("/etc", dir_ / "files/folder/link");
  ASSERT_EQ(Why(store.Write({file})), "");
  EXPECT_EQ(ReadText(dir_ / "files/folder/a.conf"), "a");
  EXPECT_EQ(ReadText(dir_ / "files/folder/bin/run"), "#!");
  EXPECT_FALSE(fs::exists(dir_ / "files/folder/extra"));
  EXPECT_FALSE(fs::exists(fs::symlink_status(dir_ / "files/folder/link")));
  EXPECT_TRUE(fs::exists("/etc"));
  EXPECT_EQ(StatOf(dir_ / "files/folder").st_ino, inode);
}

TEST_F(FileStoreTest, LeavesNothingBehindWhenAFolderCannotBeWritten) {
  FileStore store = Open();
  EXPECT_FALSE(store.Write({Folder({{"a", "a", 0644}, {"../b", "b", 0644}})}));
  EXPECT_TRUE(fs::is_empty(dir_ / "files"));
}

TEST_F(FileStoreTest, RewritesALiveFileInPlaceAndRemembersItsHash) {
  DesiredFile first = Live("one");
  DesiredFile second = Live("a longer second");
  ino_t inode = 0;
  {
    FileStore store = Open();
    EXPECT_EQ(store.WrittenHash(first), "");
    ASSERT_EQ(Why(store.Write({first})), "");
    EXPECT_EQ(store.WrittenHash(second), "") << "nobody was told yet";
    ASSERT_EQ(Why(store.Confirm({first})), "");
    EXPECT_EQ(store.WrittenHash(second), first.content_hash);
    inode = StatOf(first.host_path).st_ino;
  }
  FileStore store = Open();
  EXPECT_EQ(store.WrittenHash(second), first.content_hash);
  ASSERT_EQ(Why(store.Write({second})), "");
  EXPECT_EQ(StatOf(first.host_path).st_ino, inode);
  EXPECT_EQ(ReadText(first.host_path), "a longer second");
  EXPECT_EQ(store.WrittenHash(second), "");
  ASSERT_EQ(Why(store.Write({first})), "");
  EXPECT_EQ(ReadText(first.host_path), "one");
  ASSERT_EQ(Why(store.Confirm({first})), "");
  EXPECT_EQ(store.WrittenHash(second), first.content_hash);
  fs::remove(first.host_path);
  EXPECT_EQ(store.WrittenHash(second), "");
}

TEST_F(FileStoreTest, WritesASecretAndNothingWhenItIsNotThere) {
  FileStore store = Open();
  DesiredFile file = Single("", 0400);
  file.secret = SecretHandle{{"shop", "key"}, "f"};
  ASSERT_EQ(Why(store.Write({file})), "");
  EXPECT_EQ(ReadText(file.host_path), "hunter2");
  EXPECT_EQ(StatOf(file.host_path).st_mode & 07777, 0400u);
  fs::remove(file.host_path);
  secrets_.value.clear();
  Expected<void> waiting = store.Write({file});
  ASSERT_FALSE(waiting);
  EXPECT_EQ(waiting.error().kind, ErrorKind::Waiting);
  EXPECT_FALSE(fs::exists(file.host_path));
}

TEST_F(FileStoreTest, CollectsOnlyWhatNobodyUses) {
  FileStore store = Open();
  DesiredFile used = Single("used");
  DesiredFile unused = Single("unused");
  unused.host_path = dir_ / "files/def";
  DesiredFile live = Live("live");
  DesiredFile gone = Live("gone");
  gone.host_path = dir_ / "files/live/old/motd";
  ASSERT_EQ(Why(store.Write({used, unused, live, gone})), "");
  ASSERT_EQ(Why(store.Confirm({used, unused, live, gone})), "");
  WriteText(dir_ / "files/.tmp-1", "left over");
  auto removed = store.Collect({used.host_path, live.host_path});
  ASSERT_TRUE(removed);
  EXPECT_EQ(removed->size(), 4u);
  EXPECT_TRUE(fs::exists(used.host_path));
  EXPECT_TRUE(fs::exists(live.host_path));
  EXPECT_EQ(store.WrittenHash(live), live.content_hash);
  EXPECT_FALSE(fs::exists(unused.host_path));
  EXPECT_FALSE(fs::exists(dir_ / "files/live/old"));
  EXPECT_FALSE(fs::exists(dir_ / "files/.tmp-1"));
}

TEST_F(FileStoreTest, DoesNotCollectWhatWasAskedForLately) {
  ASSERT_EQ(Why(Open().Write({Single("x")})), "");
  FileStore store = Open(std::chrono::hours(1));
  ASSERT_EQ(Why(store.Write({Single("x")})), "");
  EXPECT_THAT(*store.Collect({}), IsEmpty());
  EXPECT_TRUE(fs::exists(dir_ / "files/abc"));
}

TEST_F(FileStoreTest, CollectsNothingFromAMissingRoot) {
  EXPECT_THAT(*Open().Collect({}), IsEmpty());
}

TEST_F(FileStoreTest, CreatesAVolumeDirectoryOnceAndNeverChangesIt) {
  if (::getuid() != 0) GTEST_SKIP() << "only root gives directories away";
  FileStore store = Open();
  const DesiredDirectory directory{dir_ / "volumes/shop/data", 999, 998, 0750};
  const mode_t old = ::umask(0777);
  const std::string why = Why(store.EnsureDirectories({directory}));
  ::umask(old);
  ASSERT_EQ(why, "");
  struct stat info = StatOf(directory.path);
  EXPECT_EQ(info.st_mode & 07777, 0750u);
  EXPECT_EQ(info.st_uid, 999u);
  EXPECT_EQ(info.st_gid, 998u);
  EXPECT_EQ(StatOf(dir_ / "volumes/shop").st_mode & 07777, 0755u);
  ::chmod(directory.path.c_str(), 0700);
  ASSERT_EQ(::chown(directory.path.c_str(), 5, 6), 0);
  ASSERT_EQ(Why(store.EnsureDirectories({directory})), "");
  info = StatOf(directory.path);
  EXPECT_EQ(info.st_mode & 07777, 0700u);
  EXPECT_EQ(info.st_uid, 5u);
}

TEST_F(FileStoreTest, RefusesALinkThatAContainerPutIntoAVolume) {
  FileStore store = Open();
  fs::create_directories(dir_ / "volumes/shop");
  fs::create_directory(dir_ / "host");
  fs::create_directory_symlink(dir_ / "host", dir_ / "volumes/shop/data");
  EXPECT_THAT(Why(store.EnsureDirectories({{dir_ / "volumes/shop/data/sub"}})), HasSubstr("symbolic link"));
  EXPECT_THAT(Why(store.EnsureDirectories({{dir_ / "volumes/shop/data"}})), HasSubstr("symbolic link"));
  EXPECT_THAT(Why(store.EnsureDirectories({{dir_ / "volumes/shop/../up"}})), HasSubstr("\"..\""));
  EXPECT_TRUE(fs::is_empty(dir_ / "host"));
}

TEST_F(FileStoreTest, AcceptsWhatExistsOutsideTheVolumesAsItIs) {
  FileStore store = Open();
  fs::create_directory(dir_ / "real");
  fs::create_directory_symlink(dir_ / "real", dir_ / "link");
  WriteText(dir_ / "file", "x");
  EXPECT_EQ(Why(store.EnsureDirectories({{dir_ / "link"}, {dir_ / "file"}, {dir_ / "link/new/deep"}})), "");
  EXPECT_TRUE(fs::is_directory(dir_ / "real/new/deep"));
  EXPECT_FALSE(store.EnsureDirectories({{dir_ / "file/below"}}));
}

TEST_F(FileStoreTest, ServesManyWritersAtOnce) {
  FileStore store = Open();
  std::vector<std::jthread> writers;
  for (int i = 0; i < 8; ++i) {
    writers.emplace_back([&, i] {
      DesiredFile folder = Folder({{"a", "same", 0644}});
      DesiredFile own = Single("x");
      own.host_path += std::to_string(i);
      for (int round = 0; round < 5; ++round) EXPECT_EQ(Why(store.Write({folder, own, Live("l")})), "");
    });
  }
  writers.clear();
  EXPECT_EQ(ReadText(dir_ / "files/folder/a"), "same");
}

}  // namespace
}  // namespace tinyforge
