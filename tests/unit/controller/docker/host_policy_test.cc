#include "controller/docker/host_policy.h"

#include "api-types/v1/hosts.h"

#include <gmock/gmock.h>

#include <filesystem>

namespace tinyforge::docker {
namespace {

using testing::HasSubstr;

std::string Body(const std::string& host_config) {
  return R"({"Image":"a","HostConfig":{)" + host_config + "}}";
}
std::string BindBody(const std::string& source, bool read_only = false) {
  return Body(R"("Mounts":[{"Type":"bind","Source":")" + source + R"(","Target":"/t")" +
              (read_only ? R"(,"ReadOnly":true)" : "") + "}]");
}

struct Case {
  std::string body;
  bool allowed;
};

void ExpectVerdicts(const HostPolicy& policy, const std::vector<Case>& cases, const PolicyGrants& grants = {}) {
  PolicyChecker checker(policy, {"/var/lib/tinyforge/volumes", "/var/lib/tinyforge/files"}, "/run/other/docker.sock");
  for (const auto& c : cases) {
    auto verdict = checker.Check("shop", c.body, grants);
    EXPECT_EQ(verdict.has_value(), c.allowed) << c.body << (verdict ? "" : verdict.error().message);
    if (!verdict) {
      EXPECT_EQ(verdict.error().kind, ErrorKind::Terminal);
    }
  }
}

TEST(HostPolicyTest, ByDefaultNothingReachesTheHost) {
  ExpectVerdicts({}, {{Body(R"("Memory":1,"NetworkMode":"tinyforge")"), true},
                      {Body(R"("Privileged":true)"), false},
                      {Body(R"("Privileged":false)"), true},
                      {Body(R"("NetworkMode":"host")"), false},
                      {Body(R"("NetworkMode":"container:vpn")"), true},
                      {Body(R"("PidMode":"host")"), false},
                      {Body(R"("PidMode":"container:x")"), false},
                      {Body(R"("CapAdd":["SYS_ADMIN"])"), false},
                      {Body(R"("CapAdd":["CAP_CHOWN","net_raw"])"), true},
                      {Body(R"("CapAdd":["ALL"])"), false},
                      {Body(R"("Devices":[{"PathOnHost":"/dev/sda"}])"), false},
                      {Body(R"("Sysctls":{"net.core.somaxconn":"1"})"), true},
                      {Body(R"("Sysctls":{"kernel.core_pattern":"|/x"})"), false},
                      {BindBody("/srv/data"), false},
                      {BindBody("/"), false},
                      {BindBody("/var/run/docker.sock", true), false},
                      {BindBody("relative/path"), false},
                      {BindBody(""), false}});
}

TEST(HostPolicyTest, AnySecondWayToSayItIsRefused) {
  ExpectVerdicts({.paths = {{.path = "/"}}, .privileged = {"*"}},
                 {{Body(R"("Binds":["/srv:/x"])"), false},
                  {Body(R"("Binds":["/srv:/x:z:ro"])"), false},
                  {Body(R"("Binds":["/srv:/x:z,rshared"])"), false},
                  {Body(R"("Binds":["/srv:/x:z,rbind"])"), false},
                  {Body(R"("Binds":["x"])"), false},
                  {Body(R"("Binds":[""])"), false},
                  {Body(R"("VolumesFrom":["x"])"), false},
                  {Body(R"("IpcMode":"host")"), false},
                  {Body(R"("UTSMode":"host")"), false},
                  {Body(R"("UsernsMode":"host")"), false},
                  {Body(R"("CgroupParent":"/")"), false},
                  {Body(R"("SecurityOpt":["seccomp=unconfined"])"), false},
                  {Body(R"("DeviceRequests":[{}])"), false},
                  {Body(R"("DeviceCgroupRules":["a *:* rwm"])"), false},
                  {Body(R"("Runtime":"x")"), false},
                  {Body(R"("Mounts":[{"Type":"volume","Source":"v","VolumeOptions":{"DriverConfig":{}}}])"), false},
                  {Body(R"("Mounts":[{"Type":"bind","Source":"/srv","BindOptions":{"Propagation":"shared"}}])"), false},
                  {R"({"Image":"a"})", false},
                  {"nonsense", false}});
}

TEST(HostPolicyTest, PathsAreRootsUnlessExactAndMayBeReadOnly) {
  HostPolicy policy{.paths = {{.path = "/srv/media", .read_only = true},
                              {.path = "/srv/one", .exact = true},
                              {.path = "/srv/shop", .workloads = {"shop*"}},
                              {.path = "/srv/other", .workloads = {"other"}}}};
  ExpectVerdicts(policy, {{BindBody("/srv/media/films", true), true},
                          {BindBody("/srv/media", true), true},
                          {BindBody("/srv/media"), false},
                          {BindBody("/srv/mediaset", true), false},
                          {BindBody("/srv/one"), true},
                          {BindBody("/srv/one/below"), false},
                          {BindBody("/srv/shop/data"), true},
                          {BindBody("/srv/shop/../other"), false},
                          {BindBody("/srv/shop/../../etc"), false},
                          {BindBody("//srv//shop/./data/"), true},
                          {BindBody("/srv/other/x"), false}});
}

TEST(HostPolicyTest, OfTheOwnDirectoriesOnlyWhatWasRenderedIsMounted) {
  const PolicyGrants grants{
      .rendered = {.files = {"/var/lib/tinyforge/files/abc"}, .directories = {"/var/lib/tinyforge/volumes/shop/data"}}};
  ExpectVerdicts({.paths = {{.path = "/"}}},
                 {{BindBody("/var/lib/tinyforge/volumes/shop/data"), true},
                  {BindBody("/var/lib/tinyforge/files/abc", true), true},
                  {BindBody("/var/lib/tinyforge/files/abc"), false},
                  {BindBody("/var/lib/tinyforge/files", true), false},
                  {BindBody("/var/lib/tinyforge/files/other", true), false},
                  {BindBody("/var/lib/tinyforge/volumes"), false},
                  {BindBody("/var/lib/tinyforge/volumes/shop"), false},
                  {BindBody("/var/lib/tinyforge/volumes/shop/data/below"), false},
                  {BindBody("/var/lib/tinyforge/volumes/other/data"), false}},
                 grants);
  ExpectVerdicts({},
                 {{BindBody("/var/lib/tinyforge/volumes/../secrets"), false}, {BindBody("/var/lib/tinyforge"), false}},
                 grants);
}

// A label is written, also to what is mounted read-only.
TEST(HostPolicyTest, WhatIsRelabelledHasToBeWritable) {
  const auto bind = [](const std::string& text) { return Body(R"("Binds":[")" + text + "\"]"); };
  const PolicyGrants grants{.rendered = {.files = {"/var/lib/tinyforge/files/abc"}, .directories = {}}};
  ExpectVerdicts({.paths = {{.path = "/srv/media", .read_only = true}, {.path = "/srv/data"}}},
                 {{bind("/srv/data:/x:z,ro"), true},
                  {bind("/srv/data:/x:Z"), true},
                  {bind("/srv/media:/x:z,ro"), false},
                  {bind("/srv/other:/x:z"), false},
                  {bind("/var/run/docker.sock:/x:z,ro"), false},
                  {bind("/var/lib/tinyforge/files/abc:/x:z,ro"), true},
                  {bind("/var/lib/tinyforge/files/abc:/x:z"), false},
                  {bind("/var/lib/tinyforge/files/def:/x:z,ro"), false},
                  {bind("data:/x:Z"), true}},
                 grants);
}

TEST(HostPolicyTest, ALinkInAnOwnDirectoryLeadsNowhere) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "own";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder / "real/volumes/shop/data");
  std::filesystem::create_directories(folder / "real/volumes/other");
  std::filesystem::create_directory_symlink(folder / "real", folder / "state");
  std::filesystem::create_directory_symlink("../other", folder / "real/volumes/shop/link");
  const std::string own = folder / "state/volumes";
  const PolicyChecker checker({}, {own, folder / "state/files"}, "");
  const PolicyGrants grants{.rendered = {.files = {}, .directories = {own + "/shop/data", own + "/shop/link"}}};
  EXPECT_TRUE(checker.Check("shop", BindBody(own + "/shop/data"), grants));
  EXPECT_FALSE(checker.Check("shop", BindBody(own + "/shop/link"), grants));
}

