#include "tests/integration/docker/engine_fixture.h"

namespace tinyforge::docker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string AsIs(std::string_view text) {
  return std::string(text);
}

class WriterTest : public EngineTest {};

TEST_F(WriterTest, CreatesStartsAndShowsAContainer) {
  auto request = RequestFor("web", "web");
  auto id = MustRun(request);
  auto container = Only("web");
  EXPECT_EQ(container.id, id);
  EXPECT_EQ(container.name, "web");
  EXPECT_EQ(container.state, ContainerState::Running);
  EXPECT_EQ(container.image, kSleeper);
  EXPECT_EQ(container.restart, v1::RestartPolicy::Always);
  EXPECT_EQ(container.network_mode, "none");
}

TEST_F(WriterTest, EveryFieldOfTheCreateBodyReachesTheContainer) {
  auto request = RequestFor("full", "full");
  auto& spec = request.spec;
  spec.entrypoint = {"sh"};
  spec.cmd = {"-c",
              "env; id -u; pwd; cat /proc/sys/net/ipv4/ip_unprivileged_port_start; ulimit -n; mount; exec sleep 1000"};
  spec.user = "0:0";
  spec.working_dir = "/tmp";
  spec.hostname = "fullhost";
  spec.stop_signal = "SIGKILL";
  spec.stop_timeout = std::chrono::seconds(3);
  spec.init = false;
  spec.tty = true;
  spec.read_only_root_filesystem = true;
  spec.capabilities = {.add = {"CHOWN"}, .drop = {"MKNOD"}};
  spec.extra_hosts = {"db:10.1.2.3"};
  spec.dns = {"10.9.9.9"};
  spec.sysctls = {{"net.ipv4.ip_unprivileged_port_start", "80"}};
  spec.ulimits = {{"nofile", 1234, 2345}};
  spec.shm_size = 33554432;
  spec.logging = v1::Logging{"json-file", {{"max-size", "1m"}}};
  spec.env = {{"PLAIN", "a=b \\ \"c\"", {}}, {"SECRET", "", SecretHandle{{"shop", "key"}, "f1"}}};
  spec.ports = {{.container = 80, .published = true, .host = 18080}, {.container = 53, .protocol = v1::Protocol::UDP}};
  spec.mounts = {{.type = MountType::Tmpfs, .target = "/scratch", .tmpfs_size = 1 << 20, .tmpfs_mode = 01777},
                 {.type = MountType::Volume, .source = "tf-full--data", .target = "/vol", .read_only = true}};
  spec.healthcheck =
      NativeHealthcheck{{"CMD", "true"}, std::chrono::seconds(7), std::chrono::seconds(2), std::chrono::seconds(1), 4};
  request.limits = {.nano_cpus = 500'000'000, .memory = 64 << 20, .restart = v1::RestartPolicy::OnFailure};
  request.networks = {{"tinyforge", {"full"}, "10.213.0.77"}, {"backend", {"api", "full"}, std::nullopt}};
  request.labels["user.label"] = "yes";
  ASSERT_TRUE(engine_->writer().EnsureNetwork({.name = "tinyforge", .shared = true}, "web"));
  ASSERT_TRUE(engine_->writer().EnsureNetwork({.name = "backend"}, "web"));
  ASSERT_TRUE(engine_->writer().EnsureVolume({.name = "tf-full--data"}, "full"));
  auto id = MustRun(request);

  auto container = Only("full");
  EXPECT_EQ(container.limits, request.limits);
  EXPECT_EQ(container.networks["tinyforge"].static_address, "10.213.0.77");
  EXPECT_EQ(container.networks["tinyforge"].address, "10.213.0.77");
  EXPECT_THAT(container.networks["tinyforge"].aliases, ElementsAre("full"));
  EXPECT_THAT(container.networks["backend"].aliases, ElementsAre("api", "full"));
  EXPECT_EQ(container.Label("user.label"), "yes");
  ASSERT_EQ(container.mounts.size(), 2u);
  EXPECT_EQ(container.mounts[1], (ObservedMount{MountType::Volume, "tf-full--data", "/vol", true}));

  auto json = nlohmann::json::parse(Docker("inspect full"))[0];
  const auto& config = json["Config"];
  const auto& host = json["HostConfig"];
  EXPECT_EQ(config["Entrypoint"], nlohmann::json({"sh"}));
  EXPECT_EQ(config["User"], "0:0");
  EXPECT_EQ(config["WorkingDir"], "/tmp");
  EXPECT_EQ(config["Hostname"], "fullhost");
  EXPECT_EQ(config["StopSignal"], "SIGKILL");
  EXPECT_EQ(config["StopTimeout"], 3);
  EXPECT_EQ(config["Tty"], true);
  EXPECT_THAT(
      config["Env"].get<std::vector<std::string>>(),
      testing::IsSupersetOf({std::string("PLAIN=a=b \\ \"c\""), std::string("SECRET=s3cret \"quoted\"\nline")}));
  EXPECT_EQ(config["Healthcheck"]["Interval"], 7'000'000'000);
  EXPECT_EQ(config["Healthcheck"]["Retries"], 4);
  EXPECT_EQ(host["ReadonlyRootfs"], true);
  EXPECT_EQ(host["CapDrop"], nlohmann::json({"MKNOD"}));
  EXPECT_EQ(host["ExtraHosts"], nlohmann::json({"db:10.1.2.3"}));
  EXPECT_EQ(host["Dns"], nlohmann::json({"10.9.9.9"}));
  EXPECT_EQ(host["Ulimits"][0]["Hard"], 2345);
  EXPECT_EQ(host["ShmSize"], 33554432);
  EXPECT_EQ(host["LogConfig"]["Config"]["max-size"], "1m");
  EXPECT_EQ(host["MemorySwap"], 64 << 20);
  EXPECT_EQ(host["NanoCpus"], 500'000'000);
  EXPECT_EQ(host["PortBindings"]["80/tcp"][0], nlohmann::json({{"HostIp", "127.0.0.1"}, {"HostPort", "18080"}}));
  EXPECT_TRUE(config["ExposedPorts"].contains("53/udp"));
  EXPECT_THAT(LastLogLines(engine_->client(), id, 100, AsIs), HasSubstr("PLAIN=a=b"));
}

TEST_F(WriterTest, AHeldNameIsAConflictThatNamesTheHolder) {
  Docker("create --name taken tinyforge-test/sleeper:2");
  auto id = engine_->writer().Create(RequestFor("web", "taken"));
  ASSERT_FALSE(id);
  EXPECT_EQ(id.error().kind, ErrorKind::Conflict);
  EXPECT_THAT(id.error().message, HasSubstr("create container taken: the name is held by container "));
  EXPECT_THAT(id.error().message, HasSubstr("image tinyforge-test/sleeper:2, created"));

  auto own = MustCreate(RequestFor("web", "web"));
  auto renamed = engine_->writer().Rename(own, "taken");
  ASSERT_FALSE(renamed);
  EXPECT_EQ(renamed.error().kind, ErrorKind::Conflict);
  EXPECT_THAT(renamed.error().message, HasSubstr("the name is held by container "));
}

TEST_F(WriterTest, AMissingImageIsNotFound) {
  auto request = RequestFor("web", "web");
  request.spec.image = "no/such:1";
  auto id = engine_->writer().Create(request);
  ASSERT_FALSE(id);
  EXPECT_EQ(id.error().kind, ErrorKind::NotFound);
  EXPECT_THAT(id.error().message, HasSubstr("create container web: No such image: no/such:1"));
}

TEST_F(WriterTest, ABadCommandIsTerminalAndAHeldPortIsWaiting) {
  auto request = RequestFor("bad", "bad-command");
  request.spec.entrypoint = {"/no/such/program"};
  auto started = engine_->writer().Start(MustCreate(request));
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, ErrorKind::Terminal) << started.error().message;

  auto first = RequestFor("one", "one");
  first.spec.ports = {{.container = 80, .published = true, .host = 18081}};
  first.networks = {{"bridge", {}, std::nullopt}};
  MustRun(first);
  auto second = RequestFor("two", "two");
  second.spec.ports = first.spec.ports;
  second.networks = first.networks;
  auto clash = engine_->writer().Start(MustCreate(second));
  ASSERT_FALSE(clash);
  EXPECT_EQ(clash.error().kind, ErrorKind::Waiting) << clash.error().message;
}

