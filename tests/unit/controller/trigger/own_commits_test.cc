// Pushes of commits that Tinyforge itself made to the config repository.
#include "tests/unit/controller/trigger/service_fixture.h"

namespace tinyforge {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kTheirs(40, 'd');
const std::string kLater(40, 'e');

// One repository for code and configuration.
class OwnCommitsTest : public TriggerServiceTest {
 protected:
  OwnCommitsTest() {
    for (const std::string& commit : {own_commit_, kTheirs, kLater}) registry_.Push("shop", commit, Digest(commit[0]));
    Set(Manifest("Trigger", "name: push", "git: {repository: acme/config, branches: [main], imageTag: GitSha}") +
        ImageWorkload("shop") + Bound("b", "push", "shop"));
  }
  static GitPushed To(const std::string& commit) {
    return {.repository = "acme/config", .name = "main", .commit = commit};
  }
  Delivery Accept(std::vector<InboundEvent> events) {
    return service_->Accept({.trigger = "push", .cause = "webhook", .events = std::move(events)});
  }
  bool AwaitFetch() {
    return fetches_.Until([](int n) { return n > 0; });
  }
  std::string Tag() {
    const Facts facts = facts_.Of("shop");
    return facts.versions.empty() ? "" : facts.versions.back().version.tag;
  }
};

TEST_F(OwnCommitsTest, TriggerNothing) {
  service_->Start();
  const Delivery own = Accept({To(own_commit_)});
  EXPECT_THAT(Text(Final(own.id)), HasSubstr("b/shop no-match: Tinyforge made these commits itself"));
  EXPECT_THAT(facts_.Of("shop").versions, IsEmpty());
  EXPECT_THAT(registry_.calls("shop"), 0);
}

TEST_F(OwnCommitsTest, BesideOthersTakeNothingFromThem) {
  commits_.Set(kTheirs, CommitOrigin::Others);
  service_->Start();
  const Delivery both = Accept({To(kTheirs), To(own_commit_)});
  EXPECT_THAT(Text(Final(both.id)), HasSubstr("b/shop deployed"));
  EXPECT_EQ(Tag(), kTheirs);
}

TEST_F(OwnCommitsTest, OfAnotherHostAreKnownOnceTheyAreFetched) {
  service_->Start();
  const Delivery delivery = Accept({To(kTheirs)});
  ASSERT_TRUE(AwaitFetch());
  EXPECT_EQ(CountOutcomes(*service_->desk().Find(delivery.id)).pending, 1u);
  commits_.Set(kTheirs, CommitOrigin::Tinyforge);
  service_->OnRevision();
  EXPECT_THAT(Text(Final(delivery.id)), HasSubstr("no-match: Tinyforge made these commits itself"));
  EXPECT_EQ(Tag(), "");
}

TEST_F(OwnCommitsTest, WhoseAreNotKnownAfterARestartWaitAgain) {
  service_->Start();
  const Delivery delivery = Accept({To(kTheirs)});
  ASSERT_TRUE(AwaitFetch());
  service_->Stop();
  Make();
  service_->OnRevision();
  service_->Start();
  ASSERT_TRUE(fetches_.Until([](int n) { return n == 2; }));
  EXPECT_EQ(Tag(), "");
  commits_.Set(kTheirs, CommitOrigin::Tinyforge);
  service_->OnRevision();
  EXPECT_THAT(Text(Final(delivery.id)), HasSubstr("no-match: Tinyforge made these commits itself"));
}

TEST_F(OwnCommitsTest, ALaterPushDoesNotOvertakeOneThatWaits) {
  commits_.Set(kLater, CommitOrigin::Others);
  service_->Start();
  const Delivery first = Accept({To(kTheirs)});
  const Delivery second = Accept({To(kLater)});
  ASSERT_TRUE(AwaitFetch());
  commits_.Set(kTheirs, CommitOrigin::Others);
  service_->OnRevision();
  Final(first.id);
  Final(second.id);
  EXPECT_EQ(Tag(), kLater);
}

TEST_F(OwnCommitsTest, AnEditThatCameWithTheFetchWins) {
  service_->Start();
  const Delivery delivery = Accept({To(kTheirs)});
  ASSERT_TRUE(AwaitFetch());
  commits_.Set(kTheirs, CommitOrigin::Others);
  Set(Manifest("Trigger", "name: push", "git: {repository: acme/config, branches: [main], imageTag: GitSha}") +
      ImageWorkload("shop", "repository: shop, tag: \"1.5.0\"") + Bound("b", "push", "shop"));
  EXPECT_THAT(Text(Final(delivery.id)), HasSubstr("skipped: the manifest's version was edited meanwhile"));
}

}  // namespace
}  // namespace tinyforge
