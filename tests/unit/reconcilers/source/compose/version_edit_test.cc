#include "reconcilers/source/compose/version_edit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api-types/codec/line_edit.h"
#include "api-types/codec/manifest.h"
#include "api-types/codec/scalar_edit.h"
#include "reconcilers/source/compose/compose_source.h"
#include "tests/fakes/fake_tree.h"

namespace tinyforge::compose {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::StartsWith;

std::string Manifest(const std::string& source, const std::string& name = "shop") {
  return "# of " + name + "\napiVersion: tinyforge.dev/v1\nkind: Workload\nmetadata: {name: " + name +
         "}\nspec:\n  source:\n    compose:\n" + source;
}

// One file of it cannot be read now.
class FaultyTree : public FakeTree {
 public:
  std::string faulty;
  Expected<std::string> Read(const TreeEntry& entry) const override {
    if (entry.path == faulty) return Error{ErrorKind::Transient, "too many open files"};
    return FakeTree::Read(entry);
  }
};

class VersionEditTest : public ::testing::Test {
 protected:
  VersionEditTest() {
    tree_->files["shop.yaml"] = Manifest("      file: compose.yaml\n");
    Want("web", "1.1.0");
  }

  void Compose(const std::string& text) { tree_->files["compose.yaml"] = text; }
  void Want(const std::string& service, const std::string& tag) {
    wanted_[service] = {.repository = "shop", .tag = tag};
  }

  Expected<VersionEdit> Find() {
    auto objects = std::make_shared<v1::ObjectSet>();
    for (const auto& [path, text] : tree_->files) {
      const codec::DecodeResult decoded = codec::DecodeManifests(path, text);
      for (const v1::Diagnostic& error : decoded.errors)
        if (kept_.empty()) ADD_FAILURE() << ToString(error);
      for (const v1::ObjectPtr& object : decoded.objects) objects->objects.emplace(object->key, object);
    }
    for (const v1::ObjectPtr& object : kept_) objects->objects.emplace(object->key, object);
    const ConfigSnapshot snapshot{objects, tree_};
    if (!objects->Find({Kind::Workload, "shop"})) return Error{ErrorKind::Invalid, "no workload"};
    return ComposeSourceKind().EditOf({snapshot, *objects->Find({Kind::Workload, "shop"}), "web", wanted_, secrets_});
  }

  // What the file of the edit reads afterwards, or why there is no edit.
  std::string After() {
    const auto edit = Find();
    if (!edit) return edit.error().message;
    const std::string& text = tree_->files.at(edit->path);
    const auto edited =
        edit->on_line ? codec::EditOnLine(text, {*edit->on_line, edit->to, edit->from})
                      : codec::EditScalar(text, {.place = {edit->path, edit->object, edit->field}, .to = edit->to});
    return edited ? edit->path + "\n" + *edited : edited.error().message;
  }

