#include "controller/trigger/ref_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_remote_refs.h"

namespace tinyforge {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const RefKey kKey{"auto", "https://git.example.com/acme/shop"};
const std::string kA(40, 'a');
const std::string kB(40, 'b');
const std::string kC(40, 'c');

class RefBookTest : public ::testing::Test {
 protected:
  static std::vector<std::string> Names(const RefBook::Moves& moves) {
    std::vector<std::string> names;
    for (const GitPushed& push : moves.pushes) names.push_back(RefOf(push) + " " + push.commit.substr(0, 1));
    return names;
  }
  RefLook LookOf(GitRefs refs) {
    clock_.Advance(std::chrono::seconds(1));
    return {.key = kKey, .patterns = patterns_, .refs = std::move(refs), .asked = clock_.Now()};
  }
  // A whole look.
  std::vector<std::string> Look(GitRefs refs) {
    const RefLook look = LookOf(std::move(refs));
    auto names = Names(book_->Compare(look));
    book_->Note(look);
    return names;
  }
  void Restart() { book_.emplace(ledger_, clock_); }
  bool Hear(const std::string& commit, const std::string& ref = "refs/heads/main") {
    clock_.Advance(std::chrono::seconds(1));
    return book_->Hear("auto", PushOf("https://git.example.com/Acme/shop.git", ref, commit));
  }

