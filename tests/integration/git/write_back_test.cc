// Writing back over HTTP, HTTPS and ssh, against real servers with real hooks.
#include <gmock/gmock.h>

#include <thread>

#include "tests/integration/git/rig_server.h"
#include "tests/unit/controller/git/write_back_rig.h"

namespace tinyforge {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ServedWriteBackTest : public WriteBackTest {
 protected:
  void OverHttp(const RigServer& server) {
    bare_ = server.Fact("bare") + "/config.git";
    url_ = server.Fact("http") + "/config.git";
    auth_.ca_file = server.Fact("ca");
  }
  void OverSsh(const RigServer& server) {
    bare_ = server.Fact("bare") + "/config.git";
    url_ = server.Fact("ssh") + "/config.git";
    auth_.ssh_key_file = server.Fact("ssh_key");
    auth_.ssh_known_hosts = server.Fact("known_hosts");
  }
  std::string SecretFile(const std::string& name, const std::string& text) {
    std::ofstream(dir_ / name) << text;
    return dir_ / name;
  }
  // A commit on top of main that nobody has published, as a hook finds it.
  std::string PrepareRace() {
    const std::string head = origin_.CommitFile("theirs.txt", "x");
    origin_.Git("push -q '" + bare_ + "' HEAD:refs/hidden/race");
    origin_.Git("reset -q --hard HEAD^");
    return head;
  }
  static constexpr const char* kOutOfQuarantine =
      "unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES\n";
};

TEST_F(ServedWriteBackTest, HttpsWithAToken) {
  const RigServer server("--tls --user ci:hunter2");
  OverHttp(server);
  auth_.username = "ci";
  auth_.token_file = SecretFile("token", "hunter2\n");
  const std::string before = Push("hosts/a/shop.yaml", Shop("1"));
  auto options = WriterOptions();
  options.repository.path = "hosts/a";
  auto writer = Writer(options);
  const WriteBackResult result = Write(*writer, WriteTag("1", "2"));
  EXPECT_EQ(result.commit, Tip());
  EXPECT_EQ(Bare("rev-parse main^"), before);
  EXPECT_EQ(Bare("diff --numstat main^ main"), "1\t1\thosts/a/shop.yaml");
  Write(*writer, WriteTag("2", "3"));
  WriteBackRequest review = WriteTag("3", "4");
  review.branch = "tinyforge/review";
  Write(*writer, review);
  EXPECT_EQ(Bare("rev-list --count main..tinyforge/review"), "1");
  Bare("fsck --strict --no-dangling");
}

TEST_F(ServedWriteBackTest, SshWithAKey) {
  const RigServer server("--ssh");
  OverSsh(server);
  Push("shop.yaml", Shop("1"));
  auto writer = Writer();
  EXPECT_THAT(Write(*writer, WriteTag("1", "2")).commit, Not(IsEmpty()));
  EXPECT_EQ(File("shop.yaml"), Shop("2"));
  WriteBackRequest review = WriteTag("2", "3");
  review.branch = "review";
  Write(*writer, review);
  EXPECT_EQ(File("shop.yaml", "review"), Shop("3"));
  Bare("fsck --strict --no-dangling");
}

TEST_F(ServedWriteBackTest, ReadOnlyHttpSaysWhatToDo) {
  const RigServer server("--read-only --user ci:hunter2");
  OverHttp(server);
  auth_.username = "ci";
  auth_.password_file = SecretFile("password", "hunter2");
  const std::string head = Push("shop.yaml", Shop("1"));
  auto writer = Writer();
  const Error error = WriteError(*writer, WriteTag("1", "2"));
  EXPECT_EQ(error.kind, ErrorKind::Waiting);
  EXPECT_EQ(writer->Reason(), "Credentials");
  EXPECT_THAT(error.message, AllOf(HasSubstr("can be read but not written to: "), HasSubstr("403"),
                                   HasSubstr("give the account write access"), Not(HasSubstr("hunter2"))));
  EXPECT_EQ(Tip(), head);
}

TEST_F(ServedWriteBackTest, ReadOnlyDeployKeySaysWhatToDo) {
  const RigServer server("--ssh");
  OverSsh(server);
  const std::string head = Push("shop.yaml", Shop("1"));
  auto writer = Writer();
  const std::string keys = server.Fact("folder") + "/authorized_keys";
  const std::string script = dir_ / "forced";
  std::ofstream(script) << "#!/bin/sh\ncase \"$SSH_ORIGINAL_COMMAND\" in git-upload-pack*) eval "
                           "\"$SSH_ORIGINAL_COMMAND\";; *) echo 'ERROR: The key you are authenticating with has been "
                           "marked as read only.' >&2; exit 1;; esac\n";
  Sh("chmod +x '" + script + "' && sed -i 's#^#command=\"" + script + "\" #' '" + keys + "'");
  const Error error = WriteError(*writer, WriteTag("1", "2"));
  EXPECT_EQ(error.kind, ErrorKind::Waiting) << error.message;
  EXPECT_EQ(writer->Reason(), "Credentials");
  EXPECT_THAT(error.message, AllOf(HasSubstr("marked as read only"), HasSubstr("a deploy key with write access")));
  EXPECT_EQ(Tip(), head);
}

TEST_F(ServedWriteBackTest, HookThatDeclinesIsHeard) {
  const RigServer server("--ssh");
  for (const bool ssh : {false, true}) {
    ssh ? OverSsh(server) : OverHttp(server);
    const std::string head = Push("shop.yaml", Shop("1") + (ssh ? "# s\n" : "# h\n"));
    auto options = WriterOptions();
    options.repository.state_dir = dir_ / (ssh ? "ssh" : "http");
    auto writer = Writer(options);
    Hook("pre-receive",
         "printf 'policy: \\033[31mtags must be signed\\n'; head -c 9000 /dev/zero | tr '\\0' y; exit 1\n");
    const Error error = WriteError(*writer, WriteTag("1", "2"));
    EXPECT_EQ(error.kind, ErrorKind::Waiting);
    EXPECT_EQ(writer->Reason(), "Declined");
    EXPECT_THAT(error.message, AllOf(HasSubstr("declined the push to refs/heads/main: pre-receive hook declined"),
                                     HasSubstr("policy: \\x1b[31mtags must be signed yyy"), Not(HasSubstr("\x1b"))));
    EXPECT_LT(error.message.size(), 900U);
    EXPECT_EQ(Tip(), head);
    std::filesystem::remove(bare_ + "/hooks/pre-receive");
    Hook("update", "echo 'only people may push here'; exit 1\n");
    EXPECT_THAT(WriteError(*writer, WriteTag("1", "2")).message,
                AllOf(HasSubstr("hook declined"), HasSubstr("only people may push here")));
    std::filesystem::remove(bare_ + "/hooks/update");
    Write(*writer, WriteTag("1", "2"));
    Pull();
  }
}

TEST_F(ServedWriteBackTest, PushOfSomebodyElseInTheMiddleIsRebasedOn) {
  const RigServer server("--ssh");
  for (const bool ssh : {false, true}) {
    ssh ? OverSsh(server) : OverHttp(server);
    Push("shop.yaml", Shop("1") + (ssh ? "# s\n" : "# h\n"));
    auto options = WriterOptions();
    options.repository.state_dir = dir_ / (ssh ? "ssh" : "http");
    auto writer = Writer(options);
    const std::string theirs = PrepareRace();
    // The server has read the tip already when this runs.
    Hook("pre-receive", std::string(kOutOfQuarantine) + "[ -e raced ] || git update-ref refs/heads/main " + theirs +
                            "\ntouch raced\n");
    const WriteBackResult result = Write(*writer, WriteTag("1", "2"));
    EXPECT_EQ(result.commit, Tip());
    EXPECT_EQ(Bare("rev-parse main^"), theirs);
    std::filesystem::remove(bare_ + "/raced");
    std::filesystem::remove(bare_ + "/hooks/pre-receive");
    Pull();
  }
}

TEST_F(ServedWriteBackTest, WhatTheOtherPushChangedIsNotOverwritten) {
  const RigServer server("");
  OverHttp(server);
  Push("shop.yaml", Shop("1"));
  auto writer = Writer();
  const std::string theirs = origin_.CommitFile("shop.yaml", Shop("7"));
  origin_.Git("push -q '" + bare_ + "' HEAD:refs/hidden/race");
  Hook("pre-receive",
       std::string(kOutOfQuarantine) + "[ -e raced ] || git update-ref refs/heads/main " + theirs + "\ntouch raced\n");
  const WriteBackResult result = Write(*writer, WriteTag("1", "2"));
  EXPECT_EQ(result.commit, "");
  EXPECT_THAT(result.dropped, ElementsAre(HasSubstr("is \"7\" by now, not \"1\"")));
  EXPECT_EQ(Tip(), theirs);
}

TEST_F(ServedWriteBackTest, LostAnswerIsFoundAgain) {
  const RigServer server("--ssh");
  for (const bool ssh : {false, true}) {
    ssh ? OverSsh(server) : OverHttp(server);
    Push("shop.yaml", Shop("1") + (ssh ? "# s\n" : "# h\n"));
    auto options = WriterOptions();
    options.repository.state_dir = dir_ / (ssh ? "ssh" : "http");
    Writer(options);
    // The branch has moved when this runs; the answer comes after it.
    Hook("post-receive", "sleep 30\n");
    options.repository.fetcher.deadline = Duration(3000);
    const Error error = WriteError(**GitRepoWriter::Create(options), WriteTag("1", "2"));
    EXPECT_EQ(error.kind, ErrorKind::Transient) << error.message;
    const std::string tip = Tip();
    EXPECT_EQ(File("shop.yaml").substr(0, Shop("2").size()), Shop("2"));
    std::filesystem::remove(bare_ + "/hooks/post-receive");
    options.repository.fetcher.deadline = Duration(60'000);
    EXPECT_EQ(Write(**GitRepoWriter::Create(options), WriteTag("1", "2")).commit, tip);
    EXPECT_EQ(Tip(), tip) << "and no second commit";
    Pull();
  }
}

TEST_F(ServedWriteBackTest, ConnectionThatBreaksBeforeTheAnswerIsAskedAgainAtOnce) {
  const RigServer server("--ssh");
  OverSsh(server);
  Push("shop.yaml", Shop("1"));
  auto options = WriterOptions();
  auto writer = Writer(options);
  options.attempts = 1;
  auto impatient = Writer(options);
  // sshd's session process goes, and the answer with it.
  Hook("post-receive", "kill -9 $(ps -o ppid= -p $PPID) $PPID\n");
  const Error error = WriteError(*impatient, WriteTag("1", "2"));
  EXPECT_EQ(impatient->Reason(), "Unanswered") << error.message;
  EXPECT_EQ(error.kind, ErrorKind::Transient);
  EXPECT_EQ(Write(*writer, WriteTag("1", "2")).commit, Tip());
  const WriteBackResult result = Write(*writer, WriteTag("2", "3"));
  EXPECT_EQ(result.commit, Tip());
  EXPECT_EQ(Bare("rev-list --count main"), "3");
}

TEST_F(ServedWriteBackTest, TwoInstallationsAtOnceOverHttp) {
  const RigServer server("");
  OverHttp(server);
  for (const char* name : {"a", "b"}) origin_.Write(std::string(name) + ".yaml", Shop("0", name));
  Push("x.txt", "0");
  std::vector<std::jthread> threads;
  for (const std::string name : {"a", "b"}) {
    auto options = WriterOptions();
    options.repository.state_dir = dir_ / ("state-" + name);
    options.attempts = 100;
    threads.emplace_back([writer = Writer(options), name] {
      for (int i = 0; i < 4; ++i) Write(*writer, WriteTag(std::to_string(i), std::to_string(i + 1), name));
    });
  }
  threads.clear();
  EXPECT_EQ(Bare("rev-list --count main"), "9");
  EXPECT_EQ(File("a.yaml"), Shop("4", "a"));
  EXPECT_EQ(File("b.yaml"), Shop("4", "b"));
}

TEST_F(ServedWriteBackTest, ServerThatIsDownIsTransient) {
  GitRepoWriterOptions options;
  {
    const RigServer server("");
    OverHttp(server);
    Push("shop.yaml", Shop("1"));
    options = WriterOptions();
    Writer(options);
  }
  const Error error = WriteError(**GitRepoWriter::Create(options), WriteTag("1", "2"));
  EXPECT_EQ(error.kind, ErrorKind::Transient);
  EXPECT_THAT(error.message, HasSubstr("connect"));
}

}  // namespace
}  // namespace tinyforge
