// The hash that decides whether a container is replaced: stable across releases, moved by every member.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "reconcilers/core/desired_state.h"
#include "tests/unit/reconcilers/core/compose_template.h"

namespace tinyforge {
namespace {

using ::testing::StartsWith;

ContainerTemplate Minimal() {
  ContainerTemplate container;
  container.image = "registry.example.com/shop:1.4.2";
  return container;
}

ContainerTemplate Typical() {
  ContainerTemplate container = Minimal();
  container.env = {{.name = "LOG_LEVEL", .value = "info"}, {.name = "EMPTY"}};
  container.ports = {{.container = 8080, .published = true, .host = 80, .host_ip = "127.0.0.1"}, {.container = 9090}};
  container.mounts = {{.type = MountType::Volume, .source = "tf-shop--data", .target = "/data"},
                      {.type = MountType::Bind, .source = "/srv/media", .target = "/media", .read_only = true}};
  container.labels = {{"traefik.enable", "true"}};
  return container;
}

ContainerTemplate EveryMember() {
  ContainerTemplate container = Typical();
  container.entrypoint = {"/usr/bin/shop"};
  container.cmd = {"serve", "--name", "\"quoted\"\n"};
  container.user = "1000:1000";
  container.working_dir = "/srv";
  container.hostname = "shop";
  container.stop_signal = "SIGINT";
  container.stop_timeout = std::chrono::milliseconds(1500);
  container.init = container.tty = container.read_only_root_filesystem = container.privileged = true;
  container.capabilities = {.add = {"NET_ADMIN"}, .drop = {"ALL"}};
  container.devices = {{.host = "/dev/a", .container = "/dev/b", .permissions = "rw"},
                       {.host = "/dev/c", .container = "/dev/c"}};
  container.extra_hosts = {"a:10.0.0.1"};
  container.dns = {"1.1.1.1"};
  container.sysctls = {{"net.core.somaxconn", "1024"}};
  container.ulimits = {{.name = "nofile", .soft = 1024, .hard = -1}};
  container.shm_size = 1 << 20;
  container.logging = v1::Logging{.driver = "json-file", .options = {{"max-size", "10m"}}};
  container.network_mode = "service:db";
  container.env.push_back({.name = "PASSWORD", .secret = SecretHandle{{"shop", "password"}, "00ff"}});
  container.ports.push_back({.container = 53, .protocol = v1::Protocol::UDP, .published = true});
  container.mounts.push_back({.type = MountType::Tmpfs, .target = "/tmp", .tmpfs_size = 4096, .tmpfs_mode = 01777});
  container.healthcheck = NativeHealthcheck{.test = {"CMD", "true"},
                                            .interval = std::chrono::seconds(5),
                                            .timeout = std::chrono::seconds(1),
                                            .start_period = std::chrono::seconds(2),
                                            .retries = 3};
  return container;
}

// Lines "name hash".
std::map<std::string, std::string> Golden() {
  std::ifstream file(std::string(TINYFORGE_SOURCE_DIR) + "/tests/golden/template_hash.txt");
  std::map<std::string, std::string> hashes;
  for (std::string name, hash; file >> name >> hash;) hashes[name] = hash;
  return hashes;
}

// A moved hash replaces every container of everybody who upgrades. A new line is welcome, a changed one is not.
TEST(TemplateHash, IsTheSameInEveryRelease) {
  const std::map<std::string, std::string> now = {{"empty", TemplateHash({})},
                                                  {"minimal", TemplateHash(Minimal())},
                                                  {"typical", TemplateHash(Typical())},
                                                  {"every-member", TemplateHash(EveryMember())},
                                                  {"compose", TemplateHash(ComposeTemplate())},
                                                  {"network", NetworkHash(ComposeNetwork())}};
  EXPECT_EQ(Golden(), now);
}

TEST(TemplateHash, NamesItsVersion) {
  EXPECT_THAT(TemplateHash({}), StartsWith("v1:"));
  EXPECT_EQ(TemplateHash({}).size(), 3U + 64U);
}

using Change = std::function<void(ContainerTemplate&)>;

std::vector<Change> Changes() {
  using T = ContainerTemplate;
  return {
      [](T& t) { t.image = "x"; },
      [](T& t) { t.entrypoint.reset(); },
      [](T& t) { t.entrypoint->push_back(""); },
      [](T& t) { t.cmd.reset(); },
      [](T& t) { std::swap((*t.cmd)[0], (*t.cmd)[1]); },
      [](T& t) { t.cmd = {{"serve --name"}}; },
      [](T& t) { t.user.reset(); },
      [](T& t) { t.user = ""; },
      [](T& t) { t.working_dir = "/"; },
      [](T& t) { t.working_dir.reset(); },
      [](T& t) { t.hostname = "x"; },
      [](T& t) { t.hostname.reset(); },
      [](T& t) { t.stop_signal = "9"; },
      [](T& t) { t.stop_signal.reset(); },
      [](T& t) { t.stop_timeout = Duration(0); },
      [](T& t) { t.stop_timeout.reset(); },
      [](T& t) { t.init = false; },
      [](T& t) { t.init.reset(); },
      [](T& t) { t.tty = false; },
      [](T& t) { t.read_only_root_filesystem = false; },
      [](T& t) { t.privileged = false; },
      [](T& t) { t.capabilities.add.clear(); },
      [](T& t) { t.capabilities.drop.clear(); },
      [](T& t) { std::swap(t.capabilities.add, t.capabilities.drop); },
      [](T& t) { t.devices.pop_back(); },
      [](T& t) { t.devices[0].host = "/dev/x"; },
      [](T& t) { t.devices[0].container = "/dev/x"; },
      [](T& t) { t.devices[0].permissions = "rwm"; },
      [](T& t) { t.extra_hosts.clear(); },
      [](T& t) { t.dns = {"1.0.0.1"}; },
      [](T& t) { t.sysctls["net.core.somaxconn"] = "1"; },
      [](T& t) { t.sysctls.clear(); },
      [](T& t) { t.ulimits[0].name = "core"; },
      [](T& t) { t.ulimits[0].soft = 0; },
      [](T& t) { t.ulimits[0].hard = 0; },
      [](T& t) { t.shm_size = 0; },
      [](T& t) { t.shm_size.reset(); },
      [](T& t) { t.logging->driver = "none"; },
      [](T& t) { t.logging->options.clear(); },
      [](T& t) { t.logging.reset(); },
      [](T& t) { t.network_mode = "host"; },
      [](T& t) { t.network_mode.clear(); },
      [](T& t) { t.env[0].name = "X"; },
      [](T& t) { t.env[0].value = "x"; },
      [](T& t) { t.env[0].value.clear(); },
      [](T& t) { t.env[2].secret->ref.name = "x"; },
      [](T& t) { t.env[2].secret->ref.key = "x"; },
      [](T& t) { t.env[2].secret->fingerprint = "x"; },
      [](T& t) { t.env[2].secret->variable = "x"; },
      [](T& t) { t.env[2].secret.reset(); },
      [](T& t) { t.env.pop_back(); },
      [](T& t) { t.ports[0].container = 1; },
      [](T& t) { t.ports[0].protocol = v1::Protocol::SCTP; },
      [](T& t) { t.ports[0].published = false; },
      [](T& t) { t.ports[0].host = 0; },
      [](T& t) { t.ports[0].host_ip = "0.0.0.0"; },
      [](T& t) { t.labels["x"] = "y"; },
      [](T& t) { t.labels["traefik.enable"] = "false"; },
      [](T& t) { t.labels.clear(); },
      [](T& t) { t.mounts[0].type = MountType::Bind; },
      [](T& t) { t.mounts[0].source = "x"; },
      [](T& t) { t.mounts[0].target = "/x"; },
      [](T& t) { t.mounts[0].read_only = true; },
      [](T& t) { t.mounts[2].tmpfs_size = 0; },
      [](T& t) { t.mounts[2].tmpfs_mode = 0; },
      [](T& t) { t.mounts[2].tmpfs_uid = 0; },
      [](T& t) { t.mounts[2].tmpfs_gid = 0; },
      [](T& t) { t.mounts[2].tmpfs_exec = true; },
      [](T& t) { t.mounts.pop_back(); },
      [](T& t) { t.healthcheck->test = {"NONE"}; },
      [](T& t) { t.healthcheck->interval = Duration(1); },
      [](T& t) { t.healthcheck->timeout = Duration(2); },
      [](T& t) { t.healthcheck->start_period = Duration(0); },
      [](T& t) { t.healthcheck->retries = 0; },
      [](T& t) { t.healthcheck.reset(); },
      [](T& t) {
        t.post_start = {{.command = {"a", "b"}}};
      },
      [](T& t) { t.post_start = {{.command = {"a b"}}}; },
      [](T& t) { t.post_start = {{.command = {"a"}, .user = "1"}}; },
      [](T& t) { t.post_start = {{.command = {"a"}, .working_dir = "/"}}; },
      [](T& t) { t.post_start = {{.command = {"a"}, .privileged = true}}; },
      [](T& t) {
        t.post_start = {{.command = {"a"}, .env = {{"A", "b", {}}}}};
      },
      [](T& t) {
        t.pre_stop = {{.command = {"a", "b"}}};
      },
  };
}

TEST(TemplateHash, EveryMemberMovesIt) {
  std::set<std::string> hashes = {TemplateHash(EveryMember())};
  std::size_t index = 0;
  for (const Change& change : Changes()) {
    ContainerTemplate container = EveryMember();
    change(container);
    EXPECT_TRUE(hashes.insert(TemplateHash(container)).second) << "change " << index;
    ++index;
  }
}

TEST(TemplateHash, MembersAtTheirDefaultDoNotEnterIt) {
  ContainerTemplate container = Minimal();
  container.tty = false;
  container.capabilities = v1::Capabilities{};
  container.env = {};
  container.network_mode = "";
  EXPECT_EQ(TemplateHash(container), TemplateHash(Minimal()));
}

// Omitted and empty are two things: the image's own value, and none.
TEST(TemplateHash, TellsOmittedFromEmpty) {
  ContainerTemplate container = Minimal();
  container.user = "";
  EXPECT_NE(TemplateHash(container), TemplateHash(Minimal()));
  container = Minimal();
  container.entrypoint.emplace();
  EXPECT_NE(TemplateHash(container), TemplateHash(Minimal()));
}

}  // namespace
}  // namespace tinyforge
