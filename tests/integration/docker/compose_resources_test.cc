// Networks, volumes, shared namespaces and limits of compose projects on a real Engine.
#include "controller/docker/alteration.h"
#include "tests/integration/docker/engine_fixture.h"

namespace tinyforge::docker {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ComposeResourcesTest : public EngineTest {
 protected:
  void TearDown() override {
    EngineTest::TearDown();
    Docker("network prune -f");
    Docker("volume prune -f");
  }

  static nlohmann::json Inspect(const std::string& what) { return nlohmann::json::parse(Docker(what))[0]; }

  DesiredNetwork Backend() {
    return {.name = "shop_backend",
            .config = NetworkConfig{.driver_opts = {{"com.docker.network.driver.mtu", "1400"}},
                                    .ipam = {{.subnet = "10.77.0.0/24", .gateway = "10.77.0.1"}},
                                    .internal = true,
                                    .labels = {{"team", "web"}}}};
  }
  Expected<bool> Ensure(const DesiredNetwork& network) { return engine_->writer().EnsureNetwork(network, "shop"); }
  Expected<bool> Remake(const DesiredNetwork& network) { return engine_->writer().RemakeNetwork(network, "shop"); }
  std::vector<OutdatedNetwork> Outdated(const DesiredNetwork& network) {
    auto outdated = engine_->networks().Outdated({network}, "shop");
    EXPECT_TRUE(outdated) << outdated.error().message;
    return outdated ? *outdated : std::vector<OutdatedNetwork>();
  }

  // A service of the workload "shop".
  static CreateRequest Service(const std::string& service) {
    auto request = RequestFor("shop", "shop-" + service + "-1");
    request.service = service;
    request.labels[std::string(label::kRole)] = service;
    request.labels[std::string(label::kReplica)] = "1";
    request.labels[std::string(label::kImage)] = Docker("image inspect -f {{.Id}} " + std::string(kSleeper));
    return request;
  }
};

TEST_F(ComposeResourcesTest, ANetworkIsMadeAsItsConfigSays) {
  ASSERT_TRUE(Ensure(Backend()));
  const auto json = Inspect("network inspect shop_backend");
  EXPECT_EQ(json["Internal"], true);
  EXPECT_EQ(json["IPAM"]["Config"][0]["Subnet"], "10.77.0.0/24");
  EXPECT_EQ(json["Options"]["com.docker.network.driver.mtu"], "1400");
  EXPECT_EQ(json["Labels"]["team"], "web");
  EXPECT_EQ(json["Labels"]["tinyforge.instance"], "test");
  EXPECT_EQ(json["Labels"]["tinyforge.network-hash"], NetworkHash(*Backend().config));
}

TEST_F(ComposeResourcesTest, ANetworkOfAnotherConfigIsOutdatedUntilItIsMadeAnew) {
  ASSERT_TRUE(Ensure(Backend()));
  const std::string id = Inspect("network inspect shop_backend")["Id"];
  EXPECT_TRUE(Outdated(Backend()).empty());
  Open({});  // nothing is remembered
  EXPECT_TRUE(Outdated(Backend()).empty());
  EXPECT_EQ(Remake(Backend()).value(), false);
  EXPECT_EQ(Inspect("network inspect shop_backend")["Id"], id);

  auto other = Backend();
  other.config->internal = false;
  EXPECT_EQ(Ensure(other).value(), false) << "what is there does until it is made anew";
  ASSERT_EQ(Outdated(other).size(), 1u);
  EXPECT_EQ(Remake(other).value(), true);
  EXPECT_NE(Inspect("network inspect shop_backend")["Id"], id);
  EXPECT_EQ(Inspect("network inspect shop_backend")["Internal"], false);
  EXPECT_TRUE(Outdated(other).empty());
  EXPECT_EQ(Ensure(other).value(), false);
}

TEST_F(ComposeResourcesTest, ANetworkThatContainersAreOnIsAConflictThatNamesThem) {
  ASSERT_TRUE(Ensure(Backend()));
  auto request = RequestFor("shop", "shop-web-1");
  request.networks = {{"shop_backend", {}, std::nullopt}};
  const auto stopped = MustCreate(request);
  Docker("run -d --name by-hand --network shop_backend tinyforge-test/sleeper:1");
  auto other = Backend();
  other.config->internal = false;
  const auto outdated = Outdated(other);
  ASSERT_EQ(outdated.size(), 1u);
  EXPECT_EQ(outdated.front().members.size(), 2u);
  const auto refused = Remake(other);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Conflict);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("shop-web-1"), HasSubstr("by-hand")));
  EXPECT_EQ(Inspect("network inspect shop_backend")["Internal"], true);
  Docker("rm -f by-hand");
  ASSERT_TRUE(engine_->writer().Disconnect(stopped, "shop_backend"));
  EXPECT_TRUE(Remake(other));
  EXPECT_TRUE(engine_->writer().Connect(stopped, {.network = "shop_backend", .aliases = {"web"}}));
  EXPECT_TRUE(engine_->writer().Start(stopped));
}

