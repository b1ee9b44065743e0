#include "controller/git/git_fetcher.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "tests/unit/controller/git/git_rig.h"

namespace tinyforge {
namespace {

using ::testing::HasSubstr;

// Accepts connections by the backlog alone and never answers.
class SilentServer {
 public:
  SilentServer() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(fd_, 16), 0);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentServer() { close(fd_); }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  std::string Url(const std::string& scheme) const {
    return scheme + "://127.0.0.1:" + std::to_string(port_) + "/x.git";
  }

 private:
  int fd_;
  int port_ = 0;
};

class GitFetcherTest : public ::testing::Test {
 protected:
  FetchReport Fetch(GitChildOptions options, std::stop_token stop = {}) {
    if (options.executable == GitChildOptions().executable) options.executable = kChildHelper;
    return GitFetcher(options).Fetch(request_, stop);
  }
  static GitChildOptions Mode(const std::string& mode) { return {.arguments = {mode}}; }

  TempDir dir_;
  FetchRequest request_{.directory = dir_ / "clone", .create = true, .url = dir_ / "origin", .branch = "main"};
};

TEST_F(GitFetcherTest, ChildIsKilledAtTheDeadlineWhenTheServerNeverAnswers) {
  const SilentServer server;
  for (const char* scheme : {"http", "https", "ssh"}) {
    request_.url = server.Url(scheme);
    const auto start = std::chrono::steady_clock::now();
    const FetchReport report = Fetch({.deadline = Duration(300)});
    const auto took = std::chrono::steady_clock::now() - start;
    ASSERT_TRUE(report.answer.failure);
    EXPECT_EQ(report.answer.failure->reason, GitReason::TimedOut) << scheme;
    EXPECT_GE(took, std::chrono::milliseconds(300));
    EXPECT_LT(took, std::chrono::seconds(5));
    std::filesystem::remove_all(request_.directory);
  }
}

TEST_F(GitFetcherTest, StopEndsTheChildAtOnce) {
  const SilentServer server;
  request_.url = server.Url("http");
  std::stop_source stop;
  FetchReport report;
  std::thread fetch([&] { report = Fetch({}, stop.get_token()); });
  stop.request_stop();
  fetch.join();
  ASSERT_TRUE(report.answer.failure);
  EXPECT_EQ(report.answer.failure->reason, GitReason::Cancelled);
}

TEST_F(GitFetcherTest, CrashedChildIsAnErrorThatNamesTheSignal) {
  const FetchReport report = Fetch(Mode("crash"));
  ASSERT_TRUE(report.answer.failure);
  EXPECT_EQ(report.answer.failure->reason, GitReason::Internal);
  EXPECT_THAT(report.answer.failure->message, HasSubstr("the git child"));
}

TEST_F(GitFetcherTest, AnswerThatIsNoneIsAnError) {
  EXPECT_EQ(Fetch(Mode("garbage")).answer.failure->reason, GitReason::Internal);
  EXPECT_EQ(Fetch(Mode("silent")).answer.failure->reason, GitReason::Internal);
}

TEST_F(GitFetcherTest, WhatTheChildComplainedIsShownPrintable) {
  EXPECT_THAT(Fetch(Mode("complain")).answer.failure->message,
              HasSubstr("status 3 and no answer: no such thing\\x0a\\x1b[31m"));
}

TEST_F(GitFetcherTest, ProgramThatIsNotThereIsAnError) {
  EXPECT_THAT(Fetch({.executable = "/nonexistent"}).answer.failure->message,
              HasSubstr("start /nonexistent: No such file"));
}

TEST_F(GitFetcherTest, RefusedConnectionIsUnreachable) {
  std::string url;
  {
    const SilentServer gone;
    url = gone.Url("http");
  }
  request_.url = url;
  const FetchReport report = Fetch({});
  ASSERT_TRUE(report.answer.failure);
  EXPECT_EQ(report.answer.failure->reason, GitReason::Unreachable);
}

TEST_F(GitFetcherTest, UnknownHostIsUnreachable) {
  request_.url = "https://host.invalid/x.git";
  const FetchReport report = Fetch({});
  ASSERT_TRUE(report.answer.failure);
  EXPECT_EQ(report.answer.failure->reason, GitReason::Unreachable);
  EXPECT_THAT(report.answer.failure->message, HasSubstr("host.invalid"));
}

TEST_F(GitFetcherTest, MemoryLimitEndsTheFetchAndNotTheController) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers need more address space than any limit gives";
#endif
  const WorkTree origin(dir_ / "origin");
  Sh("head -c 15000000 /dev/urandom > '" + origin.path() + "/noise'");
  origin.Commit();
  request_.limits.address_space = 48u << 20;
  const FetchReport report = Fetch({});
  ASSERT_TRUE(report.answer.failure);
  EXPECT_THAT(report.answer.failure->reason, testing::AnyOf(GitReason::TooLarge, GitReason::Internal));
}

TEST_F(GitFetcherTest, PackBeyondItsLimitIsRefused) {
  const WorkTree origin(dir_ / "origin");
  Sh("head -c 3000000 /dev/urandom > '" + origin.path() + "/noise'");
  origin.Commit();
  request_.limits.file_size = 1u << 20;
  const FetchReport report = Fetch({});
  ASSERT_TRUE(report.answer.failure);
  EXPECT_EQ(report.answer.failure->reason, GitReason::TooLarge) << report.answer.failure->message;
}

TEST_F(GitFetcherTest, ConfigurationOfTheUserAndOfTheRemoteIsNotRead) {
  const WorkTree origin(dir_ / "origin");
  const std::string head = origin.CommitFile("a.yaml", "one");
  origin.Git("config url.https://host.invalid/.insteadOf " + dir_.path());
  origin.Write(".gitconfig", "[url \"https://host.invalid/\"]\n\tinsteadOf = file://\n");
  setenv("HOME", origin.path().c_str(), 1);
  const FetchReport report = Fetch({});
  ASSERT_FALSE(report.answer.failure) << report.answer.failure->message;
  EXPECT_EQ(report.answer.tip, head);
}

TEST_F(GitFetcherTest, HooksOfACloneAreNeverMadeAndNothingIsCheckedOut) {
  const WorkTree origin(dir_ / "origin");
  origin.CommitFile("a.yaml", "one");
  ASSERT_FALSE(Fetch({}).answer.failure);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "clone/hooks/post-checkout"));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "clone/a.yaml"));
  EXPECT_EQ(Sh("git -C '" + (dir_ / "clone") + "' for-each-ref --format='%(refname)'"), "refs/tinyforge/tip");
}

}  // namespace
}  // namespace tinyforge
