// tfctl import compose: what it writes, what it says, and when it writes nothing.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/unit/controller/tfctl/tfctl_fixture.h"

namespace tinyforge::tfctl {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

class ImportTest : public TfctlTest {
 protected:
  ImportTest() { std::filesystem::create_directories(dir_ / "shop"); }

  std::string At(const std::string& name) const { return dir_ / ("shop/" + name); }
  void Write(const std::string& name, const std::string& content) {
    std::filesystem::create_directories(std::filesystem::path(At(name)).parent_path());
    std::ofstream(At(name), std::ios::binary) << content;
  }
  std::string Read(const std::string& name) const {
    std::ifstream file(At(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // Of compose.yaml, with its folder left out of what is told.
  int Import(const std::vector<std::string>& more = {}) {
    std::vector<std::string> args{"import", "compose", At("compose.yaml")};
    args.insert(args.end(), more.begin(), more.end());
    const int code = RunPlain(args);
    const std::string folder = At("");
    for (std::string* text : {&out, &err})
      for (auto at = text->find(folder); at != std::string::npos; at = text->find(folder))
        text->erase(at, folder.size());
    return code;
  }
  void MakeRepository(const std::string& ignored) {
    Write(".gitignore", ignored);
    ASSERT_EQ(std::system(("git init -q '" + At("") + "'").c_str()), 0);
  }

  const std::string web_ = "services:\n  web:\n    image: nginx:1\n";
};

TEST_F(ImportTest, TheManifestStandsBesideTheFileAndValidates) {
  Write("compose.yaml", web_);
  EXPECT_EQ(Import(), kDone) << err;
  EXPECT_EQ(out, "shop.workload.yaml: workload shop of 1 service\n");
  EXPECT_EQ(err, "note: to be committed with it: compose.yaml\n");
  EXPECT_EQ(Read("shop.workload.yaml"),
            "apiVersion: tinyforge.dev/v1\n"
            "kind: Workload\n"
            "metadata:\n"
            "  name: shop\n"
            "spec:\n"
            "  source:\n"
            "    compose:\n"
            "      file: compose.yaml\n");
  EXPECT_EQ(RunPlain({"validate", At("")}), kDone) << out;
}

TEST_F(ImportTest, WhatIsSaidStandsInTheManifest) {
  Write("compose.yaml", web_);
  Write("prod/over.yaml", "services: {web: {image: \"nginx:${TAG}\", profiles: [on]}}\n");
  Write("prod.env", "TAG=2\n");
  EXPECT_EQ(Import({At("prod/over.yaml"), "--name", "store", "-p", "old", "--profile", "on", "--env-file",
                    At("prod.env"), "-o", At("apps/store.yaml")}),
            kFailed)
      << "there is no such folder";
  std::filesystem::create_directories(At("apps"));
  EXPECT_EQ(Import({At("prod/over.yaml"), "--name", "store", "-p", "old", "--profile", "on", "--env-file",
                    At("prod.env"), "-o", At("apps/store.yaml")}),
            kDone)
      << err;
  EXPECT_THAT(Read("apps/store.yaml"), EndsWith("  name: store\n"
                                                "spec:\n"
                                                "  source:\n"
                                                "    compose:\n"
                                                "      files:\n"
                                                "        - \"../compose.yaml\"\n"
                                                "        - \"../prod/over.yaml\"\n"
                                                "      projectName: old\n"
                                                "      profiles:\n"
                                                "        - \"on\"\n"
                                                "      envFiles:\n"
                                                "        - \"../prod.env\"\n"));
  EXPECT_THAT(err, HasSubstr("note: to be committed with it: compose.yaml, prod.env, prod/over.yaml\n"));
}

TEST_F(ImportTest, TheProjectKeepsTheNameThatItHad) {
  Write("compose.yaml", web_);
  EXPECT_EQ(Import({"--name", "store", "-o", "-"}), kDone) << err;
  EXPECT_THAT(out, AllOf(HasSubstr("  name: store\n"), HasSubstr("      projectName: shop\n")));
  Write("compose.yaml", "name: my_shop\n" + web_);
  EXPECT_EQ(Import({"-o", "-"}), kDone) << err;
  EXPECT_THAT(out, AllOf(HasSubstr("  name: my-shop\n"), Not(HasSubstr("projectName"))));
}

TEST_F(ImportTest, WhatRunsIsTakenOverOnceThatIsAskedFor) {
  Write("compose.yaml", web_);
  EXPECT_EQ(Import({"-o", "-"}), kDone) << err;
  EXPECT_THAT(out, Not(HasSubstr("adopt")));
  EXPECT_EQ(Import({"--adopt", "-o", "-"}), kDone) << err;
  EXPECT_THAT(out, HasSubstr("      file: compose.yaml\n      adopt: true\n"));
}

TEST_F(ImportTest, EveryErrorStandsAtItsLineAndNothingIsWritten) {
  Write("compose.yaml", web_ + "    restrat: always\n    ports: [x]\n");
  EXPECT_EQ(Import(), kFailed);
  EXPECT_THAT(err, HasSubstr("compose.yaml:4:5: services.web.restrat: unknown key; did you mean \"restart\"?\n"));
  EXPECT_THAT(err, HasSubstr("compose.yaml:5:13: services.web.ports[0]: "));
  EXPECT_EQ(out, "");
  EXPECT_FALSE(std::filesystem::exists(At("shop.workload.yaml")));
  Write("compose.yaml", web_);
  EXPECT_EQ(Import({"--name", "Not_A_Label"}), kFailed);
  EXPECT_THAT(err, HasSubstr("metadata.name"));
  EXPECT_FALSE(std::filesystem::exists(At("Not_A_Label.workload.yaml")));
}

TEST_F(ImportTest, NothingIsOverwrittenUnasked) {
  Write("compose.yaml", web_);
  Write("shop.workload.yaml", "mine\n");
  EXPECT_EQ(Import(), kFailed);
  EXPECT_EQ(err, "error: shop.workload.yaml is there already; --force overwrites it\n");
  EXPECT_EQ(Read("shop.workload.yaml"), "mine\n");
  EXPECT_EQ(Import({"--force"}), kDone);
  EXPECT_THAT(Read("shop.workload.yaml"), HasSubstr("file: compose.yaml"));
}

TEST_F(ImportTest, WhatOnlyTheHostHasTakesAProjectDirectory) {
  Write("compose.yaml", web_ + "    volumes: [\"./data:/data\", \"./conf:/conf:ro\"]\n");
  Write("conf/a", "1");
  EXPECT_EQ(Import(), kFailed);
  EXPECT_THAT(err, HasSubstr("error: service web: data is not in the repository\n"));
  EXPECT_THAT(err, Not(HasSubstr("web: conf")));
  EXPECT_THAT(err, HasSubstr("--project-directory"));
  EXPECT_EQ(Import({"--project-directory", "/srv/shop"}), kDone) << err;
  EXPECT_THAT(Read("shop.workload.yaml"), HasSubstr("projectDirectory: /srv/shop\n"));
  EXPECT_THAT(err, HasSubstr("to be committed with it: compose.yaml, conf\n"));
}

TEST_F(ImportTest, WhatGitIgnoresTheControllerDoesNotSee) {
  Write("compose.yaml", "services: {web: {image: \"nginx:${TAG:-1}\", volumes: [\"./data:/data\"]}}\n");
  Write(".env", "TAG=2\n");
  Write("data/file", "1");
  MakeRepository(".env\n/data/\n");
  EXPECT_EQ(Import(), kFailed);
  EXPECT_THAT(err, HasSubstr("web: data is not in the repository"));
  EXPECT_EQ(Import({"--project-directory", "/srv/shop"}), kDone) << err;
  EXPECT_THAT(err, HasSubstr(": git ignores .env, so that the controller does not see it\n"));
  EXPECT_THAT(err, HasSubstr("to be committed with it: compose.yaml\n"));
}

TEST_F(ImportTest, WhatNeedsADecisionIsNotedWithoutValues) {
  Write("compose.yaml", R"(version: "3"
services:
  web:
    build: ./web
    privileged: true
    network_mode: host
    cap_add: []
    volumes: ["/var/run/docker.sock:/sock", "./conf:/conf"]
    environment: {DB_PASSWORD: hush1, API_TOKEN_FILE: /run/x, EMPTY_SECRET: ""}
    env_file: web.env
)");
  Write("web.env", "SIGNING_SECRET=hush2\n");
  Write(".env", "registry_token=hush3\n");
  Write("conf/a", "1");
  Write("compose.override.yaml", "services: {}\n");
  EXPECT_EQ(Import(), kDone) << err;
  EXPECT_THAT(err, HasSubstr("note: compose.yaml:1:10: version is obsolete"));
  EXPECT_THAT(err, HasSubstr("note: service web has a build: "));
  EXPECT_THAT(err, HasSubstr("shop-web:latest"));
  EXPECT_THAT(err, HasSubstr("note: service web asks for privileged, network_mode, which the host's policy"));
  EXPECT_THAT(err, HasSubstr("note: service web mounts /var/run/docker.sock of the host"));
  EXPECT_THAT(err, HasSubstr("note: service web gets conf of the repository, read-only; "));
  EXPECT_THAT(err, HasSubstr("secrets in clear: web: DB_PASSWORD, web: SIGNING_SECRET, registry_token; "));
  EXPECT_THAT(err, HasSubstr("note: compose.override.yaml is not part of it"));
  EXPECT_THAT(err, HasSubstr("to be committed with it: .env, compose.yaml, conf, web.env\n"));
  EXPECT_THAT(err, Not(HasSubstr("hush")));
}

TEST_F(ImportTest, TheFileHasToBeThere) {
  EXPECT_EQ(Import(), kFailed);
  EXPECT_THAT(err, HasSubstr("compose.yaml"));
  EXPECT_EQ(RunPlain({"import", "compose"}), kUsage);
  EXPECT_EQ(RunPlain({"import"}), kUsage);
}

}  // namespace
}  // namespace tinyforge::tfctl
