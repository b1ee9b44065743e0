#include "controller/docker/container_json.h"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "controller/docker/json_splitter.h"

namespace tinyforge::docker {
namespace {

using testing::ElementsAre;

std::string ReadData(const std::string& name) {
  std::ifstream file(std::string(TINYFORGE_SOURCE_DIR) + "/tests/unit/controller/docker/testdata/" + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(InspectTest, ARunningContainerOfEngine20) {
  auto details = DecodeInspect(ReadData("inspect_running_20.10.json"));
  ASSERT_TRUE(details);
  const auto& c = details->container;
  EXPECT_EQ(c.name, "web");
  EXPECT_EQ(c.image, "tf/base:1");
  EXPECT_TRUE(c.image_id.starts_with("sha256:"));
  EXPECT_EQ(c.state, ContainerState::Running);
  EXPECT_EQ(c.health, ContainerHealth::None);
  EXPECT_EQ(FormatRfc3339(c.started), "2026-11-21T00:02:31.253Z");
  EXPECT_EQ(c.finished, SysTime{});
  EXPECT_EQ(c.limits, (Limits{.memory = 64 << 20, .restart = v1::RestartPolicy::Always, .memory_swap = 128 << 20}));
  EXPECT_EQ(c.network_mode, "tinyforge");
  ASSERT_EQ(c.networks.size(), 1u);
  EXPECT_EQ(c.networks.at("tinyforge"), (ObservedEndpoint{.aliases = {"web", "zzz"},
                                                          .address = "10.213.0.5",
                                                          .static_address = "10.213.0.5",
                                                          .mac_address = "02:42:0a:d5:00:05"}));
  ASSERT_EQ(c.mounts.size(), 1u);
  EXPECT_EQ(c.mounts[0].type, MountType::Volume);
  EXPECT_EQ(c.mounts[0].source.size(), 64u);
  EXPECT_EQ(c.Label(label::kWorkload), "web");
}

TEST(InspectTest, ACreatedContainerHasNeverStarted) {
  auto details = DecodeInspect(ReadData("inspect_created_20.10.json"));
  ASSERT_TRUE(details);
  EXPECT_EQ(details->container.state, ContainerState::Created);
  EXPECT_EQ(details->container.started, SysTime{});
  EXPECT_EQ(details->container.networks.at("tinyforge").address, "");
}

TEST(InspectTest, AListingAgreesWithTheInspectOfTheSameMoment) {
  std::optional<ObservedContainer> summary;
  JsonSplitter splitter(1 << 20, [&](std::string_view text) { summary = DecodeSummary(text); });
  ASSERT_TRUE(splitter.Feed(ReadData("list_20.10.json")));
  ASSERT_TRUE(summary);
  auto details = DecodeInspect(ReadData("inspect_running_20.10.json"));
  EXPECT_TRUE(SummaryAgrees(*summary, details->container));
  for (auto change : std::vector<std::function<void(ObservedContainer&)>>{
           [](auto& c) { c.name = "x"; }, [](auto& c) { c.state = ContainerState::Paused; },
           [](auto& c) { c.health = ContainerHealth::Unhealthy; }, [](auto& c) { c.networks.clear(); },
           [](auto& c) { c.networks["tinyforge"].address = "10.1.1.1"; }, [](auto& c) { c.labels["a"] = "b"; }}) {
    auto changed = details->container;
    change(changed);
    EXPECT_FALSE(SummaryAgrees(*summary, changed));
  }
}

TEST(InspectTest, NullAndMissingMembersReadAsDefaults) {
  auto details = DecodeInspect(R"({"Id":"0123456789abcdef","Name":"/x","State":null,"Config":{"Labels":null,"Tty":null},
      "HostConfig":{"RestartPolicy":null},"NetworkSettings":{"Networks":{"n":null,"m":{"Aliases":null,"IPAMConfig":null}}},"Mounts":null})");
  ASSERT_TRUE(details);
  EXPECT_EQ(details->container.name, "x");
  EXPECT_EQ(details->container.restart, v1::RestartPolicy::Never);
  EXPECT_EQ(details->container.networks.size(), 2u);
}

TEST(InspectTest, WhatIsNoContainerIsTransient) {
  for (const char* text : {"", "[]", "null", "{}", "{\"Id\":5}", "{\"Id\":\"a\""}) {
    auto details = DecodeInspect(text);
    ASSERT_FALSE(details) << text;
    EXPECT_EQ(details.error().kind, ErrorKind::Transient);
  }
}

std::vector<std::string> AliasesOf(const std::string& aliases, const std::string& hostname) {
  auto details = DecodeInspect(R"({"Id":"0123456789abcdef","Config":{"Hostname":")" + hostname +
                               R"("},"NetworkSettings":{"Networks":{"n":{"Aliases":)" + aliases + "}}}}");
  return details->container.networks.at("n").aliases;
}

