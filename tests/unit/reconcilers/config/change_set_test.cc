// What changes between two revisions, and what is kept of what could not be read.
#include "reconcilers/config/change_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tinyforge {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::ObjectPtr Named(std::string name, std::string path, std::string hash = "1") {
  auto object = std::make_shared<v1::Object>();
  object->key = {Kind::Workload, name};
  object->meta.name = std::move(name);
  object->position = {std::move(path), 1, 1};
  object->spec_hash = std::move(hash);
  return object;
}

v1::ObjectSet Of(const std::vector<v1::ObjectPtr>& objects) {
  v1::ObjectSet set;
  set.complete = true;
  for (const auto& object : objects) set.objects.emplace(object->key, object);
  return set;
}

v1::Diagnostic In(std::string path) {
  return {{std::move(path), 1, 1}, "", "x"};
}

std::vector<std::string> Names(const v1::ObjectSet& set) {
  std::vector<std::string> names;
  for (const auto& [key, object] : set.objects) names.push_back(key.name);
  return names;
}

std::vector<std::string> Changed(const ChangeSet& changes) {
  std::vector<std::string> names;
  for (const auto& object : changes.changed) names.push_back(object->key.name);
  return names;
}

std::vector<std::string> Removed(const ChangeSet& changes) {
  std::vector<std::string> names;
  for (const auto& key : changes.removed) names.push_back(key.name);
  return names;
}

TEST(Diff, FindsWhatWasAddedChangedAndRemoved) {
  const auto changes = Diff(Of({Named("a", "a"), Named("b", "b"), Named("c", "c"), Named("d", "d")}),
                            Of({Named("a", "a"), Named("c", "c", "2"), Named("d", "d"), Named("e", "e")}));
  EXPECT_THAT(Changed(changes), ElementsAre("c", "e"));
  EXPECT_THAT(Removed(changes), ElementsAre("b"));
}

TEST(Diff, EqualSetsAreNoChange) {
  const auto set = Of({Named("a", "a"), Named("b", "b")});
  EXPECT_EQ(Diff(set, set), ChangeSet{});
  EXPECT_EQ(Diff(set, Of({Named("a", "a"), Named("b", "b")})), ChangeSet{});
  EXPECT_EQ(Diff({}, {}), ChangeSet{});
}

TEST(Diff, MetadataAndPathAreChanges) {
  auto labelled = std::make_shared<v1::Object>(*Named("a", "a"));
  labelled->meta.labels["team"] = "web";
  EXPECT_THAT(Changed(Diff(Of({Named("a", "a")}), Of({labelled}))), ElementsAre("a"));
  EXPECT_THAT(Changed(Diff(Of({Named("a", "a")}), Of({Named("a", "b")}))), ElementsAre("a"))
      << "its relative paths mean something else";
  auto lower = std::make_shared<v1::Object>(*Named("a", "a"));
  lower->position.line = 9;
  EXPECT_THAT(Changed(Diff(Of({Named("a", "a")}), Of({lower}))), IsEmpty());
}

TEST(Diff, AnIncompleteSetRemovesNothing) {
  auto next = Of({});
  next.complete = false;
  EXPECT_EQ(Diff(Of({Named("a", "a")}), next), ChangeSet{});
}

TEST(KeepLastSeen, KeepsTheObjectsOfAFaultyFile) {
  const auto previous = Of({Named("a", "x"), Named("b", "x"), Named("c", "y")});
  auto next = Of({Named("a", "x", "2")});
  next.errors = {In("x")};
  const auto kept = KeepLastSeen(previous, next);
  EXPECT_THAT(Names(kept), ElementsAre("a", "b"));
  EXPECT_EQ(kept.objects.at({Kind::Workload, "a"})->spec_hash, "2") << "the good document of the file applies";
  EXPECT_THAT(Removed(Diff(previous, kept)), ElementsAre("c")) << "a removed file still removes";
}

TEST(KeepLastSeen, KeepsWhatAFaultyDocumentNamesWhereverItWas) {
  auto next = Of({});
  next.errors = {In("new/place")};
  next.broken = {{Kind::Workload, "a"}};
  EXPECT_THAT(Names(KeepLastSeen(Of({Named("a", "old/place"), Named("b", "old/place")}), next)), ElementsAre("a"));
}

TEST(KeepLastSeen, KeepsAllOfAnIncompleteTree) {
  auto next = Of({Named("a", "x", "2")});
  next.complete = false;
  EXPECT_THAT(Names(KeepLastSeen(Of({Named("a", "x"), Named("b", "y")}), next)), ElementsAre("a", "b"));
}

TEST(KeepLastSeen, KeepsAllWhileADocumentCannotBeTold) {
  auto next = Of({});
  next.errors = {In("new/place")};
  next.unnamed_errors = true;
  EXPECT_THAT(Names(KeepLastSeen(Of({Named("a", "old/place")}), next)), ElementsAre("a")) << "moved and broken at once";
}

TEST(KeepLastSeen, WithoutErrorsNothingIsKept) {
  EXPECT_THAT(Names(KeepLastSeen(Of({Named("a", "x")}), Of({}))), IsEmpty());
}

TEST(KeepLastSeen, WhatStoodBelowARefusedFolderStaysAndIsSaid) {
  auto next = Of({Named("b", "b.yaml")});
  next.refused = {{"apps", "is a submodule"}, {"link", "is a symlink"}};
  const auto kept = KeepLastSeen(Of({Named("a", "apps/x/a.yaml"), Named("b", "b.yaml"), Named("c", "c.yaml")}), next);
  EXPECT_THAT(Names(kept), ElementsAre("a", "b"));
  ASSERT_EQ(kept.errors.size(), 1u);
  EXPECT_EQ(kept.errors[0].position.path, "apps");
}

TEST(IsKnownGone, NotWhileItsFileIsThereOrWhereItStoodIsRefused) {
  auto set = Of({});
  const ObjectKey a{Kind::Workload, "a"};
  set.bare = {"a.yaml"};
  set.refused = {{"apps", "is a symlink"}};
  EXPECT_FALSE(IsKnownGone(set, a, "a.yaml"));
  EXPECT_FALSE(IsKnownGone(set, a, "apps/a.yaml"));
  EXPECT_TRUE(IsKnownGone(set, a, "b.yaml"));
}

TEST(IsKnownGone, NotWhileSomethingOfItCouldNotBeRead) {
  const ObjectKey a{Kind::Workload, "a"};
  auto set = Of({Named("b", "y")});
  EXPECT_TRUE(IsKnownGone(set, a, "x"));
  EXPECT_FALSE(IsKnownGone(set, {Kind::Workload, "b"}, "y")) << "it is there";
  set.errors = {In("x")};
  EXPECT_FALSE(IsKnownGone(set, a, "x"));
  EXPECT_TRUE(IsKnownGone(set, a, "z"));
  set.broken = {a};
  EXPECT_FALSE(IsKnownGone(set, a, "z"));
  set = Of({});
  set.errors = {In("x")};
  set.unnamed_errors = true;
  EXPECT_FALSE(IsKnownGone(set, a, "z")) << "it may have moved to where the error is";
  set = Of({});
  set.complete = false;
  EXPECT_FALSE(IsKnownGone(set, a, "z"));
}

}  // namespace
}  // namespace tinyforge
