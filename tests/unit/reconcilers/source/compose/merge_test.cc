// The page "Merge and override" of the Compose Specification, a test a rule, by way of two files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/reconcilers/source/compose/project_files.h"

namespace tinyforge::compose {
namespace {

using ::testing::HasSubstr;

// What becomes of a key of the service `web` that both files have.
std::string Merged(std::string_view key, std::string_view base, std::string_view over) {
  const auto file = [&](std::string_view value) {
    return "services: {web: {" + std::string(key) + ": " + std::string(value) + "}}\n";
  };
  return ProjectFiles(file(base), file(over)).Web(key);
}

TEST(MergeMapping, MissingEntriesAreAddedAndCommonOnesMerged) {
  ProjectFiles files("services: {foo: {key1: value1, key2: value2}}\n",
                     "services: {foo: {key2: VALUE, key3: value3}}\n");
  EXPECT_EQ(files.At("services/foo"), R"({"key1":"value1","key2":"VALUE","key3":"value3"})");
}

TEST(MergeMapping, AnEntryWithoutValueChangesNothing) {
  EXPECT_EQ(Merged("deploy", "{replicas: 2}", ""), R"({"replicas":2})");
  EXPECT_EQ(Merged("image", "nginx", "null"), R"("nginx")");
}

TEST(MergeMapping, MappingsMergeAllTheWayDown) {
  EXPECT_EQ(Merged("deploy", "{resources: {limits: {cpus: '1', memory: 1g}}}", "{resources: {limits: {cpus: '2'}}}"),
            R"({"resources":{"limits":{"cpus":"2","memory":"1g"}}})");
}

TEST(MergeMapping, AMappingOnAListIsRefused) {
  EXPECT_EQ(
      Merged("security_opt", "[a]", "{b: c}"),
      "override.yaml:1:32: services.web.security_opt is a mapping here, but a list at compose.yaml:1:32; write both "
      "in one form, or replace the earlier one with !override");
}

TEST(MergeSequence, ValuesAreAppended) {
  EXPECT_EQ(Merged("dns", "[1.1.1.1]", "[8.8.8.8]"), R"(["1.1.1.1","8.8.8.8"])");
  EXPECT_EQ(Merged("security_opt", "[a]", "[b]"), R"(["a","b"])");
}

TEST(MergeShellCommands, CommandIsReplaced) {
  EXPECT_EQ(Merged("command", "[echo, foo]", "[echo, bar]"), R"(["echo","bar"])");
  EXPECT_EQ(Merged("command", "[echo, foo]", "echo bar"), R"("echo bar")");
}

TEST(MergeShellCommands, NothingReplacesToo) {
  EXPECT_EQ(Merged("command", "[echo, foo]", "null"), "null");
}

TEST(MergeShellCommands, EntrypointIsReplaced) {
  EXPECT_EQ(Merged("entrypoint", "[a, b]", "[c]"), R"(["c"])");
}

TEST(MergeShellCommands, HealthcheckTestIsReplacedAndTheRestMerged) {
  EXPECT_EQ(Merged("healthcheck", "{test: [CMD, a], retries: 3}", "{test: [CMD, b], interval: 5s}"),
            R"({"interval":"5s","retries":3,"test":["CMD","b"]})");
}

TEST(MergeUniqueResources, VolumesByTarget) {
  EXPECT_EQ(Merged("volumes", "['foo:/work', 'a:/a']", "['bar:/work', 'b:/b']"), R"(["bar:/work","a:/a","b:/b"])");
}

TEST(MergeUniqueResources, VolumesByTargetInBothForms) {
  EXPECT_EQ(
      Merged("volumes", "['foo:/work/:ro', /anonymous]", "[{type: volume, source: x, target: /work}, y:/anonymous]"),
      R"([{"source":"x","target":"/work","type":"volume"},"y:/anonymous"])");
}

TEST(MergeUniqueResources, SecretsByTarget) {
  EXPECT_EQ(
      Merged("secrets", "[one, {source: two, target: three}]", "[{source: other, target: /run/secrets/one}, three]"),
      R"([{"source":"other","target":"/run/secrets/one"},"three"])");
}

TEST(MergeUniqueResources, ConfigsByTarget) {
  EXPECT_EQ(Merged("configs", "[one, {source: a, target: /etc/a}]",
                   "[{source: b, target: /one}, {source: b, target: /etc/a}]"),
            R"([{"source":"b","target":"/one"},{"source":"b","target":"/etc/a"}])");
}

TEST(MergeUniqueResources, PortsByAddressTargetPublishedAndProtocol) {
  EXPECT_EQ(Merged("ports", "['8080:80']", "['8443:443']"), R"(["8080:80","8443:443"])");
  EXPECT_EQ(Merged("ports", "['8080:80', '127.0.0.1:8080:80', '8080:80/udp']", "['8080:80/tcp', '127.0.0.1:8080:80']"),
            R"(["8080:80/tcp","127.0.0.1:8080:80","8080:80/udp"])");
  EXPECT_EQ(Merged("ports", "['8080:80', '[::1]:1:1']",
                   "[{target: 80, published: '8080', mode: host}, {target: 1, published: 1, host_ip: '::1'}]"),
            R"([{"mode":"host","published":"8080","target":80},{"host_ip":"::1","published":1,"target":1}])");
  EXPECT_EQ(Merged("ports", "[80]", "['80']"), R"(["80"])");
}

TEST(MergeUniqueResources, DevicesByTarget) {
  EXPECT_EQ(Merged("devices", "['/dev/a:/dev/x', /dev/b]", "['/dev/c:/dev/x', '/dev/b:/dev/b:r']"),
            R"(["/dev/c:/dev/x","/dev/b:/dev/b:r"])");
}

TEST(MergeUniqueResources, EntriesOfOneFileAreUniqueToo) {
  EXPECT_EQ(ProjectFiles("services: {web: {volumes: ['a:/x', 'b:/x']}}\n").Web("volumes"), R"(["b:/x"])");
}

TEST(MergeReset, TakesAValueAway) {
  ProjectFiles files(
      "services:\n  app:\n    image: myapp\n    ports: ['8080:80']\n    environment: {FOO: BAR}\n",
      "services:\n  app:\n    image: myapp\n    ports: !reset []\n    environment:\n      FOO: !reset null\n");
  EXPECT_EQ(files.At("services/app"), R"({"environment":{},"image":"myapp"})");
}

TEST(MergeReset, TheValueBesideItDoesNotCount) {
  EXPECT_EQ(Merged("ports", "['80:80']", "!reset ['90:90']"), "absent");
}

TEST(MergeReset, TakesAWholeServiceAway) {
  ProjectFiles files("services: {a: {image: x}, b: {image: y}}\n", "services: {a: !reset null}\n");
  EXPECT_EQ(files.At("services"), R"({"b":{"image":"y"}})");
}

TEST(MergeReset, OfAnItemOfAListIsRefused) {
  EXPECT_EQ(Merged("ports", "['80:80']", "[!reset '80:80']"),
            "override.yaml:1:26: services.web.ports: !reset takes the value of a key away, not an item of a list");
}

TEST(MergeOverride, ReplacesAValueWithoutMerging) {
  EXPECT_EQ(Merged("ports", "['8080:80']", "!override ['8443:443']"), R"(["8443:443"])");
  EXPECT_EQ(Merged("environment", "{A: 1, B: 2}", "!override [C=3]"), R"({"C":"3"})");
}

TEST(MergeOverride, InTheFirstFileMeansNothing) {
  EXPECT_EQ(ProjectFiles("services: {web: {dns: !override [1.1.1.1], tty: !reset true}}\n").At("services/web"),
            R"({"dns":["1.1.1.1"]})");
}

TEST(MergeOverride, AnsweredByALaterFile) {
  ProjectFiles files("services: {web: {dns: [a]}}\n", "services: {web: {dns: !override [b]}}\n");
  files.tree.files["third.yaml"] = "services: {web: {dns: [c]}}\n";
  files.request.files.push_back({"third.yaml"});
  EXPECT_EQ(files.Web("dns"), R"(["b","c"])");
}

TEST(MergeExpandedForms, ListsOfPairsAreMappings) {
  EXPECT_EQ(Merged("environment", "[A=1, B=2, C]", "{B: 3, D: 4}"), R"({"A":"1","B":3,"C":null,"D":4})");
  EXPECT_EQ(Merged("labels", "{a: b, c: d}", "[c=e, f]"), R"({"a":"b","c":"e","f":null})");
  EXPECT_EQ(Merged("sysctls", "[net.core.somaxconn=1]", "{net.core.somaxconn: 2}"), R"({"net.core.somaxconn":2})");
  EXPECT_EQ(Merged("annotations", "[a=1]", "[a=2, b=3]"), R"({"a":"2","b":"3"})");
  EXPECT_EQ(Merged("build", "{args: [A=1], labels: [l=1]}", "{args: {B: 2}, labels: {l: 2}}"),
            R"({"args":{"A":"1","B":2},"labels":{"l":2}})");
}

TEST(MergeExpandedForms, AVariableWithoutValueIsAValue) {
  EXPECT_EQ(Merged("environment", "{A: 1}", "[A]"), R"({"A":null})");
}

TEST(MergeExpandedForms, OneTextIsAListOfIt) {
  EXPECT_EQ(Merged("dns", "1.1.1.1", "[8.8.8.8]"), R"(["1.1.1.1","8.8.8.8"])");
  EXPECT_EQ(Merged("dns_search", "a", "b"), R"(["a","b"])");
  EXPECT_EQ(Merged("tmpfs", "/run", "['/run:size=1m', /tmp]"), R"(["/run:size=1m","/tmp"])");
  EXPECT_EQ(Merged("env_file", "a.env", "[{path: b.env, required: false}, a.env]"),
            R"(["a.env",{"path":"b.env","required":false},"a.env"])");
  EXPECT_EQ(Merged("label_file", "a", "b"), R"(["a","b"])");
}

TEST(MergeExpandedForms, NamesOfNetworksAreAMapping) {
  EXPECT_EQ(Merged("networks", "[a, b]", "{b: {aliases: [x]}, c: }"), R"({"a":null,"b":{"aliases":["x"]},"c":null})");
}

TEST(MergeExpandedForms, NamesOfDependenciesAreAMapping) {
  EXPECT_EQ(
      Merged("depends_on", "[a, b]", "{a: {condition: service_healthy}}"),
      R"({"a":{"condition":"service_healthy","required":true},"b":{"condition":"service_started","required":true}})");
}

TEST(MergeExpandedForms, ABuildInOneTextIsItsContext) {
  EXPECT_EQ(Merged("build", ".", "{target: x}"), R"({"context":".","target":"x"})");
}

TEST(MergeExpandedForms, HostsAreAMapping) {
  EXPECT_EQ(Merged("extra_hosts", "['a:1.1.1.1', 'b=::1', 'c:::1', 'c:2.2.2.2']", "{a: 3.3.3.3}"),
            R"({"a":"3.3.3.3","b":"::1","c":["::1","2.2.2.2"]})");
}

TEST(MergeExpandedForms, AnItemThatIsNoPairIsRefused) {
  EXPECT_EQ(
      ProjectFiles("services:\n  web:\n    environment:\n      - A=1\n      - B: 2\n").At(""),
      "compose.yaml:5:9: services.web.environment: expected NAME=VALUE or NAME alone as an item of this list, got a "
      "mapping");
}

TEST(MergeNames, StandOnce) {
  EXPECT_EQ(Merged("cap_add", "[NET_ADMIN, SYS_TIME]", "[NET_ADMIN]"), R"(["NET_ADMIN","SYS_TIME"])");
  EXPECT_EQ(Merged("expose", "['80', 81]", "[81, '82']"), R"(["80",81,"82"])");
  EXPECT_EQ(Merged("profiles", "[]", "[]"), "[]");
}

TEST(MergeLogging, OptionsOfOneDriverAreMerged) {
  EXPECT_EQ(Merged("logging", "{driver: a, options: {x: 1}}", "{options: {y: 2}}"),
            R"({"driver":"a","options":{"x":1,"y":2}})");
}

TEST(MergeLogging, AnotherDriverReplacesAll) {
  EXPECT_EQ(Merged("logging", "{driver: a, options: {x: 1}}", "{driver: b}"), R"({"driver":"b"})");
}

TEST(MergeUlimits, TheLaterOfANameStandsWhole) {
  EXPECT_EQ(Merged("ulimits", "{nofile: 1, nproc: {soft: 1, hard: 2}, core: 0}",
                   "{nofile: {soft: 3, hard: 4}, nproc: {hard: 5}}"),
            R"({"core":0,"nofile":{"hard":4,"soft":3},"nproc":{"hard":5}})");
}

TEST(MergeNetworks, AddressesOfOneSubnetAreMerged) {
  ProjectFiles files("networks: {n: {ipam: {config: [{subnet: a, gateway: 1}, {subnet: b}]}}}\n",
                     "networks: {n: {ipam: {config: [{subnet: a, ip_range: r}, {subnet: c}]}}}\n");
  EXPECT_EQ(files.At("networks/n/ipam/config"),
            R"([{"gateway":1,"ip_range":"r","subnet":"a"},{"subnet":"b"},{"subnet":"c"}])");
}

TEST(MergeFiles, DocumentsOfOneFileMergeLikeFiles) {
  EXPECT_EQ(ProjectFiles("services: {web: {image: a, dns: a}}\n---\nservices: {web: {image: b, dns: b}}\n")
                .At("services/web"),
            R"({"dns":["a","b"],"image":"b"})");
}

TEST(MergeFiles, InterpolationComesBeforeMerging) {
  ProjectFiles files("services: {web: {volumes: ['$SOURCE:/x']}}\n", "services: {web: {volumes: ['b:$TARGET']}}\n");
  files.request.environment = {{"SOURCE", "a"}, {"TARGET", "/x"}};
  EXPECT_EQ(files.Web("volumes"), R"(["b:/x"])");
}

TEST(Merge, GpusAreAppended) {
  EXPECT_EQ(ProjectFiles("services: {web: {gpus: [{driver: nvidia}]}}", "services: {web: {gpus: [{driver: amd}]}}")
                .Web("gpus"),
            R"([{"driver":"nvidia"},{"driver":"amd"}])");
}

TEST(Merge, AnEnvFileThatStandsTwiceIsReadTwice) {
  EXPECT_EQ(ProjectFiles("services: {web: {env_file: [a, b]}}", "services: {web: {env_file: [a]}}").Web("env_file"),
            R"(["a","b","a"])");
}

}  // namespace
}  // namespace tinyforge::compose
