// The section "extends" of the Compose Specification's page on services, a test a rule.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/reconcilers/source/compose/project_files.h"

namespace tinyforge::compose {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

TEST(Extends, AnotherServiceOfTheFile) {
  ProjectFiles files(
      "services:\n  common: {image: busybox, environment: {TZ: utc, PORT: 80}}\n"
      "  web: {extends: {service: common}, environment: {PORT: 8080}}\n");
  EXPECT_EQ(files.At("services/web"), R"({"environment":{"PORT":8080,"TZ":"utc"},"image":"busybox"})");
  EXPECT_EQ(files.At("services/common"), R"({"environment":{"PORT":80,"TZ":"utc"},"image":"busybox"})");
}

TEST(Extends, TheSameIsProducedFromLists) {
  ProjectFiles files(
      "services:\n  common: {environment: [TZ=utc, PORT=80]}\n"
      "  web: {extends: common, environment: [PORT=8080]}\n");
  EXPECT_EQ(files.Web("environment"), R"({"PORT":"8080","TZ":"utc"})");
}

TEST(Extends, OfListsTheExtendedItemsComeFirst) {
  ProjectFiles files("services: {a: {dns: [x]}, web: {extends: a, dns: [y]}}\n");
  EXPECT_EQ(files.Web("dns"), R"(["x","y"])");
}

TEST(Extends, OfScalarsTheOwnStands) {
  ProjectFiles files("services: {a: {image: x, user: u}, web: {extends: a, image: y}}\n");
  EXPECT_EQ(files.At("services/web"), R"({"image":"y","user":"u"})");
}

TEST(Extends, VolumesAreTakenByTarget) {
  ProjectFiles files(
      "services:\n  common: {image: busybox, volumes: ['common-volume:/var/lib/backup/data:rw']}\n"
      "  web: {extends: {service: common}, volumes: ['cli-volume:/var/lib/backup/data:ro']}\n");
  EXPECT_EQ(files.Web("volumes"), R"(["cli-volume:/var/lib/backup/data:ro"])");
}

TEST(Extends, ListsOfBlockDevicesAreTakenByPath) {
  ProjectFiles files(
      "services:\n  a: {blkio_config: {device_read_bps: [{path: /dev/a, rate: 1}, {path: /dev/b, rate: 1}]}}\n"
      "  web: {extends: a, blkio_config: {device_read_bps: [{path: /dev/a, rate: 2}]}}\n");
  EXPECT_EQ(files.Web("blkio_config"),
            R"({"device_read_bps":[{"path":"/dev/a","rate":2},{"path":"/dev/b","rate":1}]})");
}

TEST(Extends, GoesOnUntilNothingExtends) {
  ProjectFiles files(
      "services:\n  web: {extends: {service: common}}\n  common: {image: busybox, extends: {service: base}}\n"
      "  base: {image: busybox, user: root}\n");
  EXPECT_EQ(files.At("services/web"), R"({"image":"busybox","user":"root"})");
}

TEST(Extends, AServiceOfAnotherFile) {
  ProjectFiles files("services: {web: {extends: {file: common.yml, service: webapp}, tty: true}}\n");
  files.tree.files["common.yml"] = "services: {webapp: {image: x}, other: {image: y}}\n";
  EXPECT_EQ(files.At("services"), R"({"web":{"image":"x","tty":true}})");
  EXPECT_THAT(files.read_set.paths, Contains("common.yml"));
}

TEST(Extends, AFileIsFoundFromTheProjectDirectory) {
  ProjectFiles files;
  files.tree.files = {{"shop/deploy/compose.yaml", "services: {web: {extends: {file: lib/base.yml, service: a}}}\n"},
                      {"shop/lib/base.yml", "services: {a: {image: x}}\n"}};
  files.request.files = {{"shop/deploy/compose.yaml"}};
  files.request.directory = "shop";
  EXPECT_EQ(files.Web("image"), R"("x")");
}

TEST(Extends, PathsOfAnotherFileAreMeantFromItsFolder) {
  ProjectFiles files("services: {web: {extends: {file: lib/base.yml, service: a}, volumes: ['./own:/own']}}\n");
  files.tree.files["lib/base.yml"] =
      "services:\n  a:\n    build: ctx\n    env_file: [x.env, {path: ../y.env}]\n    label_file: z\n"
      "    volumes: ['./data:/data', 'name:/name', '/abs:/abs', '../up:/up', {type: bind, source: long, target: "
      "/long}]\n";
  EXPECT_EQ(
      files.At("services/web"),
      R"({"build":{"context":"./lib/ctx"},"env_file":["./lib/x.env",{"path":"./y.env"}],"label_file":["./lib/z"],)"
      R"("volumes":["./lib/data:/data","name:/name","/abs:/abs","./up:/up",)"
      R"({"source":"./lib/long","target":"/long","type":"bind"},"./own:/own"]})");
}

TEST(Extends, AFileNamesFurtherFilesFromItsOwnFolder) {
  ProjectFiles files("services: {web: {extends: {file: lib/base.yml, service: a}}}\n");
  files.tree.files["lib/base.yml"] = "services: {a: {extends: {file: deep/base.yml, service: b}}}\n";
  files.tree.files["lib/deep/base.yml"] = "services: {b: {image: x, env_file: e}}\n";
  EXPECT_EQ(files.At("services/web"), R"({"env_file":["./lib/deep/e"],"image":"x"})");
}

TEST(Extends, ResourcesDoNotComeAlong) {
  ProjectFiles files("services: {web: {extends: {file: base.yml, service: a}}}\n");
  files.tree.files["base.yml"] = "services: {a: {volumes: ['v:/v']}}\nvolumes: {v: {}}\n";
  EXPECT_EQ(files.At(""), R"({"services":{"web":{"volumes":["v:/v"]}}})");
}

TEST(Extends, AServiceThatIsNotThereIsAnError) {
  EXPECT_EQ(ProjectFiles("services:\n  web:\n    extends: nobody\n").At(""),
            "compose.yaml:3:14: there is no service nobody in compose.yaml");
  ProjectFiles files("services:\n  web:\n    extends: {file: base.yml, service: nobody}\n");
  files.tree.files["base.yml"] = "services: {}\n";
  EXPECT_EQ(files.At(""), "compose.yaml:3:14: there is no service nobody in base.yml");
}

TEST(Extends, AFileThatIsNotThereIsAnErrorAndRead) {
  ProjectFiles files("services:\n  web:\n    extends: {file: base.yml, service: a}\n");
  EXPECT_EQ(files.At(""), "compose.yaml:3:14: there is no file base.yml in the repository");
  EXPECT_THAT(files.read_set.paths, Contains("base.yml"));
}

TEST(Extends, ACircleIsAnErrorThatNamesIt) {
  EXPECT_EQ(
      ProjectFiles("services:\n  a:\n    extends: b\n  b:\n    extends: c\n  c:\n    extends: a\n").At(""),
      "compose.yaml:7:14: services extend one another in a circle: a (compose.yaml) extends b (compose.yaml) extends "
      "c (compose.yaml) extends a (compose.yaml)");
}

TEST(Extends, ACircleOverFilesIsAnErrorThatNamesIt) {
  ProjectFiles files("services: {web: {extends: {file: a.yml, service: a}}}\n");
  files.tree.files["a.yml"] = "services: {a: {extends: {file: b.yml, service: b}}}\n";
  files.tree.files["b.yml"] = "services: {b: {extends: {file: a.yml, service: a}}}\n";
  EXPECT_EQ(
      files.At(""),
      "b.yml:1:25: services extend one another in a circle: web (compose.yaml) extends a (a.yml) extends b (b.yml) "
      "extends a (a.yml)");
}

TEST(Extends, TheLevelsAreBounded) {
  std::string text = "services:\n  s0: {image: x}\n";
  for (int i = 1; i <= 9; ++i) text += "  s" + std::to_string(i) + ": {extends: s" + std::to_string(i - 1) + "}\n";
  EXPECT_EQ(ProjectFiles(text).At("services/s9/image"), R"("x")") << "each is resolved on what is resolved already";
  text = "services:\n";
  for (int i = 0; i < 9; ++i) text += "  s" + std::to_string(i) + ": {extends: s" + std::to_string(i + 1) + "}\n";
  text += "  s9: {image: x}\n";
  EXPECT_THAT(ProjectFiles(text).At(""), HasSubstr("services extend one another over more than 8 levels: s0 "));
}

TEST(Extends, DisabledHealthOnHealthIsRefused) {
  ProjectFiles files("services:\n  a: {healthcheck: {test: x}}\n  web: {extends: a, healthcheck: {disable: true}}\n");
  EXPECT_THAT(files.At(""), HasSubstr("compose.yaml:3:34: healthcheck.disable may not be merged"));
  files.tree.files["compose.yaml"] =
      "services:\n  a: {healthcheck: {disable: true}}\n  web: {extends: a, healthcheck: {disable: true}}\n";
  EXPECT_EQ(files.Web("healthcheck"), R"({"disable":true})");
  files.tree.files["compose.yaml"] =
      "services:\n  a: {healthcheck: {test: x}}\n  web: {extends: a, healthcheck: !override {disable: true}}\n";
  EXPECT_EQ(files.Web("healthcheck"), R"({"disable":true})");
}

TEST(Extends, TagsCountForWhatIsExtended) {
  ProjectFiles files(
      "services:\n  a: {image: x, ports: ['80:80'], dns: [a]}\n"
      "  web: {extends: a, ports: !reset [], dns: !override [b]}\n");
  EXPECT_EQ(files.At("services/web"), R"({"dns":["b"],"image":"x"})");
}

TEST(Extends, TagsCountForEarlierFilesToo) {
  ProjectFiles files("services: {web: {ports: ['80:80']}}\n",
                     "services: {a: {ports: ['90:90']}, web: {extends: a, ports: !reset []}}\n");
  EXPECT_EQ(files.Web("ports"), "absent");
}

TEST(Extends, IncludesOfTheOtherFileAreLeftAlone) {
  ProjectFiles files("services: {web: {extends: {file: base.yml, service: a}}}\n");
  files.tree.files["base.yml"] = "include: [nowhere.yml]\nservices: {a: {image: x}}\n";
  EXPECT_EQ(files.At(""), R"({"services":{"web":{"image":"x"}}})");
}

TEST(Extends, ItsOwnFormIsChecked) {
  EXPECT_EQ(ProjectFiles("services: {web: {extends: {file: x}}}\n").At(""),
            "compose.yaml:1:27: extends must name a service");
  EXPECT_EQ(ProjectFiles("services: {web: {extends: {service: x, from: y}}}\n").At(""),
            "compose.yaml:1:40: extends has the keys service and file, both of them text");
  EXPECT_EQ(ProjectFiles("services: {web: {extends: [x]}}\n").At(""),
            "compose.yaml:1:27: extends is a mapping with the key service");
}

TEST(Extends, AnUnknownKeyOfTheOtherFileIsAnError) {
  ProjectFiles files("services: {a: {extends: {file: b.yaml, service: b}}}");
  files.tree.files["b.yaml"] = "services: {b: {image: y}}\nnetwork: {}";
  EXPECT_EQ(files.At(""), "b.yaml:2:1: network: unknown key; did you mean \"networks\"?");
}

}  // namespace
}  // namespace tinyforge::compose
