// The rules between triggers, bindings and workloads, as tfctl validate tells them.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/unit/controller/tfctl/tfctl_fixture.h"

namespace tinyforge::tfctl {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

class ValidateTest : public TfctlTest {
 protected:
  ValidateTest() { std::filesystem::create_directories(dir_ / "tree"); }

  void Write(const std::string& name, const std::string& content) {
    std::ofstream(dir_ / ("tree/" + name), std::ios::binary) << content;
  }
  static std::string Manifest(const std::string& kind, const std::string& name, const std::string& spec) {
    return "---\napiVersion: tinyforge.dev/v1\nkind: " + kind + "\nmetadata: {name: " + name + "}\nspec: " + spec +
           "\n";
  }
  // What is printed of the folder, its path left out.
  std::string Check(const std::vector<std::string>& more = {}) {
    std::vector<std::string> args{"validate", dir_ / "tree"};
    args.insert(args.end(), more.begin(), more.end());
    code_ = RunPlain(args);
    const std::string folder = (dir_ / "tree") + "/";
    for (auto at = out.find(folder); at != std::string::npos; at = out.find(folder)) out.erase(at, folder.size());
    return out;
  }

  const std::string workload_ = Manifest("Workload", "shop", "{source: {image: {repository: shop}}}");
  const std::string trigger_ = Manifest("Trigger", "t", "{registry: {tagPolicy: {semver: 1.x}}}");
  int code_ = 0;
};

TEST_F(ValidateTest, WhatIsWrongWithATriggerOrAnOverrideStandsAtItsField) {
  Write("a.yaml", workload_ + trigger_ + Manifest("Trigger", "bad", "\n  registry:\n    tagPolicy: {regex: \"(\"}"));
  Write("b.yaml",
        Manifest("Binding", "b", "\n  trigger: t\n  workload: shop\n  overrides:\n    tagPolicy: {semver: x.y}"));
  EXPECT_THAT(Check(), HasSubstr("a.yaml:17:24: spec.registry.tagPolicy.regex: "));
  EXPECT_THAT(out, HasSubstr("b.yaml:9:25: spec.overrides.tagPolicy.semver: "));
  EXPECT_THAT(out, EndsWith("\n4 objects in 2 files, 2 errors\n"));
  EXPECT_EQ(code_, kFailed);
}

TEST_F(ValidateTest, WhatDanglesIsAnErrorOfTheWholeAndAWarningOfAPart) {
  Write("a.yaml", trigger_ + Manifest("Binding", "b", "\n  trigger: t\n  workload: none"));
  EXPECT_EQ(Check(),
            "a.yaml:12:13: spec.workload: workload/none does not exist\n"
            "2 objects in 1 file, 1 error\n");
  EXPECT_EQ(code_, kFailed);
  const std::string warned =
      "a.yaml:12:13: warning: spec.workload: workload/none does not exist\n"
      "2 objects in 1 file, 0 errors, 1 warning\n";
  EXPECT_EQ(Check({"--partial"}), warned);
  EXPECT_EQ(code_, kDone);
  EXPECT_EQ(RunPlain({"validate", dir_ / "tree/a.yaml"}), kDone);
  EXPECT_THAT(out, EndsWith(warned.substr(warned.find(':'))));
}

TEST_F(ValidateTest, ASelectorMaySelectNothingYet) {
  Write("a.yaml", trigger_ + Manifest("Binding", "b", "{trigger: t, workloadSelector: {matchLabels: {team: web}}}"));
  EXPECT_EQ(Check(),
            "a.yaml:10:38: warning: spec.workloadSelector: no workload has these labels\n"
            "2 objects in 1 file, 0 errors, 1 warning\n");
  EXPECT_EQ(code_, kDone);
}

TEST_F(ValidateTest, WhatFollowsFromAnotherErrorIsNotToldAgain) {
  Write("a.yaml", Manifest("Workload", "shop", "{source: {image: {repository: shop}}, replicass: 2}") +
                      Manifest("Trigger", "bad", "{registry: {tagPolicy: {regex: \"(\"}}}") + trigger_);
  Write("b.yaml", Manifest("Binding", "b", "{trigger: bad, workload: shop}") +
                      Manifest("Binding", "c", "{trigger: t, workload: shop}"));
  EXPECT_THAT(Check(), HasSubstr("a.yaml:5:"));
  EXPECT_THAT(out, Not(HasSubstr("b.yaml")));
  EXPECT_THAT(out, EndsWith("4 objects in 2 files, 2 errors\n"));
}

TEST_F(ValidateTest, TwoThatDecideAreToldUnlessTheirHostsKeepThemApart) {
  const std::string base = workload_ + trigger_ + Manifest("Trigger", "u", "{registry: {tagPolicy: {newest: true}}}");
  Write("a.yaml", base + Manifest("Binding", "b", "{hosts: [web1], trigger: t, workload: shop}") +
                      Manifest("Binding", "c", "{hosts: [db1], trigger: u, workload: shop}"));
  EXPECT_EQ(Check(), "5 objects in 1 file, 0 errors\n");
  Write("a.yaml", base + Manifest("Binding", "b", "{hosts: [\"*1\"], trigger: t, workload: shop}") +
                      Manifest("Binding", "c", "{hosts: [db1], trigger: u, workload: shop}"));
  EXPECT_THAT(Check(), HasSubstr("spec.workload: the version of workload/shop is decided by binding/b"));
  EXPECT_EQ(code_, kFailed);
}

TEST_F(ValidateTest, ComposeFilesAreReadAndTheirErrorsStandWhereTheyAre) {
  Write("a.yaml", Manifest("Workload", "shop", "\n  source: {compose: {file: compose.yaml}}"));
  Write("compose.yaml", "services:\n  web:\n    image: nginx:1\n    restrat: always\n    ports: [x]\n");
  EXPECT_THAT(Check(), HasSubstr("compose.yaml:4:5: services.web.restrat: unknown key; did you mean \"restart\"?\n"));
  EXPECT_THAT(out, HasSubstr("compose.yaml:5:13: services.web.ports[0]: "));
  EXPECT_THAT(out, EndsWith("\n1 object in 1 file, 2 errors\n"));
  EXPECT_EQ(code_, kFailed);
  EXPECT_EQ(RunPlain({"validate", dir_ / "tree/a.yaml"}), kFailed) << "a file alone finds what lies around it";
  EXPECT_THAT(out, HasSubstr("tree/compose.yaml:4:5: "));
  Write("compose.yaml", "services: {web: {image: \"nginx:1\", volumes: [\"./data:/data\"]}}\n");
  EXPECT_THAT(Check(), HasSubstr("compose.yaml:1:12: services.web: volume /data: data is not in"));
  Write("compose.yaml", "services: {web: {image: \"nginx:1\"}}\n");
  EXPECT_EQ(Check(), "1 object in 1 file, 0 errors\n");
}

TEST_F(ValidateTest, AnErrorOfAnInlineComposeFileStandsInTheManifest) {
  Write("a.yaml", Manifest("Workload", "shop", R"(
  source:
    compose:
      inline: |

        services:
          web:
            image: nginx:1
            restrat: always)"));
  EXPECT_THAT(Check(), HasSubstr("a.yaml:13:13: services.web.restrat: unknown key"));
  Write("a.yaml", Manifest("Workload", "shop", "{source: {compose: {inline: \"services: {web: {imag: x}}\"}}}"));
  EXPECT_THAT(Check(), HasSubstr("a.yaml:5:35: services.web.imag: unknown key"));
}

TEST_F(ValidateTest, AFileThatIsNotThereIsAnError) {
  Write("a.yaml", Manifest("Workload", "shop", "\n  source: {compose: {file: compose.yaml}}"));
  EXPECT_THAT(Check(), HasSubstr("a.yaml:6:21: spec.source.compose: "));
  EXPECT_THAT(out, HasSubstr("compose.yaml"));
  Write("a.yaml", Manifest("Workload", "shop",
                           "{source: {image: {repository: shop}}, files: [{target: /etc/shop, from: conf}]}"));
  EXPECT_THAT(Check(), HasSubstr("\"conf\" is not in the repository"));
  EXPECT_EQ(code_, kFailed);
}

// "full" is a catalogue of fields: what its sources name is not there.
TEST_F(ValidateTest, TheSamplesAreInOrder) {
  const std::filesystem::path samples = std::string(TINYFORGE_SOURCE_DIR) + "/manifests/samples";
  for (const auto& folder : std::filesystem::directory_iterator(samples)) {
    const bool full = folder.path().filename() == "full";
    EXPECT_EQ(RunPlain({"validate", folder.path().string()}), full ? kFailed : kDone) << out;
    std::istringstream lines(out);
    for (std::string line; std::getline(lines, line);)
      EXPECT_THAT(line, AnyOf(EndsWith(", 0 errors"), AllOf(HasSubstr("/full/"), HasSubstr(": spec.source.compose: ")),
                              HasSubstr(" objects in 4 files, ")));
  }
}

TEST_F(ValidateTest, WhatOnlyASecretSaysIsAWarning) {
  Write("a.yaml", Manifest("Workload", "shop",
                           "\n  source: {compose: {file: compose.yaml, envFiles: [{secret: {name: shop, key: env}}]}}") +
                      Manifest("Secret", "shop", "{fromFiles: {env: shop/env}}"));
  Write("compose.yaml", "services: {web: {image: \"nginx:$TAG\"}}\n");
  EXPECT_THAT(Check(), HasSubstr("a.yaml:6:21: warning: spec.source.compose: source.compose.envFiles: the variables that "
                                 "Secret shop sets by its key env are not known here"));
  EXPECT_THAT(out, HasSubstr("0 errors, 1 warning"));
}

}  // namespace
}  // namespace tinyforge::tfctl