TEST_F(WriterTest, StartAndRemoveAndDisconnectOfWhatIsSoAlreadySucceed) {
  auto id = MustRun(RequestFor("web", "web"));
  EXPECT_TRUE(engine_->writer().Start(id));
  auto running = engine_->writer().Remove(id);
  ASSERT_FALSE(running);
  EXPECT_EQ(running.error().kind, ErrorKind::Conflict) << running.error().message;
  Docker("kill web");
  Docker("rm web");
  EXPECT_TRUE(engine_->writer().Remove(id));
  EXPECT_THAT(*engine_->index().Containers("web"), IsEmpty());

  ASSERT_TRUE(engine_->writer().EnsureNetwork({.name = "backend"}, "web"));
  auto other = RequestFor("other", "other");
  other.networks = {{"backend", {}, std::nullopt}};
  auto other_id = MustRun(other);
  EXPECT_TRUE(engine_->writer().Disconnect(other_id, "backend"));
  EXPECT_TRUE(engine_->writer().Disconnect(other_id, "backend"));
}

TEST_F(WriterTest, AStaticAddressSurvivesDisconnectAndReconnectWithAnotherAlias) {
  ASSERT_TRUE(engine_->writer().EnsureNetwork({.name = "tinyforge", .shared = true}, "web"));
  auto address = engine_->index().FreeAddresses(1);
  ASSERT_TRUE(address);
  auto request = RequestFor("web", "web");
  request.networks = {{"tinyforge", {}, address->front()}};
  auto id = MustRun(request);
  EXPECT_EQ(Only("web").networks["tinyforge"].address, address->front());
  ASSERT_TRUE(engine_->writer().Disconnect(id, "tinyforge"));
  EXPECT_THAT(Only("web").networks, IsEmpty());
  ASSERT_TRUE(engine_->writer().Connect(id, {"tinyforge", {"web"}, address->front()}));
  auto endpoint = Only("web").networks["tinyforge"];
  endpoint.mac_address.clear();
  EXPECT_EQ(endpoint, (ObservedEndpoint{{"web"}, address->front(), address->front()}));
  auto again = engine_->writer().Connect(id, {"tinyforge", {"web"}, address->front()});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::Conflict) << again.error().message;
}

