// Decoding of manifest files: what comes out, what is ignored, and the exact text of what is refused.
#include "api-types/codec/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "api-types/codec/spec.h"

namespace tinyforge::codec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Lines = std::vector<std::string>;

Lines Errors(const DecodeResult& result) {
  Lines lines;
  for (const auto& error : result.errors) lines.push_back(ToString(error));
  return lines;
}

Lines ErrorsOf(std::string_view text, bool held_before = false) {
  return Errors(DecodeManifests("a.yaml", text, {.held_manifest_before = held_before}));
}

// A Workload whose spec begins with line 5 and, after the source, goes on in line 6.
std::string Workload(std::string_view spec) {
  return "apiVersion: tinyforge.dev/v1\nkind: Workload\nmetadata: {name: shop}\nspec:\n  source: {image: {repository: "
         "shop}}\n" +
         std::string(spec);
}

std::string Document(std::string_view kind, std::string_view rest) {
  return "apiVersion: tinyforge.dev/v1\nkind: " + std::string(kind) + "\nmetadata: {name: x}\n" + std::string(rest);
}

TEST(DecodeManifests, ReadsAWorkload) {
  const auto result = DecodeManifests(
      "apps/shop.yaml", "# shop\n" + Workload("  replicas: 2\n  resources: {cpus: 1.5, memory: 256Mi}\n"));
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
  EXPECT_EQ(object.spec_hash, SpecHash(object.spec));
}

TEST(DecodeManifests, HashIgnoresHowTheSpecIsWritten) {
  const auto a = DecodeManifests("a.yaml", Workload("  replicas: 1\n  stopGracePeriod: 90s\n"));
  const auto b = DecodeManifests("b.yaml", Workload("  stopGracePeriod: 1m30s   # later\n"));
  ASSERT_THAT(a.objects, SizeIs(1));
  ASSERT_THAT(b.objects, SizeIs(1));
  EXPECT_EQ(a.objects[0]->spec_hash, b.objects[0]->spec_hash);
}

// What runs bears the first name: both names must count as not gone.
TEST(DecodeManifests, ABrokenManifestNamesWhatItWasCalledToo) {
  const auto result = DecodeManifests("a.yaml",
                                      "apiVersion: tinyforge.dev/v1\nkind: Workload\n"
                                      "metadata: {name: store, annotations: {tinyforge.dev/renamed-from: shop}}\n"
                                      "spec: {replicas: many, source: {image: {repository: shop}}}\n");
  EXPECT_THAT(result.broken, ElementsAre(ObjectKey{Kind::Workload, "store"}, ObjectKey{Kind::Workload, "shop"}));
}

TEST(DecodeManifests, GoodDocumentsOfAFaultyFileComeOut) {
  const auto result = DecodeManifests(
      "a.yaml", Document("Secret", "spec: {fromFiles: {a: b}}\n") + "---\n" + Workload("  replicas: many\n") +
                    "---\n key: [unclosed\n---\n" +
                    "apiVersion: tinyforge.dev/v1\nkind: Trigger\nmetadata: {name: last}\nspec: {manual: {}}\n");
  ASSERT_THAT(result.objects, SizeIs(2));
  EXPECT_EQ(ToString(result.objects[0]->key), "secret/x");
  EXPECT_EQ(ToString(result.objects[1]->key), "trigger/last");
  EXPECT_THAT(Errors(result),
              ElementsAre("a.yaml:11:13: spec.replicas: expected a number from 0 to 100, got \"many\""));
  EXPECT_THAT(result.broken, ElementsAre(ObjectKey{Kind::Workload, "shop"}));
}