TEST_F(ComposeResourcesTest, WhatCannotBeMadeAnewIsMadeAgainAsItWas) {
  ASSERT_TRUE(Ensure(Backend()));
  const auto before = Inspect("network inspect shop_backend");
  auto impossible = Backend();
  impossible.config->ipam.front().gateway = "10.99.0.1";
  EXPECT_EQ(Outdated(impossible).front().refused, "");
  ASSERT_FALSE(Remake(impossible));
  const auto after = Inspect("network inspect shop_backend");
  for (const std::string key : {"Driver", "Internal", "IPAM", "Options", "Labels"}) EXPECT_EQ(after[key], before[key]);
  ASSERT_EQ(Outdated(impossible).size(), 1u);
  EXPECT_NE(Outdated(impossible).front().refused, "") << "it is not tried again";
  EXPECT_TRUE(Outdated(Backend()).empty());
}

TEST_F(ComposeResourcesTest, ANetworkWithoutAConfigTakesWhatIsThere) {
  ASSERT_TRUE(Ensure(Backend()));
  Open({});
  EXPECT_EQ(Ensure({.name = "shop_backend"}).value(), false);
  // One that was made without any is as one made from an empty config.
  ASSERT_TRUE(Ensure({.name = "plain"}));
  EXPECT_EQ(Ensure({.name = "plain", .config = NetworkConfig{}}).value(), false);
}

TEST_F(ComposeResourcesTest, AForeignNetworkIsNeverMadeAnew) {
  Docker("network create shop_backend");
  for (const auto& refused : {Ensure(Backend()), Remake(Backend())}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::Conflict);
  }
  EXPECT_TRUE(Outdated(Backend()).empty());
  EXPECT_EQ(Inspect("network inspect shop_backend")["Internal"], false);
}

TEST_F(ComposeResourcesTest, ANetworkOfAnAdoptedProjectIsUsedAndOnceItDiffersMadeAnew) {
  Docker("network create --internal --label com.docker.compose.project=shop --subnet 10.77.0.0/24 shop_backend");
  const std::string id = Inspect("network inspect shop_backend")["Id"];
  DesiredNetwork adopted{.name = "shop_backend", .config = NetworkConfig{.internal = true}, .adopted_from = "other"};
  EXPECT_EQ(Ensure(adopted).error().kind, ErrorKind::Conflict);
  adopted.adopted_from = "shop";
  EXPECT_EQ(Ensure(adopted).value(), false);
  EXPECT_TRUE(Outdated(adopted).empty());
  EXPECT_EQ(Remake(adopted).value(), false);
  EXPECT_EQ(Inspect("network inspect shop_backend")["Id"], id);

  adopted.config->internal = false;
  ASSERT_EQ(Outdated(adopted).size(), 1u);
  EXPECT_EQ(Remake(adopted).value(), true);
  EXPECT_EQ(Inspect("network inspect shop_backend")["Labels"]["tinyforge.instance"], "test");
  EXPECT_TRUE(Outdated(adopted).empty());
}

