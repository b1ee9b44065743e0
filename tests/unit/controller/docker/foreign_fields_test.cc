#include "controller/docker/foreign_fields.h"

#include <gmock/gmock.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "controller/docker/create_body.h"

namespace tinyforge::docker {
namespace {

using Json = nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

class NoSecrets : public SecretReader {
 public:
  Expected<SecretHandle> Find(const v1::SecretKeyRef&) override { return Error{ErrorKind::Waiting, "none"}; }
  Expected<std::vector<SecretHandle>> Variables(const v1::SecretKeyRef&) override {
    return Error{ErrorKind::Waiting, "none"};
  }
  Expected<std::string> Reveal(const SecretHandle&) override { return Error{ErrorKind::Waiting, "none"}; }
};

using Change = std::function<void(ContainerTemplate&)>;

// What an Engine says of a container that was made for this template by a tool that sends it as we do.
Json Made(const ContainerTemplate& spec, const ImageDefaults& image) {
  NoSecrets secrets;
  CreateRequest request{.workload = "shop", .name = "shop-web-1", .spec = spec, .networks = {{"shop_default", {}, {}}}};
  request.labels = spec.labels;
  request.labels["com.docker.compose.project"] = "shop";
  for (const std::string& key : image.labels) request.labels[key] = "of the image";
  auto body = EncodeCreateBody(request, {.version = {1, 48}}, secrets);
  Json config = Json::parse(body->text());
  Json inspect = {{"Id", "0123456789abcdef"}, {"HostConfig", config["HostConfig"]}, {"Mounts", Json::array()}};
  config.erase("HostConfig");
  const auto fill = [&](const char* key, const Json& value) {
    if (!config.contains(key)) config[key] = value;
  };
  fill("Hostname", "0123456789ab");
  fill("Cmd", config.contains("Entrypoint") ? Json(nullptr) : Json(image.cmd));
  fill("Entrypoint", nullptr);
  fill("WorkingDir", image.working_dir);
  fill("User", image.user);
  fill("Env", Json::array());
  inspect["Config"] = config;
  Json& host = inspect["HostConfig"];
  if (!host.contains("ShmSize")) host["ShmSize"] = 67108864;
  host["MaskedPaths"] = {"/proc/kcore"};
  host["CapAdd"] = host.contains("CapAdd") ? host["CapAdd"] : Json(nullptr);
  for (const char* key : {"OomScoreAdj", "CpuQuota", "BlkioWeight", "KernelMemory"})
    if (!host.contains(key)) host[key] = 0;
  for (const Mount& m : spec.mounts)
    if (m.type == MountType::Bind)
      inspect["Mounts"].push_back({{"Type", "bind"},
                                   {"Source", m.source},
                                   {"Destination", m.target},
                                   {"RW", !m.read_only},
                                   {"Propagation", m.propagation.empty() ? "rprivate" : m.propagation}});
  return inspect;
}

class ForeignFieldsTest : public testing::Test {
 protected:
  std::vector<std::string> Fields(const Json& inspect, const ContainerTemplate& wanted) {
    DesiredContainer desired;
    desired.spec = wanted;
    desired.networks = {{"shop_default", {}, {}}};
    return ForeignFields(inspect.dump(), desired, image_, nullptr);
  }