TEST_F(WriterTest, LimitsAndRestartPolicyChangeInPlace) {
  auto request = RequestFor("web", "web");
  request.limits = {.nano_cpus = 200'000'000, .memory = 32 << 20};
  auto id = MustRun(request);
  Limits wanted{.nano_cpus = 300'000'000, .memory = 48 << 20, .restart = v1::RestartPolicy::OnFailure};
  auto updated = engine_->writer().Update(id, wanted);
  ASSERT_TRUE(updated) << updated.error().message;
  EXPECT_EQ(Only("web").limits, wanted);
  ASSERT_TRUE(engine_->writer().DisableRestart(id));
  EXPECT_EQ(Only("web").restart, v1::RestartPolicy::Never);
  EXPECT_EQ(Only("web").limits.memory, 48 << 20);
}

TEST_F(WriterTest, AStopRunsBesideTheCallerAndIsNotDoubled) {
  auto request = RequestFor("slow", "slow");
  request.spec.entrypoint = {"sh", "-c", "trap 'sleep 2; exit 0' TERM; while :; do sleep 0.1; done"};
  request.spec.stop_timeout = std::chrono::seconds(5);
  auto id = MustRun(request);
  ASSERT_EQ(Only("slow").state, ContainerState::Running);
  queued_.Clear();
  TakeCalls();
  auto begun = std::chrono::steady_clock::now();
  EXPECT_TRUE(engine_->writer().BeginStop(id));
  EXPECT_TRUE(engine_->writer().BeginStop(id));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(1));
  ASSERT_TRUE(Eventually([&] { return queued_.Has("slow"); }));
  EXPECT_EQ(Only("slow").state, ContainerState::Exited);
  ASSERT_TRUE(Eventually([&] { return std::ranges::count(*calls_.Lock(), "container_stop") > 0; }));
  EXPECT_EQ(std::ranges::count(TakeCalls(), "container_stop"), 1);
}