TEST(HostPolicyTest, TheDockerSocketNeedsItsOwnWord) {
  HostPolicy policy{.paths = {{.path = "/"}}};
  ExpectVerdicts(policy, {{BindBody("/srv"), true},
                          {BindBody("/var/run/docker.sock"), false},
                          {BindBody("/run/docker.sock", true), false},
                          {BindBody("/run/other/docker.sock"), false},
                          {BindBody("/run"), false},
                          {BindBody("/"), false}});
  policy.docker_socket = {"sh?p"};
  ExpectVerdicts(policy, {{BindBody("/var/run/docker.sock"), true}, {BindBody("/"), true}});
}

TEST(HostPolicyTest, PermissionsAreByWorkload) {
  HostPolicy policy{.privileged = {"shop"},
                    .host_network = {"s*"},
                    .host_pid = {"shop"},
                    .devices = {{"/dev/fuse", {"shop"}}, {"/dev/kvm", {"vm"}}},
                    .capabilities = {{"CAP_NET_ADMIN", {"shop"}}, {"SYS_TIME", {"ntp"}}}};
  ExpectVerdicts(policy, {{Body(R"("Privileged":true)"), true},
                          {Body(R"("NetworkMode":"host")"), true},
                          {Body(R"("PidMode":"host")"), true},
                          {Body(R"("Devices":[{"PathOnHost":"/dev/fuse"}])"), true},
                          {Body(R"("Devices":[{"PathOnHost":"/dev/kvm"}])"), false},
                          {Body(R"("CapAdd":["NET_ADMIN"])"), true},
                          {Body(R"("CapAdd":["SYS_TIME"])"), false}});
}

