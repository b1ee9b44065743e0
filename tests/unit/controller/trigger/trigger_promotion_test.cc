#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/controller/trigger/service_fixture.h"

namespace tinyforge {
namespace {

using std::chrono::minutes;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TriggerPromotionTest : public TriggerServiceTest {
 protected:
  void SetStages(const std::string& promotion) {
    deploys_ = false;
    ObjectRecord record;
    record.key = {Kind::Workload, "staging"};
    record.generation = 1;
    record.status = RunsWhatItHas("staging");
    record.status.resolved = v1::ResolvedSource{.tag = "1.5.0", .digest = Digest('5'), .set_by = "manifest"};
    record.status.last_rollout.reset();
    store_.Put(record);
    status_ = record.status;
    Set(Manifest("Trigger", "name: promote", "promotion: {" + promotion + "}") + ImageWorkload("staging") +
        ImageWorkload("prod", "repository: shop, tag: \"1.4.2\"", "parent: staging") + Bound("b", "promote", "prod"));
    service_->Start();
  }
  RouteKey Key() { return {"promote", "b", "prod", ""}; }
  std::string Note() {
    const auto note = service_->NoteOf(Key());
    return note ? note->message : "";
  }
  static bool Until(const std::function<bool()>& holds) {
    for (const auto until = std::chrono::steady_clock::now() + kAwaitedSoon; std::chrono::steady_clock::now() < until;
         std::this_thread::yield())
      if (holds()) return true;
    return false;
  }
  bool AwaitNote(const std::string& text) {
    return Until([&] {
      if (Note().find(text) != std::string::npos) return true;
      service_->OnStatus({Kind::Workload, "staging"}, status_);
      return false;
    });
  }
  v1::Status status_;
};

TEST_F(TriggerPromotionTest, AVersionSoaksAndThenComes) {
  SetStages("soak: 30m");
  ASSERT_TRUE(AwaitNote("soaks until"));
  EXPECT_THAT(facts_.Of("prod").versions, IsEmpty());
  clock_.Advance(minutes(31));
  service_->OnStatus({Kind::Workload, "staging"}, status_);
  ASSERT_TRUE(AwaitAccepted(1));
  EXPECT_EQ(facts_.Of("prod").versions.front().version, (ImageVersion{"1.5.0", Digest('5')}));
}

TEST_F(TriggerPromotionTest, APersonApprovesWhatWaitsAndNothingElse) {
  SetStages("soak: 30m, approval: Required");
  ASSERT_TRUE(AwaitNote("soaks until"));
  EXPECT_THAT(service_->ApprovePromotion("prod").error().message, HasSubstr("nothing of prod waits for approval"));
  clock_.Advance(minutes(31));
  ASSERT_TRUE(AwaitNote("waits for approval"));
  EXPECT_TRUE(service_->ApprovePromotion("prod"));
  ASSERT_TRUE(AwaitAccepted(1));
  EXPECT_EQ(facts_.Of("prod").versions.front().version.digest, Digest('5'));
}

TEST_F(TriggerPromotionTest, NothingIsPromotedBeforeTheStageWasLookedAt) {
  SetStages("soak: 0s");
  ASSERT_TRUE(
      Until([&] { return Note().find("not been looked at since the controller started") != std::string::npos; }));
  EXPECT_THAT(facts_.Of("prod").versions, IsEmpty());
  service_->OnStatus({Kind::Workload, "staging"}, status_);  // the same as the cache says
  ASSERT_TRUE(AwaitAccepted(1));
}

TEST_F(TriggerPromotionTest, APersonPromotesAtOnce) {
  SetStages("soak: 30m, approval: Required");
  service_->OnStatus({Kind::Workload, "staging"}, status_);
  const auto told = service_->Promote("prod");
  ASSERT_TRUE(told);
  EXPECT_THAT(*told, HasSubstr("prod goes to 1.5.0"));
  EXPECT_THAT(accepted_.Get(), ::testing::ElementsAre("prod"));
  EXPECT_THAT(service_->Promote("staging").error().message, HasSubstr("no binding to a promotion trigger"));
  EXPECT_EQ(service_->Promote("nobody").error().kind, ErrorKind::NotFound);
}

}  // namespace
}  // namespace tinyforge
