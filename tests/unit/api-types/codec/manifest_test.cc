// Decoding of manifest files: what comes out, what is ignored, and the exact text of what is refused.
#include "api-types/codec/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "api-types/codec/object.h"
#include "api-types/codec/spec.h"

namespace tinyforge::codec {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> Errors(const DecodeResult& result) {
  std::vector<std::string> lines;
  for (const auto& error : result.errors) lines.push_back(ToString(error));
  return lines;
}

std::vector<std::string> ErrorsOf(std::string_view text, bool held_before = false) {
  return Errors(DecodeManifests("a.yaml", text, {.held_manifest_before = held_before}));
}

std::string Workload(std::string_view spec) {
  return "apiVersion: tinyforge.dev/v1\nkind: Workload\nmetadata: {name: shop}\nspec:\n  source: {image: {repository: shop}}\n" +
         std::string(spec);
}

TEST(DecodeManifests, ReadsAWorkload) {
  const auto result = DecodeManifests("apps/shop.yaml", "# shop\n" + Workload("  replicas: 2\n  resources: {cpus: 1.5, memory: 256Mi}\n"));
  EXPECT_THAT(Errors(result), IsEmpty());
  ASSERT_THAT(result.objects, SizeIs(1));
  const v1::Object& object = *result.objects[0];
  EXPECT_EQ(ToString(object.key), "workload/shop");
  EXPECT_EQ(ToString(object.position), "apps/shop.yaml:2:1");
  EXPECT_EQ(object.workload().replicas, 2);
  EXPECT_EQ(object.workload().resources.nano_cpus, 1'500'000'000);
  EXPECT_EQ(object.workload().resources.memory, 268'435'456);
  EXPECT_EQ(CanonicalSpec(object.spec),
            R"({"replicas":2,"resources":{"cpus":"1500m","memory":"256Mi"},"source":{"image":{"repository":"shop"}}})");
}

struct Refusal {
  std::string spec;
  std::vector<std::string> errors;
};

class RefusedSpec : public ::testing::TestWithParam<Refusal> {};

TEST_P(RefusedSpec, NamesPlaceFieldAndRemedy) { EXPECT_EQ(ErrorsOf(Workload(GetParam().spec)), GetParam().errors); }

INSTANTIATE_TEST_SUITE_P(
    Fields, RefusedSpec,
    ::testing::Values(
        Refusal{"  replica: 2\n", {R"(a.yaml:6:3: spec.replica: unknown key; did you mean "replicas"?)"}}));

}  // namespace
}  // namespace tinyforge::codec
