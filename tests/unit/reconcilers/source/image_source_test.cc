#include "reconcilers/source/image/image_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconcilers/core/field_digests.h"
#include "reconcilers/source/desired_files.h"
#include "tests/fakes/fake_tree.h"

namespace tinyforge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ImageSourceTest : public ::testing::Test {
 protected:
  ImageSourceTest() {
    object.key = {Kind::Workload, "shop"};
    object.position.path = "apps/shop.yaml";
    spec.source.image = v1::ImageSource{.repository = "registry.example.com/shop", .tag = "1.4.2"};
  }
  Expected<DesiredState> Render() {
    object.spec = spec;
    reads = {};
    auto services = ImageSourceKind().Render(
        {.workload = object, .tree = tree, .secrets = secrets, .paths = paths, .project = "shop-root"}, reads);
    if (!services) return std::move(services).error();
    return std::move(services->front());
  }
  const Mount* FindMount(const DesiredState& state, std::string_view target) {
    for (const Mount& m : state.containers.at(0).spec.mounts)
      if (m.target == target) return &m;
    return nullptr;
  }

  v1::Object object;
  v1::WorkloadSpec spec;
  FakeTree tree;
  FakeSecrets secrets;
  HostPaths paths{"/vol", "/files"};
  ReadSet reads;
};

TEST_F(ImageSourceTest, ReplicasServeUnderTheWorkloadsNameOnTheSharedNetwork) {
  spec.replicas = 2;
  auto state = Render();
  ASSERT_TRUE(state);
  ASSERT_EQ(state->containers.size(), 2u);
  EXPECT_EQ(state->containers[0].name, "shop");
  EXPECT_EQ(state->containers[1].name, "shop-2");
  EXPECT_EQ(state->containers[0].spec.image, "registry.example.com/shop:1.4.2");
  EXPECT_THAT(state->containers[0].networks, ElementsAre(NetworkAttachment{"tinyforge", {"shop"}, {}}));
  EXPECT_TRUE(state->networks.at(0).shared);
}

TEST_F(ImageSourceTest, DigestWinsAndTagDefaultsToLatest) {
  EXPECT_EQ(ImageReference({.repository = "nginx"}), "nginx:latest");
  EXPECT_EQ(ImageReference({.repository = "nginx", .digest = "sha256:abc"}), "nginx@sha256:abc");
}

TEST_F(ImageSourceTest, APullSecretIsNoPartOfTheContainerAndItsAbsenceNoError) {
  const auto without = Render()->containers[0].template_hash;
  spec.source.image->pull_secret = {"registry", "config.json"};
  auto state = Render();
  ASSERT_TRUE(state);
  EXPECT_THAT(reads.secrets, ElementsAre("registry"));
  EXPECT_THAT(state->pull_secret->error().message, HasSubstr("source.image.pullSecret: Secret registry"));
  EXPECT_EQ(state->containers[0].template_hash, without);
  for (const char* value : {"one", "two"}) {
    secrets.values[{"registry", "config.json"}] = value;
    state = Render();
    EXPECT_EQ((*state->pull_secret)->ref.name, "registry");
    EXPECT_EQ(state->containers[0].template_hash, without);
  }
}

TEST_F(ImageSourceTest, OwnNetworksReplaceTheSharedOne) {
  spec.networks = {{.name = "proxy", .external = true, .aliases = {"www"}}};
  auto state = Render();
  EXPECT_THAT(state->containers[0].networks, ElementsAre(NetworkAttachment{"proxy", {"shop", "www"}, {}}));
  EXPECT_TRUE(state->networks.at(0).external);
}

TEST_F(ImageSourceTest, NetworkModeMeansNoNetworks) {
  spec.network_mode = "host";
  auto state = Render();
  EXPECT_TRUE(state->networks.empty());
  EXPECT_TRUE(state->containers[0].networks.empty());
}

TEST_F(ImageSourceTest, FolderOfTheRepositoryIsReadRelativeToTheManifest) {
  tree.files = {{"apps/conf/a.ini", "a"}, {"apps/conf/sub/b.ini", "b"}, {"apps/other", "c"}};
  spec.files = {{.target = "/etc/shop", .from = "conf/"}};
  auto state = Render();
  ASSERT_TRUE(state) << state.error().message;
  ASSERT_EQ(state->files.size(), 1u);
  EXPECT_EQ(state->files[0].entries[0].path, "a.ini");
  EXPECT_EQ(state->files[0].entries[1].path, "sub/b.ini");
  EXPECT_TRUE(reads.Covers("apps/conf/new.ini"));
  EXPECT_FALSE(reads.Covers("apps/other"));
}

TEST_F(ImageSourceTest, ContentIsPartOfTheTemplateUnlessItIsRewrittenInPlace) {
  spec.files = {{.target = "/etc/motd", .content = "one"}};
  const auto before = Render();
  spec.files[0].content = "two";
  EXPECT_NE(Render()->containers[0].template_hash, before->containers[0].template_hash);

  spec.files[0].on_change = {v1::FileChange::Signal, "HUP"};
  const auto in_place = Render();
  spec.files[0].content = "three";
  const auto changed = Render();
  EXPECT_EQ(changed->containers[0].template_hash, in_place->containers[0].template_hash);
  EXPECT_NE(changed->files[0].content_hash, in_place->files[0].content_hash);
  EXPECT_EQ(changed->files[0].host_path, in_place->files[0].host_path);
  EXPECT_EQ(FindMount(*changed, "/etc/motd")->source, changed->files[0].host_path);

  spec.env = {{.name = "A", .value = "1"}};
  const auto replaced = Render();
  EXPECT_NE(replaced->files[0].host_path, changed->files[0].host_path)
      << "what serves keeps its file while another template is tried";
  EXPECT_EQ(FindMount(*replaced, "/etc/motd")->source, replaced->files[0].host_path);
  EXPECT_THAT(DifferingFields(FieldDigests(changed->containers[0].spec), FieldDigests(replaced->containers[0].spec)),
              ElementsAre("env.A"))
      << "and the path is nothing that a person is told of";
}

