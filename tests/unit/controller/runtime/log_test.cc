#include "controller/runtime/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <string>
#include <thread>

namespace tinyforge {
namespace {

class LogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::signal(SIGPIPE, SIG_IGN);
    int fds[2];
    ASSERT_EQ(pipe2(fds, O_CLOEXEC), 0);
    read_ = fds[0];
    write_ = fds[1];
  }
  void TearDown() override {
    if (read_ >= 0) close(read_);
    if (write_ >= 0) close(write_);
  }

  // All that is written until the write end is closed.
  std::string ReadAll() {
    close(write_);
    write_ = -1;
    std::string all;
    char buffer[4096];
    for (ssize_t n = 0; (n = read(read_, buffer, sizeof buffer)) > 0;) all.append(buffer, static_cast<std::size_t>(n));
    return all;
  }

  int read_ = -1;
  int write_ = -1;
};

TEST_F(LogTest, LinesUnderWayAreWrittenBeforeTheLoggerEnds) {
  {
    auto logger = MakeFdLogger(write_, {});
    for (int i = 0; i < 100; ++i) logger->Info("counted", {{"i", std::to_string(i)}});
  }
  const std::string all = ReadAll();
  EXPECT_NE(all.find("INFO counted i=0\n"), std::string::npos);
  EXPECT_NE(all.find("INFO counted i=99\n"), std::string::npos);
}

TEST_F(LogTest, LinesBelowTheLevelAreNotWritten) {
  {
    auto logger = MakeFdLogger(write_, {.level = LogLevel::Warning});
    logger->Info("quiet");
    logger->Warn("loud");
  }
  const std::string all = ReadAll();
  EXPECT_EQ(all.find("quiet"), std::string::npos);
  EXPECT_NE(all.find("WARN loud\n"), std::string::npos);
}

TEST_F(LogTest, SecretsDoNotReachTheSink) {
  auto redactor = std::make_shared<Redactor>();
  {
    auto logger = MakeFdLogger(write_, {.format = LogFormat::Json, .redactor = redactor});
    redactor->Register("tr0ub\"4dor");
    logger->Error("login tr0ub\"4dor failed", {{"url", "https://u:tr0ub%224dor@host"}});
  }
  const std::string all = ReadAll();
  EXPECT_EQ(all.find("4dor"), std::string::npos) << all;
  EXPECT_NE(all.find(R"("message":"login [redacted] failed","url":"https://u:[redacted]@host")"), std::string::npos)
      << all;
}

TEST_F(LogTest, AReaderThatStopsReadingBlocksNobodyAndTheLossIsCounted) {
  const auto start = std::chrono::steady_clock::now();
  std::size_t dropped = 0;
  {
    auto logger = MakeFdLogger(write_, {});
    for (int i = 0; i < 20'000; ++i) logger->Info("flood", {{"i", std::to_string(i)}});
    dropped = logger->Dropped();
  }
  EXPECT_GT(dropped, 10'000u);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(8))
      << "the end of the logger is bounded too";
}

TEST_F(LogTest, AReaderThatComesBackIsToldHowManyLinesItMissed) {
  std::string all;
  {
    auto logger = MakeFdLogger(write_, {});
    for (int i = 0; i < 20'000; ++i) logger->Info("flood");
    std::jthread reader([&] {
      char buffer[4096];
      while (all.find("last one") == std::string::npos) {
        const ssize_t n = read(read_, buffer, sizeof buffer);
        if (n <= 0) return;
        all.append(buffer, static_cast<std::size_t>(n));
      }
    });
    logger->Info("last one");
  }
  EXPECT_NE(all.find("WARN log lines dropped count="), std::string::npos);
}

TEST_F(LogTest, AClosedReaderCostsLinesOnly) {
  close(read_);
  read_ = -1;
  auto logger = MakeFdLogger(write_, {});
  logger->Info("into the void");
  logger.reset();
}

}  // namespace
}  // namespace tinyforge
