#include "controller/docker/endpoints.h"

#include <gmock/gmock.h>

#include <set>
#include <string>

namespace tinyforge::docker {
namespace {

TEST(EndpointsTest, TheTableStandsInTheOrderOfTheEnum) {
  int index = 0;
  for (const auto& info : Endpoints()) EXPECT_EQ(static_cast<int>(info.endpoint), index++) << info.operation;
}

TEST(EndpointsTest, NothingThatCopiesFilesOverTheHostOrRunsCodeBesideHooksIsInTheTable) {
  for (const auto& info : Endpoints()) {
    for (std::string_view word : {"archive", "export", "build", "plugin", "swarm", "commit", "attach", "secrets",
                                  "configs", "services", "nodes", "session", "copy", "load", "prune", "auth"}) {
      EXPECT_EQ(info.path.find(word), std::string_view::npos) << info.path;
    }
  }
}

TEST(EndpointsTest, TheTableIsExactlyThis) {
  std::set<std::string> table;
  for (const auto& info : Endpoints()) table.insert(std::string(info.method) + " " + std::string(info.path));
  EXPECT_EQ(table, (std::set<std::string>{"GET /version",
                                          "GET /info",
                                          "GET /events",
                                          "GET /containers/json",
                                          "GET /containers/{}/json",
                                          "GET /containers/{}/logs",
                                          "POST /containers/create",
                                          "POST /containers/{}/start",
                                          "POST /containers/{}/stop",
                                          "POST /containers/{}/kill",
                                          "POST /containers/{}/unpause",
                                          "POST /containers/{}/rename",
                                          "POST /containers/{}/update",
                                          "DELETE /containers/{}",
                                          "POST /containers/{}/exec",
                                          "POST /exec/{}/start",
                                          "GET /exec/{}/json",
                                          "GET /networks/{}",
                                          "POST /networks/create",
                                          "POST /networks/{}/connect",
                                          "POST /networks/{}/disconnect",
                                          "DELETE /networks/{}",
                                          "GET /volumes/{}",
                                          "POST /volumes/create",
                                          "GET /images/{}/json",
                                          "POST /images/create",
                                          "DELETE /images/{}"}));
}

TEST(EndpointsTest, EveryCallButAStreamHasADeadline) {
  for (const auto& info : Endpoints()) {
    bool stream = info.endpoint == Endpoint::Events || info.endpoint == Endpoint::ContainerLogs ||
                  info.endpoint == Endpoint::ImagePull || info.endpoint == Endpoint::ExecStart;
    EXPECT_EQ(info.deadline == Duration{0}, stream) << info.operation;
  }
}

}  // namespace
}  // namespace tinyforge::docker
