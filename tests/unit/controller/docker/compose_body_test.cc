// What only compose files can say, in the words of the Engine.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "controller/docker/alteration.h"
#include "controller/docker/create_body.h"
#include "controller/docker/create_env.h"

namespace tinyforge::docker {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr ApiVersion kOld{1, 41};
constexpr ApiVersion kNew{1, 47};

class KeySecrets : public SecretReader {
 public:
  Expected<SecretHandle> Find(const v1::SecretKeyRef& ref) override { return SecretHandle{ref, "f"}; }
  Expected<std::vector<SecretHandle>> Variables(const v1::SecretKeyRef&) override {
    return std::vector<SecretHandle>();
  }
  Expected<std::string> Reveal(const SecretHandle& handle) override {
    if (handle.ref.key == "gone") return Error{ErrorKind::Waiting, "secret shop has no key gone"};
    if (handle.ref.key == "bytes") return std::string("top\xFFsecret");
    return "<" + handle.ref.key + ">";
  }
};

class ComposeBodyTest : public testing::Test {
 protected:
  Expected<SecretText> Encode(ApiVersion version = kNew) {
    return EncodeCreateBody(request_, {.version = version, .services = {{"db", "id-of-db"}}}, secrets_);
  }
  Json Body(ApiVersion version = kNew) {
    auto body = Encode(version);
    EXPECT_TRUE(body) << body.error().message;
    return body ? Json::parse(body->text()) : Json();
  }
  Error Refusal(ApiVersion version) {
    auto body = Encode(version);
    EXPECT_FALSE(body);
    return body ? Error{} : body.error();
  }

  CreateRequest request_{.workload = "shop", .name = "shop-web-1", .spec = {.image = "shop:1"}, .service = "web"};
  ContainerTemplate& spec_ = request_.spec;
  KeySecrets secrets_;
};

TEST_F(ComposeBodyTest, NamesAndGroupsHaveTheirPlace) {
  spec_.domainname = "example.com";
  spec_.stdin_open = true;
  spec_.dns_search = {"example.com"};
  spec_.dns_options = {"ndots:2"};
  spec_.security_opt = {"no-new-privileges"};
  spec_.group_add = {"999"};
  spec_.annotations = {{"a", "b"}};
  spec_.storage_opt = {{"size", "1G"}};
  spec_.runtime = "runsc";
  spec_.cgroup_parent = "/p";
  spec_.namespaces = {.pid = "host", .ipc = "private", .uts = "host", .user = "host", .cgroup = "private"};
  const Json body = Body();
  EXPECT_EQ(body["Domainname"], "example.com");
  EXPECT_EQ(body["OpenStdin"], true);
  const Json expected = Json::parse(R"({"Annotations":{"a":"b"},"CgroupParent":"/p","CgroupnsMode":"private",
      "DnsOptions":["ndots:2"],"DnsSearch":["example.com"],"GroupAdd":["999"],"IpcMode":"private","NetworkMode":"none",
      "PidMode":"host","RestartPolicy":{"Name":"always"},"Runtime":"runsc","SecurityOpt":["no-new-privileges"],
      "StorageOpt":{"size":"1G"},"UTSMode":"host","UsernsMode":"host"})");
  EXPECT_EQ(body["HostConfig"], expected);
}

