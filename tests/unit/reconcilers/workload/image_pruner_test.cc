#include "reconcilers/workload/image_pruner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_engine.h"
#include "tests/fakes/fake_host_images.h"
#include "tests/fakes/one_by_one.h"

namespace tinyforge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class FakeConfig : public ConfigReader {
 public:
  std::shared_ptr<v1::ObjectSet> objects = std::make_shared<v1::ObjectSet>();
  std::shared_ptr<const ConfigSnapshot> Current() override {
    return std::make_shared<ConfigSnapshot>(ConfigSnapshot{objects, nullptr});
  }
  bool HistoryHeld(const Revision&, std::string_view) override { return true; }
};

// "shop" has left shop:1, image "one".
class ImagePrunerTest : public ::testing::Test {
 protected:
  ImagePrunerTest() {
    config.objects->complete = true;
    Asks("shop", "shop", "2");
    images.Pulled("shop:1", "one");
    Leave("shop", "shop:1", "one");
  }
  v1::WorkloadSpec& Asks(const std::string& workload, const std::string& repository, const std::string& tag) {
    auto object = std::make_shared<v1::Object>();
    object->key = {Kind::Workload, workload};
    v1::WorkloadSpec spec;
    spec.source.image = v1::ImageSource{.repository = repository, .tag = tag};
    object->spec = spec;
    config.objects->objects[object->key] = object;
    return std::get<v1::WorkloadSpec>(object->spec);
  }
  void Leave(const std::string& workload, const std::string& reference, const std::string& id) {
    facts.facts[workload].superseded.push_back({reference, id, "not among the last 2 good releases", "", now});
  }
  PruneReport Prune() {
    return ImagePruner(config, {engine, files, facts, logs, images, tasks}).Prune({key, "shop", {"shop"}, now});
  }
  // Why shop:1 stays; empty: it went.
  std::string Kept() {
    report = Prune();
    const auto& superseded = facts.facts["shop"].superseded;
    EXPECT_EQ(superseded.empty(), !report.come_back);
    EXPECT_EQ(superseded.empty(), !images.pending.contains("shop"));
    if (superseded.empty()) return {};
    EXPECT_THAT(images.removed, IsEmpty());
    return superseded.front().kept;
  }

  const ObjectKey key{Kind::Workload, "shop"};
  const SysTime now{Duration(5000)};
  FakeConfig config;
  FakeEngine engine;
  FakeFiles files;
  FakeFacts facts;
  FakeLogs logs;
  FakeHostImages images;
  OneByOne tasks;
  PruneReport report;
};

TEST_F(ImagePrunerTest, RemovesWhatNobodyNeedsAndSaysSo) {
  EXPECT_EQ(Kept(), "");
  EXPECT_THAT(images.removed, ElementsAre("one"));
  ASSERT_THAT(report.events, SizeIs(1));
  EXPECT_EQ(report.events[0].reason, "ImagePruned");
  EXPECT_EQ(report.events[0].object, "workload/shop");
  EXPECT_EQ(report.events[0].message, "remove image shop:1 (one) (not among the last 2 good releases)");
}

TEST_F(ImagePrunerTest, MakesNoCallWithNothingToRemove) {
  facts.facts.clear();
  EXPECT_EQ(Kept(), "");
  EXPECT_EQ(images.looks, 0);
  EXPECT_THAT(images.removed, IsEmpty());
}

TEST_F(ImagePrunerTest, KeepsWhatAContainerOfAnybodyUses) {
  images.images["one"].users = {"somebodys", "zz"};
  EXPECT_EQ(Kept(), "container somebodys is made from it");
  ASSERT_THAT(report.events, SizeIs(1));
  EXPECT_EQ(report.events[0].reason, "ImageKept");
  EXPECT_THAT(report.events[0].message, HasSubstr("container somebodys"));
  EXPECT_THAT(Prune().events, IsEmpty());  // said once
  images.images["one"].users.clear();
  EXPECT_EQ(Kept(), "");
  EXPECT_THAT(images.removed, ElementsAre("one"));
}

TEST_F(ImagePrunerTest, KeepsAGoodReleaseOfAnotherWorkload) {
  facts.facts["other"].good = {{.reference = "shop:1", .image_id = "one"}};
  EXPECT_EQ(Kept(), "workload/other may go back to it");
}

TEST_F(ImagePrunerTest, KeepsACandidateOfAnotherWorkloadAlsoBeforeItsPullHasEnded) {
  facts.facts["other"].candidate = CandidateImage{"shop:1", ""};
  EXPECT_EQ(Kept(), "workload/other is bringing it up");
  facts.facts["other"].candidate = CandidateImage{"elsewhere:1", "one"};
  EXPECT_EQ(Kept(), "workload/other is bringing it up");
}

