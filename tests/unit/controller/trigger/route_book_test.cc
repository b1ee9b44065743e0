#include "controller/trigger/route_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/trigger/fan_out.h"
#include "tests/fakes/fake_tree.h"
#include "tests/unit/controller/trigger/trigger_world.h"

namespace tinyforge {
namespace {

using ::testing::SizeIs;

ConfigSnapshot Snapshot(const std::string& manifests) {
  return {std::make_shared<v1::ObjectSet>(ParseManifests(manifests)), nullptr};
}

TEST(RouteBook, ResolvesARevisionOnceAndKeepsTheLastOnes) {
  FakeSecrets secrets;
  RouteBook book("", secrets);
  const ConfigSnapshot first = Snapshot(Manifest("Trigger", "name: hand", "manual: {}"));
  const auto table = book.Of(first);
  EXPECT_EQ(book.Of(first), table);
  for (int i = 0; i < 3; ++i) book.Of(Snapshot(Manifest("Trigger", "name: hand", "manual: {}")));
  EXPECT_NE(book.Of(first), table);
}

TEST(RouteBook, SaysWhoDecidesAndWhoIsPromotedFromWhom) {
  FakeSecrets secrets;
  RouteBook book("", secrets);
  const ConfigSnapshot snapshot =
      Snapshot(Manifest("Trigger", "name: auto", kPolicy) + Manifest("Trigger", "name: hand", "manual: {}") +
               Manifest("Trigger", "name: promote", "promotion: {soak: 1m}") + ImageWorkload("dev") +
               ImageWorkload("prod", "repository: shop, tag: \"1.4.2\"", "parent: dev") + ImageWorkload("free") +
               Bound("a", "auto", "dev", "writeBack: {mode: Commit}") + Bound("p", "promote", "prod") +
               Bound("h", "hand", "free"));
  EXPECT_EQ(book.DecidingFor(snapshot, "dev", "")->binding, "a");
  EXPECT_TRUE(book.DecidingFor(snapshot, "dev", "")->writes_back);
  EXPECT_EQ(book.DecidingFor(snapshot, "prod", "")->binding, "p");
  EXPECT_FALSE(book.DecidingFor(snapshot, "prod", "")->writes_back);
  EXPECT_FALSE(book.DecidingFor(snapshot, "free", ""));
  ASSERT_THAT(book.PromotedFrom(snapshot, "dev"), SizeIs(1));
  EXPECT_EQ(book.PromotedFrom(snapshot, "dev").front().workload->key.name, "prod");
  EXPECT_THAT(book.PromotedFrom(snapshot, "prod"), SizeIs(0));
}

TEST(RouteBook, KnowsTheServicesOfAProjectByItsFiles) {
  FakeSecrets secrets;
  RouteBook book("", secrets);
  auto tree = std::make_shared<FakeTree>();
  tree->files["compose.yaml"] =
      "services:\n  api: {image: 'shop/api:${TAG:-1.4.2}'}\n  web: {image: shop/web}\n  site: {build: .}\n";
  const ConfigSnapshot snapshot{
      std::make_shared<v1::ObjectSet>(
          ParseManifests(Manifest("Trigger", "name: auto", kPolicy) +
                         Manifest("Workload", "name: shop", "source: {compose: {file: compose.yaml}}") +
                         Bound("a", "auto", "shop", "service: api") + Bound("b", "auto", "shop", "service: web"))),
      tree};
  ASSERT_THAT(book.Of(snapshot)->problems, SizeIs(0));
  EXPECT_EQ(book.DecidingFor(snapshot, "shop", "api")->binding, "a");
  EXPECT_EQ(book.DecidingFor(snapshot, "shop", "web")->binding, "b");
  EXPECT_FALSE(book.DecidingFor(snapshot, "shop", ""));
  const v1::Object& shop = *snapshot.objects->Find({Kind::Workload, "shop"});
  EXPECT_EQ(book.ImageOf(snapshot, shop, "api")->tag, "1.4.2");
  EXPECT_EQ(book.ImageOf(snapshot, shop, "web")->repository, "shop/web");
  EXPECT_EQ(book.ImageOf(snapshot, shop, "site").error().kind, ErrorKind::NotFound);
}

// Else the version that it decided would be given up for the manifest's.
TEST(RouteBook, APolicyDecidesOnWhileTheFilesCannotBeRead) {
  FakeSecrets secrets;
  RouteBook book("", secrets);
  auto tree = std::make_shared<FakeTree>();
  tree->files["compose.yaml"] = "services: {api: {image: shop/api}}";
  tree->failing = Error{ErrorKind::Transient, "too many open files"};
  const ConfigSnapshot snapshot{std::make_shared<v1::ObjectSet>(ParseManifests(
                                    Manifest("Trigger", "name: auto", kPolicy) +
                                    Manifest("Workload", "name: shop", "source: {compose: {file: compose.yaml}}") +
                                    Bound("a", "auto", "shop", "service: api, writeBack: {mode: Commit}"))),
                                tree};
  ASSERT_THAT(book.Of(snapshot)->problems, SizeIs(1));
  EXPECT_EQ(book.Of(snapshot)->problems[0].reason, route_reason::kServicesUnknown);
  const RouteKey key{"auto", "a", "shop", "api"};
  EXPECT_TRUE(IsInDoubt(*book.Of(snapshot), key));
  EXPECT_EQ(book.DecidingFor(snapshot, "shop", "api")->binding, "a");
  EXPECT_TRUE(book.DecidingFor(snapshot, "shop", "api")->writes_back);
  tree->failing.reset();
  EXPECT_TRUE(IsInDoubt(*book.Of(snapshot), key)) << "read once a revision";
  EXPECT_TRUE(book.MayPass(snapshot));
  EXPECT_TRUE(book.ReadAgain());
  ASSERT_THAT(book.Of(snapshot)->problems, SizeIs(0));
  EXPECT_FALSE(IsInDoubt(*book.Of(snapshot), key));
  EXPECT_NE(FindRoute(*book.Of(snapshot), key), nullptr);
  EXPECT_FALSE(book.MayPass(snapshot));
  EXPECT_FALSE(book.ReadAgain());
}

}  // namespace
}  // namespace tinyforge
