#include "controller/secrets/file_secrets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "controller/secrets/directory_watch.h"
#include "tests/fakes/temporary_directory.h"

namespace tinyforge {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
namespace fs = std::filesystem;

class RecordingLogger : public Logger {
 public:
  void Log(LogLevel, std::string_view message, std::initializer_list<LogField> fields) override {
    std::string line(message);
    for (const LogField& field : fields) line += " " + std::string(field.key) + "=" + field.value;
    std::lock_guard lock(mutex_);
    lines_.push_back(line);
  }
  std::vector<std::string> lines() {
    std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

class FileSecretsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(dir_ / "secrets/shop");
    Put("shop/password", "hunter2\n");
    secrets_.SetSecrets({{"shop", {.from_files = {{"password", "shop/password"}}}}});
  }
  void Put(const std::string& path, const std::string& value) {
    WriteText(dir_ / ("secrets/" + path), value);
    ::chmod((dir_ / ("secrets/" + path)).c_str(), 0600);
  }
  void Map(const std::string& path) { secrets_.SetSecrets({{"shop", {.from_files = {{"password", path}}}}}); }

  TemporaryDirectory dir_;
  RecordingLogger log_;
  std::vector<std::string> values_;
  FileSecrets secrets_{{.directory = dir_ / "secrets",
                        .fingerprint_key = "key",
                        .on_value = [this](std::string_view value) { values_.emplace_back(value); }},
                       log_};
  const v1::SecretKeyRef ref_{"shop", "password"};
};

TEST_F(FileSecretsTest, RevealsTheExactBytesOfTheFile) {
  auto handle = secrets_.Find(ref_);
  ASSERT_TRUE(handle);
  EXPECT_EQ(handle->fingerprint.size(), 32u);
  EXPECT_EQ(*secrets_.Reveal(*handle), "hunter2\n");
  EXPECT_THAT(values_, Contains("hunter2\n"));
  EXPECT_THAT(log_.lines(), IsEmpty());
}

TEST_F(FileSecretsTest, FingerprintsByKeyNameAndValue) {
  Put("shop/other", "hunter2\n");
  secrets_.SetSecrets({{"shop", {.from_files = {{"password", "shop/password"}, {"other", "shop/other"}}}}});
  const std::string first = secrets_.Find(ref_)->fingerprint;
  EXPECT_EQ(secrets_.Find(ref_)->fingerprint, first);
  EXPECT_NE(secrets_.Find({"shop", "other"})->fingerprint, first);
  FileSecrets elsewhere({.directory = dir_ / "secrets", .fingerprint_key = "another key"}, log_);
  elsewhere.SetSecrets({{"shop", {.from_files = {{"password", "shop/password"}}}}});
  EXPECT_NE(elsewhere.Find(ref_)->fingerprint, first);
  Put("shop/password", "hunter3\n");
  EXPECT_NE(secrets_.Find(ref_)->fingerprint, first);
}

TEST_F(FileSecretsTest, DoesNotRevealAnotherValueThanTheHandleStandsFor) {
  auto handle = secrets_.Find(ref_);
  Put("shop/password", "swordfish");
  auto revealed = secrets_.Reveal(*handle);
  ASSERT_FALSE(revealed);
  EXPECT_EQ(revealed.error().kind, ErrorKind::Transient);
  EXPECT_THAT(revealed.error().message, AllOf(HasSubstr("shop/password"), Not(HasSubstr("swordfish"))));
}

// Lines NAME=value.
Expected<StringMap> ReadLines(std::string_view text) {
  StringMap values;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) return Error{ErrorKind::Terminal, "that is no file of variables"};
    values.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return values;
}

class SecretVariablesTest : public FileSecretsTest {
 protected:
  void SetUp() override {
    FileSecretsTest::SetUp();
    Put("shop/password", "USER=shop\nPASSWORD=hunter2\nMODE=\n");
    files_.SetSecrets({{"shop", {.from_files = {{"password", "shop/password"}}}}});
  }
  SecretHandle Find(const std::string& name) {
    const auto all = files_.Variables(ref_);
    for (const SecretHandle& one : all ? *all : std::vector<SecretHandle>())
      if (one.variable == name) return one;
    return {};
  }
  FileSecrets files_{{.directory = dir_ / "secrets",
                      .fingerprint_key = "key",
                      .on_value = [this](std::string_view value) { values_.emplace_back(value); },
                      .variables = ReadLines},
                     log_};
};