TEST(HostPolicyTest, TheMessageSaysWhatWouldAllowIt) {
  PolicyChecker checker({}, {}, "");
  EXPECT_EQ(checker.Check("x", Body(R"("Privileged":true)")).error().message,
            "spec.privileged is not allowed for workload x by the host policy; allow it under "
            "hostPolicy.rules[].privileged in the "
            "controller's config");
  EXPECT_THAT(checker.Check("x", BindBody("/srv")).error().message,
              HasSubstr("mounting /srv read-write is not allowed for workload x"));
}

TEST(HostPolicyTest, ASymlinkDoesNotLeadOutOfAnAllowedRoot) {
  char name[] = "/tmp/tf-policy-XXXXXX";
  std::filesystem::path root = mkdtemp(name);
  std::filesystem::create_directories(root / "allowed");
  std::filesystem::create_symlink("/etc", root / "allowed" / "escape");
  HostPolicy policy{.paths = {{.path = (root / "allowed").string()}}};
  ExpectVerdicts(policy, {{BindBody((root / "allowed/data").string()), true},
                          {BindBody((root / "allowed/escape").string()), false},
                          {BindBody((root / "allowed/escape/ssl").string()), false}});
  std::filesystem::remove_all(root);
}

TEST(HostPolicyTest, Globs) {
  for (auto [pattern, name, matches] : {std::tuple("*", "", true),
                                        {"a*c", "abbc", true},
                                        {"a*c", "abcd", false},
                                        {"?", "a", true},
                                        {"?", "", false},
                                        {"*-db", "shop-db", true},
                                        {"", "a", false},
                                        {"a**b", "ab", true},
                                        {"*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaa", false}}) {
    EXPECT_EQ(v1::GlobMatches(pattern, name), matches) << pattern << " " << name;
  }
}

}  // namespace
}  // namespace tinyforge::docker
