#include "controller/trigger/route_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/controller/trigger/trigger_world.h"

namespace tinyforge {
namespace {

using ::testing::SizeIs;

ConfigSnapshot Snapshot(const std::string& manifests) {
  return {std::make_shared<v1::ObjectSet>(ParseManifests(manifests)), nullptr};
}

TEST(RouteBook, ResolvesARevisionOnceAndKeepsTheLastOnes) {
  RouteBook book("");
  const ConfigSnapshot first = Snapshot(Manifest("Trigger", "name: hand", "manual: {}"));
  const auto table = book.Of(first);
  EXPECT_EQ(book.Of(first), table);
  for (int i = 0; i < 3; ++i) book.Of(Snapshot(Manifest("Trigger", "name: hand", "manual: {}")));
  EXPECT_NE(book.Of(first), table);
}

TEST(RouteBook, SaysWhoDecidesAndWhoIsPromotedFromWhom) {
  RouteBook book("");
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

}  // namespace
}  // namespace tinyforge