  FakeClock clock_;
  FakeRefLedger ledger_;
  RefPatterns patterns_{"refs/heads/*", "refs/tags/v*"};
  std::optional<RefBook> book_{std::in_place, ledger_, clock_};
};

TEST_F(RefBookTest, TheFirstLookIsABaseline) {
  EXPECT_THAT(Look({{"refs/heads/main", kA}}), IsEmpty());
  EXPECT_THAT(Look({{"refs/heads/main", kA}}), IsEmpty());
  EXPECT_THAT(Look({{"refs/heads/main", kB}}), ElementsAre("refs/heads/main b"));
  EXPECT_THAT(Look({{"refs/heads/main", kB}}), IsEmpty());
}

TEST_F(RefBookTest, WhatIsNewMovedAndWhatIsGoneDidNot) {
  Look({{"refs/heads/main", kA}, {"refs/heads/old", kA}});
  EXPECT_THAT(Look({{"refs/heads/main", kA}, {"refs/tags/v10", kB}, {"refs/tags/v9", kB}}),
              ElementsAre("refs/tags/v9 b", "refs/tags/v10 b"));
}

TEST_F(RefBookTest, AnEmptyRepositoryIsABaselineToo) {
  EXPECT_THAT(Look({}), IsEmpty());
  EXPECT_THAT(Look({{"refs/heads/main", kA}}), ElementsAre("refs/heads/main a"));
}

TEST_F(RefBookTest, WhatMovedIsToldAgainUntilItIsNoted) {
  Look({{"refs/heads/main", kA}});
  const RefLook look = LookOf({{"refs/heads/main", kB}});
  EXPECT_THAT(Names(book_->Compare(look)), ElementsAre("refs/heads/main b"));
  EXPECT_THAT(Look({{"refs/heads/main", kB}}), ElementsAre("refs/heads/main b"));
}

TEST_F(RefBookTest, AnotherProcessGoesOnFromWhatWasSaved) {
  Look({{"refs/heads/main", kA}});
  ASSERT_TRUE(book_->Save());
  Look({{"refs/heads/main", kB}});
  Restart();
  const RefLook look = LookOf({{"refs/heads/main", kC}});
  const RefBook::Moves moves = book_->Compare(look);
  EXPECT_THAT(Names(moves), ElementsAre("refs/heads/main c"));
  EXPECT_TRUE(moves.earlier) << "the process before may have acted on it already";
  book_->Note(look);
  EXPECT_FALSE(book_->Compare(LookOf({{"refs/heads/main", kA}})).earlier);
}

TEST_F(RefBookTest, OnlyWhatChangedIsSaved) {
  Look({{"refs/heads/main", kA}});
  ASSERT_TRUE(book_->Save());
  Look({{"refs/heads/main", kA}});
  ASSERT_TRUE(book_->Save());
  EXPECT_EQ(ledger_.saves(), 1);
  const SeenRefs expected{"auto", kKey.url, {"refs/heads/*", "refs/tags/v*"}, {{"refs/heads/main", kA}}};
  EXPECT_THAT(ledger_.seen(), ElementsAre(expected));
}

TEST_F(RefBookTest, AFailedSaveIsTriedAgain) {
  Look({{"refs/heads/main", kA}});
  ledger_.Fail(true);
  EXPECT_FALSE(book_->Save());
  ledger_.Fail(false);
  EXPECT_TRUE(book_->Save());
  EXPECT_EQ(ledger_.saves(), 1);
}

TEST_F(RefBookTest, WhatMustBeDurableFirstPutsASaveOff) {
  Look({{"refs/heads/main", kA}});
  EXPECT_FALSE(book_->Save([] { return Expected<void>(Error{ErrorKind::Transient, "the disk is full"}); }));
  EXPECT_EQ(ledger_.saves(), 0);
  EXPECT_TRUE(book_->IsUnsaved());
  EXPECT_TRUE(book_->Save([&] {
    EXPECT_EQ(ledger_.saves(), 0);
    return Expected<void>();
  }));
  EXPECT_EQ(ledger_.saves(), 1);
}

TEST_F(RefBookTest, ChangedPatternsAreABaselineOfWhatTheyAdd) {
  patterns_ = {"refs/heads/main"};
  Look({{"refs/heads/main", kA}});
  patterns_ = {"refs/heads/main", "refs/heads/dev"};
  EXPECT_THAT(Look({{"refs/heads/dev", kA}, {"refs/heads/main", kB}}), ElementsAre("refs/heads/main b"));
  EXPECT_THAT(Look({{"refs/heads/dev", kB}, {"refs/heads/main", kB}}), ElementsAre("refs/heads/dev b"));
}

TEST_F(RefBookTest, WhatIsNotKeptBeginsAnew) {
  Look({{"refs/heads/main", kA}});
  book_->Keep({});
  ASSERT_TRUE(book_->Save());
  EXPECT_THAT(ledger_.seen(), IsEmpty());
  EXPECT_THAT(Look({{"refs/heads/main", kB}}), IsEmpty());
  book_->Keep({kKey});
  EXPECT_THAT(Look({{"refs/heads/main", kC}}), ElementsAre("refs/heads/main c"));
}

// --- with webhooks ---

TEST_F(RefBookTest, WhatAWebhookToldIsNotFoundAgain) {
  Look({{"refs/heads/main", kA}});
  EXPECT_TRUE(Hear(kB));
  EXPECT_TRUE(Hear(kB, "refs/tags/v1"));
  EXPECT_THAT(Look({{"refs/heads/main", kB}, {"refs/tags/v1", kB}}), IsEmpty());
  clock_.Advance(std::chrono::minutes(1));
  EXPECT_THAT(Look({{"refs/heads/main", kC}, {"refs/tags/v1", kB}}), ElementsAre("refs/heads/main c"));
}

TEST_F(RefBookTest, WhatAWebhookToldIsSaved) {
  Look({{"refs/heads/main", kA}});
  ASSERT_TRUE(book_->Save());
  EXPECT_FALSE(book_->IsUnsaved());
  Hear(kB);
  EXPECT_TRUE(book_->IsUnsaved());
  ASSERT_TRUE(book_->Save());
  Hear(kB);
  EXPECT_FALSE(book_->IsUnsaved()) << "it was told that before";
  Restart();
  EXPECT_THAT(Look({{"refs/heads/main", kB}}), IsEmpty());
}

TEST_F(RefBookTest, WhatALookFoundIsNoNewsFromAWebhookForAWhile) {
  Look({{"refs/heads/main", kA}});
  EXPECT_TRUE(Hear(kA)) << "the baseline was acted on by nobody";
  clock_.Advance(std::chrono::minutes(1));
  Look({{"refs/heads/main", kB}});
  EXPECT_FALSE(Hear(kB));
  EXPECT_TRUE(Hear(kC)) << "another commit";
  EXPECT_TRUE(book_->Hear("other", PushOf(kKey.url, "refs/heads/main", kB))) << "another trigger";
  EXPECT_TRUE(book_->Hear("auto", PushOf("https://git.example.com/acme/x", "refs/heads/main", kB)));
  clock_.Advance(std::chrono::minutes(11));
  EXPECT_TRUE(Hear(kB)) << "somebody sends it anew";
}

// The listing was on its way when the webhook came, and shows what was before.
TEST_F(RefBookTest, AnOldListingDoesNotTakeBackWhatAWebhookTold) {
  Look({{"refs/heads/main", kA}});
  const RefLook old = LookOf({{"refs/heads/main", kA}});
  Hear(kB);
  EXPECT_THAT(Names(book_->Compare(old)), IsEmpty());
  book_->Note(old);
  EXPECT_THAT(Look({{"refs/heads/main", kA}}), IsEmpty()) << "a server that shows it later than it tells";
  EXPECT_THAT(Look({{"refs/heads/main", kB}}), IsEmpty());
  clock_.Advance(std::chrono::minutes(1));
  EXPECT_THAT(Look({{"refs/heads/main", kB}}), IsEmpty());
  EXPECT_THAT(Look({{"refs/heads/main", kA}}), ElementsAre("refs/heads/main a")) << "it was put back";
}

TEST_F(RefBookTest, OnlyWhatIsFollowedAndCanBeComparedIsKeptOfAWebhook) {
  Look({{"refs/heads/main", kA}});
  ASSERT_TRUE(book_->Save());
  EXPECT_TRUE(Hear(""));
  EXPECT_TRUE(Hear("0123456"));
  EXPECT_TRUE(Hear(kB, "refs/heads/feature/x"));
  EXPECT_TRUE(Hear(kB, "refs/heads/" + std::string(300, 'x')));
  ASSERT_TRUE(book_->Save());
  EXPECT_EQ(ledger_.saves(), 1);
}

}  // namespace
}  // namespace tinyforge
