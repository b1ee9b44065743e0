#include "reconcilers/config/dependencies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tinyforge {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

v1::ObjectSet Graph(const std::map<std::string, std::vector<std::string>>& edges) {
  v1::ObjectSet set;
  for (const auto& [name, depends_on] : edges) {
    auto object = std::make_shared<v1::Object>();
    object->key = {Kind::Workload, name};
    v1::WorkloadSpec spec;
    spec.depends_on = depends_on;
    object->spec = spec;
    set.objects[object->key] = object;
  }
  return set;
}

TEST(Dependencies, ACycleIsPrintedByItsMembersAlone) {
  const v1::ObjectSet set =
      Graph({{"a", {"b"}}, {"b", {"c", "x"}}, {"c", {"a"}}, {"into", {"a"}}, {"me", {"me"}}, {"x", {}}});
  EXPECT_EQ(FindCycle(set, "a"), "a -> b -> c -> a");
  EXPECT_EQ(FindCycle(set, "c"), "c -> a -> b -> c");
  EXPECT_EQ(FindCycle(set, "me"), "me -> me");
  EXPECT_EQ(FindCycle(set, "into"), "");
  EXPECT_EQ(FindCycle(set, "x"), "");
  EXPECT_EQ(FindCycle(set, "unknown"), "");
}

TEST(Dependencies, ALongChainCostsNoStack) {
  std::map<std::string, std::vector<std::string>> edges;
  for (int i = 0; i < 20000; ++i) edges["w" + std::to_string(i)] = {"w" + std::to_string((i + 1) % 20000)};
  EXPECT_FALSE(FindCycle(Graph(edges), "w0").empty());
}

TEST(Dependencies, DependentsAreWhoNamesIt) {
  EXPECT_THAT(DependentsOf(Graph({{"a", {"db"}}, {"b", {"db", "a"}}, {"db", {}}}), "db"), ElementsAre("a", "b"));
}

TEST(Dependencies, WhoIsDependedOnGoesLastAndACycleHoldsUpNobody) {
  const v1::ObjectSet set = Graph({{"a", {"db"}}, {"b", {"db", "a"}}, {"db", {}}, {"x", {"y"}}, {"y", {"x"}}});
  EXPECT_THAT(TeardownOrder(set, {"a", "b", "db", "x", "y"}),
              ElementsAre(Pair("a", ElementsAre("b")), Pair("db", ElementsAre("a", "b"))));
  EXPECT_THAT(TeardownOrder(set, {"db"}), IsEmpty());
}

}  // namespace
}  // namespace tinyforge