TEST_F(ComposeResourcesTest, AnotherTinyforgesNetworkIsNotAdopted) {
  Docker("network create --label com.docker.compose.project=shop --label tinyforge.managed=true shop_backend");
  const DesiredNetwork adopted{.name = "shop_backend", .config = NetworkConfig{}, .adopted_from = "shop"};
  EXPECT_EQ(Ensure(adopted).error().kind, ErrorKind::Conflict);
}

TEST_F(ComposeResourcesTest, AVolumeIsMadeOnceAndNeverChanged) {
  const DesiredVolume data{.name = "shop_data",
                           .driver = "local",
                           .driver_opts = {{"type", "tmpfs"}, {"device", "tmpfs"}, {"o", "size=1m"}},
                           .labels = {{"team", "web"}}};
  EXPECT_EQ(engine_->writer().EnsureVolume(data, "shop").value(), true);
  const auto made = Inspect("volume inspect shop_data");
  EXPECT_EQ(made["Options"]["o"], "size=1m");
  EXPECT_EQ(made["Labels"]["team"], "web");
  EXPECT_EQ(made["Labels"]["tinyforge.workload.id"], "shop");
  EXPECT_EQ(engine_->writer().EnsureVolume(data, "shop").value(), false);

  auto other = data;
  other.driver_opts["o"] = "size=2m";
  const auto refused = engine_->writer().EnsureVolume(other, "shop");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Conflict);
  EXPECT_THAT(refused.error().message,
              AllOf(HasSubstr("another driver option o"), HasSubstr("never made anew"), Not(HasSubstr("size="))));
  EXPECT_EQ(Inspect("volume inspect shop_data")["CreatedAt"], made["CreatedAt"]);
  EXPECT_FALSE(engine_->writer().EnsureVolume({.name = "shop_data", .driver = "local"}, "shop"));
  EXPECT_TRUE(engine_->writer().EnsureVolume({.name = "shop_data"}, "shop"));  // as it is
}

TEST_F(ComposeResourcesTest, WhatIsExternalAndMissingIsAwaited) {
  const auto volume = engine_->writer().EnsureVolume({.name = "theirs", .external = true}, "shop");
  ASSERT_FALSE(volume);
  EXPECT_EQ(volume.error().kind, ErrorKind::Waiting);
  EXPECT_THAT(volume.error().message, HasSubstr("volume theirs is external and does not exist"));
  Docker("volume create theirs");
  EXPECT_TRUE(engine_->writer().EnsureVolume({.name = "theirs", .external = true}, "shop"));
}

TEST_F(ComposeResourcesTest, AVolumeOfAHostPathIsRefusedByThePolicy) {
  const DesiredVolume etc{
      .name = "etc", .driver = "local", .driver_opts = {{"type", "none"}, {"device", "/etc"}, {"o", "bind"}}};
  const auto refused = engine_->writer().EnsureVolume(etc, "shop");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Terminal);
  EXPECT_EQ(Docker("volume ls -q -f name=etc"), "");
}

TEST_F(ComposeResourcesTest, NamespacesOfAServiceAreThoseOfItsContainer) {
  auto web = Service("web");
  web.spec.network_mode = "service:db";
  web.spec.namespaces = {.pid = "service:db", .ipc = "service:db", .uts = "", .user = "", .cgroup = ""};
  const auto early = engine_->writer().Create(web);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().kind, ErrorKind::Waiting);
  EXPECT_THAT(early.error().message, HasSubstr("service db"));

  auto db = Service("db");
  db.spec.namespaces.ipc = "shareable";
  const auto db_id = MustRun(db);
  web.shares = {{.service = "db", .container = db_id}};
  MustRun(web);
  const auto host = Inspect("inspect shop-web-1")["HostConfig"];
  EXPECT_EQ(host["NetworkMode"], "container:" + db_id);
  EXPECT_EQ(host["PidMode"], "container:" + db_id);
  EXPECT_EQ(host["IpcMode"], "container:" + db_id);
  EXPECT_THAT(Docker("exec shop-web-1 readlink /proc/self/ns/ipc"),
              testing::StrEq(Docker("exec shop-db-1 readlink /proc/self/ns/ipc")));
}