TEST(InspectTest, AliasesAreSortedWithoutTheEnginesOwn) {
  EXPECT_THAT(AliasesOf(R"(["web","api","0123456789ab"])", "0123456789ab"), ElementsAre("api", "web"));
  EXPECT_THAT(AliasesOf(R"(["web","0123456789ab","myhost"])", "myhost"), ElementsAre("web"));
  EXPECT_THAT(AliasesOf(R"(["myhost","0123456789ab"])", "myhost"), ElementsAre("myhost"));  // asked for
  EXPECT_THAT(AliasesOf(R"(["web"])", "web"), ElementsAre("web"));                          // API 1.44 and later
}

TEST(InspectTest, APolicyWeNeverSetIsNone) {
  auto details = DecodeInspect(R"({"Id":"a","HostConfig":{"RestartPolicy":{"Name":"unless-stopped"}}})");
  EXPECT_FALSE(details->container.restart);
  EXPECT_TRUE(details->container.limits.unless_stopped);
}

TEST(InspectTest, LimitsReadAsTheyWereAskedFor) {
  auto details = DecodeInspect(R"({"Id":"a","HostConfig":{"Memory":64,"MemorySwap":64,"MemoryReservation":32,
      "PidsLimit":7,"CpuShares":512,"CpusetCpus":"0-1","RestartPolicy":{"Name":"on-failure","MaximumRetryCount":3}}})");
  EXPECT_EQ(details->container.limits, (Limits{.memory = 64,
                                               .restart = v1::RestartPolicy::OnFailure,
                                               .max_attempts = 3,
                                               .memory_reservation = 32,
                                               .pids = 7,
                                               .cpu_shares = 512,
                                               .cpuset = "0-1"}));
  details = DecodeInspect(R"({"Id":"a","HostConfig":{"MemorySwap":-1,"PidsLimit":-1}})");
  EXPECT_EQ(details->container.limits, Limits{.restart = v1::RestartPolicy::Never});
}

TEST(InspectTest, EndpointsReadAsTheyWereAskedFor) {
  auto details = DecodeInspect(R"({"Id":"a","NetworkSettings":{"Networks":{"n":{"MacAddress":"02:42:ac:11:00:02",
      "DriverOpts":{"k":"v"},"IPAMConfig":{"IPv6Address":"fd00::5","LinkLocalIPs":["169.254.8.8"]}}}}})");
  EXPECT_EQ(details->container.networks.at("n"), (ObservedEndpoint{.aliases = {},
                                                                   .address = "",
                                                                   .static_address = "",
                                                                   .static_ipv6 = "fd00::5",
                                                                   .link_local_ips = {"169.254.8.8"},
                                                                   .mac_address = "02:42:ac:11:00:02",
                                                                   .driver_opts = {{"k", "v"}}}));
}

TEST(SummaryTest, HealthAndExitCodeStandInTheStatusText) {
  auto with = [](const std::string& status) {
    return *DecodeSummary(R"({"Id":"a","Names":["/b/link","/a"],"State":"running","Status":")" + status + "\"}");
  };
  EXPECT_EQ(with("Up 3 hours (healthy)").health, ContainerHealth::Healthy);
  EXPECT_EQ(with("Up 3 hours (unhealthy)").health, ContainerHealth::Unhealthy);
  EXPECT_EQ(with("Up 1 second (health: starting)").health, ContainerHealth::Starting);
  EXPECT_EQ(with("Up 3 hours").health, ContainerHealth::None);
  EXPECT_EQ(with("Exited (137) 3 minutes ago").exit_code, 137);
  EXPECT_EQ(with("Up 3 hours").name, "a");
}

}  // namespace
}  // namespace tinyforge::docker
