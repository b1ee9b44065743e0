// A template and a network that use whatever only compose files can say.
#pragma once

#include "reconcilers/core/desired_state.h"

namespace tinyforge {

inline ContainerTemplate ComposeTemplate() {
  ContainerTemplate t;
  t.image = "shop:1";
  t.env = {{.name = "URL",
            .value = "postgres://u:@db/",
            .inserts = {{.offset = 13, .secret = {{"shop", "password"}, "00ff"}},
                        {.offset = 17, .secret = {{"shop", "database"}, "11ee"}}}}};
  t.mounts = {{.type = MountType::Bind, .source = "/srv/a", .target = "/a", .propagation = "rslave"},
              {.type = MountType::Volume, .source = "v", .target = "/v", .no_copy = true, .subpath = "sub"}};
  t.healthcheck = NativeHealthcheck{.test = {"CMD", "ok"}, .start_interval = std::chrono::seconds(2)};
  t.domainname = "example.com";
  t.stdin_open = true;
  t.dns_search = {"example.com"};
  t.dns_options = {"ndots:2"};
  t.security_opt = {"no-new-privileges"};
  t.group_add = {"999"};
  t.namespaces = {.pid = "service:db", .ipc = "shareable", .uts = "host", .user = "host", .cgroup = "private"};
  t.cgroup_parent = "/shop";
  t.runtime = "runsc";
  t.platform = "linux/amd64";
  t.mac_address = "02:42:ac:11:00:02";
  t.annotations = {{"com.example.a", "b"}};
  t.storage_opt = {{"size", "1G"}};
  t.device_cgroup_rules = {"c 1:3 mr"};
  t.device_requests = {{.driver = "nvidia", .count = -1, .capabilities = {{"gpu", "compute"}}, .options = {{"k", "v"}}},
                       {.driver = "cdi", .device_ids = {"vendor.com/a=b"}, .capabilities = {}}};
  t.scheduling = {.cpu_period = 1,
                  .cpu_quota = 2,
                  .realtime_period = 3,
                  .realtime_runtime = 4,
                  .memory_swappiness = 0,
                  .oom_score_adj = -5,
                  .oom_kill_disable = true};
  t.blkio = {.weight = 300,
             .weight_devices = {{"/dev/a", 1}},
             .read_bps = {{"/dev/a", 2}},
             .write_bps = {{"/dev/a", 3}},
             .read_iops = {{"/dev/a", 4}},
             .write_iops = {{"/dev/a", 5}}};
  return t;
}

inline NetworkConfig ComposeNetwork() {
  return {.driver = "bridge",
          .driver_opts = {{"com.docker.network.driver.mtu", "1400"}},
          .ipam_driver = "default",
          .ipam_options = {{"o", "p"}},
          .ipam = {{.subnet = "10.9.0.0/24",
                    .ip_range = "10.9.0.128/25",
                    .gateway = "10.9.0.1",
                    .aux_addresses = {{"host1", "10.9.0.5"}}}},
          .internal = true,
          .attachable = true,
          .enable_ipv6 = false,
          .labels = {{"team", "web"}}};
}

}  // namespace tinyforge