TEST_F(ComposeResourcesTest, AForeignNamespaceIsRefused) {
  Docker("run -d --name foreign --ipc shareable tinyforge-test/sleeper:1");
  auto web = Service("web");
  web.spec.namespaces.ipc = "container:foreign";
  const auto refused = engine_->writer().Create(web);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Terminal);
}

TEST_F(ComposeResourcesTest, WhatThisEngineDoesNotKnowIsSaidBeforeAnythingIsMade) {
  auto web = Service("web");
  web.spec.annotations = {{"a", "b"}};
  const auto refused = engine_->writer().Create(web);
  if (engine_->client().Version().value() >= ApiVersion{1, 43}) {
    EXPECT_TRUE(refused) << "this Engine knows annotations: " << refused.error().message;
    return;
  }
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Terminal);
  EXPECT_THAT(refused.error().message, HasSubstr("annotations: needs API 1.43"));
  EXPECT_EQ(Docker("ps -aq"), "");
}

TEST_F(ComposeResourcesTest, TheMacAddressOfAContainerSurvivesAReconnect) {
  ASSERT_TRUE(Ensure(Backend()));
  auto web = Service("web");
  web.spec.mac_address = "02:42:ac:11:00:02";
  web.networks = {{.network = "shop_backend", .aliases = {}, .address = {}, .mac_address = "02:42:ac:11:00:02"}};
  const auto id = MustRun(web);
  EXPECT_EQ(Only("shop").networks["shop_backend"].mac_address, "02:42:ac:11:00:02");
  ASSERT_TRUE(engine_->writer().Disconnect(id, "shop_backend"));
  const auto connected = engine_->writer().Connect(id, web.networks.front());
  ASSERT_TRUE(connected) << connected.error().message;
  EXPECT_EQ(Only("shop").networks["shop_backend"].mac_address, "02:42:ac:11:00:02");
}

TEST_F(ComposeResourcesTest, TheDirectoryOfABindMountIsMadeWhereThatIsAskedFor) {
  const std::string path = process_->folder() + "/made/deep";
  HostPolicy policy;
  policy.paths = {{.path = process_->folder() + "/made"}};
  Open({.policy = policy});
  auto web = Service("web");
  web.spec.mounts = {{.type = MountType::Bind, .source = path, .target = "/data"}};
  EXPECT_FALSE(engine_->writer().Create(web));
  web.spec.mounts[0].create_host_path = true;
  const auto id = MustRun(web);
  EXPECT_EQ(Only("shop").mounts[0].source, path);
}

// What an older Engine does not know is left out; disks are the machine's.
ContainerTemplate Everything() {
  ContainerTemplate t;
  t.image = kSleeper;
  t.env = {{.name = "URL", .value = "u:@db", .inserts = {{2, {{"shop", "key"}, "f1"}}}}};
  t.mounts = {{.type = MountType::Bind,
               .source = "/usr/share",
               .target = "/host",
               .read_only = true,
               .propagation = "rprivate"},
              {.type = MountType::Volume, .source = "shop_data", .target = "/data", .no_copy = true}};
  t.healthcheck = NativeHealthcheck{.test = {"NONE"}};
  t.domainname = "example.com";
  t.hostname = "web";
  t.stdin_open = true;
  t.dns_search = {"example.com"};
  t.dns_options = {"ndots:2"};
  t.security_opt = {"no-new-privileges", "seccomp=unconfined"};
  t.group_add = {"999"};
  t.namespaces = {.pid = "host", .ipc = "host", .uts = "", .user = "host", .cgroup = "host"};
  t.runtime = "runc";
  t.mac_address = "02:42:ac:11:00:02";
  t.device_cgroup_rules = {"c 1:3 mr"};
  t.scheduling = {.cpu_period = 100000, .cpu_quota = 50000, .memory_swappiness = {}, .oom_score_adj = 500};
  return t;
}