  std::shared_ptr<FaultyTree> tree_ = std::make_shared<FaultyTree>();
  FakeSecrets secrets_;
  std::map<std::string, v1::ImageSource, std::less<>> wanted_;
  std::vector<v1::ObjectPtr> kept_;  // of an earlier revision
};

TEST_F(VersionEditTest, TheTagOfTheScalarChangesAndNothingElse) {
  Compose("# shop\r\nservices:\r\n  web:\r\n    image: \"shop:1.0.0\"   # here\r\n  db: {image: postgres:1.0.0}\r\n");
  EXPECT_EQ(After(),
            "compose.yaml\n# shop\r\nservices:\r\n  web:\r\n    image: \"shop:1.1.0\"   # here\r\n"
            "  db: {image: postgres:1.0.0}\r\n");
}

TEST_F(VersionEditTest, AnImageWithoutATagGetsOne) {
  Compose("services: {web: {image: shop, restart: always}, db: {image: shop}}\n");
  EXPECT_EQ(After(), "compose.yaml\nservices: {web: {image: shop:1.1.0, restart: always}, db: {image: shop}}\n");
}

TEST_F(VersionEditTest, TagAndDigestChangeTogether) {
  Compose("services: {web: {image: 'shop:1.0.0@sha256:aaaa'}}\n");
  wanted_["web"].digest = "sha256:bbbb";
  EXPECT_EQ(After(), "compose.yaml\nservices: {web: {image: 'shop:1.1.0@sha256:bbbb'}}\n");
}

TEST_F(VersionEditTest, ADefaultChangesWhereNothingElseSaysIt) {
  Compose("services: {web: {image: \"${REG:-}shop:v${TAG:-1.0.0}-slim\"}}\n");
  Want("web", "v1.1.0-slim");
  EXPECT_EQ(After(), "compose.yaml\nservices: {web: {image: \"${REG:-}shop:v${TAG:-1.1.0}-slim\"}}\n");
}

TEST_F(VersionEditTest, AVariableChangesInTheFileThatSaysIt) {
  Compose("services: {web: {image: \"shop:${TAG:-0.9}\"}}\n");
  tree_->files[".env"] = "OTHER=1.0.0\nexport TAG = '1.0.0' # of the shop\r\nTAGS=1.0.0\n";
  EXPECT_EQ(After(), ".env\nOTHER=1.0.0\nexport TAG = '1.1.0' # of the shop\r\nTAGS=1.0.0\n");
}

TEST_F(VersionEditTest, OfTwoFilesTheOneInForceChanges) {
  tree_->files["shop.yaml"] = Manifest("      file: compose.yaml\n      envFiles: [a.env, b.env]\n");
  Compose("services: {web: {image: \"$IMAGE\"}}\n");
  tree_->files["a.env"] = "IMAGE=shop:1.0.0\nTAG=2\nTAG=1.0.0\n";
  tree_->files["b.env"] = "IMAGE=\"shop:${TAG}\"\n";
  EXPECT_EQ(After(), "a.env\nIMAGE=shop:1.0.0\nTAG=2\nTAG=1.1.0\n");
}

TEST_F(VersionEditTest, AVariableOfTheManifestChangesThere) {
  tree_->files["shop.yaml"] = Manifest(
      "      file: compose.yaml\n      env:\n        - {name: REG, value: shop}\n        - {name: TAG, value: "
      "\"1.0.0\"}\n");
  Compose("services: {web: {image: \"${REG}:${TAG:?}\"}}\n");
  tree_->files[".env"] = "TAG=1.0.0\n";
  const auto edit = Find();
  ASSERT_TRUE(edit) << edit.error().message;
  EXPECT_EQ(edit->field.back(), "value");
  EXPECT_THAT(After(), AllOf(StartsWith("shop.yaml\n"), HasSubstr("{name: TAG, value: \"1.1.0\"}")));
}

TEST_F(VersionEditTest, AnInlineProjectChangesInTheBlockOfItsManifest) {
  tree_->files["shop.yaml"] = Manifest(
      "      inline: |  # the project\n        # web\n        services:\n\n          web:\n            image: "
      "shop:1.0.0 # here\n          api: {image: shop:1.0.0}\n");
  const std::string after = After();
  EXPECT_THAT(after, HasSubstr("            image: shop:1.1.0 # here\n          api: {image: shop:1.0.0}\n"));
  EXPECT_EQ(after.size(), tree_->files["shop.yaml"].size() + std::string("shop.yaml\n").size());
}

TEST_F(VersionEditTest, AnInlineProjectOnOneLineHasNoPlace) {
  tree_->files["shop.yaml"] = Manifest("      inline: \"services: {web: {image: shop:1.0.0}}\"\n");
  EXPECT_THAT(After(), AllOf(StartsWith("shop.yaml (inline):1:"), HasSubstr("no single value")));
}

TEST_F(VersionEditTest, WhatIsExtendedIncludedAndMergedChangesWhereItStands) {
  Compose("include: [parts/web.yaml]\nservices: {db: {image: postgres}}\n");
  tree_->files["parts/web.yaml"] = "services:\n  web:\n    extends: {file: base.yaml, service: base}\n";
  tree_->files["parts/base.yaml"] = "x-app: &app\n  image: &img shop:1.0.0\nservices:\n  base:\n    <<: *app\n";
  EXPECT_EQ(After(), "parts/base.yaml\nx-app: &app\n  image: &img shop:1.1.0\nservices:\n  base:\n    <<: *app\n");
}

TEST_F(VersionEditTest, AnAnchorOfTwoServicesIsLeftUnlessBothAreToMove) {
  Compose("x-app: &app\n  image: shop:1.0.0\nservices:\n  web: *app\n  worker: *app\n");
  EXPECT_THAT(After(),
              AllOf(StartsWith("compose.yaml:2:10: "), HasSubstr("the image of web is said there for worker too")));
  Want("worker", "1.2.0");
  EXPECT_THAT(After(), HasSubstr("worker too"));
  Want("worker", "1.1.0");
  EXPECT_THAT(After(), HasSubstr("  image: shop:1.1.0\nservices:"));
}

TEST_F(VersionEditTest, AVariableOfTwoServicesIsLeftToo) {
  Compose("services: {web: {image: \"shop:$TAG\"}, worker: {image: \"worker:$TAG\"}}\n");
  tree_->files[".env"] = "TAG=1.0.0\n";
  EXPECT_THAT(After(), HasSubstr("for worker too"));
}

TEST_F(VersionEditTest, AFileOfAnotherWorkloadDoesNotMoveThat) {
  Compose("services: {web: {image: \"shop:${TAG:-1.0.0}\"}}\n");
  tree_->files["stage.yaml"] = Manifest("      file: compose.yaml\n", "stage");
  EXPECT_THAT(After(), HasSubstr("for stage/web too"));
  tree_->files["stage.yaml"] =
      Manifest("      file: compose.yaml\n      env: [{name: TAG, value: \"0.9.0\"}]\n", "stage");
  EXPECT_THAT(After(), HasSubstr("${TAG:-1.1.0}"));
}

// Of a host that has its secrets, this one or not.
TEST_F(VersionEditTest, AWorkloadWhoseSecretsAreElsewhereIsNotMoved) {
  Compose("services: {web: {image: \"shop:1.0.0\", environment: {A: \"$A\"}}}\n");
  tree_->files["prod.yaml"] = Manifest(
      "      file: compose.yaml\n      envFiles: [{secret: {name: prod, key: env}}]\n      env: [{name: A, valueFrom: "
      "{secret: {name: prod, key: a}}}]\n",
      "prod");
  EXPECT_THAT(After(), HasSubstr("for prod/web too"));
}

TEST_F(VersionEditTest, WhatSecretsElsewhereDecideIsNotTouched) {
  Compose("services: {web: {image: \"shop:${TAG:-1.0.0}\", environment: {A: \"${A:?}\"}}}\n");
  tree_->files["shop.yaml"] = Manifest("      file: compose.yaml\n      env: [{name: A, value: a}]\n");
  tree_->files["prod.yaml"] =
      Manifest("      file: compose.yaml\n      envFiles: [{secret: {name: prod, key: env}}]\n", "prod");
  EXPECT_THAT(After(), AllOf(HasSubstr("the version of web is said in compose.yaml"), HasSubstr("workload/prod ("),
                             HasSubstr("A must be set")));
}

TEST_F(VersionEditTest, AWorkloadThatCannotBeLoadedIsNotMovedOnceItCan) {
  Compose("services: {web: {image: \"shop:1.0.0\"}}\n");
  tree_->files["stage.yaml"] = Manifest("      files: [broken.yaml, compose.yaml]\n", "stage");
  tree_->files["broken.yaml"] = "services: [\n";
  EXPECT_THAT(After(), AllOf(HasSubstr("workload/stage ("), HasSubstr("broken.yaml")));
  tree_->files["stage.yaml"] = Manifest("      files: [broken.yaml]\n", "stage");
  EXPECT_THAT(After(), HasSubstr("shop:1.1.0")) << "it has nothing to do with it";
}

TEST_F(VersionEditTest, WhatCannotBeReadNowIsForLater) {
  Compose("services: {web: {image: \"shop:1.0.0\"}}\n");
  tree_->files["stage.yaml"] = Manifest("      files: [compose.yaml, stage-compose.yaml]\n", "stage");
  tree_->files["stage-compose.yaml"] = "services: {web: {restart: always}}\n";
  tree_->faulty = "stage-compose.yaml";
  const auto edit = Find();
  ASSERT_FALSE(edit);
  EXPECT_EQ(edit.error().kind, ErrorKind::Transient);
  EXPECT_THAT(edit.error().message, AllOf(HasSubstr("workload/stage"), HasSubstr("too many open files")));
}

TEST_F(VersionEditTest, AVariableThatReachesAnEnvironmentIsLeft) {
  Compose("services: {web: {image: \"shop:$TAG\", env_file: .env}, db: {image: \"postgres:16\", env_file: .env}}\n");
  tree_->files[".env"] = "TAG=1.0.0\n";
  EXPECT_THAT(After(), AllOf(StartsWith("compose.yaml:1:"), HasSubstr("the value in .env that says the version of web"),
                             HasSubstr("db, web would be replaced")));
}

TEST_F(VersionEditTest, AVariableThatNamesAVolumeOrALabelIsLeft) {
  for (const std::string use :
       {"volumes: [\"data-$TAG:/data\"]", "labels: {v: \"$TAG\"}", "container_name: \"w-$TAG\""}) {
    Compose("services: {web: {image: \"shop:$TAG\", " + use + "}}\n");
    tree_->files[".env"] = "TAG=1.0.0\n";
    if (use.starts_with("volumes")) tree_->files["compose.yaml"] += "volumes: {data-1.0.0: {}, data-1.1.0: {}}\n";
    EXPECT_THAT(After(), HasSubstr("is used for more: web would be replaced")) << use;
  }
}

TEST_F(VersionEditTest, AFileThatAnotherWorkloadMountsIsLeft) {
  Compose("services: {web: {image: \"shop:$TAG\"}}\n");
  tree_->files[".env"] = "TAG=1.0.0\n";
  tree_->files["page.yaml"] =
      "apiVersion: tinyforge.dev/v1\nkind: Workload\nmetadata: {name: page}\nspec:\n"
      "  source: {image: {repository: page, tag: '1'}}\n"
      "  files: [{target: /env, from: .env}]\n";
  EXPECT_THAT(After(), HasSubstr("page would be replaced"));
}

TEST_F(VersionEditTest, TheEditSaysWhatItWasJudgedBy) {
  Compose("services: {web: {image: \"shop:$TAG\"}, db: {image: \"postgres:16\", env_file: db.env}}\n");
  tree_->files["stage.yaml"] = Manifest("      file: stage-compose.yaml\n      envFiles: [.env]\n", "stage");
  tree_->files["stage-compose.yaml"] = "services: {web: {image: other}}\n";
  tree_->files[".env"] = "TAG=1.0.0\n";
  tree_->files["db.env"] = "";
  const auto edit = Find();
  ASSERT_TRUE(edit) << edit.error().message;
  ASSERT_TRUE(edit->basis);
  EXPECT_EQ(edit->basis->revision, tree_->id);
  EXPECT_THAT(edit->basis->paths,
              IsSupersetOf({"shop.yaml", "compose.yaml", ".env", "db.env", "stage.yaml", "stage-compose.yaml"}));
}

TEST_F(VersionEditTest, AWorkloadWhoseManifestCannotBeReadByNowIsNoObstacle) {
  const std::string good = Manifest("      inline: |\n        services: {web: {image: shop:1.0.0}}\n");
  const std::string other = Manifest("      inline: \"services: {x: {image: shop:1.0.0}}\"\n", "other");
  kept_ = codec::DecodeManifests("shop.yaml", other).objects;
  tree_->files["shop.yaml"] = good + "---\n" + other + "      unknown: 1\n";
  EXPECT_THAT(After(), HasSubstr("web: {image: shop:1.1.0}"));
}

TEST_F(VersionEditTest, ATagOfSeveralVariablesHasNoPlace) {
  Compose("services:\n  web:\n    image: shop:${MAJOR}.${MINOR}.0\n");
  tree_->files[".env"] = "MAJOR=1\nMINOR=0\n";
  Want("web", "2.1.0");
  EXPECT_THAT(After(), AllOf(StartsWith("compose.yaml:3:12: no single value"), HasSubstr("the version of web")));
}

TEST_F(VersionEditTest, ATextOnSeveralLinesHasNoPlace) {
  Compose("services:\n  web:\n    image: >-\n      shop:1.0.0\n");
  EXPECT_THAT(After(), HasSubstr("no single value"));
}

}  // namespace
}  // namespace tinyforge::compose