TEST_F(ImagePrunerTest, KeepsWhatIsPinned) {
  facts.facts["shop"].pin = Pin{.reference = "shop:1", .base = "shop:2"};
  EXPECT_EQ(Kept(), "workload/shop is pinned to it");
  facts.facts["shop"].pin->reference = "sha256:1111";
  images.Pulled("shop:1", "sha256:1111");
  facts.facts["shop"].superseded.front().image_id = "sha256:1111";
  EXPECT_EQ(Kept(), "workload/shop is pinned to it");
}

TEST_F(ImagePrunerTest, KeepsWhatAManifestAsksForOnWhateverHost) {
  Asks("other", "shop", "1").hosts = {"elsewhere"};
  EXPECT_EQ(Kept(), "workload/other asks for it");
}

TEST_F(ImagePrunerTest, KeepsWhatASuspendedWorkloadLeft) {
  facts.facts["other"].suspended = true;
  Leave("other", "shop:1", "one");
  EXPECT_EQ(Kept(), "workload/other, which left it, is suspended");
}

TEST_F(ImagePrunerTest, KeepsWhatAServiceOfASuspendedWorkloadLeft) {
  facts.facts["other"].suspended = true;
  Leave("other.web", "shop:1", "one");
  EXPECT_EQ(Kept(), "workload/other, which left it, is suspended");
}

TEST_F(ImagePrunerTest, NeverTouchesWhatCameFromNoRegistryAndForgetsIt) {
  images.images["one"].digests.clear();
  EXPECT_EQ(Kept(), "");
  EXPECT_THAT(images.removed, IsEmpty());
  ASSERT_THAT(report.events, SizeIs(1));
  EXPECT_EQ(report.events[0].message, "shop:1 (one) is needed no more and stays: it came from no registry");
}

TEST_F(ImagePrunerTest, KeepsWhatSomebodyHasGivenAnotherName) {
  images.images["one"].tags.push_back("backup/shop:keep");
  EXPECT_EQ(Kept(), "it is also called backup/shop:keep, which no workload asked for");
  images.images["one"].tags.back() = "shop:keep";  // in the same repository too
  EXPECT_EQ(Kept(), "it is also called shop:keep, which no workload asked for");
  images.images["one"].tags.pop_back();
  images.images["one"].digests.push_back("mirror/shop@sha256:1");
  EXPECT_EQ(Kept(), "it is also called mirror/shop@sha256:1, which no workload asked for");
}

TEST_F(ImagePrunerTest, RemovesWhatWorkloadsCalledBySeveralNames) {
  images.images["one"].tags.push_back("staging:rc1");
  images.images["one"].digests.push_back("staging@one");
  Leave("staging", "staging:rc1", "one");
  EXPECT_EQ(Kept(), "");
  EXPECT_THAT(images.removed, ElementsAre("one"));
}

TEST_F(ImagePrunerTest, ATagThatWasMovedIsNotFollowed) {
  images.Pulled("shop:1", "newer");  // "one" has lost its tag
  EXPECT_EQ(Kept(), "");
  EXPECT_THAT(images.removed, ElementsAre("one"));
  EXPECT_TRUE(images.images.contains("newer"));
}

TEST_F(ImagePrunerTest, ForgetsWhatIsGoneAlready) {
  images.images.clear();
  EXPECT_EQ(Kept(), "");
  EXPECT_THAT(report.events, IsEmpty());
}

TEST_F(ImagePrunerTest, APullOfUnknownEndIsLookedUpByItsName) {
  facts.facts["shop"].superseded.front().image_id.clear();
  images.images["one"].users = {"somebodys"};
  EXPECT_EQ(Kept(), "container somebodys is made from it");
  EXPECT_EQ(facts.facts["shop"].superseded.front().image_id, "one");
  images.images["one"].users.clear();
  EXPECT_EQ(Kept(), "");
  EXPECT_THAT(images.removed, ElementsAre("one"));
}

TEST_F(ImagePrunerTest, RemovesNothingWhileSomethingCannotBeRead) {
  config.objects->complete = false;
  EXPECT_THAT(Kept(), HasSubstr("cannot be read completely"));
  config.objects->complete = true;
  facts.damaged = "other.json.damaged";
  EXPECT_THAT(Kept(), HasSubstr("other.json.damaged is damaged"));
  facts.damaged.clear();
  images.failure = Error{ErrorKind::Transient, "no answer"};
  EXPECT_THAT(Kept(), HasSubstr("no answer"));
  images.failure.reset();
  EXPECT_EQ(Kept(), "");
}

TEST_F(ImagePrunerTest, LooksAtOnceAtWhatIsNewAndElseWhenItIsTime) {
  images.images["one"].users = {"somebodys"};
  EXPECT_NE(Kept(), "");
  images.rest = std::chrono::minutes(3);
  const int looks = images.looks;
  EXPECT_EQ(Prune().come_back, std::chrono::minutes(3));
  EXPECT_EQ(images.looks, looks);
  images.Pulled("shop:9", "nine");
  Leave("shop", "shop:9", "nine");
  (void)Prune();
  EXPECT_THAT(images.removed, ElementsAre("nine"));
}

}  // namespace
}  // namespace tinyforge
