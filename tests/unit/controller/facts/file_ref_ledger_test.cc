#include "controller/facts/file_ref_ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/fakes/fake_logger.h"
#include "tests/fakes/temporary_directory.h"

namespace tinyforge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FileRefLedgerTest : public ::testing::Test {
 protected:
  static SeenRefs Seen(const std::string& trigger) {
    return {trigger,
            "https://git.example.com/acme/shop.git",
            {"refs/heads/main", "refs/tags/v*"},
            {{"refs/heads/main", std::string(40, 'a')}, {"refs/tags/vgr\xc3\xbcn", std::string(40, 'b')}}};
  }
  std::string File() const { return dir_ / "facts/_refs.json"; }
  void Write(const std::string& text) const {
    ASSERT_TRUE(ledger_.Save({}));
    std::ofstream(File()) << text;
  }

  TemporaryDirectory dir_;
  FakeLogger log_;
  mutable FileRefLedger ledger_{dir_.path(), log_};
};

TEST_F(FileRefLedgerTest, WhatWasSavedIsThereAfterARestart) {
  EXPECT_THAT(ledger_.Load(), IsEmpty());
  const std::vector<SeenRefs> seen{Seen("a"), Seen("b"), {"c", "https://x/y/z", {}, {}}};
  ASSERT_TRUE(ledger_.Save(seen));
  EXPECT_EQ(FileRefLedger(dir_.path(), log_).Load(), seen);
  struct stat info {};
  ASSERT_EQ(stat(File().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  EXPECT_THAT(log_.lines(), IsEmpty());
}

TEST_F(FileRefLedgerTest, AsManyRefsAsAreEverFollowedFit) {
  std::vector<SeenRefs> seen;
  for (int trigger = 0; trigger < 20; ++trigger) {
    seen.push_back(Seen("t" + std::to_string(trigger)));
    for (std::size_t i = seen.back().refs.size(); i < kMaxSeenRefs; ++i)
      seen.back().refs["refs/tags/" + std::string(200, 'x') + std::to_string(i)] = std::string(40, 'c');
  }
  ASSERT_TRUE(ledger_.Save(seen));
  EXPECT_EQ(ledger_.Load(), seen);
}

TEST_F(FileRefLedgerTest, WhatCannotBeReadIsSaidAndCountsAsNothing) {
  for (const char* text : {"", "{", "{}", "{\"seen\": {}}", "{\"seen\": [{\"trigger\": \"a\"}]}",
                           R"({"seen": [{"trigger": "a", "url": "b", "patterns": [1], "refs": {}}]})",
                           R"({"seen": [{"trigger": "a", "url": "b", "patterns": [], "refs": {"c": 1}}]})"}) {
    Write(text);
    EXPECT_THAT(ledger_.Load(), IsEmpty()) << text;
  }
  EXPECT_EQ(log_.lines().size(), 7U);
  EXPECT_THAT(log_.lines().front(), HasSubstr("_refs.json"));
}

}  // namespace
}  // namespace tinyforge
