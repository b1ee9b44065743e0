#include "reconcilers/source/compose/compose_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "tests/fakes/fake_tree.h"

namespace tinyforge {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ComposeSourceTest : public ::testing::Test {
 protected:
  ComposeSourceTest() {
    object.key = {Kind::Workload, "shop"};
    object.position.path = "apps/shop.yaml";
    source.file = "compose.yaml";
    secrets.values[{"shop", "db-password"}] = "hush";
  }
  Expected<DesiredServices> Render() {
    reads = {};
    v1::WorkloadSpec spec;
    spec.source.compose = source;
    object.spec = spec;
    return ComposeSourceKind().Render(
        {.workload = object, .tree = tree, .secrets = secrets, .paths = {"/volumes", "/files"}, .project = "shop"},
        reads);
  }

  v1::ComposeSource source;
  v1::Object object;
  FakeTree tree;
  FakeSecrets secrets;
  ReadSet reads;
};

TEST_F(ComposeSourceTest, TheSampleRuns) {
  std::ifstream file(TINYFORGE_SOURCE_DIR "/manifests/samples/compose/compose.yaml");
  tree.files["apps/compose.yaml"] = std::string(std::istreambuf_iterator<char>(file), {});
  source.env = {{.name = "DB_PASSWORD", .secret = v1::SecretKeyRef{"shop", "db-password"}}};
  auto services = Render();
  ASSERT_TRUE(services) << services.error().message;
  std::vector<std::string> names;
  for (const DesiredState& service : *services) names.push_back(service.containers.at(0).name);
  EXPECT_THAT(names, ElementsAre("shop-db-1", "shop-migrate-1", "shop-web-1"));
  EXPECT_TRUE((*services)[1].job);
  const EnvEntry& url = (*services)[2].containers[0].spec.env.at(0);
  EXPECT_EQ(url.value, "postgres://shop:@db/shop");
  EXPECT_EQ(url.inserts.at(0).offset, 16u);
}

TEST_F(ComposeSourceTest, AFileOfVariablesMayBeASecret) {
  tree.files["apps/compose.yaml"] =
      "services: {web: {image: \"nginx:1\", environment: {URL: \"a:$PASSWORD@b\", PLAIN: \"${MODE:-x}\"}}}\n"
      "secrets: {}\n";
  source.env_files = {{.secret = v1::SecretKeyRef{"shop", "env"}}};
  EXPECT_EQ(Render().error().kind, ErrorKind::Waiting);
  EXPECT_THAT(reads.secrets, ElementsAre("shop"));
  secrets.values[{"shop", "env"}] = "PASSWORD=hush\nMODE=\nOTHER=1\n";
  auto services = Render();
  ASSERT_TRUE(services) << services.error().message;
  const auto& env = services->front().containers[0].spec.env;
  EXPECT_EQ(env.at(0), (EnvEntry{.name = "PLAIN", .value = "x"}));
  EXPECT_EQ(env.at(1),
            (EnvEntry{.name = "URL", .value = "a:@b", .inserts = {{2, {{"shop", "env"}, "hmac(hush)", "PASSWORD"}}}}));
  const std::string hash = services->front().containers[0].template_hash;
  secrets.values[{"shop", "env"}] = "PASSWORD=hush\nMODE=\nOTHER=2\n";
  EXPECT_EQ(Render()->front().containers[0].template_hash, hash) << "nobody uses OTHER";
  secrets.values[{"shop", "env"}] = "PASSWORD=hush!\nMODE=\nOTHER=2\n";
  EXPECT_NE(Render()->front().containers[0].template_hash, hash);
}

TEST_F(ComposeSourceTest, WhatWasReadIsKnownAlsoAfterAnError) {
  EXPECT_THAT(Render().error().message, HasSubstr("apps/compose.yaml"));
  EXPECT_THAT(reads.paths, Contains("apps/compose.yaml"));
}

TEST_F(ComposeSourceTest, AnErrorNamesFileLineAndKey) {
  tree.files["apps/compose.yaml"] = "services:\n  web:\n    image: nginx\n    imagee: x\n";
  EXPECT_THAT(Render().error().message, HasSubstr("apps/compose.yaml:4:5: services.web.imagee"));
}

TEST_F(ComposeSourceTest, InlineTextStandsInTheManifest) {
  source.file.reset();
  source.inline_ = "services: {web: {image: \"nginx:1\", env_file: [web.env]}}";
  tree.files["apps/web.env"] = "A=1\n";
  auto services = Render();
  ASSERT_TRUE(services) << services.error().message;
  EXPECT_EQ(services->front().containers[0].spec.env.at(0).value, "1");
  EXPECT_THAT(reads.paths, Contains("apps/web.env"));
}

TEST_F(ComposeSourceTest, FilesThatMeanTheSameGiveTheSameHash) {
  tree.files["apps/compose.yaml"] =
      "services:\n  web:\n    image: nginx:1\n    environment: [A=1]\n    ports: [\"8080:80\"]\n";
  const std::string hash = Render()->front().containers[0].template_hash;
  tree.files["apps/compose.yaml"] =
      "# another hand\nservices: {web: {ports: [{target: 80, published: \"8080\"}], environment: {A: 1}, image: "
      "\"nginx:1\"}}\n";
  EXPECT_EQ(Render()->front().containers[0].template_hash, hash);
}

TEST_F(ComposeSourceTest, WhatIsToBeAdoptedIsSaid) {
  tree.files["apps/compose.yaml"] = "services: {web: {image: \"nginx:1\"}}";
  source.adopt = true;
  auto services = Render();
  ASSERT_TRUE(services) << services.error().message;
  EXPECT_TRUE(services->front().project->adopt);
  source.adopt = false;
  EXPECT_FALSE(Render()->front().project->adopt);
}

}  // namespace
}  // namespace tinyforge