TEST_F(WriterTest, AnonymousVolumesAreReattachedByName) {
  Docker("volume create kept");
  auto request = RequestFor("db", "db");
  request.reattach = {{MountType::Volume, "kept", "/data", false}};
  MustRun(request);
  EXPECT_THAT(Only("db").mounts, ElementsAre(ObservedMount{MountType::Volume, "kept", "/data", false}));
}

TEST_F(WriterTest, AServiceNetworkModeSharesTheOtherContainersNetwork) {
  auto id = MustRun(RequestFor("vpn", "vpn"));
  auto request = RequestFor("client", "client");
  request.spec.network_mode = "service:vpn";
  EXPECT_EQ(Only("vpn").id, id);  // looked at
  MustRun(request);
  EXPECT_EQ(Only("client").network_mode, "container:" + id);
}

TEST_F(WriterTest, AServiceNetworkModeIsNoWayIntoANetworkThatIsNotOurs) {
  Docker("run -d --name exporter --net=host tinyforge-test/sleeper:1");
  auto request = RequestFor("thief", "thief");
  request.spec.network_mode = "service:exporter";
  auto created = engine_->writer().Create(request);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().kind, ErrorKind::Waiting);
  Docker("rm -f exporter");
}

TEST_F(WriterTest, SignalsAndUnpauses) {
  auto request = RequestFor("sig", "sig");
  request.spec.entrypoint = {"sh", "-c", "trap 'echo got-hup' HUP; echo up; while :; do sleep 0.05; done"};
  auto id = MustRun(request);
  ASSERT_TRUE(Eventually([&] { return LastLogLines(engine_->client(), id, 5, AsIs) == "up"; }));
  ASSERT_TRUE(engine_->writer().Signal(id, "HUP"));
  EXPECT_TRUE(Eventually([&] { return LastLogLines(engine_->client(), id, 5, AsIs) == "up\ngot-hup"; }));
  Docker("pause sig");
  ASSERT_TRUE(Eventually([&] { return Only("sig").state == ContainerState::Paused; }));
  ASSERT_TRUE(engine_->writer().Unpause(id));
  EXPECT_EQ(Only("sig").state, ContainerState::Running);
  EXPECT_TRUE(engine_->writer().Unpause(id));
}

TEST_F(WriterTest, TheHostPolicyJudgesTheCreate) {
  auto request = RequestFor("web", "web");
  request.spec.mounts = {{.type = MountType::Bind, .source = "/etc", .target = "/host"}};
  auto id = engine_->writer().Create(request);
  ASSERT_FALSE(id);
  EXPECT_EQ(id.error().kind, ErrorKind::Terminal);
  EXPECT_EQ(Docker("ps -aq"), "");
}

TEST_F(WriterTest, LogsComeWithAndWithoutATerminal) {
  for (bool tty : {false, true}) {
    auto request = RequestFor("log", tty ? "log-tty" : "log");
    request.spec.tty = tty;
    request.spec.entrypoint = {"sh", "-c", "echo one; echo two >&2; echo three"};
    request.limits.restart = v1::RestartPolicy::Never;
    auto id = MustRun(request);
    ASSERT_TRUE(
        Eventually([&] { return LastLogLines(engine_->client(), id, 3, AsIs).find("three") != std::string::npos; }));
    std::string followed;
    ASSERT_TRUE(ReadLogs(engine_->client(), id, {.follow = true},
                         [&](LogStream, std::string_view b) { return !followed.append(b).empty(); }));
    EXPECT_THAT(followed, HasSubstr("one"));
    EXPECT_THAT(followed, HasSubstr("two"));
  }
}

}  // namespace
}  // namespace tinyforge::docker
