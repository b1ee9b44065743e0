// What compose files can ask of the host beyond manifests: refused by default, allowed by name.
#include <gmock/gmock.h>

#include "controller/docker/host_policy.h"

namespace tinyforge::docker {
namespace {

using testing::HasSubstr;

std::string Body(const std::string& host_config) {
  return R"({"Image":"a","HostConfig":{)" + host_config + "}}";
}
std::string MountBody(const std::string& mount) {
  return Body(R"("Mounts":[{)" + mount + "}]");
}

PolicyChecker Checker(HostPolicy policy) {
  return {std::move(policy), {"/var/lib/tinyforge/volumes", "/var/lib/tinyforge/files"}, ""};
}

HostPolicy Named() {
  const std::vector<std::string> shop = {"shop"};
  return {.paths = {{.path = "/srv/data", .workloads = shop}},
          .devices = {{"gpu", shop}, {"vendor.com/a=b", shop}, {"c 1:3 mr", shop}, {"/dev/sdb", shop}},
          .capabilities = {{"SYS_RESOURCE", shop}, {"CAP_SYS_NICE", shop}},
          .host_namespaces = {{"ipc", shop}, {"uts", shop}, {"user", shop}, {"cgroup", shop}, {"mount", shop}},
          .security_options = {{"seccomp=unconfined", shop}},
          .runtimes = {{"nvidia", shop}},
          .cgroup_parents = {{"/shop", shop}},
          .volume_drivers = {{"nfs", shop}, {"rclone", shop}},
          .network_drivers = {{"macvlan", shop}}};
}

const std::vector<std::string>& AllowedByName() {
  static const std::vector<std::string> bodies = {
      Body(R"("IpcMode":"host")"),
      Body(R"("UTSMode":"host")"),
      Body(R"("UsernsMode":"host")"),
      Body(R"("CgroupnsMode":"host")"),
      Body(R"("SecurityOpt":["no-new-privileges","seccomp=unconfined"])"),
      Body(R"("Runtime":"nvidia")"),
      Body(R"("CgroupParent":"/shop")"),
      Body(R"("DeviceCgroupRules":["c 1:3 mr"])"),
      Body(R"("DeviceRequests":[{"Driver":"nvidia","Count":-1,"Capabilities":[["gpu","compute"]]}])"),
      Body(R"("DeviceRequests":[{"Driver":"cdi","DeviceIDs":["vendor.com/a=b"]}])"),
      Body(R"("OomScoreAdj":-1)"),
      Body(R"("OomKillDisable":true)"),
      Body(R"("CpuRealtimeRuntime":5)"),
      MountBody(R"("Type":"bind","Source":"/srv/data","BindOptions":{"Propagation":"rshared"})")};
  return bodies;
}

TEST(ComposePolicyTest, WhatReachesTheHostIsAllowedByNameAlone) {
  for (const std::string& body : AllowedByName()) {
    const auto verdict = Checker({.paths = {{.path = "/srv/data"}}, .privileged = {"*"}}).Check("shop", body);
    ASSERT_FALSE(verdict) << body;
    EXPECT_EQ(verdict.error().kind, ErrorKind::Terminal);
    EXPECT_THAT(verdict.error().message, HasSubstr("hostPolicy.rules[]")) << body;
    EXPECT_TRUE(Checker(Named()).Check("shop", body)) << body;
    EXPECT_FALSE(Checker(Named()).Check("other", body)) << body;
  }
}

TEST(ComposePolicyTest, AnotherNameIsNotAllowed) {
  for (const std::string& body :
       {Body(R"("SecurityOpt":["apparmor=unconfined"])"), Body(R"("Runtime":"runsc")"), Body(R"("CgroupParent":"/")"),
        Body(R"("DeviceCgroupRules":["a *:* rwm"])"), Body(R"("DeviceRequests":[{"Capabilities":[["compute"]]}])"),
        Body(R"("DeviceRequests":[{"Driver":"cdi","DeviceIDs":["vendor.com/x"],"Capabilities":[["gpu"]]}])"),
        MountBody(R"("Type":"bind","Source":"/etc","BindOptions":{"CreateMountpoint":true})"),
        MountBody(R"("Type":"bind","Source":"/srv/data","BindOptions":{"NonRecursive":true})"),
        MountBody(R"("Type":"volume","Source":"v","VolumeOptions":{"DriverConfig":{"Name":"local"}})")}) {
    EXPECT_FALSE(Checker(Named()).Check("shop", body)) << body;
  }
}

TEST(ComposePolicyTest, WhatStaysInTheContainerNeedsNoPermission) {
  for (const std::string& body :
       {Body(R"("IpcMode":"shareable","CgroupnsMode":"private","PidMode":"")"),
        Body(R"("SecurityOpt":["no-new-privileges:true"],"GroupAdd":["999"],"Annotations":{"a":"b"})"),
        Body(R"("OomScoreAdj":500,"OomKillDisable":true,"Memory":1000000)"),
        Body(R"("CpuShares":1,"CpusetCpus":"0","PidsLimit":5,"MemoryReservation":1,"BlkioWeight":10)"),
        MountBody(R"("Type":"volume","Source":"v","VolumeOptions":{"NoCopy":true,"Subpath":"a"})")}) {
    const auto verdict = Checker({}).Check("shop", body);
    EXPECT_TRUE(verdict) << body << verdict.error().message;
  }
}

TEST(ComposePolicyTest, NamespacesAreSharedWithinAWorkload) {
  const std::string body = Body(R"("PidMode":"container:abc","IpcMode":"container:abc")");
  EXPECT_FALSE(Checker({}).Check("shop", body));
  EXPECT_FALSE(Checker({}).Check("shop", body, {.containers = {"def"}}));
  EXPECT_TRUE(Checker({}).Check("shop", body, {.containers = {"abc"}}));
}

DesiredVolume Volume(StringMap options, std::string driver = "local") {
  return {.name = "v", .driver = std::move(driver), .driver_opts = std::move(options)};
}

TEST(ComposePolicyTest, AVolumeIsNoWayAroundThePaths) {
  const PolicyChecker none = Checker({});
  const PolicyChecker named = Checker(Named());
  EXPECT_TRUE(none.CheckVolume("shop", Volume({})));
  EXPECT_TRUE(none.CheckVolume("shop", Volume({{"type", "tmpfs"}, {"device", "tmpfs"}, {"o", "size=1m"}})));
  const std::vector<DesiredVolume> by_name = {Volume({{"type", "none"}, {"device", "/srv/data/a"}, {"o", "bind"}}),
                                              Volume({{"type", "nfs"}, {"device", ":/export"}, {"o", "addr=10.0.0.1"}}),
                                              Volume({{"type", "ext4"}, {"device", "/dev/sdb"}}), Volume({}, "rclone")};
  for (const DesiredVolume& volume : by_name) {
    EXPECT_FALSE(none.CheckVolume("shop", volume));
    EXPECT_TRUE(named.CheckVolume("shop", volume));
    EXPECT_FALSE(named.CheckVolume("other", volume));
  }
  const std::vector<DesiredVolume> never = {
      Volume({{"type", "none"}, {"device", "/etc"}, {"o", "rbind,ro"}}),
      Volume({{"type", "tmpfs"}, {"device", "/etc"}, {"o", "size=1,bind"}}),
      Volume({{"type", "overlay"}, {"device", "overlay"}, {"o", "lowerdir=/etc,upperdir=/a,workdir=/b"}}),
      Volume({{"type", "ext4"}, {"device", "/dev/sda"}}), Volume({}, "other")};
  for (const DesiredVolume& volume : never) EXPECT_FALSE(named.CheckVolume("shop", volume));
}

TEST(ComposePolicyTest, AVolumeIsNoWayToWhatIsKeptForOthers) {
  const PolicyChecker checker({.paths = {{.path = "/"}}}, {"/state/volumes", "/state/files"}, "");
  EXPECT_TRUE(checker.CheckVolume("shop", Volume({{"type", "none"}, {"device", "/srv"}, {"o", "bind"}})));
  for (const char* device : {"/state/files", "/state/volumes/other", "/srv/../state/files/x"})
    EXPECT_FALSE(checker.CheckVolume("shop", Volume({{"type", "none"}, {"device", device}, {"o", "bind,ro"}})));
}

TEST(ComposePolicyTest, NetworksOfTheHostNeedAName) {
  EXPECT_TRUE(Checker({}).CheckNetwork("shop", {}));
  EXPECT_TRUE(Checker({}).CheckNetwork("shop", {.driver = "bridge", .internal = true}));
  EXPECT_FALSE(Checker({}).CheckNetwork("shop", {.driver = "macvlan"}));
  EXPECT_TRUE(Checker(Named()).CheckNetwork("shop", {.driver = "macvlan"}));
  EXPECT_FALSE(Checker(Named()).CheckNetwork("shop", {.driver = "ipvlan"}));
  const NetworkConfig named_bridge{.driver_opts = {{"com.docker.network.bridge.name", "br0"}}};
  EXPECT_FALSE(Checker({}).CheckNetwork("shop", named_bridge));
  EXPECT_TRUE(Checker({.host_network = {"shop"}}).CheckNetwork("shop", named_bridge));
}

}  // namespace
}  // namespace tinyforge::docker