TEST_F(ImageSourceTest, MissingFileIsTheUsersToMendAndItsArrivalIsNoticed) {
  spec.files = {{.target = "/etc/x", .from = "gone.ini"}};
  auto state = Render();
  ASSERT_FALSE(state);
  EXPECT_THAT(state.error().message, HasSubstr("apps/gone.ini"));
  EXPECT_EQ(state.error().kind, ErrorKind::Terminal);
  EXPECT_TRUE(reads.Covers("apps/gone.ini"));
}

TEST_F(ImageSourceTest, AnotherOrderIsNoChange) {
  spec.env = {{.name = "A", .value = "1"}, {.name = "B", .value = "2"}};
  spec.ports = {{.container = 80}, {.container = 443}};
  const auto before = Render();
  std::ranges::reverse(spec.env);
  std::ranges::reverse(spec.ports);
  const auto after = Render();
  EXPECT_EQ(before->containers[0].template_hash, after->containers[0].template_hash);
}

TEST_F(ImageSourceTest, PathsThatLeaveTheRepositoryAreRefused) {
  EXPECT_EQ(*ResolveTreePath("apps/shop.yaml", "../conf/./a"), "conf/a");
  EXPECT_FALSE(ResolveTreePath("apps/shop.yaml", "../../etc/passwd"));
  EXPECT_FALSE(ResolveTreePath("apps/shop.yaml", "/etc/passwd"));
}

TEST_F(ImageSourceTest, SecretsAreHandlesAndAChangedValueIsAChange) {
  secrets.values[{"db", "password"}] = "hunter2";
  spec.env = {{.name = "DB_PASSWORD", .secret = v1::SecretKeyRef{"db", "password"}}};
  spec.files = {{.target = "/run/secrets/key", .secret = v1::SecretKeyRef{"db", "password"}}};
  spec.user = "1000:1001";
  const auto before = Render();
  ASSERT_TRUE(before);
  EXPECT_EQ(before->files[0].entries[0].mode, 0400u);
  EXPECT_EQ(before->files[0].uid, 1000u);
  EXPECT_EQ(before->files[0].gid, 1001u);
  EXPECT_EQ(before->containers[0].spec.env[0].value, "");
  secrets.values[{"db", "password"}] = "hunter3";
  EXPECT_NE(Render()->containers[0].template_hash, before->containers[0].template_hash);
  EXPECT_TRUE(reads.secrets.contains("db"));
}

TEST_F(ImageSourceTest, MissingSecretIsWaitedFor) {
  spec.env = {{.name = "DB_PASSWORD", .secret = v1::SecretKeyRef{"db", "password"}}};
  auto state = Render();
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().kind, ErrorKind::Waiting);
}

TEST_F(ImageSourceTest, EachVolumeScopeHasItsPlace) {
  spec.volumes = {{v1::VolumeScope::Absolute, "/srv/media", "/a", true},
                  {v1::VolumeScope::Ephemeral, "", "/b"},
                  {v1::VolumeScope::Instance, "cache", "/c"},
                  {v1::VolumeScope::Stage, "data", "/d"},
                  {v1::VolumeScope::Project, "up", "/e"},
                  {v1::VolumeScope::ProjectNamed, "db", "/f"},
                  {v1::VolumeScope::Named, "raw", "/g"}};
  const auto state = Render();
  ASSERT_TRUE(state);
  EXPECT_EQ(FindMount(*state, "/a")->source, "/srv/media");
  EXPECT_EQ(FindMount(*state, "/b")->type, MountType::Tmpfs);
  EXPECT_EQ(FindMount(*state, "/c")->source, "/vol/shop/instance-1.4.2/cache");
  EXPECT_EQ(FindMount(*state, "/d")->source, "/vol/shop/data");
  EXPECT_EQ(FindMount(*state, "/e")->source, "/vol/shop-root/up");
  EXPECT_EQ(FindMount(*state, "/f")->source, "tf-shop--db");
  EXPECT_EQ(FindMount(*state, "/g")->source, "raw");
  EXPECT_THAT(state->volumes, ElementsAre(DesiredVolume{.name = "tf-shop--db"}, DesiredVolume{.name = "raw"}));
  EXPECT_EQ(state->directories.size(), 3u);
}

TEST_F(ImageSourceTest, AKindThatIsNotKnownNamesTheKnownOnes) {
  auto kind = FindSourceKind(v1::Source{.static_ = v1::StaticSource{}});
  ASSERT_FALSE(kind);
  EXPECT_EQ(kind.error().kind, ErrorKind::Terminal);
  EXPECT_THAT(kind.error().message, HasSubstr("known kinds: image, compose"));
}

}  // namespace
}  // namespace tinyforge
