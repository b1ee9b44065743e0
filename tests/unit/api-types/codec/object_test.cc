// Statuses, metadata and specs as text.
#include "api-types/codec/object.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api-types/codec/hash.h"
#include "api-types/codec/spec.h"

namespace tinyforge::codec {
namespace {

using ::testing::HasSubstr;

v1::Status FullStatus() {
  v1::Status status;
  status.observed_generation = 3;
  status.revision = "abc";
  status.conditions = {
      {"Ready", ConditionStatus::True, "Serving", "2 of 2 \"ready\"\n", 3, *ParseRfc3339("2026-01-02T03:04:05.678Z")},
      {"Stalled", ConditionStatus::False, "", "", 0, SysTime{}}};
  status.replicas = 2;
  status.ready_replicas = 1;
  status.resolved = v1::ResolvedSource{"1.4.2", "sha256:00", "manifest"};
  status.inventory = {{"Container", "shop", "0123"}};
  status.last_rollout =
      v1::RolloutRecord{.id = 7, .cause = "env.A", .outcome = "Succeeded", .revision = "abc", .generation = 3};
  status.last_rollout->from = {"1.4.1", "shop:1.4.1", "sha256:0"};
  status.last_rollout->to = {"1.4.2", "shop:1.4.2", "sha256:1"};
  status.last_rollout->steps = {{*ParseRfc3339("2026-01-02T03:04:05Z"), "create shop.4"}};
  status.last_rollout->started = *ParseRfc3339("2026-01-02T03:04:05Z");
  return status;
}

TEST(Rollout, SurvivesJson) {
  const v1::RolloutRecord rollout = *FullStatus().last_rollout;
  const auto back = ParseRollout(EncodeRollout(rollout));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, rollout);
}

TEST(Status, SurvivesJson) {
  for (const v1::Status& status : {FullStatus(), v1::Status{}}) {
    const auto back = ParseStatus(EncodeStatus(status));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, status);
  }
  EXPECT_EQ(EncodeStatus({}), "{}");
  EXPECT_THAT(EncodeStatus(FullStatus()), HasSubstr(R"("lastTransitionTime":"2026-01-02T03:04:05.678Z")"));
}

TEST(Status, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(ParseStatus(R"({"conditions":[{"type":"Ready","status":"Yes"}]})").error().message,
            "status.conditions[0].status: expected one of Unknown, True, False, got \"Yes\"");
  EXPECT_THAT(ParseStatus("{").error().message, HasSubstr("status: 1:"));
}

TEST(Meta, SurvivesJson) {
  const ObjectMeta meta{"shop", {{"team", "web"}}, {{"example.com/a", "b\n"}}};
  const auto back = ParseMeta(EncodeMeta(meta));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, meta);
}

TEST(ParseSpec, NamesEveryProblem) {
  EXPECT_EQ(ParseSpec(Kind::Workload, R"({"replicas":-1,"x":1})").error().message,
            "spec.source: is required but missing; spec.replicas: expected a number from 0 to 100, got -1; spec.x: "
            "unknown key; "
            "tfctl explain lists the known ones");
  EXPECT_EQ(ParseSpec(Kind::Binding, R"({"trigger":"a"})").error().message,
            "spec: expected exactly one of workload and workloadSelector");
  EXPECT_EQ(ParseSpec(Kind::Secret, "[]").error().message, "spec: expected a mapping, got a list");
}

TEST(CanonicalSpec, KeepsRequiredFieldsAndLeavesDefaultsOut) {
  const auto spec =
      ParseSpec(Kind::Workload, R"({"source":{"image":{"repository":"a","pullPolicy":"IfNotPresent"}},"replicas":1,
    "resources":{},"rollout":{"deadline":"120s"},"ulimits":[{"name":"core","soft":0,"hard":0}],"healthcheck":{}})");
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(
      CanonicalSpec(*spec),
      R"({"healthcheck":{},"source":{"image":{"repository":"a"}},"ulimits":[{"hard":0,"name":"core","soft":0}]})");
}

TEST(EncodeObject, ReadsLikeAManifest) {
  v1::Object object;
  object.key = {Kind::Workload, "shop"};
  object.meta.name = "shop";
  v1::WorkloadSpec spec;
  spec.source.image = v1::ImageSource{.repository = "shop", .tag = "1.10"};
  spec.env = {{.name = "A", .value = "true"}};
  object.spec = spec;
  EXPECT_EQ(EncodeObject(object, TextForm::Yaml), R"(apiVersion: tinyforge.dev/v1
kind: Workload
metadata:
  name: shop
spec:
  source:
    image:
      repository: shop
      tag: "1.10"
  env:
    - name: A
      value: "true"
)");
  const v1::Status status{.observed_generation = 1};
  EXPECT_THAT(EncodeObject(object, TextForm::CompactJson, &status), HasSubstr(R"("status":{"observedGeneration":1})"));
}

TEST(Hash, AgreesWithPublishedVectors) {
  // FIPS 180-4 and RFC 4231, test case 2.
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(HmacSha256Hex("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(HmacSha256Hex({}, {}), HmacSha256Hex("", ""));
}

}  // namespace
}  // namespace tinyforge::codec