TEST_F(SecretVariablesTest, EachIsASecretOfItsOwn) {
  const SecretHandle password = Find("PASSWORD");
  EXPECT_EQ(password.fingerprint.size(), 32u);
  EXPECT_EQ(*files_.Reveal(password), "hunter2");
  EXPECT_EQ(*files_.Reveal(Find("USER")), "shop");
  EXPECT_EQ(Find("MODE").fingerprint, "") << "it is empty";
  EXPECT_THAT(values_, Contains("hunter2"));
}

TEST_F(SecretVariablesTest, AChangeOfOneIsNoneOfTheOthers) {
  const SecretHandle user = Find("USER");
  const SecretHandle password = Find("PASSWORD");
  Put("shop/password", "USER=shop\nPASSWORD=swordfish\n");
  EXPECT_EQ(Find("USER"), user);
  EXPECT_NE(Find("PASSWORD"), password);
  EXPECT_EQ(*files_.Reveal(user), "shop");
  const auto revealed = files_.Reveal(password);
  ASSERT_FALSE(revealed);
  EXPECT_EQ(revealed.error().kind, ErrorKind::Transient);
  EXPECT_EQ(revealed.error().message, "secret shop/password.PASSWORD changed a moment ago");
}

TEST_F(SecretVariablesTest, WhatIsNoFileOfThemIsAnErrorAndWhatIsMissingIsAwaited) {
  Put("shop/password", "hunter2");
  EXPECT_EQ(files_.Variables(ref_).error().kind, ErrorKind::Terminal);
  EXPECT_EQ(files_.Variables(ref_).error().message, "secret shop/password: that is no file of variables");
  fs::remove(dir_ / "secrets/shop/password");
  EXPECT_EQ(files_.Variables(ref_).error().kind, ErrorKind::Waiting);
}

TEST_F(FileSecretsTest, SaysWhatIsAwaited) {
  auto message = [&](const v1::SecretKeyRef& ref) {
    auto found = secrets_.Find(ref);
    EXPECT_FALSE(found);
    EXPECT_EQ(found.error().kind, ErrorKind::Waiting);
    return found.error().message;
  };
  EXPECT_THAT(message({"nothing", "k"}), HasSubstr("there is no Secret nothing"));
  EXPECT_THAT(message({"shop", "k"}), HasSubstr("Secret shop has no key k"));
  Put("shop/password", "");
  EXPECT_THAT(message(ref_), HasSubstr("it is empty"));
  fs::remove(dir_ / "secrets/shop/password");
  EXPECT_THAT(message(ref_),
              AllOf(HasSubstr("secret shop/password"), HasSubstr("file shop/password"), HasSubstr("No such file")));
  Put("shop/password", std::string(kMaxSecretBytes + 1, 'x'));
  EXPECT_THAT(message(ref_), HasSubstr("larger than"));
}

TEST_F(FileSecretsTest, AwaitsASecretsDirectory) {
  FileSecrets none({.directory = "", .fingerprint_key = "k"}, log_);
  none.SetSecrets({{"shop", {.from_files = {{"password", "shop/password"}}}}});
  EXPECT_THAT(none.Find(ref_).error().message, HasSubstr("--secrets-dir"));
}

TEST_F(FileSecretsTest, NeverLeavesItsDirectory) {
  WriteText(dir_ / "outside", "stolen");
  fs::create_symlink(dir_ / "outside", dir_ / "secrets/absolute");
  fs::create_symlink("../outside", dir_ / "secrets/relative");
  fs::create_directory_symlink(dir_.path(), dir_ / "secrets/folder");
  fs::create_directory(dir_ / "secrets/directory");
  ASSERT_EQ(::mkfifo((dir_ / "secrets/pipe").c_str(), 0600), 0);
  for (const std::string& path :
       {std::string("absolute"), std::string("relative"), std::string("folder/outside"), std::string("../outside"),
        std::string("shop/../../outside"), std::string("directory"), std::string("pipe"), dir_ / "outside"}) {
    Map(path);
    auto found = secrets_.Find(ref_);
    ASSERT_FALSE(found) << path;
    EXPECT_EQ(found.error().kind, ErrorKind::Waiting) << path;
  }
  EXPECT_THAT(values_, Not(Contains("stolen")));
}

