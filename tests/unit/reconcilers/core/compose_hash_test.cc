// What only compose files can say moves the hash of who says it, and of nobody else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "reconcilers/core/field_digests.h"
#include "tests/unit/reconcilers/core/compose_template.h"

namespace tinyforge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

struct Change {
  std::function<void(ContainerTemplate&)> make;
  std::string field;  // as people are told
};

std::vector<Change> Changes() {
  using T = ContainerTemplate;
  return {{[](T& t) { t.env[0].inserts[0].offset = 3; }, "env.URL"},
          {[](T& t) { t.env[0].inserts[0].secret.fingerprint = "x"; }, "secret.shop/password"},
          {[](T& t) { t.env[0].value = "x"; }, "env.URL"},
          {[](T& t) { t.mounts[0].propagation = "shared"; }, "mounts./a"},
          {[](T& t) { t.mounts[1].no_copy = false; }, "mounts./v"},
          {[](T& t) { t.mounts[1].subpath = "x"; }, "mounts./v"},
          {[](T& t) { t.mounts[0].relabel = "z"; }, "mounts./a"},
          {[](T& t) { t.healthcheck->start_interval = Duration(1); }, "healthcheck"},
          {[](T& t) { t.domainname = "x"; }, "domainname"},
          {[](T& t) { t.stdin_open = false; }, "stdinOpen"},
          {[](T& t) { t.dns_search.clear(); }, "dnsSearch"},
          {[](T& t) { t.dns_options = {"x"}; }, "dnsOptions"},
          {[](T& t) { t.security_opt.clear(); }, "securityOpt"},
          {[](T& t) { t.group_add = {"x"}; }, "groupAdd"},
          {[](T& t) { t.namespaces.pid = "host"; }, "pidMode"},
          {[](T& t) { t.namespaces.ipc = "host"; }, "ipcMode"},
          {[](T& t) { t.namespaces.uts = ""; }, "utsMode"},
          {[](T& t) { t.namespaces.user = ""; }, "usernsMode"},
          {[](T& t) { t.namespaces.cgroup = "host"; }, "cgroupMode"},
          {[](T& t) { t.cgroup_parent = "x"; }, "cgroupParent"},
          {[](T& t) { t.runtime = "runc"; }, "runtime"},
          {[](T& t) { t.platform = "linux/arm64"; }, "platform"},
          {[](T& t) { t.mac_address = ""; }, "macAddress"},
          {[](T& t) { t.annotations["com.example.a"] = "x"; }, "annotations.com.example.a"},
          {[](T& t) { t.storage_opt["size"] = "2G"; }, "storageOpt.size"},
          {[](T& t) { t.device_cgroup_rules.clear(); }, "deviceCgroupRules"},
          {[](T& t) { t.device_requests[0].driver = "x"; }, "deviceRequests"},
          {[](T& t) { t.device_requests[0].count = 1; }, "deviceRequests"},
          {[](T& t) { t.device_requests[0].options.clear(); }, "deviceRequests"},
          {[](T& t) {
             t.device_requests[0].capabilities = {{"gpu"}, {"compute"}};
           },
           "deviceRequests"},
          {[](T& t) { t.device_requests[1].device_ids = {"x"}; }, "deviceRequests"},
          {[](T& t) { t.scheduling.cpu_period = 9; }, "cpuPeriod"},
          {[](T& t) { t.scheduling.cpu_quota = 9; }, "cpuQuota"},
          {[](T& t) { t.scheduling.realtime_period = 9; }, "cpuRealtimePeriod"},
          {[](T& t) { t.scheduling.realtime_runtime = 9; }, "cpuRealtimeRuntime"},
          {[](T& t) { t.scheduling.memory_swappiness.reset(); }, "memorySwappiness"},
          {[](T& t) { t.scheduling.oom_score_adj = 9; }, "oomScoreAdj"},
          {[](T& t) { t.scheduling.oom_kill_disable = false; }, "oomKillDisable"},
          {[](T& t) { t.blkio.weight = 9; }, "blkio.weight"},
          {[](T& t) { t.blkio.weight_devices[0].path = "x"; }, "blkio.weightDevices"},
          {[](T& t) { t.blkio.read_bps[0].rate = 9; }, "blkio.readBps"},
          {[](T& t) { t.blkio.write_bps[0].rate = 9; }, "blkio.writeBps"},
          {[](T& t) { t.blkio.read_iops[0].rate = 9; }, "blkio.readIops"},
          {[](T& t) { t.blkio.write_iops.clear(); }, "blkio.writeIops"}};
}

TEST(ComposeHash, EveryMemberMovesItAndIsNamed) {
  const std::string before = FieldDigests(ComposeTemplate());
  std::set<std::string> hashes = {TemplateHash(ComposeTemplate())};
  for (const Change& change : Changes()) {
    ContainerTemplate t = ComposeTemplate();
    change.make(t);
    EXPECT_TRUE(hashes.insert(TemplateHash(t)).second) << change.field;
    EXPECT_THAT(DifferingFields(before, FieldDigests(t)), ElementsAre(change.field));
  }
}

TEST(ComposeHash, WhatIsMadeOnTheHostBeforeAStartDoesNotMoveIt) {
  ContainerTemplate t = ComposeTemplate();
  t.mounts[0].create_host_path = true;
  EXPECT_EQ(TemplateHash(t), TemplateHash(ComposeTemplate()));
}

TEST(ComposeHash, ASecretWithinATextIsHashedByItsFingerprint) {
  EXPECT_THAT(FieldDigests(ComposeTemplate()), HasSubstr("secret.shop/password="));
  EXPECT_THAT(FieldDigests(ComposeTemplate()), Not(HasSubstr("00ff")));
}

TEST(NetworkHash, EveryMemberMovesIt) {
  using N = NetworkConfig;
  const std::vector<std::function<void(N&)>> changes = {[](N&) {},
                                                        [](N& n) { n.driver = "macvlan"; },
                                                        [](N& n) { n.driver_opts.clear(); },
                                                        [](N& n) { n.ipam_driver = "x"; },
                                                        [](N& n) { n.ipam_options.clear(); },
                                                        [](N& n) { n.ipam[0].subnet = "10.8.0.0/24"; },
                                                        [](N& n) { n.ipam[0].ip_range.clear(); },
                                                        [](N& n) { n.ipam[0].gateway.clear(); },
                                                        [](N& n) { n.ipam[0].aux_addresses.clear(); },
                                                        [](N& n) { n.internal = false; },
                                                        [](N& n) { n.attachable = false; },
                                                        [](N& n) { n.enable_ipv6 = true; },
                                                        [](N& n) { n.enable_ipv6.reset(); },
                                                        [](N& n) { n.labels["team"] = "shop"; },
                                                        [](N& n) { n = {}; }};
  std::set<std::string> hashes;
  for (const auto& change : changes) {
    NetworkConfig config = ComposeNetwork();
    change(config);
    hashes.insert(NetworkHash(config));
  }
  EXPECT_EQ(hashes.size(), changes.size());
}

}  // namespace
}  // namespace tinyforge
