#include "controller/docker/alteration.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "controller/docker/create_body.h"

namespace tinyforge::docker {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

class FixedSecrets : public SecretReader {
 public:
  Expected<SecretHandle> Find(const v1::SecretKeyRef& ref) override { return SecretHandle{ref, "f"}; }
  Expected<std::vector<SecretHandle>> Variables(const v1::SecretKeyRef&) override {
    return std::vector<SecretHandle>();
  }
  Expected<std::string> Reveal(const SecretHandle& handle) override {
    if (handle.fingerprint != "f") return Error{ErrorKind::Transient, "the value is another by now"};
    return std::string("s3cr=t");
  }
};

// A template that sets everything, and the inspect answer of an Engine that repeats what it was sent.
class AlterationTest : public testing::Test {
 protected:
  AlterationTest() {
    auto& s = desired_.spec;
    s.image = "shop:1";
    s.entrypoint = {"/bin/app"};
    s.cmd = {"serve", "-v"};
    s.user = "1000";
    s.working_dir = "/srv/";
    s.hostname = "h";
    s.stop_signal = "SIGINT";
    s.stop_timeout = std::chrono::milliseconds(1500);
    s.init = s.tty = s.read_only_root_filesystem = s.privileged = true;
    s.capabilities = {{"NET_ADMIN", "CAP_SYS_TIME"}, {"mknod"}};
    s.devices = {{"/dev/fuse", "", "rw"}};
    s.extra_hosts = {"db:10.0.0.1", "gate:host-gateway"};
    s.dns = {"1.1.1.1", "2001:DB8::1"};
    s.sysctls = {{"net.core.somaxconn", "9"}, {"net.ipv4.conf.eth0.forwarding", "1"}};
    s.ulimits = {{"nofile", 1, -1}};
    s.shm_size = 7;
    s.logging = v1::Logging{"json-file", {{"max-size", "1m"}}};
    s.env = {{"A", "b=<c>", {}}, {"S", "", SecretHandle{{"shop", "key"}, "f"}}};
    s.labels = {{"team", "web"}};
    s.ports = {{.container = 80, .published = true, .host = 8080},
               {.container = 80, .published = true, .host_ip = "127.0.0.2"},
               {.container = 53, .protocol = v1::Protocol::UDP}};
    s.mounts = {{MountType::Bind, "/srv/m", "/m", true, 0, 0, "file./m"},
                {MountType::Volume, "v", "/v/", false, 0, 0, ""},
                {MountType::Tmpfs, "", "/t", false, 64, 01777, ""}};
    s.healthcheck = NativeHealthcheck{{"CMD", "ok"}, std::chrono::seconds(1), std::chrono::seconds(2), Duration(0), 4};
    desired_.networks = {{"net", {"a"}, "10.0.0.9"}};
  }

  Json Inspect() {
    CreateRequest request{.workload = "shop", .name = "shop", .spec = desired_.spec, .networks = desired_.networks};
    request.labels = desired_.spec.labels;
    request.labels["tinyforge.managed"] = "true";
    auto body = EncodeCreateBody(request, {.version = {1, 41}}, secrets_);
    Json config = Json::parse(body->text());
    Json inspect = {{"HostConfig", config["HostConfig"]}, {"Mounts", Json::array()}};
    config.erase("HostConfig");
    inspect["Config"] = config;
    return inspect;
  }

  std::vector<std::string> Altered(const Json& inspect) {
    return AlteredFields(inspect.dump(), desired_, image_, &secrets_);
  }