TEST_F(FileSecretsTest, FollowsLinksThatStayInside) {
  fs::create_directory(dir_ / "secrets/..2026");
  Put("..2026/password", "v1");
  fs::create_directory_symlink("..2026", dir_ / "secrets/..data");
  fs::create_symlink("..data/password", dir_ / "secrets/linked");
  Map("linked");
  auto handle = secrets_.Find(ref_);
  ASSERT_TRUE(handle) << handle.error().message;
  EXPECT_EQ(*secrets_.Reveal(*handle), "v1");
}

TEST_F(FileSecretsTest, WarnsOnceOfAFileThatOthersMayRead) {
  ::chmod((dir_ / "secrets/shop/password").c_str(), 0644);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(secrets_.Find(ref_));
  ASSERT_THAT(log_.lines(), SizeIs(1));
  EXPECT_THAT(log_.lines()[0], AllOf(HasSubstr("mode=0644"), HasSubstr("key=password"), Not(HasSubstr("hunter"))));
  ::chmod((dir_ / "secrets/shop/password").c_str(), 0640);
  EXPECT_TRUE(secrets_.Find(ref_));
  EXPECT_THAT(log_.lines(), SizeIs(1));
}

TEST_F(FileSecretsTest, RescanTellsWhatChangedOnce) {
  EXPECT_THAT(secrets_.Rescan(), IsEmpty());
  Put("shop/password", "hunter3");
  // A reader that saw it first must not hide the change from the others.
  EXPECT_TRUE(secrets_.Find(ref_));
  EXPECT_THAT(secrets_.Rescan(), ElementsAre("shop"));
  EXPECT_THAT(secrets_.Rescan(), IsEmpty());
  fs::remove(dir_ / "secrets/shop/password");
  EXPECT_THAT(secrets_.Rescan(), ElementsAre("shop"));
  Put("shop/password", "hunter3");
  EXPECT_THAT(secrets_.Rescan(), ElementsAre("shop"));
}

TEST_F(FileSecretsTest, KeepsWhatItToldOverANewRevision) {
  Put("shop/password", "hunter3");
  secrets_.SetSecrets({{"shop", {.from_files = {{"password", "shop/password"}}}}});
  EXPECT_THAT(secrets_.Rescan(), ElementsAre("shop"));
}

TEST_F(FileSecretsTest, ListsFingerprintsAndProblemsButNoValues) {
  secrets_.SetSecrets({{"shop", {.from_files = {{"password", "shop/password"}, {"gone", "shop/gone"}}}}});
  const auto rows = secrets_.List();
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0].ref.key, "gone");
  EXPECT_THAT(rows[0].problem, HasSubstr("No such file"));
  EXPECT_EQ(rows[1].fingerprint, secrets_.Find(ref_)->fingerprint);
  EXPECT_EQ(rows[1].problem, "");
}

