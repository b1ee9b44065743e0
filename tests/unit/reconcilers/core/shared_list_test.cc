#include "reconcilers/core/shared_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "reconcilers/core/shared_text.h"

namespace tinyforge {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using List = SharedList<std::string>;

const std::string* Place(const List& list) {
  return list.items().data();
}

TEST(SharedList, ACopyHoldsTheSameElementsUntilOneOfThemIsChanged) {
  List first = {"a", "b"};
  const List second = first;
  EXPECT_EQ(Place(second), Place(first));
  first[0] = "c";
  first.push_back("d");
  EXPECT_THAT(first, ElementsAre("c", "b", "d"));
  EXPECT_THAT(second, ElementsAre("a", "b"));
}

TEST(SharedList, WhoHoldsThemAloneChangesThemInPlace) {
  List list = {"a", "b"};
  const std::string* place = Place(list);
  { const List gone = list; }
  list.back() = "c";
  for (std::string& text : list) text += "!";
  EXPECT_EQ(Place(list), place);
  EXPECT_THAT(list, ElementsAre("a!", "c!"));
}

TEST(SharedList, IsAVectorOtherwise) {
  List list;
  EXPECT_THAT(list, IsEmpty());
  EXPECT_EQ(list, List(std::vector<std::string>()));
  list.emplace_back("a");
  list = std::vector<std::string>{"b", "c", "d"};
  list.erase(list.begin(), list.begin() + 2);
  const List moved = std::move(list);
  EXPECT_THAT(moved, ElementsAre("d"));
  EXPECT_EQ(moved, (List{"d"}));
  EXPECT_NE(moved, (List{"e"}));
  List copy = moved;
  copy.clear();
  EXPECT_TRUE(copy.empty());
  EXPECT_EQ(moved.size(), 1U);
}

TEST(SharedText, IsAText) {
  const SharedText none;
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(none, "");
  EXPECT_EQ(none, SharedText(std::string()));
  const SharedText text = std::string("why");
  const SharedText same = text;
  EXPECT_EQ(same.str().data(), text.str().data());
  EXPECT_EQ(same, SharedText("why"));
  EXPECT_EQ(same, std::string("why"));
  EXPECT_NE(same, "who");
  EXPECT_EQ(same.size(), 3U);
}

}  // namespace
}  // namespace tinyforge
