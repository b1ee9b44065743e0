#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/cmd/config_file.h"

namespace tinyforge::cmd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(HostPolicyFile, RulesGiveWhatTheyNameToWhomTheyName) {
  Config config;
  const auto errors = ApplyConfigText("c.yaml", R"(hostPolicy:
  defaultHostIP: 0.0.0.0
  subnet: 10.99.0.0/16
  ipv6: true
  rules:
    - workloads: ["media*", tv]
      absoluteRoots:
        - {path: /srv/media, readOnly: true}
        - {path: /etc/hostname, exact: true}
      devices: [/dev/dri]
    - workloads: [agent]
      privileged: true
      hostNetwork: true
      hostPID: true
      dockerSocket: true
      capabilities: [NET_ADMIN, SYS_TIME]
      hostNamespaces: [ipc]
      securityOptions: [seccomp=unconfined]
      runtimes: [nvidia]
      cgroupParents: [/agents]
      volumeDrivers: [nfs]
      networkDrivers: [macvlan]
)",
                                      config);
  ASSERT_THAT(errors, IsEmpty());
  const docker::HostPolicy& policy = config.host_policy;
  EXPECT_EQ(policy.default_host_ip, "0.0.0.0");
  EXPECT_EQ(policy.subnet, "10.99.0.0/16");
  EXPECT_TRUE(policy.ipv6);
  ASSERT_EQ(policy.paths.size(), 2u);
  EXPECT_EQ(policy.paths[0].path, "/srv/media");
  EXPECT_TRUE(policy.paths[0].read_only);
  EXPECT_FALSE(policy.paths[0].exact);
  EXPECT_THAT(policy.paths[0].workloads, ElementsAre("media*", "tv"));
  EXPECT_TRUE(policy.paths[1].exact);
  ASSERT_EQ(policy.devices.size(), 1u);
  EXPECT_EQ(policy.devices[0].name, "/dev/dri");
  EXPECT_THAT(policy.devices[0].workloads, ElementsAre("media*", "tv"));
  EXPECT_THAT(policy.privileged, ElementsAre("agent"));
  EXPECT_THAT(policy.host_network, ElementsAre("agent"));
  EXPECT_THAT(policy.host_pid, ElementsAre("agent"));
  EXPECT_THAT(policy.docker_socket, ElementsAre("agent"));
  ASSERT_EQ(policy.capabilities.size(), 2u);
  EXPECT_THAT(policy.capabilities[1].workloads, ElementsAre("agent"));
  const std::pair<const std::vector<docker::NamedRule>*, const char*> named[] = {
      {&policy.host_namespaces, "ipc"}, {&policy.security_options, "seccomp=unconfined"},
      {&policy.runtimes, "nvidia"},     {&policy.cgroup_parents, "/agents"},
      {&policy.volume_drivers, "nfs"},  {&policy.network_drivers, "macvlan"}};
  for (const auto& [rules, name] : named) {
    ASSERT_EQ(rules->size(), 1u) << name;
    EXPECT_EQ(rules->front().name, name);
    EXPECT_THAT(rules->front().workloads, ElementsAre("agent"));
  }
}

TEST(HostPolicyFile, FalseAllowsNothing) {
  Config config;
  EXPECT_THAT(ApplyConfigText("c", "hostPolicy: {rules: [{workloads: ['*'], privileged: false}]}", config), IsEmpty());
  EXPECT_THAT(config.host_policy.privileged, IsEmpty());
}

TEST(HostPolicyFile, EveryMistakeIsReportedWithItsPlace) {
  Config config;
  const auto errors = ApplyConfigText("c.yaml", R"(hostPolicy:
  subnet: 10.0.0.0
  defaultHostIP: localhost
  rules:
    - privileged: true
    - workloads: "*"
      absoluteRoots:
        - {path: srv}
        - {path: /srv/../etc}
        - {readOnly: yes}
      root: true
)",
                                      config);
  EXPECT_THAT(
      errors,
      ElementsAre(::testing::StartsWith("c.yaml:2:11: hostPolicy.subnet: "),
                  "c.yaml:3:18: hostPolicy.defaultHostIP: expected an IP address, such as 127.0.0.1 or 0.0.0.0, got "
                  "\"localhost\"",
                  "c.yaml:5:7: hostPolicy.rules[0]: expected workloads, the name patterns that the rule holds for; "
                  "[\"*\"] for all",
                  "c.yaml:6:18: hostPolicy.rules[1].workloads: expected a list, got a string",
                  "c.yaml:8:18: hostPolicy.rules[1].absoluteRoots[0].path: expected an absolute path without \".\" and "
                  "\"..\", got \"srv\"",
                  "c.yaml:9:18: hostPolicy.rules[1].absoluteRoots[1].path: expected an absolute path without \".\" and "
                  "\"..\", got \"/srv/../etc\"",
                  "c.yaml:10:22: hostPolicy.rules[1].absoluteRoots[2].readOnly: expected true or false, got a string",
                  "c.yaml:10:11: hostPolicy.rules[1].absoluteRoots[2]: expected a path",
                  "c.yaml:11:7: hostPolicy.rules[1].root: no such setting"));
}

}  // namespace
}  // namespace tinyforge::cmd