  ImageDefaults image_{.entrypoint = {},
                       .cmd = {"serve"},
                       .user = "",
                       .working_dir = "/srv",
                       .healthcheck = {},
                       .stop_signal = {},
                       .labels = {"org.opencontainers.image.title"}};
  const ContainerTemplate plain_{.image = "shop:1"};
};

// Each change is seen where it is asked for and not there, and where it is there and not asked for.
TEST_F(ForeignFieldsTest, EveryFieldIsComparedBothWays) {
  const std::vector<std::pair<const char*, Change>> changes = {
      {"command", [](auto& t) { t.entrypoint = {"/bin/app"}; }},
      {"args", [](auto& t) { t.cmd = {"x"}; }},
      {"user", [](auto& t) { t.user = "9"; }},
      {"workingDir", [](auto& t) { t.working_dir = "/x"; }},
      {"hostname", [](auto& t) { t.hostname = "h"; }},
      {"stopSignal", [](auto& t) { t.stop_signal = "SIGINT"; }},
      {"stopGracePeriod", [](auto& t) { t.stop_timeout = std::chrono::seconds(3); }},
      {"init", [](auto& t) { t.init = true; }},
      {"tty", [](auto& t) { t.tty = true; }},
      {"readOnlyRootFilesystem", [](auto& t) { t.read_only_root_filesystem = true; }},
      {"privileged", [](auto& t) { t.privileged = true; }},
      {"capabilities.add", [](auto& t) { t.capabilities.add = {"NET_ADMIN"}; }},
      {"devices",
       [](auto& t) {
         t.devices = {{"/dev/fuse", "", "rw"}};
       }},
      {"extraHosts", [](auto& t) { t.extra_hosts = {"a:10.0.0.1"}; }},
      {"dns", [](auto& t) { t.dns = {"1.1.1.1"}; }},
      {"sysctls",
       [](auto& t) {
         t.sysctls = {{"net.core.somaxconn", "9"}};
       }},
      {"ulimits",
       [](auto& t) {
         t.ulimits = {{"nofile", 1, 2}};
       }},
      {"shmSize", [](auto& t) { t.shm_size = 7; }},
      {"env.A",
       [](auto& t) {
         t.env = {{"A", "b", {}}};
       }},
      {"ports.80", [](auto& t) { t.ports = {{.container = 80, .published = true, .host = 8080}}; }},
      {"containerLabels.team",
       [](auto& t) {
         t.labels = {{"team", "web"}};
       }},
      {"mounts./m",
       [](auto& t) {
         t.mounts = {{MountType::Bind, "/srv/m", "/m", true, 0, 0, ""}};
       }},
      {"mounts./t",
       [](auto& t) {
         t.mounts = {{MountType::Tmpfs, "", "/t", false, 64, 0, ""}};
       }},
      {"healthcheck",
       [](auto& t) {
         t.healthcheck = NativeHealthcheck{.test = {"CMD", "ok"}};
       }},
      {"domainname", [](auto& t) { t.domainname = "d"; }},
      {"stdinOpen", [](auto& t) { t.stdin_open = true; }},
      {"dnsSearch", [](auto& t) { t.dns_search = {"x"}; }},
      {"dnsOptions", [](auto& t) { t.dns_options = {"x"}; }},
      {"securityOpt", [](auto& t) { t.security_opt = {"no-new-privileges:true"}; }},
      {"groupAdd", [](auto& t) { t.group_add = {"9"}; }},
      {"pidMode", [](auto& t) { t.namespaces.pid = "host"; }},
      {"ipcMode", [](auto& t) { t.namespaces.ipc = "host"; }},
      {"uTSMode", [](auto& t) { t.namespaces.uts = "host"; }},
      {"usernsMode", [](auto& t) { t.namespaces.user = "host"; }},
      {"cgroupParent", [](auto& t) { t.cgroup_parent = "c"; }},
      {"macAddress", [](auto& t) { t.mac_address = "aa:bb:cc:dd:ee:ff"; }},
      {"annotations",
       [](auto& t) {
         t.annotations = {{"a", "b"}};
       }},
      {"storageOpt",
       [](auto& t) {
         t.storage_opt = {{"size", "1G"}};
       }},
      {"deviceCgroupRules", [](auto& t) { t.device_cgroup_rules = {"c 1:3 mr"}; }},
      {"deviceRequests",
       [](auto& t) { t.device_requests = {{.driver = "nvidia", .count = -1, .capabilities = {{"gpu"}}}}; }},
      {"cpuQuota", [](auto& t) { t.scheduling.cpu_quota = 5; }},
      {"oomScoreAdj", [](auto& t) { t.scheduling.oom_score_adj = -500; }},
      {"memorySwappiness", [](auto& t) { t.scheduling.memory_swappiness = 3; }},
      {"blkioWeight", [](auto& t) { t.blkio.weight = 300; }},
  };
  for (const auto& [field, change] : changes) {
    SCOPED_TRACE(field);
    ContainerTemplate changed = plain_;
    change(changed);
    const auto named = [&](const std::vector<std::string>& fields) {
      return std::ranges::any_of(fields, [&](const std::string& f) { return f.starts_with(field); });
    };
    Json with = Made(changed, image_);
    if (!changed.mac_address.empty()) with["Config"]["MacAddress"] = changed.mac_address;
    EXPECT_THAT(Fields(with, changed), IsEmpty());
    EXPECT_TRUE(named(Fields(Made(plain_, image_), changed))) << "asked for and not there";
    EXPECT_TRUE(named(Fields(with, plain_))) << "there and not asked for";
  }
}

TEST_F(ForeignFieldsTest, WhatIsPlainIsTheSame) {
  EXPECT_THAT(Fields(Made(plain_, image_), plain_), IsEmpty());
  Json inspect = Made(plain_, image_);
  inspect["HostConfig"]["MemorySwappiness"] = -1;
  inspect["HostConfig"]["SecurityOpt"] = {"label=disable"};
  inspect["HostConfig"]["Runtime"] = "runc";
  inspect["HostConfig"]["LogConfig"] = {{"Type", "journald"}, {"Config", {{"tag", "x"}}}};
  EXPECT_THAT(Fields(inspect, plain_), IsEmpty());
}

TEST_F(ForeignFieldsTest, WhatTheImageBringsIsNoDifference) {
  image_.healthcheck = HealthcheckText({{"Test", {"CMD", "ok"}}, {"Interval", 5}});
  image_.stop_signal = "SIGQUIT";
  Json inspect = Made(plain_, image_);
  EXPECT_THAT(Fields(inspect, plain_), ElementsAre("healthcheck", "stopSignal"));
  inspect["Config"]["Healthcheck"] = {{"Interval", 5}, {"Test", {"CMD", "ok"}}, {"Retries", 0}};
  inspect["Config"]["StopSignal"] = "SIGQUIT";
  EXPECT_THAT(Fields(inspect, plain_), IsEmpty());
}

TEST_F(ForeignFieldsTest, AnImageThatIsNotKnownIsADifference) {
  const Json inspect = Made(plain_, image_);
  DesiredContainer desired;
  desired.spec = plain_;
  EXPECT_THAT(ForeignFields(inspect.dump(), desired, std::nullopt, nullptr), ElementsAre("image"));
}

TEST_F(ForeignFieldsTest, OptionsOfATmpfsAreOneHoweverTheyWereSaid) {
  ContainerTemplate wanted = plain_;
  wanted.mounts = {{MountType::Tmpfs, "", "/t", false, 64 << 20, 0700, ""}};
  Json inspect = Made(plain_, image_);
  inspect["HostConfig"]["Tmpfs"] = {{"/t/", "rw,size=64m,mode=0700"}};
  EXPECT_THAT(Fields(inspect, wanted), IsEmpty());
  wanted.mounts[0].tmpfs_uid = 7;
  EXPECT_THAT(Fields(inspect, wanted), ElementsAre("mounts./t"));
  EXPECT_THAT(Fields(Made(wanted, image_), wanted), IsEmpty());
  wanted.mounts[0].tmpfs_uid.reset();
  inspect["HostConfig"]["Tmpfs"] = {{"/t/", "size=32m,mode=0700"}};
  EXPECT_THAT(Fields(inspect, wanted), ElementsAre("mounts./t"));
}

TEST_F(ForeignFieldsTest, HowABindIsPropagatedCounts) {
  ContainerTemplate wanted = plain_;
  wanted.mounts = {{MountType::Bind, "/", "/host", true, 0, 0, ""}};
  wanted.mounts[0].propagation = "rslave";
  Json inspect = Made(wanted, image_);
  EXPECT_THAT(Fields(inspect, wanted), IsEmpty());
  inspect["Mounts"][0]["Propagation"] = "rprivate";
  EXPECT_THAT(Fields(inspect, wanted), ElementsAre("mounts./host"));
}

// The Engine says "z" of its own volumes without being asked.
TEST_F(ForeignFieldsTest, WhatIsRelabelledCounts) {
  ContainerTemplate wanted = plain_;
  wanted.mounts = {{MountType::Bind, "/srv", "/a", true}, {MountType::Volume, "v", "/v"}};
  Json inspect = Made(wanted, image_);
  inspect["Mounts"].push_back({{"Type", "volume"}, {"Name", "v"}, {"Destination", "/v"}, {"RW", true}, {"Mode", "z"}});
  EXPECT_THAT(Fields(inspect, wanted), IsEmpty());
  wanted.mounts[0].relabel = wanted.mounts[1].relabel = "z";
  EXPECT_THAT(Fields(inspect, wanted), ElementsAre("mounts./a"));
  inspect["Mounts"][0]["Mode"] = "ro,z";
  EXPECT_THAT(Fields(inspect, wanted), IsEmpty());
  wanted.mounts[1].relabel = "Z";
  EXPECT_THAT(Fields(inspect, wanted), ElementsAre("mounts./v"));
}

// Who adds a member to the template says here how it is compared: add it to EveryFieldIsComparedBothWays.
TEST_F(ForeignFieldsTest, NoMemberOfTheTemplateIsForgotten) {
  const auto& [image, entrypoint, cmd, user, working_dir, hostname, stop_signal, stop_timeout, init, tty, read_only,
               privileged, capabilities, devices, extra_hosts, dns, sysctls, ulimits, shm_size, logging, network_mode,
               env, ports, labels, mounts, healthcheck, domainname, stdin_open, dns_search, dns_options, security_opt,
               group_add, namespaces, cgroup_parent, runtime, platform, mac_address, annotations, storage_opt,
               device_cgroup_rules, device_requests, scheduling, blkio, post_start, pre_stop] = plain_;
  EXPECT_EQ(image, "shop:1");
}

}  // namespace
}  // namespace tinyforge::docker
