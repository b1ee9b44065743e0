#include "controller/docker/pull_failure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tinyforge::docker {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const PullLogin kAnonymous;
const PullLogin kSecret{.header = "X-Registry-Auth: x", .source = "Secret shop/login"};

struct Case {
  const char* message;  // as Engine 20.10 said it
  const char* advice;
  bool patient;
};

constexpr Case kWaiting[] = {
    {"Head \"http://r/v2/shop/manifests/1\": no basic auth credentials", "spec.source.image.pullSecret", true},
    {"pull access denied for r/shop, repository does not exist or may require 'docker login': denied: requested access "
     "to "
     "the resource is denied",
     "spec.source.image.pullSecret", true},
    {"Head \"http://r/v2/shop/manifests/1\": unauthorized: incorrect username or password", "wants a login", true},
    {"Head \"http://r/v2/shop/manifests/1\": denied: incorrect username or password", "wants a login", true},
    {"manifest for r/shop:9 not found: manifest unknown: manifest unknown", "does not have it (yet)", true},
    {"toomanyrequests: You have reached your pull rate limit", "limits the rate of pulls", true},
    {"received unexpected HTTP status: 500 Internal Server Error", "the registry is not well", false},
    {"received unexpected HTTP status: 503 Service Unavailable", "the registry is not well", false},
    {"Get \"http://r/v2/\": net/http: request canceled (Client.Timeout exceeded while awaiting headers)",
     "does not answer", false},
    {"Get \"http://r/v2/\": dial tcp 127.0.0.1:1: connect: connection refused", "cannot be reached", false},
    {"Get \"https://r/v2/\": dial tcp: lookup r on 10.0.0.53:53: no such host", "cannot be reached", false},
    {"Get \"https://r/v2/\": dial tcp 10.200.1.1:5000: connect: network is unreachable", "cannot be reached", false},
    {"Get \"https://r/v2/\": http: server gave HTTP response to HTTPS client", "insecure-registries", true},
    {"Get \"https://r/v2/\": x509: certificate signed by unknown authority", "/etc/docker/certs.d/r.example.com/ca.crt",
     true},
    {"write /x: no space left on device", "disk", false},
    {"unknown: something new", "it is tried again", false},
};

TEST(PullFailureTest, EachIsQuotedAndSaysWhatToDo) {
  for (const Case& c : kWaiting) {
    const auto failure = ExplainPullFailure("r.example.com/shop:1", kAnonymous, c.message);
    EXPECT_EQ(failure.error.kind, ErrorKind::Waiting) << c.message;
    EXPECT_THAT(failure.error.message,
                AllOf(HasSubstr("pull r.example.com/shop:1: "), HasSubstr(c.message), HasSubstr(c.advice)));
    EXPECT_EQ(failure.patient, c.patient) << c.message;
  }
}

TEST(PullFailureTest, AnotherArchitectureIsForThePersonWhoBuilds) {
  const auto failure =
      ExplainPullFailure("shop:1", kAnonymous, "no matching manifest for linux/amd64 in the manifest list entries");
  EXPECT_EQ(failure.error.kind, ErrorKind::Terminal);
  EXPECT_THAT(failure.error.message, HasSubstr("this machine's architecture"));
}

TEST(PullFailureTest, ARefusedLoginIsNamed) {
  auto failure = ExplainPullFailure("r.example.com/shop:1", kSecret, "unauthorized: authentication required");
  EXPECT_THAT(failure.error.message, HasSubstr("the login of Secret shop/login"));
  failure = ExplainPullFailure("r.example.com/shop:1", {.lacking = "Secret shop/login"}, "no basic auth credentials");
  EXPECT_THAT(failure.error.message, HasSubstr("Secret shop/login has no login for r.example.com"));
}

}  // namespace
}  // namespace tinyforge::docker