TEST(DecodeManifests, AllErrorsOfAFileAreReportedInOrder) {
  const auto lines =
      ErrorsOf(Workload("  replicas: -1\n  restart: never\n  ports:\n    - {container: 0}\n    - {host: 80}\n"));
  EXPECT_EQ(
      lines,
      (Lines{
          "a.yaml:6:13: spec.replicas: expected a number from 0 to 100, got -1",
          "a.yaml:7:12: spec.restart: expected one of Always, OnFailure, Never, got \"never\"; did you mean Never?",
          "a.yaml:9:19: spec.ports[0].container: expected a number from 1 to 65535, got 0",
          "a.yaml:10:7: spec.ports[1].container: is required but missing",
      }));
}

struct Case {
  std::string name;
  std::string spec;
  Lines errors;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

std::string NameOfCase(const ::testing::TestParamInfo<Case>& info) {
  return info.param.name;
}

class RefusedWorkload : public ::testing::TestWithParam<Case> {};

TEST_P(RefusedWorkload, NamesPlaceFieldAndRemedy) {
  EXPECT_EQ(ErrorsOf(Workload(GetParam().spec)), GetParam().errors);
}

INSTANTIATE_TEST_SUITE_P(
    Fields, RefusedWorkload,
    ::testing::Values(
        Case{"UnknownKey", "  replica: 2\n", {R"(a.yaml:6:3: spec.replica: unknown key; did you mean "replicas"?)"}},
        Case{"UnknownKeyFarFromAll",
             "  xyzzy: 2\n",
             {"a.yaml:6:3: spec.xyzzy: unknown key; tfctl explain lists the known ones"}},
        Case{"UnknownKeyOfASmallType",
             "  resources: {xyzzy: 2}\n",
             {"a.yaml:6:15: spec.resources.xyzzy: unknown key; known keys: cpus, memory"}},
        Case{"KeyInWrongCase",
             "  Replicas: 2\n",
             {R"(a.yaml:6:3: spec.Replicas: unknown key; did you mean "replicas"?)"}},
        Case{"NoValue",
             "  env:\n  replicas: 2\n",
             {"a.yaml:6:3: spec.env: has no value; give it one or remove the key"}},
        Case{"NumberForString",
             "  env:\n    - {name: PORT, value: 8080}\n",
             {R"(a.yaml:7:27: spec.env[0].value: expected a string, got 8080; put it in quotes: "8080")"}},
        Case{
            "BoolForString",
            "  containerLabels: {traefik.enable: true}\n",
            {R"(a.yaml:6:37: spec.containerLabels["traefik.enable"]: expected a string, got true; put it in quotes: "true")"}},
        Case{"StringForBool", "  init: yes\n", {R"(a.yaml:6:9: spec.init: expected true or false, got "yes")"}},
        Case{"StringForList", "  command: serve\n", {R"(a.yaml:6:12: spec.command: expected a list, got "serve")"}},
        Case{"ListForMapping", "  resources: []\n", {"a.yaml:6:14: spec.resources: expected a mapping, got a list"}},
        Case{"FractionForInteger",
             "  replicas: 1.5\n",
             {"a.yaml:6:13: spec.replicas: expected a number from 0 to 100, got 1.5"}},
        Case{"TooManyReplicas",
             "  replicas: 101\n",
             {"a.yaml:6:13: spec.replicas: expected a number from 0 to 100, got 101"}},
        Case{"PortAsWord",
             "  ports: [{container: 80, host: \"http\"}]\n",
             {R"(a.yaml:6:33: spec.ports[0].host: expected a number from 0 to 65535, got "http")"}},
        Case{"EmptyCommand",
             "  command: []\n",
             {"a.yaml:6:12: spec.command: expected at least one item, got an empty list; remove the key to omit it"}},
        Case{"BadQuantity",
             "  resources: {memory: 256MB}\n",
             {R"(a.yaml:6:23: spec.resources.memory: expected a quantity of bytes such as 256Mi or 1G, got "256MB")"}},
        Case{"BadDuration",
             "  stopGracePeriod: 30\n",
             {"a.yaml:6:20: spec.stopGracePeriod: expected a duration such as 30s, 5m or 1h30m, got 30"}},
        Case{"LongDuration",
             "  stopGracePeriod: 9000h\n",
             {R"(a.yaml:6:20: spec.stopGracePeriod: expected a duration from 0s to 8760h, got "9000h")"}},
        Case{
            "ModeWithoutQuotes",
            "  files: [{target: /a, content: x, mode: 0644}]\n",
            {R"(a.yaml:6:42: spec.files[0].mode: expected permission bits in octal, in quotes, such as "0644", got 0644)"}},
        Case{"OnChangeWord",
             "  files: [{target: /a, content: x, onChange: HUP}]\n",
             {R"(a.yaml:6:46: spec.files[0].onChange: expected Recreate, None or {signal: NAME}, got "HUP")"}},
        Case{"OnChangeSignal",
             "  files: [{target: /a, content: x, onChange: {signal: HUPP}}]\n",
             {R"(a.yaml:6:55: spec.files[0].onChange.signal: expected a signal such as SIGHUP, HUP or 1, got "HUPP")"}},
        Case{"ValueFromOther",
             "  env: [{name: A, valueFrom: {configMap: {name: a, key: b}}}]\n",
             {"a.yaml:6:31: spec.env[0].valueFrom.configMap: unknown key; known keys: secret"}},
        Case{"ValueFromEmpty",
             "  env: [{name: A, valueFrom: {}}]\n",
             {"a.yaml:6:30: spec.env[0].valueFrom.secret: is required but missing"}},
        Case{
            "RelativeTarget",
            "  files: [{target: etc/a, content: x}]\n",
            {R"(a.yaml:6:20: spec.files[0].target: expected an absolute path without ., .. or a slash at the end, got "etc/a")"}},
        Case{
            "UncleanTarget",
            "  volumes: [{scope: Ephemeral, target: /a/../b}]\n",
            {R"(a.yaml:6:40: spec.volumes[0].target: expected an absolute path without ., .. or a slash at the end, got "/a/../b")"}},
        Case{
            "OwnLabel",
            "  containerLabels: {tinyforge.managed: \"no\"}\n",
            {R"(a.yaml:6:21: spec.containerLabels: expected a label key outside tinyforge.*, which is the controller's own as key, got "tinyforge.managed")"}},
        Case{"UnknownUlimit",
             "  ulimits: [{name: files, soft: 1, hard: 1}]\n",
             {"a.yaml:6:20: spec.ulimits[0].name: expected one of core, cpu, data, fsize, locks, memlock, msgqueue, "
              "nice, nofile, "
              "nproc, rss, rtprio, rttime, sigpending, stack, got \"files\""}}),
    NameOfCase);

INSTANTIATE_TEST_SUITE_P(
    RulesBetweenFields, RefusedWorkload,
    ::testing::Values(
        Case{"DuplicateEnv",
             "  env:\n    - {name: A, value: x}\n    - {name: A, value: y}\n",
             {"a.yaml:8:14: spec.env[1].name: A stands already in spec.env[0].name"}},
        Case{"EnvWithoutValue",
             "  env: [{name: A}]\n",
             {"a.yaml:6:9: spec.env[0]: expected exactly one of value and valueFrom; for an empty variable write "
              "value: \"\""}},
        Case{"EnvWithBoth",
             "  env: [{name: A, value: x, valueFrom: {secret: {name: s, key: k}}}]\n",
             {"a.yaml:6:9: spec.env[0]: expected exactly one of value and valueFrom; for an empty variable write "
              "value: \"\""}},
        Case{"DuplicatePort",
             "  ports: [{container: 80}, {container: 80}]\n",
             {"a.yaml:6:28: spec.ports[1]: port 80/TCP stands already in spec.ports[0]"}},
        Case{"HostPortTwice",
             "  ports: [{container: 80, host: 8080}, {container: 81, host: 8080}]\n",
             {"a.yaml:6:62: spec.ports[1].host: host port :8080/TCP stands already in spec.ports[0].host"}},
        Case{"HostIpAlone",
             "  ports: [{container: 80, hostIP: 127.0.0.1}]\n",
             {"a.yaml:6:35: spec.ports[0].hostIP: has a meaning with host only; add host, or host: 0"}},
        Case{"PublishedOnHostNetwork",
             "  networkMode: host\n  ports: [{container: 80, host: 80}]\n",
             {"a.yaml:7:33: spec.ports[0].host: a port is not published with networkMode host"}},
        Case{"NetworkModeAndNetworks",
             "  networkMode: none\n  networks: [{name: backend}]\n",
             {"a.yaml:6:16: spec.networkMode: networkMode and networks exclude each other; keep one"}},
        Case{"TwoFileSources",
             "  files: [{target: /a, content: x, from: y}]\n",
             {"a.yaml:6:11: spec.files[0]: expected exactly one of from, content and secret"}},
        Case{"NoFileSource",
             "  files: [{target: /a}]\n",
             {"a.yaml:6:11: spec.files[0]: expected exactly one of from, content and secret"}},
        Case{"OneTargetTwice",
             "  files: [{target: /a, content: x}]\n  volumes: [{scope: Ephemeral, target: /a}]\n",
             {"a.yaml:7:40: spec.volumes[0].target: /a stands already in spec.files[0].target"}},
        Case{"EphemeralWithSource",
             "  volumes: [{scope: Ephemeral, source: x, target: /a}]\n",
             {"a.yaml:6:40: spec.volumes[0].source: scope Ephemeral has no source; remove it"}},
        Case{
            "AbsoluteRelative",
            "  volumes: [{scope: Absolute, source: data, target: /a, readOnly: true}]\n",
            {R"(a.yaml:6:39: spec.volumes[0].source: scope Absolute expects an absolute path without . or .., got "data")"}},
        Case{
            "StageClimbing",
            "  volumes: [{scope: Stage, source: ../x, target: /a}]\n",
            {R"(a.yaml:6:36: spec.volumes[0].source: scope Stage expects a name without / (data that lies there has to be moved), got "../x")"}},
        Case{
            "StageBelowAnother",
            "  volumes: [{scope: Stage, source: data/sub, target: /a}]\n",
            {R"(a.yaml:6:36: spec.volumes[0].source: scope Stage expects a name without / (data that lies there has to be moved), got "data/sub")"}},
        Case{"StageWhereInstancesLie",
             "  volumes: [{scope: Stage, source: instance-1, target: /a}]\n",
             {"a.yaml:6:36: spec.volumes[0].source: scope Stage expects a name that does not begin with instance-, "
              "where volumes of scope Instance lie, got \"instance-1\""}},
        Case{"NamedWithPath",
             "  volumes: [{scope: Named, source: a/b, target: /a}]\n",
             {"a.yaml:6:36: spec.volumes[0].source: scope Named expects the name of a Docker volume: at least two of "
              "letters, "
              "digits, _ . and -, got \"a/b\""}},
        Case{"ProjectWithoutSource",
             "  volumes: [{scope: Project, target: /a}]\n",
             {"a.yaml:6:13: spec.volumes[0].source: scope Project expects a name without / (data that lies there has "
              "to be moved), got "
              "nothing"}},
        Case{"SizeOfADirectory",
             "  volumes: [{scope: Stage, source: a, target: /a, size: 1Mi}]\n",
             {"a.yaml:6:57: spec.volumes[0].size: has a meaning with scope Ephemeral only"}},
        Case{"BlueGreenWithHostPort",
             "  ports: [{container: 80, host: 80}]\n  rollout: {strategy: BlueGreen}\n",
             {"a.yaml:7:23: spec.rollout.strategy: BlueGreen needs two containers side by side, which host port 80 "
              "excludes; "
              "expected Recreate"}},
        Case{"RollingWithVolume",
             "  volumes: [{scope: Stage, source: db, target: /a}]\n  rollout: {strategy: Rolling}\n",
             {"a.yaml:7:23: spec.rollout.strategy: Rolling needs two containers side by side, which read-write volume "
              "db excludes; "
              "expected Recreate"}},
        Case{"ReplicasWithStaticAddress",
             "  replicas: 2\n  networks: [{name: lan, address: 10.0.0.2}]\n",
             {"a.yaml:6:13: spec.replicas: two containers cannot run side by side because of static address 10.0.0.2; "
              "expected 0 or 1"}},
        Case{"DeadlineBeforeHealthy",
             "  rollout: {deadline: 5s}\n",
             {"a.yaml:6:23: spec.rollout.deadline: is shorter than healthyAfter (10s)"}},
        Case{"RetainsNothing",
             "  rollout: {retain: 0}\n",
             {"a.yaml:6:21: spec.rollout.retain: expected a number from 1 to 10, got 0"}},
        Case{"RetainsTooMuch",
             "  rollout: {retain: 11}\n",
             {"a.yaml:6:21: spec.rollout.retain: expected a number from 1 to 10, got 11"}},
        Case{"DeadlineBeforeStartPeriod",
             "  rollout: {deadline: 15s}\n  healthcheck: {tcp: {port: 1}, startPeriod: 20s}\n",
             {"a.yaml:6:23: spec.rollout.deadline: is shorter than healthcheck.startPeriod (20s)"}},
        Case{"TwoProbes",
             "  healthcheck: {tcp: {port: 1}, http: {port: 1}}\n",
             {"a.yaml:6:16: spec.healthcheck: expected at most one of http, tcp and exec"}},
        Case{"SoftAboveHard",
             "  ulimits: [{name: nofile, soft: 2, hard: 1}]\n",
             {"a.yaml:6:34: spec.ulimits[0].soft: is above the hard limit of 1"}},
        Case{"DependsTwice",
             "  dependsOn: [a, a]\n",
             {"a.yaml:6:18: spec.dependsOn[1]: a stands already in spec.dependsOn[0]"}}),
    NameOfCase);

// The `spec` of a Case is the whole file.
class RefusedDocument : public ::testing::TestWithParam<Case> {};

TEST_P(RefusedDocument, NamesPlaceFieldAndRemedy) {
  EXPECT_EQ(ErrorsOf(GetParam().spec), GetParam().errors);
}

INSTANTIATE_TEST_SUITE_P(
    Envelope, RefusedDocument,
    ::testing::Values(
        Case{"NoSource",
             "apiVersion: tinyforge.dev/v1\nkind: Workload\nmetadata: {name: a}\nspec: {}\n",
             {"a.yaml:4:7: spec.source: is required but missing"}},
        Case{"EmptySource",
             "apiVersion: tinyforge.dev/v1\nkind: Workload\nmetadata: {name: a}\nspec: {source: {}}\n",
             {"a.yaml:4:16: spec.source: expected exactly one of image, compose, static and dockerfile"}},
        Case{"TwoSources",
             "apiVersion: tinyforge.dev/v1\nkind: Workload\nmetadata: {name: a}\nspec:\n  source: {image: {repository: "
             "a}, static: {path: b}}\n",
             {"a.yaml:5:11: spec.source: expected exactly one of image, compose, static and dockerfile"}},
        Case{"TagAndDigest",
             "apiVersion: tinyforge.dev/v1\nkind: Workload\nmetadata: {name: a}\nspec:\n  source:\n    image:\n      "
             "repository: a\n      tag: b\n"
             "      digest: sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n",
             {"a.yaml:9:15: spec.source.image.digest: tag and digest exclude each other; keep one"}},
        Case{"TagWithoutQuotes",
             "apiVersion: tinyforge.dev/v1\nkind: Workload\nmetadata: {name: a}\nspec: {source: {image: {repository: "
             "a, tag: 1.10}}}\n",
             {R"(a.yaml:4:45: spec.source.image.tag: expected a string, got 1.10; put it in quotes: "1.10")"}},
        Case{"RepositoryWithTag",
             "apiVersion: tinyforge.dev/v1\nkind: Workload\nmetadata: {name: a}\nspec: {source: {image: {repository: "
             "\"nginx:1\"}}}\n",
             {"a.yaml:4:37: spec.source.image.repository: expected an image repository without tag, such as "
              "registry.example.com/team/shop in lower case, got \"nginx:1\""}},
        Case{"NoMetadataNoSpec",
             "apiVersion: tinyforge.dev/v1\nkind: Workload\n",
             {"a.yaml:1:1: metadata: is required but missing", "a.yaml:1:1: spec: is required but missing"}},
        Case{"BadName",
             "apiVersion: tinyforge.dev/v1\nkind: Trigger\nmetadata: {name: Shop}\nspec: {manual: {}}\n",
             {"a.yaml:3:18: metadata.name: expected a DNS label: a-z, 0-9 and -, at most 63 characters, no - at either "
              "end, got \"Shop\""}},
        Case{"Status",
             "apiVersion: tinyforge.dev/v1\nkind: Trigger\nmetadata: {name: a}\nspec: {manual: {}}\nstatus: {}\n",
             {"a.yaml:5:1: status: is written by the controller; remove it"}},
        Case{"TopLevelKey",
             "apiVersion: tinyforge.dev/v1\nkind: Trigger\nmetadata: {name: a}\nspecs: {manual: {}}\n",
             {"a.yaml:1:1: spec: is required but missing", "a.yaml:4:1: specs: unknown key; did you mean \"spec\"?"}},
        Case{"NamespaceOfKubernetes",
             "apiVersion: tinyforge.dev/v1\nkind: Trigger\nmetadata: {name: a, namespace: b}\nspec: {manual: {}}\n",
             {"a.yaml:3:21: metadata.namespace: unknown key; known keys: name, labels, annotations"}},
        Case{"TriggerOfTwoKinds",
             "apiVersion: tinyforge.dev/v1\nkind: Trigger\nmetadata: {name: a}\nspec: {manual: {}, promotion: {}}\n",
             {"a.yaml:4:7: spec: expected exactly one of registry, git, schedule, promotion and manual"}},
        Case{"ManualWithoutBraces",
             "apiVersion: tinyforge.dev/v1\nkind: Trigger\nmetadata: {name: a}\nspec: {manual: }\n",
             {"a.yaml:4:8: spec.manual: has no value; give it one or remove the key"}},
        Case{"TwoTagPolicies",
             "apiVersion: tinyforge.dev/v1\nkind: Trigger\nmetadata: {name: a}\nspec: {registry: {tagPolicy: {glob: a, "
             "newest: true}}}\n",
             {"a.yaml:4:30: spec.registry.tagPolicy: expected exactly one of semver, glob, regex, newest and digest"}},
        Case{"OrderOfATagPolicyWithoutPattern",
             "apiVersion: tinyforge.dev/v1\nkind: Trigger\nmetadata: {name: a}\nspec: {registry: {tagPolicy: {semver: "
             "1.x, capture: a, order: Numeric}}}\n",
             {"a.yaml:4:53: spec.registry.tagPolicy.capture: has a meaning with regex only",
              "a.yaml:4:63: spec.registry.tagPolicy.order: has a meaning with glob and regex only"}},
        Case{"BadCron",
             "apiVersion: tinyforge.dev/v1\nkind: Trigger\nmetadata: {name: a}\nspec: {schedule: {cron: hourly}}\n",
             {"a.yaml:4:25: spec.schedule.cron: expected five fields: minute, hour, day of month, month, day of week, "
              "each * or numbers in its range, as 5, 1-5, */15, or @hourly, @daily, @weekly, @monthly, @yearly, got "
              "\"hourly\""}},
        Case{"BindingOfNothing",
             "apiVersion: tinyforge.dev/v1\nkind: Binding\nmetadata: {name: a}\nspec: {trigger: t}\n",
             {"a.yaml:4:7: spec: expected exactly one of workload and workloadSelector"}},
        Case{"OverridesAsList",
             "apiVersion: tinyforge.dev/v1\nkind: Binding\nmetadata: {name: a}\nspec: {trigger: t, workload: w, "
             "overrides: []}\n",
             {"a.yaml:4:44: spec.overrides: expected a mapping, got a list"}},
        Case{"LargeOverrides",
             "apiVersion: tinyforge.dev/v1\nkind: Binding\nmetadata: {name: a}\nspec: {trigger: t, workload: w, "
             "overrides: {a: " +
                 std::string(8192, 'x') + "}}\n",
             {"a.yaml:4:44: spec.overrides: has 8200 bytes as JSON; at most 8192 are allowed"}},
        Case{"SecretPathClimbs",
             "apiVersion: tinyforge.dev/v1\nkind: Secret\nmetadata: {name: a}\nspec: {fromFiles: {k: ../x}}\n",
             {R"(a.yaml:4:23: spec.fromFiles.k: expected a relative path without ., .. or empty parts, got "../x")"}},
        Case{"SecretWithValues",
             "apiVersion: tinyforge.dev/v1\nkind: Secret\nmetadata: {name: a}\nspec: {data: {k: v}}\n",
             {"a.yaml:4:7: spec.fromFiles: is required but missing",
              "a.yaml:4:8: spec.data: unknown key; known keys: hosts, fromFiles"}}),
    NameOfCase);

INSTANTIATE_TEST_SUITE_P(
    NearMiss, RefusedDocument,
    ::testing::Values(
        Case{"OtherVersion",
             "apiVersion: tinyforge.dev/v2\nkind: Workload\n",
             {R"(a.yaml:1:13: apiVersion: expected tinyforge.dev/v1, got "tinyforge.dev/v2")"}},
        Case{"OtherDomain",
             "apiVersion: tinyforge.io/v1\nkind: Workload\n",
             {R"(a.yaml:1:13: apiVersion: expected tinyforge.dev/v1, got "tinyforge.io/v1")"}},
        Case{"Slip",
             "apiVersion: tinyfroge.dev/v1\nkind: Workload\n",
             {R"(a.yaml:1:13: apiVersion: expected tinyforge.dev/v1, got "tinyfroge.dev/v1")"}},
        Case{"GroupAlone",
             "apiVersion: tinyforge.dev\nkind: Workload\n",
             {R"(a.yaml:1:13: apiVersion: expected tinyforge.dev/v1, got "tinyforge.dev")"}},
        Case{
            "KindInLowerCase",
            "apiVersion: tinyforge.dev/v1\nkind: workload\n",
            {R"(a.yaml:2:7: kind: expected one of Workload, Trigger, Binding, Secret, got "workload"; did you mean Workload?)"}},
        Case{"OtherKind",
             "apiVersion: tinyforge.dev/v1\nkind: Deployment\n",
             {R"(a.yaml:2:7: kind: expected one of Workload, Trigger, Binding, Secret, got "Deployment")"}},
        Case{"NoKind",
             "apiVersion: tinyforge.dev/v1\nspec: {}\n",
             {"a.yaml:1:1: kind: is required but missing; expected one of Workload, Trigger, Binding, Secret"}},
        Case{"KeyInLowerCase",
             "apiversion: tinyforge.dev/v1\nkind: Workload\n",
             {R"(a.yaml:1:1: apiversion: unknown key; did you mean "apiVersion"?)"}},
        Case{"NoApiVersion",
             "kind: Workload\nmetadata: {name: a}\nspec: {}\n",
             {"a.yaml:1:1: apiVersion: is required but missing; expected tinyforge.dev/v1"}},
        Case{"BrokenText",
             "apiVersion: tinyforge.dev/v1\nkind: {{ .Values.kind }}\n: x",
             {"a.yaml:2:8: a key of a mapping must be text"}}),
    NameOfCase);

TEST(DecodeManifests, IgnoresWhatIsNotOurs) {
  for (const std::string_view text :
       {"", "# only a comment\n", "---\n---\n", "just text", "- a\n- b\n", "apiVersion: v1\nkind: Secret\ndata: {}\n",
        "apiVersion: apps/v1\nkind: Deployment\nspec: {a: 1, a: 2}\n", "services:\n  a: &x {image: b}\n  c: *x\n",
        "apiVersion: v1\nkind: {{ .Values.kind }}\n", "kind: Workload\n", "\xff\xfe not text", "a: !vault |\n  x\n",
        "apiVersion: [tinyforge.dev/v1]\n"})
    EXPECT_THAT(ErrorsOf(text), IsEmpty()) << text;
}

TEST(DecodeManifests, APathThatHeldAManifestMustHoldOne) {
  const std::string remedy =
      "a.yaml:1:1: the file held a manifest before and holds none now; to remove its objects, remove the file";
  EXPECT_EQ(ErrorsOf("", true), Lines{remedy});
  EXPECT_EQ(ErrorsOf("# commented out\n", true), Lines{remedy});
  EXPECT_EQ(ErrorsOf("apiVersion: v1\nkind: ConfigMap\n", true), Lines{remedy});
  EXPECT_EQ(ErrorsOf("a: [\n", true), Lines{"a.yaml:2:1: not valid YAML: end of sequence flow not found"});
  EXPECT_THAT(ErrorsOf(Workload("") + "---\napiVersion: v1\nkind: ConfigMap\n", true), IsEmpty());
}

TEST(DecodeManifests, GuardsSpeakWhereTheFileIsOurs) {
  const std::string head = "apiVersion: tinyforge.dev/v1\nkind: Trigger\nmetadata: {name: a}\n";
  EXPECT_EQ(ErrorsOf(head + "spec: &x {manual: {}}\n"),
            Lines{"a.yaml:4:7: anchors (&name) are not supported; write the value out where it is used"});
  EXPECT_EQ(ErrorsOf(head + "spec: {manual: {}}\nspec: {}\n"),
            Lines{"a.yaml:5:1: the key \"spec\" stands twice in one mapping; first at line 4"});
  EXPECT_THAT(ErrorsOf(head + "spec: {manual: {}} # \xff\n"), ElementsAre("a.yaml:4:22: the file is not valid UTF-8"));
  EXPECT_THAT(ErrorsOf(head + std::string(1 << 20, '#')),
              ElementsAre(HasSubstr("1:1: the file has 1048639 bytes; at most 1048576 are read")));
}

TEST(DecodeManifests, AnErrorInAFieldSilencesRulesAboutIt) {
  EXPECT_EQ(ErrorsOf(Workload("  volumes: [{scope: stage, source: data, target: /a}]\n")),
            Lines{"a.yaml:6:21: spec.volumes[0].scope: expected one of Absolute, Ephemeral, Instance, Stage, Project, "
                  "ProjectNamed, "
                  "Named, got \"stage\"; did you mean Stage?"});
  EXPECT_EQ(ErrorsOf(Workload("  env: [{name: A, value: 1}]\n")),
            Lines{R"(a.yaml:6:26: spec.env[0].value: expected a string, got 1; put it in quotes: "1")"});
}

TEST(DecodeManifests, ReportsABoundedNumberOfErrors) {
  std::string spec;
  for (int i = 0; i < 5000; ++i) spec += "  zz" + std::to_string(i) + ": 1\n";
  EXPECT_THAT(ErrorsOf(Workload(spec)), SizeIs(100));
}

TEST(DecodeManifests, LongValuesAreShortenedInMessages) {
  const auto lines = ErrorsOf(Workload("  restart: \"" + std::string(59, 'x') + "äöü\"\n"));
  EXPECT_EQ(lines, Lines{"a.yaml:6:12: spec.restart: expected one of Always, OnFailure, Never, got \"" +
                         std::string(59, 'x') + "\"…"});
}

}  // namespace
}  // namespace tinyforge::codec