TEST_F(ComposeBodyTest, DevicesSchedulingAndDisksHaveTheirPlace) {
  spec_.device_cgroup_rules = {"c 1:3 mr"};
  spec_.device_requests = {{.driver = "nvidia", .count = -1, .capabilities = {{"gpu"}}, .options = {}}};
  spec_.scheduling = {.cpu_period = 1,
                      .cpu_quota = 2,
                      .realtime_period = 3,
                      .realtime_runtime = 4,
                      .memory_swappiness = 0,
                      .oom_score_adj = 5,
                      .oom_kill_disable = true};
  spec_.blkio = {.weight = 300,
                 .weight_devices = {{"/dev/a", 1}},
                 .read_bps = {{"/dev/a", 2}},
                 .write_bps = {{"/dev/a", 3}},
                 .read_iops = {{"/dev/a", 4}},
                 .write_iops = {{"/dev/a", 5}}};
  const Json expected = Json::parse(R"({"BlkioDeviceReadBps":[{"Path":"/dev/a","Rate":2}],
      "BlkioDeviceReadIOps":[{"Path":"/dev/a","Rate":4}],"BlkioDeviceWriteBps":[{"Path":"/dev/a","Rate":3}],
      "BlkioDeviceWriteIOps":[{"Path":"/dev/a","Rate":5}],"BlkioWeight":300,
      "BlkioWeightDevice":[{"Path":"/dev/a","Weight":1}],"CpuPeriod":1,"CpuQuota":2,"CpuRealtimePeriod":3,
      "CpuRealtimeRuntime":4,"DeviceCgroupRules":["c 1:3 mr"],
      "DeviceRequests":[{"Capabilities":[["gpu"]],"Count":-1,"Driver":"nvidia","Options":{}}],"MemorySwappiness":0,
      "NetworkMode":"none","OomKillDisable":true,"OomScoreAdj":5,"RestartPolicy":{"Name":"always"}})");
  EXPECT_EQ(Body()["HostConfig"], expected);
}

TEST_F(ComposeBodyTest, AModeOfAServiceIsItsContainer) {
  spec_.network_mode = "service:db";
  spec_.namespaces = {.pid = "service:db", .ipc = "service:cache", .uts = "", .user = "", .cgroup = ""};
  EXPECT_THAT(ServicesShared(spec_), ElementsAre("cache", "db"));
  const Json host = Body()["HostConfig"];
  EXPECT_EQ(host["NetworkMode"], "container:id-of-db");
  EXPECT_EQ(host["PidMode"], "container:id-of-db");
  EXPECT_EQ(host["IpcMode"], "container:cache");
}

TEST_F(ComposeBodyTest, MountsSayHowTheyAreMade) {
  spec_.mounts = {
      {.type = MountType::Bind, .source = "/a", .target = "/a", .propagation = "rslave", .create_host_path = true},
      {.type = MountType::Volume, .source = "v", .target = "/v", .no_copy = true, .subpath = "s"}};
  const Json mounts = Body()["HostConfig"]["Mounts"];
  EXPECT_EQ(mounts[0]["BindOptions"], Json::parse(R"({"CreateMountpoint":true,"Propagation":"rslave"})"));
  EXPECT_EQ(mounts[1]["VolumeOptions"], Json::parse(R"({"NoCopy":true,"Subpath":"s"})"));
  spec_.mounts.pop_back();
  EXPECT_EQ(Body(kOld)["HostConfig"]["Mounts"][0]["BindOptions"], Json::parse(R"({"Propagation":"rslave"})"));
}

TEST_F(ComposeBodyTest, WhatIsRelabelledIsABind) {
  spec_.mounts = {{.type = MountType::Bind,
                   .source = "/a",
                   .target = "/b",
                   .read_only = true,
                   .propagation = "rslave",
                   .relabel = "Z"},
                  {.type = MountType::Volume, .source = "v", .target = "/v", .no_copy = true, .relabel = "z"},
                  {.type = MountType::Volume, .source = "w", .target = "/w"}};
  const Json host = Body()["HostConfig"];
  EXPECT_EQ(host["Binds"], Json::parse(R"(["/a:/b:Z,ro,rslave", "v:/v:z,nocopy"])"));
  ASSERT_EQ(host["Mounts"].size(), 1u);
  EXPECT_EQ(host["Mounts"][0]["Source"], "w");
}

TEST_F(ComposeBodyTest, EndpointsSayAllThatIsAskedOfThem) {
  request_.networks = {{.network = "a",
                        .aliases = {},
                        .address = "10.0.0.9",
                        .ipv6_address = "fd00::5",
                        .link_local_ips = {"169.254.8.8"},
                        .mac_address = "02:42:ac:11:00:02",
                        .driver_opts = {{"k", "v"}}}};
  const Json wanted = Json::parse(R"({"DriverOpts":{"k":"v"},"IPAMConfig":{"IPv4Address":"10.0.0.9",
      "IPv6Address":"fd00::5","LinkLocalIPs":["169.254.8.8"]},"MacAddress":"02:42:ac:11:00:02"})");
  EXPECT_EQ(Body()["NetworkingConfig"]["EndpointsConfig"]["a"], wanted);
  EXPECT_EQ(Json::parse(EncodeConnectBody("c", request_.networks[0]))["EndpointConfig"], wanted);
}

