// The generated reference: schema files and explain.
#include "api-types/codec/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api-types/doc/json.h"
#include "tests/unit/api-types/codec/samples.h"

namespace tinyforge::codec {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Committed(std::string_view name) {
  return ReadWhole(std::string(TINYFORGE_SOURCE_DIR) + "/manifests/schema/" + std::string(name) + ".json");
}

TEST(JsonSchema, CommittedFilesAreCurrent) {
  const std::string remedy = "write them anew: tf-schema --write manifests/schema";
  EXPECT_EQ(Committed("workload"), JsonSchema(Kind::Workload)) << remedy;
  EXPECT_EQ(Committed("trigger"), JsonSchema(Kind::Trigger)) << remedy;
  EXPECT_EQ(Committed("binding"), JsonSchema(Kind::Binding)) << remedy;
  EXPECT_EQ(Committed("secret"), JsonSchema(Kind::Secret)) << remedy;
}

TEST(JsonSchema, SaysWhatAFieldMayHold) {
  const auto schema = doc::ParseJson(JsonSchema(Kind::Workload));
  ASSERT_TRUE(schema) << schema.error().message;
  const auto& spec = *schema->Find("properties")->Find("spec");
  EXPECT_EQ(doc::CanonicalJson(*spec.Find("additionalProperties")), "false");
  EXPECT_EQ(doc::CanonicalJson(*spec.Find("required")), R"(["source"])");
  const auto& replicas = *spec.Find("properties")->Find("replicas");
  EXPECT_EQ(
      doc::CanonicalJson(replicas),
      R"({"default":1,"description":"How many containers run.","maximum":100,"minimum":0,"type":"integer","x-tinyforge-type":"integer"})");
  EXPECT_EQ(doc::CanonicalJson(*spec.Find("properties")->Find("restart")->Find("enum")),
            R"(["Always","OnFailure","Never"])");
}

TEST(Explain, ShowsAField) {
  const auto text = Explain("workload.spec.rollout.strategy");
  ASSERT_TRUE(text);
  EXPECT_THAT(
      *text,
      StartsWith(
          "KIND:         Workload\nVERSION:      tinyforge.dev/v1\nFIELD:        spec.rollout.strategy <string>\n"
          "VALUES:       BlueGreen, Rolling, Recreate\n\nDESCRIPTION:\n    BlueGreen: all new ones up, then switch."));
}

TEST(Explain, ListsTheFieldsOfAType) {
  const auto text = Explain("Workloads.spec.ports");
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, R"(KIND:         Workload
VERSION:      tinyforge.dev/v1
FIELD:        spec.ports <[]object>

DESCRIPTION:
    Ports of the container, and where the host publishes them.

FIELDS:
  container <integer> -required-
    Port that the process listens on.
  host <integer>
    Port of the host; 0: one that the Engine picks. Omitted: not published.
  hostIP <string>
    Address of the host to publish on. Omitted: as the host policy says,
    127.0.0.1.
  protocol <string>
    Transport protocol.
)");
  EXPECT_THAT(*Explain("binding"), HasSubstr("  spec <object> -required-\n"));
  EXPECT_THAT(*Explain("workload.spec.env.valueFrom.secret.key"), HasSubstr("spec.env.valueFrom.secret.key <string>"));
  EXPECT_THAT(*Explain("trigger.spec.registry.pollInterval"), HasSubstr("DEFAULT:      5m\n"));
  EXPECT_THAT(*Explain("trigger.spec.git.pollInterval"), HasSubstr("DEFAULT:      5m\n"));
}

TEST(Explain, NamesWhatIsKnownWhereThePathEnds) {
  EXPECT_EQ(Explain("pod.spec").error().message, "no kind \"pod\"; the kinds are workload, trigger, binding, secret");
  EXPECT_EQ(Explain("workload.spec.replica").error().message,
            "workload.spec has no field \"replica\"; did you mean \"replicas\"?");
  EXPECT_EQ(Explain("workload.spec.resources.gpu").error().message,
            "workload.spec.resources has no field \"gpu\"; it has cpus, memory");
  EXPECT_EQ(Explain("workload.spec.replicas.x").error().message, "workload.spec.replicas has no field \"x\"");
  EXPECT_FALSE(Explain(""));
}

}  // namespace
}  // namespace tinyforge::codec
