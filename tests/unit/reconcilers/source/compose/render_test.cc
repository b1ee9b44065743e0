#include "reconcilers/source/compose/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "api-types/doc/yaml.h"
#include "reconcilers/source/compose/secret_mark.h"
#include "tests/fakes/fake_tree.h"

namespace tinyforge::compose {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::StartsWith;

class ComposeRenderTest : public ::testing::Test {
 protected:
  ComposeRenderTest() {
    object.key = {Kind::Workload, "shop"};
    object.position.path = "apps/shop.yaml";
    object.spec = v1::WorkloadSpec();
    project.name = "shop";
    project.networks["default"] = {.name = "shop_default"};
    secrets.values[{"shop", "password"}] = "x";
    secrets.values[{"shop", "tls-key"}] = "y";
    Add("web", "nginx:1.27");
  }
  Service& Add(const std::string& name, const std::string& image) {
    Service& service = project.services[name];
    service.image = image;
    service.networks["default"] = {};
    return service;
  }
  Service& web() { return project.services["web"]; }
  Expected<DesiredServices> Render() {
    reads = {};
    const RenderRequest request{
        .workload = object, .tree = tree, .secrets = secrets, .paths = paths, .project = "shop"};
    return compose::Render({.project = project,
                            .root = root,
                            .request = request,
                            .secrets = {{{"shop", "password"}, ""}},
                            .folder = "apps",
                            .host_folder = host_folder,
                            .files = {"apps/compose.yaml"}},
                           reads);
  }
  // Of a project of one service.
  DesiredState RenderWeb() { return std::move(Render()->front()); }
  ContainerTemplate TemplateOfWeb() { return RenderWeb().containers.front().spec; }