TEST_F(ComposeBodyTest, BelowApi144TheMacAddressIsTheContainers) {
  spec_.mac_address = "02:42:ac:11:00:02";
  request_.networks = {{.network = "a", .aliases = {}, .address = {}, .mac_address = "02:42:ac:11:00:02"}};
  const Json body = Body(kOld);
  EXPECT_EQ(body["MacAddress"], "02:42:ac:11:00:02");
  EXPECT_FALSE(body["NetworkingConfig"]["EndpointsConfig"]["a"].contains("MacAddress"));
  EXPECT_FALSE(Body(kNew).contains("MacAddress"));
  spec_.mac_address.clear();
  EXPECT_THAT(Refusal(kOld).message, HasSubstr("network a: a MAC address of its own: needs API 1.44"));
}

TEST_F(ComposeBodyTest, WhatAnOlderEngineWouldIgnoreIsRefused) {
  const auto refused = [&](ApiVersion version, auto ask, const std::string& what) {
    const CreateRequest before = request_;
    ask(request_);
    const Error error = Refusal(version);
    EXPECT_EQ(error.kind, ErrorKind::Terminal);
    EXPECT_THAT(error.message, testing::StartsWith(what));
    EXPECT_THAT(error.message, HasSubstr(ToString(version)));
    request_ = before;
  };
  refused(
      {1, 42},
      [](auto& r) {
        r.spec.annotations = {{"a", "b"}};
      },
      "annotations: needs API 1.43 of the Docker");
  refused(
      {1, 43},
      [](auto& r) {
        r.spec.healthcheck = NativeHealthcheck{.test = {"NONE"}, .start_interval = std::chrono::seconds(1)};
      },
      "healthcheck start interval: needs API 1.44");
  refused(
      {1, 44},
      [](auto& r) { r.spec.mounts = {{.type = MountType::Volume, .source = "v", .target = "/v", .subpath = "s"}}; },
      "volume subpath: needs API 1.45");
  refused(
      {1, 47}, [](auto& r) { r.networks = {{.network = "a", .aliases = {}, .address = {}, .gw_priority = 1}}; },
      "network a: gateway priority: needs API 1.48");
}

TEST_F(ComposeBodyTest, LimitsAndRestartPolicies) {
  request_.limits = {.memory = 64,
                     .restart = v1::RestartPolicy::OnFailure,
                     .max_attempts = 3,
                     .memory_reservation = 32,
                     .memory_swap = -1,
                     .pids = 7,
                     .cpu_shares = 512,
                     .cpuset = "0-1"};
  const Json expected = Json::parse(R"({"CpuShares":512,"CpusetCpus":"0-1","Memory":64,"MemoryReservation":32,
      "MemorySwap":-1,"PidsLimit":7,"RestartPolicy":{"MaximumRetryCount":3,"Name":"on-failure"}})");
  Json host = Body()["HostConfig"];
  host.erase("NetworkMode");
  EXPECT_EQ(host, expected);
  EXPECT_EQ(Json::parse(EncodeUpdateBody(request_.limits)), expected);
  EXPECT_EQ(EngineRestartPolicy({.unless_stopped = true}), "unless-stopped");
}

TEST_F(ComposeBodyTest, NoHealthcheckIsSaid) {
  spec_.healthcheck = NativeHealthcheck{.test = {"NONE"}};
  EXPECT_EQ(Body()["Healthcheck"], Json::parse(R"({"Test":["NONE"]})"));
}

// --- secrets within a text ---

