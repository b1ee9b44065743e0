#include "reconcilers/workload/releases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tinyforge {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr SysTime kNow{Duration(1000)};

class ReleasesTest : public ::testing::Test {
 protected:
  void Begin(const std::string& reference, const std::string& id) { BeginRelease(facts, {reference, id}, kNow); }
  void Good(const std::string& reference, const std::string& id) {
    EndRelease(facts, GoodRelease{.reference = reference, .image_id = id, .version = id}, retain, kNow);
  }
  void Release(const std::string& id) { Begin("shop:" + id, id), Good("shop:" + id, id); }
  std::vector<std::string> GoodIds() const {
    std::vector<std::string> ids;
    for (const GoodRelease& r : facts.good) ids.push_back(r.image_id);
    return ids;
  }
  std::vector<std::string> Superseded() const {
    std::vector<std::string> texts;
    for (const SupersededImage& s : facts.superseded) texts.push_back(s.reference + " " + s.image_id + ": " + s.cause);
    return texts;
  }

  Facts facts;
  std::size_t retain = 2;
};

TEST_F(ReleasesTest, WhatFallsOffTheListIsSupersededInTheSameChange) {
  Release("a"), Release("b");
  EXPECT_THAT(Superseded(), IsEmpty());
  Release("c");
  EXPECT_THAT(GoodIds(), ElementsAre("b", "c"));
  EXPECT_THAT(Superseded(), ElementsAre("shop:a a: not among the last 2 good releases"));
  EXPECT_FALSE(facts.candidate);
}

TEST_F(ReleasesTest, ASmallerRetainShortensTheListWithoutARelease) {
  retain = 3;
  Release("a"), Release("b"), Release("c");
  EndRelease(facts, {}, 1, kNow);
  EXPECT_THAT(GoodIds(), ElementsAre("c"));
  EXPECT_THAT(Superseded(), ElementsAre("shop:a a: not the last good release", "shop:b b: not the last good release"));
}

TEST_F(ReleasesTest, AFailedReleaseIsSupersededByTheNextThatBegins) {
  Release("a");
  Begin("shop:bad", "bad");
  Begin("shop:bad", "bad");
  EXPECT_EQ(facts.candidate, (CandidateImage{"shop:bad", "bad"}));
  EXPECT_THAT(Superseded(), IsEmpty());
  Begin("shop:c", "c");
  EXPECT_EQ(facts.candidate, (CandidateImage{"shop:c", "c"}));
  EXPECT_THAT(Superseded(), ElementsAre("shop:bad bad: its release never ran well"));
}

TEST_F(ReleasesTest, AFailedReleaseIsSupersededByGoingBackToWhatRan) {
  Release("a");
  Begin("shop:bad", "bad");
  EndRelease(facts, {}, retain, kNow);
  EXPECT_FALSE(facts.candidate);
  EXPECT_THAT(Superseded(), ElementsAre("shop:bad bad: its release never ran well"));
}

TEST_F(ReleasesTest, APullIsKnownBeforeItsImageIs) {
  Begin("shop:a", "");
  EXPECT_EQ(facts.candidate, (CandidateImage{"shop:a", ""}));
  Begin("shop:a", "a");
  Begin("shop:a", "");  // looked at again while it is asked for anew
  EXPECT_EQ(facts.candidate, (CandidateImage{"shop:a", "a"}));
  Begin("shop:a", "a2");  // the tag was moved
  EXPECT_EQ(facts.candidate, (CandidateImage{"shop:a", "a2"}));
  EXPECT_THAT(Superseded(), ElementsAre("shop:a a: its release never ran well"));
}

TEST_F(ReleasesTest, WhatRunsWellAlreadyIsNoCandidate) {
  Release("a");
  const Facts before = facts;
  Begin("shop:a", "a");
  EXPECT_EQ(facts, before);
}

TEST_F(ReleasesTest, WhatComesBackIsSupersededNoMore) {
  Release("a"), Release("b"), Release("c");
  ASSERT_THAT(facts.superseded, testing::SizeIs(1));
  Release("a");
  EXPECT_THAT(GoodIds(), ElementsAre("c", "a"));
  EXPECT_THAT(Superseded(), ElementsAre("shop:b b: not among the last 2 good releases"));
}

TEST_F(ReleasesTest, AllNamesOfAnImageAreKept) {
  Release("a");
  Begin("mirror/shop:a", "a");
  Good("mirror/shop:a", "a");
  EXPECT_THAT(GoodIds(), ElementsAre("a"));
  EXPECT_THAT(Superseded(), ElementsAre("shop:a a: now asked for as mirror/shop:a"));
  Release("b"), Release("c");
  EXPECT_THAT(Superseded(), ElementsAre("shop:a a: now asked for as mirror/shop:a",
                                        "mirror/shop:a a: not among the last 2 good releases"));
}

TEST_F(ReleasesTest, AVersionThatOneWentBackToKeepsItsPlace) {
  Release("a"), Release("b");
  facts.pin = Pin{.reference = "shop:a", .base = "shop:b"};
  Good("shop:a", "a");
  EXPECT_THAT(GoodIds(), ElementsAre("a", "b"));
}

TEST_F(ReleasesTest, ARemovedWorkloadLeavesItsImagesAndNothingElse) {
  Release("a"), Release("b");
  Begin("shop:c", "c");
  facts.pin = Pin{.reference = "shop:a"};
  facts.stopped = true;
  EndWorkload(facts, kNow);
  EXPECT_THAT(Superseded(), ElementsAre("shop:c c: its workload was removed", "shop:a a: its workload was removed",
                                        "shop:b b: its workload was removed"));
  const Facts once = facts;
  EndWorkload(facts, kNow);
  EXPECT_EQ(facts, once);
  EXPECT_EQ(facts, (Facts{.superseded = once.superseded}));
}

TEST_F(ReleasesTest, WhatCannotGoDoesNotGrowWithoutBound) {
  retain = 1;
  for (int i = 0; i < 40; ++i) Release("r" + std::to_string(i));
  EXPECT_EQ(facts.superseded.size(), 16u);
  EXPECT_EQ(facts.superseded.back().image_id, "r38");
}

}  // namespace
}  // namespace tinyforge
