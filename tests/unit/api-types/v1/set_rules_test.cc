// Claims of host ports between workloads.
#include "api-types/v1/set_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tinyforge::v1 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

ObjectPtr Claiming(std::string name, Port port, std::vector<std::string> hosts = {}) {
  auto object = std::make_shared<Object>();
  object->key = {Kind::Workload, std::move(name)};
  WorkloadSpec spec;
  spec.hosts = std::move(hosts);
  spec.ports = {std::move(port)};
  object->spec = std::move(spec);
  return object;
}

std::vector<Collision> Between(const std::vector<ObjectPtr>& objects) {
  std::map<ObjectKey, ObjectPtr> set;
  for (const auto& object : objects) set.emplace(object->key, object);
  return ValidateSet(set);
}

Port At(std::uint16_t host, std::optional<std::string> address = {}, Protocol protocol = Protocol::TCP) {
  return {.container = 80, .host = host, .host_ip = std::move(address), .protocol = protocol};
}

TEST(ValidateSet, OnePortHasOneHolder) {
  const auto collisions = Between({Claiming("a", At(80)), Claiming("b", At(80)), Claiming("c", At(80))});
  ASSERT_THAT(collisions, SizeIs(2));
  EXPECT_EQ(collisions[0].key.name, "b");
  EXPECT_EQ(collisions[1].key.name, "c");
}

TEST(ValidateSet, OtherPlacesDoNotCollide) {
  EXPECT_THAT(Between({Claiming("a", At(80)), Claiming("b", At(81))}), IsEmpty());
  EXPECT_THAT(Between({Claiming("a", At(80)), Claiming("b", At(80, {}, Protocol::UDP))}), IsEmpty());
  EXPECT_THAT(Between({Claiming("a", At(80, "10.0.0.1")), Claiming("b", At(80, "10.0.0.2"))}), IsEmpty());
  EXPECT_THAT(Between({Claiming("a", At(0)), Claiming("b", At(0))}), IsEmpty()) << "ephemeral";
  EXPECT_THAT(Between({Claiming("a", {.container = 80}), Claiming("b", {.container = 80})}), IsEmpty())
      << "not published";
}

TEST(ValidateSet, TheWildcardAddressIncludesAll) {
  EXPECT_THAT(Between({Claiming("a", At(80, "0.0.0.0")), Claiming("b", At(80, "10.0.0.2"))}), SizeIs(1));
  EXPECT_THAT(Between({Claiming("a", At(80)), Claiming("b", At(80, "::"))}), SizeIs(1));
}

TEST(ValidateSet, DisjointHostsDoNotCollide) {
  EXPECT_THAT(Between({Claiming("a", At(80), {"web1"}), Claiming("b", At(80), {"web2", "db*"})}), IsEmpty());
  EXPECT_THAT(Between({Claiming("a", At(80), {"web1"}), Claiming("b", At(80), {"web*"})}), SizeIs(1));
  EXPECT_THAT(Between({Claiming("a", At(80), {"web1"}), Claiming("b", At(80))}), SizeIs(1));
  EXPECT_THAT(Between({Claiming("a", At(80), {"a*"}), Claiming("b", At(80), {"*b"})}), SizeIs(1));
}

ObjectPtr Replicated(std::string name, int replicas, std::vector<std::string> hosts = {}) {
  auto object = std::make_shared<Object>();
  object->key = {Kind::Workload, std::move(name)};
  object->position = {"a.yaml", 1, 1};
  object->spec = WorkloadSpec{.hosts = std::move(hosts), .replicas = replicas};
  return object;
}

std::vector<std::string> AtFault(const std::vector<ObjectPtr>& objects) {
  std::vector<std::string> names;
  for (const Collision& collision : Between(objects)) names.push_back(collision.key.name);
  return names;
}

TEST(ValidateSet, TwoWorkloadsDoNotShareAContainerName) {
  const auto collisions = Between({Replicated("web", 2), Replicated("web-2", 1)});
  ASSERT_THAT(collisions, SizeIs(1));
  EXPECT_EQ(collisions[0].key.name, "web-2");
  EXPECT_EQ(
      collisions[0].error.message,
      "workload/web-2 has a container named web-2, and so has workload/web (a.yaml:1:1); rename one or run them on "
      "different hosts");
  EXPECT_THAT(AtFault({Replicated("a", 1), Replicated("tf-a", 1)}), ElementsAre("tf-a"));
  EXPECT_THAT(AtFault({Replicated("z", 1), Replicated("tf-z", 1)}), ElementsAre("z"));
  EXPECT_THAT(AtFault({Replicated("web-1", 3), Replicated("web-1-3", 1)}), ElementsAre("web-1-3"));
}

TEST(ValidateSet, NamesThatOnlyLookAlikeDoNotCollide) {
  EXPECT_THAT(AtFault({Replicated("web", 1), Replicated("web-2", 1)}), IsEmpty());
  EXPECT_THAT(AtFault({Replicated("web", 2), Replicated("web-2", 0)}), IsEmpty());
  EXPECT_THAT(AtFault({Replicated("web", 2), Replicated("web-3", 1)}), IsEmpty());
  EXPECT_THAT(AtFault({Replicated("web", 2, {"web1"}), Replicated("web-2", 1, {"db1"})}), IsEmpty());
}

ObjectPtr OfProject(std::string name, std::string project, std::vector<std::string> hosts = {}) {
  auto object = std::make_shared<Object>();
  object->key = {Kind::Workload, std::move(name)};
  WorkloadSpec spec;
  spec.hosts = std::move(hosts);
  spec.source.compose = ComposeSource{.project_name = std::move(project)};
  object->spec = std::move(spec);
  return object;
}

TEST(ValidateSet, AComposeProjectIsOfOneWorkload) {
  const auto collisions = Between({OfProject("a", "shop"), OfProject("b", "shop"), OfProject("c", "blog")});
  ASSERT_THAT(collisions, SizeIs(1));
  EXPECT_EQ(collisions[0].key.name, "b");
  EXPECT_THAT(ToString(collisions[0].error), HasSubstr("spec.source.compose.projectName"));
  EXPECT_THAT(ToString(collisions[0].error), HasSubstr("and so has workload/a"));
  EXPECT_THAT(Between({OfProject("a", "shop", {"web1"}), OfProject("b", "shop", {"web2"})}), IsEmpty());
}

}  // namespace
}  // namespace tinyforge::v1