TEST_F(ComposeBodyTest, SecretsStandAtTheirPlacesInAText) {
  spec_.env = {{.name = "URL",
                .value = "postgres://u:@db/",
                .inserts = {{13, {{"shop", "password"}, "f"}}, {17, {{"shop", "base"}, "f"}}}},
               {.name = "TWICE", .value = "", .inserts = {{0, {{"s", "a"}, "f"}}, {0, {{"s", "b"}, "f"}}}},
               {.name = "PLAIN", .value = "x"}};
  EXPECT_EQ(Body()["Env"], Json::parse(R"(["URL=postgres://u:<password>@db/<base>","TWICE=<a><b>","PLAIN=x"])"));
}

TEST_F(ComposeBodyTest, ASecretWithinATextIsNamedButNotShown) {
  spec_.env = {{.name = "URL", .value = "u:@db", .inserts = {{2, {{"shop", "bytes"}, "f"}}}}};
  const Error error = Refusal(kNew);
  EXPECT_EQ(error.kind, ErrorKind::Terminal);
  EXPECT_THAT(error.message, HasSubstr("environment variable URL (secret shop/bytes): the value must be UTF-8"));
  EXPECT_THAT(error.message, Not(HasSubstr("top")));
  spec_.env[0].inserts[0].secret.ref.key = "gone";
  EXPECT_EQ(Refusal(kNew).kind, ErrorKind::Waiting);
}

// --- compared with what runs ---

TEST_F(ComposeBodyTest, WhatTheEngineRepeatsIsNotAlteredAndEachAlterationIsNamed) {
  DesiredContainer desired;
  ContainerTemplate& t = desired.spec;
  t.image = "shop:1";
  t.env = {{.name = "URL", .value = "u:@db", .inserts = {{2, {{"shop", "password"}, "f"}}}}};
  t.domainname = "example.com";
  t.stdin_open = true;
  t.dns_search = {"example.com"};
  t.dns_options = {"ndots:2"};
  t.security_opt = {"no-new-privileges", "seccomp={\"a\": 1}"};
  t.group_add = {"999"};
  t.namespaces = {.pid = "service:db", .ipc = "host", .uts = "host", .user = "host", .cgroup = "private"};
  t.cgroup_parent = "/p";
  t.runtime = "runsc";
  t.annotations = {{"a", "b"}};
  spec_ = t;
  request_.labels = {{"tinyforge.managed", "true"}};
  const Json body = Body();
  Json inspect = {{"HostConfig", body["HostConfig"]}, {"Config", body}, {"Mounts", Json::array()}};
  inspect["HostConfig"]["SecurityOpt"][1] = "seccomp={\"a\":1}";
  const auto altered = [&](const Json& json) { return AlteredFields(json.dump(), desired, {}, &secrets_); };
  EXPECT_THAT(altered(inspect), IsEmpty());
  const std::vector<std::tuple<const char*, Json, const char*>> alterations = {
      {"/Config/Env", {"URL=u:guess@db"}, "env.URL"},
      {"/Config/Domainname", "", "domainname"},
      {"/Config/OpenStdin", false, "stdinOpen"},
      {"/HostConfig/DnsSearch", nullptr, "dnsSearch"},
      {"/HostConfig/DnsOptions", nullptr, "dnsOptions"},
      {"/HostConfig/SecurityOpt", nullptr, "securityOpt"},
      {"/HostConfig/GroupAdd", {"0"}, "groupAdd"},
      {"/HostConfig/PidMode", "host", "pidMode"},
      {"/HostConfig/IpcMode", "private", "ipcMode"},
      {"/HostConfig/UTSMode", "", "utsMode"},
      {"/HostConfig/UsernsMode", "", "usernsMode"},
      {"/HostConfig/CgroupnsMode", "host", "cgroupMode"},
      {"/HostConfig/CgroupParent", "", "cgroupParent"},
      {"/HostConfig/Runtime", "runc", "runtime"},
      {"/HostConfig/Annotations", nullptr, "annotations.a"},
  };
  for (const auto& [where, value, field] : alterations) {
    Json other = inspect;
    other[Json::json_pointer(where)] = value;
    EXPECT_THAT(altered(other), ElementsAre(field)) << where;
  }
}

}  // namespace
}  // namespace tinyforge::docker