  FixedSecrets secrets_;
  DesiredContainer desired_;
  std::optional<ImageDefaults> image_;
};

TEST_F(AlterationTest, WhatTheEngineRepeatsIsNotAltered) {
  EXPECT_THAT(Altered(Inspect()), IsEmpty());
  desired_.spec = {.image = "shop:1"};
  EXPECT_THAT(Altered(Inspect()), IsEmpty());
}

TEST_F(AlterationTest, TheTestOfTheImageIsNoAlteration) {
  desired_.spec.healthcheck->test.clear();
  Json inspect = Inspect();
  inspect["Config"]["Healthcheck"]["Test"] = {"CMD-SHELL", "curl localhost"};
  EXPECT_THAT(Altered(inspect), IsEmpty());
  inspect["Config"]["Healthcheck"]["Interval"] = 5;
  EXPECT_THAT(Altered(inspect), ElementsAre("healthcheck"));
}

TEST_F(AlterationTest, WhatTheEngineAddsOrWritesOtherwiseIsNotAltered) {
  Json inspect = Inspect();
  Json& config = inspect["Config"];
  Json& host = inspect["HostConfig"];
  config["WorkingDir"] = "/srv";
  config["Env"].push_back("PATH=/bin");
  config["ExposedPorts"]["99/tcp"] = Json::object();
  config["Healthcheck"]["StartPeriod"] = 5;
  config["Volumes"] = {{"/anonymous", Json::object()}};
  host["CapAdd"] = {"CAP_NET_ADMIN", "CAP_SYS_TIME"};
  host["CapDrop"] = {"CAP_MKNOD"};
  host["Sysctls"].erase("net.ipv4.conf.eth0.forwarding");
  host["Sysctls"]["net.ipv4.ip_forward"] = "1";
  host["Ulimits"].push_back({{"Name", "core"}, {"Soft", 1}, {"Hard", 1}});
  host["LogConfig"]["Config"]["max-file"] = "3";
  host["Dns"] = {"1.1.1.1", "2001:db8::1"};
  host["PortBindings"]["80/tcp"][0]["HostIp"] = "0.0.0.0";  // the host policy's default of another day
  host["PortBindings"]["80/tcp"][1]["HostPort"] = "0";
  host["SecurityOpt"] = {"label=disable"};
  host["Binds"] = nullptr;
  host["VolumesFrom"] = nullptr;
  host["PidMode"] = "";
  host["IpcMode"] = "private";
  host["Mounts"].push_back({{"Type", "volume"}, {"Source", std::string(64, 'a')}, {"Target", "/anonymous"}});
  inspect["Mounts"].push_back({{"Type", "volume"}, {"Name", std::string(64, 'a')}, {"Destination", "/anonymous"}});
  EXPECT_THAT(Altered(inspect), IsEmpty());
}

TEST_F(AlterationTest, EachAlterationIsNamed) {
  const std::vector<std::tuple<const char*, Json, const char*>> alterations = {
      {"/Config/Entrypoint", {"/bin/other"}, "command"},
      {"/Config/Cmd", nullptr, "args"},
      {"/Config/User", "0", "user"},
      {"/Config/WorkingDir", "/", "workingDir"},
      {"/Config/Hostname", "x", "hostname"},
      {"/Config/StopSignal", "SIGTERM", "stopSignal"},
      {"/Config/StopTimeout", nullptr, "stopGracePeriod"},
      {"/Config/Tty", false, "tty"},
      {"/Config/Env", {"A=b", "S=s3cr=t"}, "env.A"},
      {"/Config/Env", {"A=b=<c>", "S=guess"}, "env.S"},
      {"/Config/Env", {"S=s3cr=t"}, "env.A"},
      {"/Config/Env", {"A=b=<c>", "S=s3cr=t", "A=later"}, "env.A"},
      {"/Config/Labels/team", "theirs", "containerLabels.team"},
      {"/Config/Healthcheck/Test", {"NONE"}, "healthcheck"},
      {"/Config/Healthcheck/Interval", 5, "healthcheck"},
      {"/HostConfig/Init", nullptr, "init"},
      {"/HostConfig/Privileged", false, "privileged"},
      {"/HostConfig/ReadonlyRootfs", false, "readOnlyRootFilesystem"},
      {"/HostConfig/CapAdd", {"NET_ADMIN"}, "capabilities.add"},
      {"/HostConfig/CapAdd", {"ALL"}, "capabilities.add"},
      {"/HostConfig/CapDrop", nullptr, "capabilities.drop"},
      {"/HostConfig/Devices", Json::array(), "devices"},
      {"/HostConfig/Dns", Json::array(), "dns"},
      {"/HostConfig/ExtraHosts", nullptr, "extraHosts"},
      {"/HostConfig/Sysctls", nullptr, "sysctls.net.core.somaxconn"},
      {"/HostConfig/Ulimits", nullptr, "ulimits.nofile"},
      {"/HostConfig/ShmSize", 8, "shmSize"},
      {"/HostConfig/LogConfig/Type", "none", "logging.driver"},
      {"/HostConfig/LogConfig/Config", nullptr, "logging.options.max-size"},
      {"/HostConfig/PortBindings", nullptr, "ports.80"},
      {"/HostConfig/PortBindings/80~1tcp/0/HostPort", "8081", "ports.80"},
      {"/HostConfig/PortBindings/80~1tcp/1/HostIp", "127.0.0.1", "ports.80"},
      {"/HostConfig/PortBindings/53~1udp", {{{"HostPort", "53"}}}, "ports.53"},
      {"/HostConfig/PublishAllPorts", true, "ports"},
      {"/HostConfig/NetworkMode", "host", "networkMode"},
      {"/HostConfig/NetworkMode", "none", "networkMode"},
      {"/HostConfig/NetworkMode", "container:abc", "networkMode"},
      {"/HostConfig/PidMode", "host", "pidMode"},
      {"/HostConfig/IpcMode", "container:abc", "ipcMode"},
      {"/HostConfig/VolumesFrom", {"db"}, "volumesFrom"},
      {"/HostConfig/Binds", {"/:/host"}, "mounts./host"},
      {"/HostConfig/Binds", {"data:/d:ro"}, "mounts./d"},
      {"/HostConfig/Tmpfs", {{"/x", ""}}, "mounts./x"},
      {"/HostConfig/Mounts/0/Source", "/etc", "file./m"},
      {"/HostConfig/Mounts/0/ReadOnly", false, "file./m"},
      {"/HostConfig/Mounts/1/Source", "w", "mounts./v/"},
  };
  for (const auto& [where, value, field] : alterations) {
    Json inspect = Inspect();
    inspect[Json::json_pointer(where)] = value;
    EXPECT_THAT(Altered(inspect), ElementsAre(field)) << where << " " << value;
  }
}

TEST_F(AlterationTest, OneAnonymousVolumeIsAsGoodAsAnotherAndATmpfsMayBeAskedForTheOlderWay) {
  desired_.spec.mounts = {{MountType::Volume, "", "/a"}, {MountType::Tmpfs, "", "/t"}};
  Json inspect = Inspect();
  inspect["HostConfig"]["Mounts"] = Json::array();
  EXPECT_THAT(Altered(inspect), ElementsAre("mounts./a", "mounts./t"));
  inspect["HostConfig"]["Tmpfs"] = {{"/t", ""}};
  inspect["Mounts"] = {{{"Type", "volume"}, {"Name", std::string(64, 'a')}, {"Destination", "/a"}, {"RW", true}}};
  EXPECT_THAT(Altered(inspect), IsEmpty());
  inspect["Mounts"][0]["Name"] = "data";
  EXPECT_THAT(Altered(inspect), ElementsAre("mounts./a"));
}

TEST_F(AlterationTest, AMountMayBeWrittenInTwoWays) {
  Json inspect = Inspect();
  inspect["HostConfig"].erase("Mounts");
  EXPECT_THAT(Altered(inspect), ElementsAre("file./m", "mounts./t", "mounts./v/"));
  inspect["HostConfig"]["Binds"] = {"/srv/m:/m:ro", "v:/v", std::string(64, 'b') + ":/anonymous"};
  inspect["HostConfig"]["Tmpfs"] = {{"/t", ""}};
  inspect["Mounts"] = {{{"Type", "bind"}, {"Source", "/srv/m"}, {"Destination", "/m"}, {"RW", false}},
                       {{"Type", "volume"}, {"Name", "v"}, {"Source", "/x"}, {"Destination", "/v"}, {"RW", true}},
                       {{"Type", "tmpfs"}, {"Destination", "/t"}, {"RW", true}}};
  EXPECT_THAT(Altered(inspect), IsEmpty());
}

TEST_F(AlterationTest, OfADeclaredAnonymousVolumeAnyWillDo) {
  desired_.spec.mounts = {{.type = MountType::Volume, .target = "/data"}};
  Json inspect = Inspect();
  const std::string taken_over(64, 'c');
  for (const std::string& source : {std::string(), taken_over}) {
    inspect["HostConfig"]["Mounts"] = {{{"Type", "volume"}, {"Source", source}, {"Target", "/data"}}};
    EXPECT_THAT(Altered(inspect), IsEmpty()) << source;
  }
  inspect["HostConfig"]["Mounts"][0]["Source"] = "named";
  EXPECT_THAT(Altered(inspect), ElementsAre("mounts./data"));
}

TEST_F(AlterationTest, WhatTheTemplateLeavesToTheImageIsComparedWithTheImage) {
  desired_.spec = {.image = "shop:1"};
  Json inspect = Inspect();
  inspect["Config"].update(
      Json{{"Env", {"I=1"}}, {"Cmd", {"run"}}, {"Entrypoint", {"sh"}}, {"User", "7"}, {"WorkingDir", "/tmp"}});
  EXPECT_THAT(Altered(inspect), IsEmpty());  // nothing is known of the image
  image_ = DecodeImageDefaults(
      R"({"Config":{"Env":["I=1","J=2"],"Cmd":["run"],"Entrypoint":["sh"],"User":"7","WorkingDir":"/tmp/"}})");
  EXPECT_THAT(Altered(inspect), IsEmpty());
  inspect["Config"].update(
      Json{{"Env", {"I=2", "K=1"}}, {"Cmd", nullptr}, {"Entrypoint", {"ash"}}, {"User", ""}, {"WorkingDir", ""}});
  EXPECT_THAT(Altered(inspect), ElementsAre("args", "command", "env.I", "env.K", "user", "workingDir"));
}

TEST_F(AlterationTest, AnImageThatSaysNothingBringsNothing) {
  EXPECT_FALSE(DecodeImageDefaults("no json"));
  EXPECT_FALSE(DecodeImageDefaults(R"({"Config":null})"));
  EXPECT_FALSE(DecodeImageDefaults(R"({"Config":{"Env":"A=b"}})"));
  image_ = DecodeImageDefaults(R"({"Config":{}})");
  desired_.spec = {.image = "shop:1"};
  Json inspect = Inspect();
  inspect["Config"].update(Json{{"Env", nullptr}, {"Cmd", nullptr}, {"Entrypoint", nullptr}, {"WorkingDir", "/"}});
  EXPECT_THAT(Altered(inspect), IsEmpty());
}

TEST_F(AlterationTest, AnEntrypointOfItsOwnClearsTheImagesCommand) {
  image_ = ImageDefaults{.cmd = {"run"}, .user = "", .working_dir = ""};
  desired_.spec = {.image = "shop:1", .entrypoint = {{"/bin/app"}}};
  EXPECT_THAT(Altered(Inspect()), IsEmpty());
  Json inspect = Inspect();
  inspect["Config"]["Cmd"] = {"run"};
  EXPECT_THAT(Altered(inspect), ElementsAre("args"));
}

TEST_F(AlterationTest, ASecretThatCannotBeReadIsNotCompared) {
  Json inspect = Inspect();
  inspect["Config"]["Env"] = {"A=b=<c>", "S=another"};
  desired_.spec.env[1].secret->fingerprint = "of another value";
  EXPECT_THAT(Altered(inspect), IsEmpty());
  desired_.spec.env[1].secret->fingerprint = "f";
  EXPECT_THAT(AlteredFields(inspect.dump(), desired_, image_, nullptr), IsEmpty());
}

TEST_F(AlterationTest, NetworkModesAreComparedByWhatTheyCanBe) {
  desired_.spec = {.image = "shop:1", .network_mode = "service:db"};
  desired_.networks.clear();
  Json inspect = Inspect();
  inspect["HostConfig"]["NetworkMode"] = "container:0123456789ab";
  EXPECT_THAT(Altered(inspect), IsEmpty());
  inspect["HostConfig"]["NetworkMode"] = "bridge";
  EXPECT_THAT(Altered(inspect), ElementsAre("networkMode"));
  desired_.spec.network_mode = "host";
  EXPECT_THAT(Altered(inspect), ElementsAre("networkMode"));
  desired_.spec.network_mode.clear();
  desired_.networks = {{"host", {}, {}}};
  inspect["HostConfig"]["NetworkMode"] = "host";
  EXPECT_THAT(Altered(inspect), IsEmpty());
}

TEST_F(AlterationTest, AllCapabilitiesContainEachOne) {
  desired_.spec = {.image = "shop:1", .capabilities = {{"NET_RAW"}, {"ALL"}}};
  Json inspect = Inspect();
  EXPECT_THAT(Altered(inspect), IsEmpty());
  inspect["HostConfig"]["CapDrop"] = {"CAP_ALL", "CAP_MKNOD"};
  EXPECT_THAT(Altered(inspect), IsEmpty());
  inspect["HostConfig"]["CapDrop"] = {"MKNOD"};
  EXPECT_THAT(Altered(inspect), ElementsAre("capabilities.drop"));
}

TEST_F(AlterationTest, NamesOfAnotherHandAreFitForALine) {
  image_ = DecodeImageDefaults(R"({"Config":{}})");
  desired_.spec = {.image = "shop:1"};
  Json inspect = Inspect();
  inspect["Config"]["Env"] = {"a, b\n=1", "no value", std::string(95, 'x') + "é=1"};
  EXPECT_THAT(Altered(inspect), ElementsAre("env.a__b_", "env." + std::string(95, 'x')));
}

TEST_F(AlterationTest, WhatIsNoInspectAnswerSaysNothing) {
  for (const char* text : {"", "[]", "{}", R"({"Config":{},"HostConfig":{}})", R"({"Config":{"Labels":{"a":"b"}}})",
                           R"({"Config":{"Labels":{"a":"b"}},"HostConfig":5})"})
    EXPECT_THAT(AlteredFields(text, desired_, image_, &secrets_), IsEmpty()) << text;
  Json inspect = Inspect();
  for (const char* key : {"Env", "Cmd", "Entrypoint", "User", "Hostname", "StopSignal", "StopTimeout", "Tty"})
    inspect["Config"][key] = Json::object();
  for (const char* key : {"Init", "Privileged", "ReadonlyRootfs", "CapAdd", "CapDrop", "Dns", "ExtraHosts", "ShmSize",
                          "PortBindings", "NetworkMode", "PidMode", "VolumesFrom"})
    inspect["HostConfig"][key] = 5;
  inspect["HostConfig"]["ShmSize"] = "7";
  EXPECT_THAT(Altered(inspect), IsEmpty());
}

}  // namespace
}  // namespace tinyforge::docker