TEST_F(FileSecretsTest, ReplacesAValueInItsFileWithItsMode) {
  ::chmod((dir_ / "secrets/shop/password").c_str(), 0640);
  const std::string before = secrets_.Find(ref_)->fingerprint;
  const auto file = secrets_.Replace(ref_, "swordfish");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(*file, dir_ / "secrets/shop/password");
  struct stat info {};
  ASSERT_EQ(::stat(file->c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0640u);
  auto handle = secrets_.Find(ref_);
  ASSERT_TRUE(handle);
  EXPECT_NE(handle->fingerprint, before);
  EXPECT_EQ(*secrets_.Reveal(*handle), "swordfish");
  EXPECT_THAT(values_, Contains("swordfish"));  // kept out of logs before it is in the file
  EXPECT_THAT(secrets_.Rescan(), ElementsAre("shop"));
}

TEST_F(FileSecretsTest, ReplacesNothingThatIsNotThereOrLiesOutside) {
  EXPECT_EQ(secrets_.Replace({"shop", "k"}, "x").error().kind, ErrorKind::Waiting);
  fs::remove(dir_ / "secrets/shop/password");
  EXPECT_EQ(secrets_.Replace(ref_, "x").error().kind, ErrorKind::Waiting);
  EXPECT_FALSE(fs::exists(dir_ / "secrets/shop/password"));
  WriteText(dir_ / "outside", "untouched");
  fs::create_symlink(dir_ / "outside", dir_ / "secrets/shop/password");
  EXPECT_FALSE(secrets_.Replace(ref_, "x"));
  fs::create_directory_symlink(dir_.path(), dir_ / "secrets/folder");
  Map("folder/outside");
  EXPECT_FALSE(secrets_.Replace(ref_, "x"));
  EXPECT_EQ(fs::file_size(dir_ / "outside"), 9u);
}

TEST_F(FileSecretsTest, ALinkIsNotReplacedByAFile) {
  fs::rename(dir_ / "secrets/shop/password", dir_ / "secrets/shop/password-1");
  fs::create_symlink("password-1", dir_ / "secrets/shop/password");
  ASSERT_TRUE(secrets_.Find(ref_));
  const auto replaced = secrets_.Replace(ref_, "swordfish");
  ASSERT_FALSE(replaced);
  EXPECT_EQ(replaced.error().kind, ErrorKind::Conflict);
  EXPECT_THAT(replaced.error().message, HasSubstr("shop/password) is a symbolic link"));
  EXPECT_TRUE(fs::is_symlink(dir_ / "secrets/shop/password"));
}

TEST_F(FileSecretsTest, WhatAnInterruptedReplaceLeftGoesWithTheNext) {
  const auto make = [&](const std::string& name, std::chrono::seconds age) {
    WriteText(dir_ / ("secrets/shop/" + name), "left");
    fs::last_write_time(dir_ / ("secrets/shop/" + name), fs::file_time_type::clock::now() - age);
  };
  make(".tmp-1", std::chrono::hours(1));
  make(".tmp-2", std::chrono::seconds(0));
  make("tmp-3", std::chrono::hours(1));
  for (const char* name : {".tmp-", ".tmp-old", ".tmp-4-old"}) make(name, std::chrono::hours(1));
  ASSERT_TRUE(secrets_.Replace(ref_, "swordfish"));
  EXPECT_FALSE(fs::exists(dir_ / "secrets/shop/.tmp-1"));
  EXPECT_TRUE(fs::exists(dir_ / "secrets/shop/.tmp-2")) << "another process may be at it";
  for (const char* name : {"tmp-3", ".tmp-", ".tmp-old", ".tmp-4-old"})
    EXPECT_TRUE(fs::exists(dir_ / ("secrets/shop/" + std::string(name)))) << name;
}

// Waits for the watch without sleeping.
class Signal {
 public:
  void Raise() {
    std::lock_guard lock(mutex_);
    ++count_;
    raised_.notify_all();
  }
  bool WaitFor(int count) {
    std::unique_lock lock(mutex_);
    return raised_.wait_for(lock, std::chrono::seconds(20), [&] { return count_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable raised_;
  int count_ = 0;
};

TEST_F(FileSecretsTest, WatchNoticesAChangedAReplacedAndANewFile) {
  Signal changed;
  DirectoryWatch watch(
      dir_ / "secrets",
      [&] {
        if (secrets_.Rescan().contains("shop")) changed.Raise();
      },
      log_);
  Put("shop/password", "in place");
  EXPECT_TRUE(changed.WaitFor(1));
  Put("shop/.new", "by rename");
  fs::rename(dir_ / "secrets/shop/.new", dir_ / "secrets/shop/password");
  EXPECT_TRUE(changed.WaitFor(2));
  Map("fresh/folder/password");
  fs::create_directories(dir_ / "secrets/fresh/folder");
  Put("fresh/folder/password", "in a new folder");
  EXPECT_TRUE(changed.WaitFor(3));
}

TEST_F(FileSecretsTest, WatchEndsAtOnceEvenWithoutADirectory) {
  const auto before = std::chrono::steady_clock::now();
  {
    DirectoryWatch watch(
        dir_ / "nowhere", [] {}, log_);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(5));
  EXPECT_THAT(log_.lines(), SizeIs(1));
}

TEST_F(FileSecretsTest, ServesManyThreads) {
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        if (auto handle = secrets_.Find(ref_)) static_cast<void>(secrets_.Reveal(*handle).has_value());
        secrets_.Rescan();
        secrets_.List();
      }
    });
  }
  for (int i = 0; i < 20; ++i) Map("shop/password");
  threads.clear();
  EXPECT_TRUE(secrets_.Find(ref_));
}

}  // namespace
}  // namespace tinyforge