  v1::Object object;
  Project project;
  doc::Node root;
  FakeTree tree;
  FakeSecrets secrets;
  HostPaths paths{"/volumes", "/files"};
  std::string host_folder;
  ReadSet reads;
};

TEST_F(ComposeRenderTest, ServicesComeAfterThoseTheyDependOn) {
  web().depends_on["db"] = {.condition = Condition::Healthy};
  Add("db", "postgres:16");
  Add("app", "app:1").depends_on["web"] = {};
  auto services = Render();
  ASSERT_TRUE(services) << services.error().message;
  ASSERT_THAT(*services, SizeIs(3));
  EXPECT_EQ((*services)[0].service, "db");
  EXPECT_EQ((*services)[1].service, "web");
  EXPECT_EQ((*services)[2].service, "app");
  EXPECT_THAT((*services)[1].after, ElementsAre(ServiceDependency{"db", ServiceCondition::Healthy}));
}

TEST_F(ComposeRenderTest, ContainersAreCalledAsDockerComposeDoes) {
  web().replicas = 2;
  const DesiredState desired = RenderWeb();
  ASSERT_THAT(desired.containers, SizeIs(2));
  EXPECT_EQ(desired.containers[0].name, "shop-web-1");
  EXPECT_EQ(desired.containers[1].name, "shop-web-2");
  EXPECT_EQ(desired.containers[1].role, "web");
  EXPECT_EQ(desired.containers[1].replica, 2);
  EXPECT_THAT(desired.containers[1].tags, Contains(Pair("com.docker.compose.container-number", "2")));
  EXPECT_THAT(desired.containers[1].tags, Contains(Pair("com.docker.compose.project", "shop")));
  EXPECT_EQ(desired.containers[0].template_hash, desired.containers[1].template_hash);
}

TEST_F(ComposeRenderTest, AnImageWithoutTagIsTheLatest) {
  web().image = "registry.example.com:5000/acme/web";
  EXPECT_EQ(RenderWeb().image, "registry.example.com:5000/acme/web:latest");
  web().image = "nginx@sha256:abc";
  EXPECT_EQ(RenderWeb().image, "nginx@sha256:abc");
}

TEST_F(ComposeRenderTest, WhatIsOnlyBuiltIsNeverPulled) {
  web().image.reset();
  web().build = Build{.context = "web"};
  const DesiredState desired = RenderWeb();
  EXPECT_EQ(desired.image, "shop-web:latest");
  EXPECT_EQ(desired.pull_policy, v1::PullPolicy::Never);
}

TEST_F(ComposeRenderTest, SecretsStandWithinAText) {
  web().environment["URL"] = "postgres://u:" + SecretMark(0) + "@db";
  const auto env = TemplateOfWeb().env;
  ASSERT_THAT(env, SizeIs(1));
  EXPECT_EQ(env[0].value, "postgres://u:@db");
  ASSERT_THAT(env[0].inserts, SizeIs(1));
  EXPECT_EQ(env[0].inserts[0].offset, 13u);
  EXPECT_EQ(env[0].inserts[0].secret.ref.key, "password");
  EXPECT_THAT(reads.secrets, ElementsAre("shop"));
}

TEST_F(ComposeRenderTest, NetworksAndVolumesAreLabelledAsDockerComposeDoes) {
  project.networks["default"].labels["team"] = "web";
  project.volumes["data"] = {.name = "data-of-old", .labels = {{"team", "db"}}};
  project.volumes["theirs"] = {.name = "theirs", .external = true};
  web().volumes = {{.source = "data", .target = "/data"}, {.source = "theirs", .target = "/theirs"}};
  const DesiredState desired = RenderWeb();
  EXPECT_EQ(desired.networks.at(0).config->labels, (StringMap{{"com.docker.compose.network", "default"},
                                                              {"com.docker.compose.project", "shop"},
                                                              {"com.docker.compose.version", "2"},
                                                              {"team", "web"}}));
  ASSERT_THAT(desired.volumes, SizeIs(2));
  EXPECT_THAT(desired.volumes[0].labels, Contains(Pair("com.docker.compose.volume", "data")));
  EXPECT_THAT(desired.volumes[0].labels, Contains(Pair("team", "db")));
  EXPECT_THAT(desired.volumes[1].labels, SizeIs(0));
}

TEST_F(ComposeRenderTest, WithoutALimitOfItsOwnSwapIsAsMuchAsMemory) {
  EXPECT_EQ(RenderWeb().containers[0].limits.memory_swap, 0);
  web().resources.memory = 64 << 20;
  EXPECT_EQ(RenderWeb().containers[0].limits.memory_swap, 128 << 20);
  web().resources.memory_swap = -1;
  EXPECT_EQ(RenderWeb().containers[0].limits.memory_swap, -1);
  web().resources.memory_swap = 64 << 20;
  EXPECT_EQ(RenderWeb().containers[0].limits.memory_swap, 0) << "no swap";
}

TEST_F(ComposeRenderTest, ALinksAliasIsTheOtherServices) {
  web().links = {{"db", "database"}};
  Add("db", "postgres:16");
  const auto services = Render();
  const auto db = std::ranges::find(*services, "db", &DesiredState::service);
  ASSERT_THAT(db->containers[0].networks, SizeIs(1));
  EXPECT_EQ(db->containers[0].networks[0].network, "shop_default");
  EXPECT_THAT(db->containers[0].networks[0].aliases, ElementsAre("database", "db"));
}

TEST_F(ComposeRenderTest, AFolderOfTheRepositoryIsGivenReadOnlyAndByItsContent) {
  tree.files["apps/conf/a.conf"] = "one";
  web().volumes = {{.type = MountType::Bind, .source = "conf", .target = "/etc/conf"}};
  const DesiredState before = RenderWeb();
  ASSERT_THAT(before.files, SizeIs(1));
  EXPECT_THAT(before.containers[0].spec.mounts[0].source, StartsWith("/files/"));
  EXPECT_TRUE(before.containers[0].spec.mounts[0].read_only);
  EXPECT_THAT(reads.paths, ElementsAre("apps/conf"));
  tree.files["apps/conf/a.conf"] = "two";
  EXPECT_NE(RenderWeb().containers[0].template_hash, before.containers[0].template_hash);
}

TEST_F(ComposeRenderTest, WhatTheRepositoryDoesNotHaveIsBelowTheHostFolder) {
  web().volumes = {{.type = MountType::Bind, .source = "../data", .target = "/data"}};
  auto services = Render();
  ASSERT_FALSE(services);
  EXPECT_THAT(services.error().message, HasSubstr("projectDirectory"));
  host_folder = "/srv/shop";
  EXPECT_EQ(TemplateOfWeb().mounts[0].source, "/srv/data");
}

TEST_F(ComposeRenderTest, AConfigIsAFileOfItsContent) {
  project.configs["motd"] = {.content = "hello"};
  web().configs = {{.source = "motd", .target = "/motd"}};
  const DesiredState desired = RenderWeb();
  ASSERT_THAT(desired.files, SizeIs(1));
  EXPECT_EQ(desired.files[0].entries[0].content, "hello");
  EXPECT_EQ(desired.files[0].entries[0].mode, 0444u);
}

TEST_F(ComposeRenderTest, AnExternalSecretIsAKeyOfASecret) {
  project.secrets["key"] = {.external = "shop/tls-key"};
  web().secrets = {{.source = "key", .target = "/run/secrets/key"}};
  const DesiredState desired = RenderWeb();
  ASSERT_TRUE(desired.files[0].secret);
  EXPECT_EQ(desired.files[0].secret->ref.key, "tls-key");
  EXPECT_EQ(desired.containers[0].spec.mounts[0].origin, "secret.shop/tls-key");
}

TEST_F(ComposeRenderTest, ATmpfsIsAMountWithItsOptions) {
  web().tmpfs = {{.type = MountType::Tmpfs,
                  .target = "/run",
                  .tmpfs_size = 64 << 20,
                  .tmpfs_mode = 01777,
                  .tmpfs_uid = 1000,
                  .tmpfs_gid = 0,
                  .tmpfs_exec = true}};
  EXPECT_EQ(TemplateOfWeb().mounts.at(0), (Mount{.type = MountType::Tmpfs,
                                                 .target = "/run",
                                                 .tmpfs_size = 64 << 20,
                                                 .tmpfs_mode = 01777,
                                                 .tmpfs_uid = 1000,
                                                 .tmpfs_gid = 0,
                                                 .tmpfs_exec = true}));
}

TEST_F(ComposeRenderTest, AFolderOfTheRepositoryThatIsTooLargeIsNotLookedForOnTheHost) {
  host_folder = "/srv/shop";
  web().volumes = {{.type = MountType::Bind, .source = "conf", .target = "/conf"}};
  for (int i = 0; i <= 1000; ++i) tree.files["apps/conf/" + std::to_string(i)] = "x";
  EXPECT_THAT(Render().error().message, HasSubstr("volume /conf: apps/conf holds more than 1000 files"));
  tree.files = {{"apps/conf/large", std::string((16u << 20) + 1, 'x')}};
  EXPECT_THAT(Render().error().message, HasSubstr("apps/conf holds more than 16 MiB"));
}

TEST_F(ComposeRenderTest, OfARangeOfHostPortsEachReplicaHasItsOwn) {
  web().ports = {{.container = 80, .host = 8000, .host_last = 8010}, {.container = 81}};
  web().replicas = 2;
  const auto containers = RenderWeb().containers;
  ASSERT_THAT(containers, SizeIs(2));
  const auto published = [](std::uint16_t container, std::uint16_t host) {
    return PublishedPort{.container = container, .published = true, .host = host};
  };
  EXPECT_THAT(containers[0].spec.ports, ElementsAre(published(80, 8000), published(81, 0)));
  EXPECT_THAT(containers[1].spec.ports, ElementsAre(published(80, 8001), published(81, 0)));
}

TEST_F(ComposeRenderTest, ARangeThatBecomesLargerReplacesNoContainer) {
  web().ports = {{.container = 80, .host = 8000, .host_last = 8001}};
  web().replicas = 2;
  const auto before = RenderWeb().containers;
  web().ports[0].host_last = 8002;
  web().replicas = 3;
  const auto after = RenderWeb().containers;
  for (const DesiredContainer& container : after) EXPECT_EQ(container.template_hash, before[0].template_hash);
  web().ports[0].host = 8001;
  EXPECT_NE(RenderWeb().containers[0].template_hash, before[0].template_hash);
}

TEST_F(ComposeRenderTest, WhatIsRelabelledHasNoColon) {
  ServiceVolume data{.type = MountType::Bind, .source = "/srv/a", .target = "/a", .relabel = "Z"};
  web().volumes = {data};
  EXPECT_EQ(TemplateOfWeb().mounts.at(0).relabel, "Z");
  web().volumes[0].source = "/srv/a:b";
  EXPECT_THAT(Render().error().message, HasSubstr("/srv/a:b: a path with a colon cannot be relabelled for SELinux"));
}

TEST_F(ComposeRenderTest, HooksAreOfTheTemplate) {
  const std::string before = RenderWeb().containers[0].template_hash;
  web().post_start = {{.command = {"/warm-up"}, .user = "1000", .environment = {{"URL", ":" + SecretMark(0) + "@"}}}};
  const auto container = RenderWeb().containers[0];
  EXPECT_NE(container.template_hash, before);
  ASSERT_THAT(container.spec.post_start, SizeIs(1));
  EXPECT_EQ(container.spec.post_start[0].user, "1000");
  EXPECT_EQ(container.spec.post_start[0].env[0].inserts.at(0).secret.ref.key, "password");
  web().post_start.clear();
  web().pre_stop = {{.command = {std::string(17 << 10, 'x')}}};
  EXPECT_THAT(Render().error().message,
              HasSubstr("services.web: pre_stop: commands and environments are more than 16 KiB"));
}

TEST_F(ComposeRenderTest, NoInitIsSaidWhereItIsAskedFor) {
  EXPECT_FALSE(TemplateOfWeb().init);
  const std::string before = RenderWeb().containers[0].template_hash;
  web().init = false;
  EXPECT_EQ(TemplateOfWeb().init, false);
  EXPECT_NE(RenderWeb().containers[0].template_hash, before);
}

TEST_F(ComposeRenderTest, AVariableWithoutAValueIsTakenAway) {
  web().environment["DEBUG"] = std::nullopt;
  EXPECT_TRUE(TemplateOfWeb().env.at(0).unset);
}

TEST_F(ComposeRenderTest, SideBySideWhereNothingIsHeldAlone) {
  EXPECT_EQ(RenderWeb().rollout->strategy, v1::RolloutStrategy::BlueGreen);
  web().update.parallelism = 1;
  EXPECT_EQ(RenderWeb().rollout->strategy, v1::RolloutStrategy::Rolling);
  web().ports = {{.container = 80, .host = 8080}};
  EXPECT_EQ(RenderWeb().rollout->strategy, v1::RolloutStrategy::Recreate);
  EXPECT_TRUE(RenderWeb().rollout->trial);
}

TEST_F(ComposeRenderTest, AnAddressOfAnyKindIsHeldByOneContainer) {
  const std::vector<std::function<void(ServiceNetwork&)>> addresses = {
      [](ServiceNetwork& n) { n.ipv4_address = "10.0.0.2"; }, [](ServiceNetwork& n) { n.ipv6_address = "fd00::2"; },
      [](ServiceNetwork& n) { n.link_local_ips = {"169.254.0.1"}; },
      [](ServiceNetwork& n) { n.mac_address = "02:42:ac:11:65:43"; }};
  for (const auto& set : addresses) {
    web().networks["default"] = {};
    set(web().networks["default"]);
    EXPECT_EQ(RenderWeb().rollout->strategy, v1::RolloutStrategy::Recreate);
    EXPECT_FALSE(RenderWeb().rollout->trial);
  }
  web().networks["default"] = {};
  web().mac_address = "02:42:ac:11:65:43";
  EXPECT_EQ(RenderWeb().rollout->strategy, v1::RolloutStrategy::Recreate);
}

TEST_F(ComposeRenderTest, WrittenDataHasOneWriterUnlessTheFileSaysOtherwise) {
  project.volumes["data"] = {.name = "shop_data"};
  web().volumes = {{.type = MountType::Volume, .source = "data", .target = "/data"}};
  EXPECT_EQ(RenderWeb().rollout->strategy, v1::RolloutStrategy::Recreate);
  EXPECT_FALSE(RenderWeb().rollout->trial);
  web().update.order = UpdateOrder::StartFirst;
  EXPECT_EQ(RenderWeb().rollout->strategy, v1::RolloutStrategy::BlueGreen);
}

TEST_F(ComposeRenderTest, WhatTheRepositoryHasCannotBeMountedToBeWritten) {
  tree.files["apps/conf"] = "x";
  web().volumes = {{.type = MountType::Bind, .source = "conf", .target = "/conf", .writable = true}};
  EXPECT_THAT(Render().error().message, HasSubstr("conf is in the repository, and its copy cannot be written"));
}

TEST_F(ComposeRenderTest, AnErrorGivesThePlaceOfItsService) {
  auto parsed = doc::ParseYaml({"services:\n  web: {}\n"});
  root = std::get<doc::Node>(std::move(parsed));
  web().volumes = {{.type = MountType::Bind, .source = "none", .target = "/conf"}};
  EXPECT_THAT(Render().error().message,
              StartsWith("apps/compose.yaml:2:3: services.web: volume /conf: none is not in"));
}

TEST_F(ComposeRenderTest, AnEnvironmentThatNoProcessCanHaveIsAnError) {
  web().environment["BIG"] = std::string((1 << 20) + 1, 'x');
  EXPECT_THAT(Render().error().message, HasSubstr("the environment is larger than 1 MiB"));
}

TEST_F(ComposeRenderTest, AFileOfTheRepositoryIsNoWrittenData) {
  tree.files["apps/conf/a.conf"] = "one";
  web().volumes = {{.type = MountType::Bind, .source = "conf", .target = "/etc/conf"}};
  EXPECT_EQ(RenderWeb().rollout->strategy, v1::RolloutStrategy::BlueGreen);
}

TEST_F(ComposeRenderTest, AJobIsWhatAnotherServiceAwaitsToComplete) {
  EXPECT_EQ(RenderWeb().containers[0].limits.restart, v1::RestartPolicy::Never);
  auto& dependency = Add("api", "app:1").depends_on["web"];
  dependency.condition = Condition::Healthy;
  EXPECT_FALSE(RenderWeb().job);
  dependency.condition = Condition::CompletedSuccessfully;
  EXPECT_TRUE(RenderWeb().job);
  web().restart.kind = RestartKind::Always;
  EXPECT_FALSE(RenderWeb().job);
}

TEST_F(ComposeRenderTest, WhatIsRestartedWithADependencyFollowsItsTemplate) {
  web().depends_on["db"] = {.restart = true};
  Add("db", "postgres:16");
  const auto before = Render();
  project.services["db"].image = "postgres:17";
  const auto after = Render();
  EXPECT_NE((*before)[1].containers[0].template_hash, (*after)[1].containers[0].template_hash);
  project.services["web"].depends_on["db"].restart = false;
  const auto loose = Render();
  project.services["db"].image = "postgres:18";
  EXPECT_EQ((*loose)[1].containers[0].template_hash, (*Render())[1].containers[0].template_hash);
}

TEST_F(ComposeRenderTest, WhatAServiceWaitsForStopsNoOther) {
  web().environment["PASSWORD"] =
      "\x01"
      "0\x02";
  Add("db", "postgres:16");
  secrets.values.clear();
  const auto services = Render();
  ASSERT_TRUE(services) << services.error().message;
  EXPECT_FALSE((*services)[0].unready);
  const DesiredState& waiting = (*services)[1];
  ASSERT_TRUE(waiting.unready);
  EXPECT_EQ(waiting.unready->kind, ErrorKind::Waiting);
  ASSERT_THAT(waiting.containers, SizeIs(1));
  EXPECT_EQ(waiting.containers[0].name, "shop-web-1");
}

TEST_F(ComposeRenderTest, WhatIsMadeAnewWithAServiceThatWaitsWaitsToo) {
  web().environment["PASSWORD"] =
      "\x01"
      "0\x02";
  Add("proxy", "proxy:1").depends_on["web"] = {.restart = true};
  secrets.values.clear();
  const auto services = Render();
  ASSERT_TRUE(services) << services.error().message;
  ASSERT_TRUE((*services)[1].unready);
  EXPECT_THAT((*services)[1].unready->message,
              HasSubstr("made anew with service web: service web: environment PASSWORD"));
}

TEST_F(ComposeRenderTest, WhatIsToHaveNoContainerIsNotWaitedFor) {
  web().depends_on["db"] = {.condition = Condition::Healthy, .restart = true};
  Add("db", "postgres:16").replicas = 0;
  EXPECT_TRUE((*Render())[1].after.empty());
}

TEST_F(ComposeRenderTest, WhatIsNotRequiredKeepsItsCondition) {
  web().depends_on["db"] = {.condition = Condition::Healthy, .required = false};
  Add("db", "postgres:16");
  EXPECT_THAT((*Render())[1].after, ElementsAre(ServiceDependency{"db", ServiceCondition::Healthy, false}));
}

TEST_F(ComposeRenderTest, ANamedVolumeThatIsWrittenHasNoWriterOfAnotherWorkload) {
  project.volumes["data"] = {.name = "shop_data"};
  project.volumes["conf"] = {.name = "shop_conf"};
  web().volumes = {{.type = MountType::Volume, .source = "data", .target = "/data"},
                   {.type = MountType::Volume, .source = "conf", .target = "/conf", .read_only = true},
                   {.type = MountType::Volume, .target = "/anonymous"},
                   {.type = MountType::Bind, .source = "/run/docker.sock", .target = "/run/docker.sock"}};
  EXPECT_THAT(RenderWeb().exclusive_sources, ElementsAre("shop_data"));
  web().update.order = UpdateOrder::StartFirst;
  EXPECT_TRUE(RenderWeb().exclusive_sources.empty());
}

}  // namespace
}  // namespace tinyforge::compose