HostPolicy Permissive() {
  const std::vector<std::string> all = {"*"};
  return {.paths = {{.path = "/usr/share"}},
          .host_pid = all,
          .devices = {{"c 1:3 mr", all}},
          .host_namespaces = {{"ipc", all}, {"user", all}, {"cgroup", all}},
          .security_options = {{"seccomp=unconfined", all}},
          .runtimes = {{"runc", all}}};
}

TEST_F(ComposeResourcesTest, WhatTheEngineMakesOfATemplateIsNotAlteredAndNotDrift) {
  Open({.policy = Permissive()});
  ASSERT_TRUE(Ensure(Backend()));
  DesiredContainer desired{.role = "web", .spec = Everything()};
  desired.networks = {{.network = "shop_backend",
                       .aliases = {"web"},
                       .address = "10.77.0.9",
                       .link_local_ips = {"169.254.8.8"},
                       .mac_address = "02:42:ac:11:00:02",
                       .driver_opts = {{"com.example.k", "v"}}}};
  auto web = Service("web");
  web.spec = desired.spec;
  web.networks = desired.networks;
  MustRun(web);
  const auto inspect = Inspect("inspect shop-web-1").dump();
  EXPECT_THAT(AlteredFields(inspect, desired, {}, &secrets_), testing::IsEmpty());
  const ObservedEndpoint endpoint = Only("shop").networks["shop_backend"];
  EXPECT_EQ(endpoint.link_local_ips, desired.networks[0].link_local_ips);
  EXPECT_EQ(endpoint.mac_address, "02:42:ac:11:00:02");
  EXPECT_EQ(endpoint.driver_opts, desired.networks[0].driver_opts);
  EXPECT_EQ(endpoint.static_address, "10.77.0.9");
}

TEST_F(ComposeResourcesTest, SecretsWithinATextReachTheContainerWhole) {
  auto web = Service("web");
  web.spec.env = {{.name = "URL", .value = "u:@db", .inserts = {{2, {{"shop", "key"}, "f1"}}}}};
  MustCreate(web);
  const auto env = Inspect("inspect shop-web-1")["Config"]["Env"].get<std::vector<std::string>>();
  EXPECT_THAT(env, testing::Contains("URL=u:s3cret \"quoted\"\nline@db"));
}

TEST_F(ComposeResourcesTest, LimitsAndRestartPoliciesChangeInPlace) {
  auto web = Service("web");
  web.limits = {
      .memory = 64 << 20, .restart = v1::RestartPolicy::OnFailure, .max_attempts = 3, .memory_swap = 96 << 20};
  const auto id = MustRun(web);
  const HostSupport host = engine_->index().Host();
  if (!host.swap_limit) web.limits.memory_swap = -1;
  EXPECT_EQ(Only("shop").limits, web.limits);
  Limits limits{.memory = 64 << 20, .unless_stopped = true, .memory_reservation = 32 << 20, .memory_swap = 128 << 20};
  limits.pids = host.pids_limit ? 50 : 0;
  limits.cpu_shares = host.cpu_shares ? 512 : 0;
  const auto updated = engine_->writer().Update(id, limits);
  ASSERT_TRUE(updated) << updated.error().message;
  if (!host.swap_limit) limits.memory_swap = -1;
  EXPECT_EQ(Only("shop").limits, limits);
  limits.pids = -1;
  limits.cpu_shares = 1024;
  if (!host.swap_limit) limits.memory_swap = 0;
  ASSERT_TRUE(engine_->writer().Update(id, limits));
  EXPECT_EQ(Only("shop").limits.pids, 0);
}

}  // namespace
}  // namespace tinyforge::docker
