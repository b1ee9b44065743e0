#include "controller/docker/create_body.h"

#include <gmock/gmock.h>

namespace tinyforge::docker {
namespace {

using testing::HasSubstr;
using testing::Not;

const CreateBodyOptions kOld{.version = {1, 41}};
constexpr ApiVersion kNew{1, 44};

class Secrets : public SecretReader {
 public:
  Expected<SecretHandle> Find(const v1::SecretKeyRef& ref) override { return SecretHandle{ref, "f"}; }
  Expected<std::vector<SecretHandle>> Variables(const v1::SecretKeyRef&) override {
    return std::vector<SecretHandle>();
  }
  Expected<std::string> Reveal(const SecretHandle& handle) override {
    if (handle.ref.key == "gone") return Error{ErrorKind::Waiting, "secret shop has no key gone"};
    return value;
  }
  std::string value = "hunter2";
};

class CreateBodyTest : public testing::Test {
 protected:
  std::string Encode(const CreateBodyOptions& options = kOld) {
    auto body = EncodeCreateBody(request_, options, secrets_);
    return body ? body->text() : body.error().message;
  }
  CreateRequest request_{.workload = "web", .name = "web", .spec = {.image = "shop:1"}};
  Secrets secrets_;
};

TEST_F(CreateBodyTest, WhatIsNotAskedForIsNotSaid) {
  EXPECT_EQ(Encode(),
            R"({"HostConfig":{"NetworkMode":"none","RestartPolicy":{"Name":"always"}},"Image":"shop:1","Labels":{}})");
}

TEST_F(CreateBodyTest, ATmpfsWithAnOwnerOrWithProgramsIsSaidTheOlderWay) {
  request_.spec.mounts = {{.type = MountType::Tmpfs, .target = "/a", .tmpfs_uid = 1000},
                          {.type = MountType::Tmpfs,
                           .target = "/b",
                           .read_only = true,
                           .tmpfs_size = 64,
                           .tmpfs_mode = 0750,
                           .tmpfs_gid = 0,
                           .tmpfs_exec = true},
                          {.type = MountType::Tmpfs, .target = "/c"}};
  EXPECT_EQ(Encode(),
            R"({"HostConfig":{"Mounts":[{"Target":"/c","Type":"tmpfs"}],"NetworkMode":"none",)"
            R"("RestartPolicy":{"Name":"always"},"Tmpfs":{"/a":"uid=1000","/b":"ro,exec,size=64,mode=750,gid=0"}},)"
            R"("Image":"shop:1","Labels":{}})");
}

TEST_F(CreateBodyTest, NoInitIsSaidWhereItIsAskedFor) {
  request_.spec.init = false;
  EXPECT_THAT(Encode(), HasSubstr(R"("Init":false)"));
}

TEST_F(CreateBodyTest, EveryFieldHasItsPlace) {
  auto& s = request_.spec;
  s.entrypoint = {"/bin/app"};
  s.cmd = {"serve", "-v"};
  s.user = "1000";
  s.working_dir = "/srv";
  s.hostname = "h";
  s.stop_signal = "SIGINT";
  s.stop_timeout = std::chrono::milliseconds(1500);
  s.init = s.tty = s.read_only_root_filesystem = s.privileged = true;
  s.capabilities = {{"NET_ADMIN"}, {"MKNOD"}};
  s.devices = {{"/dev/fuse", "", "rw"}};
  s.extra_hosts = {"db:10.0.0.1"};
  s.dns = {"1.1.1.1"};
  s.sysctls = {{"net.core.somaxconn", "9"}};
  s.ulimits = {{"nofile", 1, 2}};
  s.shm_size = 7;
  s.logging = v1::Logging{"json-file", {{"max-size", "1m"}}};
  s.env = {{"A", "b", {}}};
  s.ports = {{.container = 80, .published = true, .host = 8080},
             {.container = 80, .published = true, .host_ip = "::1"},
             {.container = 53, .protocol = v1::Protocol::UDP}};
  s.mounts = {{MountType::Bind, "/srv/m", "/m", true, 0, 0},
              {MountType::Volume, "v", "/v", false, 0, 0},
              {MountType::Tmpfs, "", "/t", false, 64, 01777}};
  s.healthcheck =
      NativeHealthcheck{{"CMD", "ok"}, std::chrono::seconds(1), std::chrono::seconds(2), std::chrono::seconds(3), 4};
  request_.limits = {.nano_cpus = 5, .memory = 6, .restart = v1::RestartPolicy::OnFailure};
  request_.labels = {{"k", "v"}};
  request_.networks = {{"net", {"a"}, "10.0.0.9"}};
  EXPECT_EQ(
      Encode(),
      R"({"Cmd":["serve","-v"],"Entrypoint":["/bin/app"],"ExposedPorts":{"53/udp":{},"80/tcp":{}},)"
      R"("Healthcheck":{"Interval":1000000000,"Retries":4,"StartPeriod":3000000000,"Test":["CMD","ok"],"Timeout":2000000000},)"
      R"("HostConfig":{"CapAdd":["NET_ADMIN"],"CapDrop":["MKNOD"],)"
      R"("Devices":[{"CgroupPermissions":"rw","PathInContainer":"/dev/fuse","PathOnHost":"/dev/fuse"}],)"
      R"("Dns":["1.1.1.1"],"ExtraHosts":["db:10.0.0.1"],"Init":true,"LogConfig":{"Config":{"max-size":"1m"},"Type":"json-file"},)"
      R"("Memory":6,"MemorySwap":6,"Mounts":[{"ReadOnly":true,"Source":"/srv/m","Target":"/m","Type":"bind"},)"
      R"({"Source":"v","Target":"/v","Type":"volume"},{"Target":"/t","TmpfsOptions":{"Mode":1023,"SizeBytes":64},"Type":"tmpfs"}],)"
      R"("NanoCpus":5,"NetworkMode":"net","PortBindings":{"80/tcp":[{"HostIp":"127.0.0.1","HostPort":"8080"},{"HostIp":"::1","HostPort":""}]},)"
      R"("Privileged":true,"ReadonlyRootfs":true,"RestartPolicy":{"Name":"on-failure"},"ShmSize":7,"Sysctls":{"net.core.somaxconn":"9"},)"
      R"("Ulimits":[{"Hard":2,"Name":"nofile","Soft":1}]},"Hostname":"h","Image":"shop:1","Labels":{"k":"v"},)"
      R"("NetworkingConfig":{"EndpointsConfig":{"net":{"Aliases":["a"],"IPAMConfig":{"IPv4Address":"10.0.0.9"}}}},)"
      R"("StopSignal":"SIGINT","StopTimeout":2,"Tty":true,"User":"1000","WorkingDir":"/srv","Env":["A=b"]})");
}

TEST_F(CreateBodyTest, FurtherNetworksComeAfterTheCreateOnlyOnOldEngines) {
  request_.networks = {{"a", {}, {}}, {"b", {}, {}}};
  EXPECT_THAT(Encode(), Not(HasSubstr(R"("b":{})")));
  EXPECT_THAT(NetworksAfterCreate(request_, kOld.version), testing::ElementsAre(request_.networks[1]));
  EXPECT_THAT(Encode({.version = kNew}), HasSubstr(R"("EndpointsConfig":{"a":{},"b":{}})"));
  EXPECT_THAT(NetworksAfterCreate(request_, kNew), testing::IsEmpty());
}

TEST_F(CreateBodyTest, ANetworkModeExcludesNetworks) {
  request_.networks = {{"a", {}, {}}, {"b", {}, {}}};
  for (auto [mode, said] : {std::pair("host", "host"), {"none", "none"}, {"service:vpn", "container:vpn"}}) {
    request_.spec.network_mode = mode;
    EXPECT_THAT(Encode(), HasSubstr("\"NetworkMode\":\"" + std::string(said) + "\""));
    EXPECT_THAT(Encode(), Not(HasSubstr("NetworkingConfig")));
    EXPECT_THAT(NetworksAfterCreate(request_, kOld.version), testing::IsEmpty());
  }
}

TEST_F(CreateBodyTest, AnonymousVolumesAreReattachedWhereNothingElseIsMounted) {
  request_.spec.mounts = {{MountType::Volume, "mine", "/a", false, 0, 0}};
  request_.reattach = {{MountType::Volume, "old-a", "/a", false},
                       {MountType::Volume, "old-b", "/b", false},
                       {MountType::Bind, "/etc", "/c", false}};
  auto body = Encode();
  EXPECT_THAT(body, HasSubstr(R"("Source":"old-b","Target":"/b")"));
  EXPECT_THAT(body, Not(HasSubstr("old-a")));
  EXPECT_THAT(body, Not(HasSubstr("/etc")));
}

TEST_F(CreateBodyTest, ADeclaredAnonymousVolumeIsThatOfTheContainerBefore) {
  request_.spec.mounts = {{.type = MountType::Volume, .target = "/a"}, {.type = MountType::Volume, .target = "/b"}};
  request_.reattach = {{MountType::Volume, "old-a", "/a", false}};
  auto body = Encode();
  EXPECT_THAT(body, HasSubstr(R"("Source":"old-a","Target":"/a")"));
  EXPECT_THAT(body, HasSubstr(R"("Source":"","Target":"/b")"));
}

TEST_F(CreateBodyTest, SecretsAndOddCharactersAreEscaped) {
  request_.spec.env = {{"S", "", SecretHandle{{"shop", "key"}, "f"}}, {"P", "\x01\t\"\\é", {}}};
  secrets_.value = "a\"b\nc";
  EXPECT_THAT(Encode(), HasSubstr(R"("Env":["S=a\"b\u000ac","P=\u0001\u0009\"\\é"])"));
}

TEST_F(CreateBodyTest, ASecretThatAnEnvironmentCannotHoldIsNamedButNotShown) {
  request_.spec.env = {{"S", "", SecretHandle{{"shop", "key"}, "f"}}};
  for (const auto& value : {std::string("top\0secret", 10), std::string("top\xFFsecret"), std::string("top\xC0\x80"),
                            std::string("top\xED\xA0\x80")}) {
    secrets_.value = value;
    auto body = EncodeCreateBody(request_, kOld, secrets_);
    ASSERT_FALSE(body);
    EXPECT_EQ(body.error().kind, ErrorKind::Terminal);
    EXPECT_THAT(body.error().message, HasSubstr("environment variable S (secret shop/key): the value must be UTF-8"));
    EXPECT_THAT(body.error().message, Not(HasSubstr("top")));
  }
}

TEST_F(CreateBodyTest, AMissingSecretKeepsItsKind) {
  request_.spec.env = {{"S", "", SecretHandle{{"shop", "gone"}, "f"}}};
  auto body = EncodeCreateBody(request_, kOld, secrets_);
  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().kind, ErrorKind::Waiting);
}

TEST(SecretTextTest, ClearOverwritesTheMemory) {
  SecretText text(std::string(200, 's'));
  const char* data = text.text().data();
  text.Clear();
  EXPECT_TRUE(text.text().empty());
  EXPECT_EQ(std::string_view(data, 200).find('s'), std::string_view::npos);
}

TEST(UpdateBodyTest, ALimitOfZeroIsLeftOut) {
  EXPECT_EQ(EncodeUpdateBody({}), R"({"RestartPolicy":{"Name":"always"}})");
  EXPECT_EQ(EncodeUpdateBody({.nano_cpus = 1, .memory = 2, .restart = v1::RestartPolicy::Never}),
            R"({"Memory":2,"MemorySwap":2,"NanoCpus":1,"RestartPolicy":{"Name":"no"}})");
}

}  // namespace
}  // namespace tinyforge::docker
