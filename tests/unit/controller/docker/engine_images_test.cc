#include "controller/docker/engine_images.h"

#include <gmock/gmock.h>

#include "tests/unit/controller/docker/scripted_engine.h"

namespace tinyforge::docker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// An Engine with one image, by id and by its tags, and the containers that it is told of.
class EngineImagesTest : public testing::Test {
 protected:
  EngineImagesTest()
      : engine_([this](const std::string& line) { return Script(line); }),
        client_({engine_.host(), {}}),
        images_(client_, {.on_gone = [this](const std::string& workload) { told_.push_back(workload); }}) {}

  std::string Script(const std::string& line) {
    if (line.starts_with("DELETE")) {
      deletes_.push_back(line.substr(line.find("/images")));
      return Answer(delete_status_, R"({"message":"conflict: unable to delete, image is being used"})");
    }
    if (line.find("/containers/json") != std::string::npos) return Answer(200, containers_);
    if (line.find("moved") != std::string::npos) return Answer(200, R"({"Id":"sha256:2"})");
    return Answer(inspect_status_, R"({"Id":"sha256:1","RepoTags":)" + tags_ + R"(,"RepoDigests":)" + digests_ + "}");
  }

  std::string tags_ = R"(["r/shop:1"])";
  std::string digests_ = R"(["r/shop@sha256:d"])";
  std::string containers_ = "[]";
  int inspect_status_ = 200;
  int delete_status_ = 200;
  std::vector<std::string> deletes_;
  std::vector<std::string> told_;
  ScriptedEngine engine_;
  EngineClient client_;
  EngineImages images_;
};

TEST_F(EngineImagesTest, FindsNamesAndUsers) {
  tags_ = R"(["r/shop:1","<none>:<none>"])";
  containers_ = R"([{"Names":["/web"]},{"Names":["/db","/web/db"]},{}])";
  auto found = images_.Find("sha256:1");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->id, "sha256:1");
  EXPECT_THAT((*found)->tags, ElementsAre("r/shop:1"));
  EXPECT_THAT((*found)->digests, ElementsAre("r/shop@sha256:d"));
  EXPECT_THAT((*found)->users, ElementsAre("db", "web", "without a name"));
  EXPECT_THAT(engine_.requests().back(), HasSubstr("all=1&filters=%7B%22ancestor%22%3A%5B%22sha256%3A1%22%5D%7D"));
}

TEST_F(EngineImagesTest, WhatIsNotThereIsNoError) {
  inspect_status_ = 404;
  auto found = images_.Find("r/shop:1");
  ASSERT_TRUE(found);
  EXPECT_FALSE(*found);
  inspect_status_ = 500;
  EXPECT_FALSE(images_.Find("r/shop:1"));
}

TEST_F(EngineImagesTest, RemovesByIdWithoutForceAndWithoutWhatItWasBuiltOn) {
  ASSERT_TRUE(images_.Remove({.id = "sha256:1", .tags = {"r/shop:1"}, .digests = {"r/shop@sha256:d"}}));
  EXPECT_THAT(deletes_, ElementsAre("/images/sha256:1?force=0&noprune=1"));
}

TEST_F(EngineImagesTest, TakesFurtherNamesOffFirstSinceTheEngineRemovesByIdWhatHasOne) {
  ASSERT_TRUE(images_.Remove(
      {.id = "sha256:1", .tags = {"r/shop:1", "r/shop:2"}, .digests = {"r/shop@sha256:d", "m/shop@sha256:d"}}));
  EXPECT_THAT(deletes_, ElementsAre("/images/r/shop:1?force=0&noprune=1", "/images/r/shop:2?force=0&noprune=1",
                                    "/images/sha256:1?force=0&noprune=1"));
}

TEST_F(EngineImagesTest, ATagThatWasMovedMeanwhileStaysWhereItIs) {
  ASSERT_TRUE(images_.Remove({.id = "sha256:1", .tags = {"r/moved:1", "r/shop:2"}, .digests = {}}));
  EXPECT_THAT(deletes_, ElementsAre("/images/sha256:1?force=0&noprune=1"));
}

TEST_F(EngineImagesTest, WhatTheEngineRefusesIsAnErrorAndWhatIsGoneIsNone) {
  delete_status_ = 409;
  auto refused = images_.Remove({.id = "sha256:1", .tags = {"r/shop:1"}, .digests = {}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Conflict);
  EXPECT_THAT(refused.error().message, HasSubstr("remove image sha256:1: conflict: unable to delete"));
  delete_status_ = 404;
  EXPECT_TRUE(images_.Remove({.id = "sha256:1", .tags = {"r/shop:1"}, .digests = {}}));
}

TEST_F(EngineImagesTest, LooksAreFarApartUnlessSomethingWent) {
  EXPECT_EQ(images_.BeginLook("web", false), Duration(0));
  images_.EndLook("web", true);
  EXPECT_GT(images_.BeginLook("web", false), std::chrono::minutes(9));
  images_.OnEvent({.type = EngineEvent::Type::Container, .action = "start"});
  EXPECT_THAT(told_, IsEmpty());
  images_.OnEvent({.type = EngineEvent::Type::Container, .action = "destroy"});
  images_.OnEvent({.type = EngineEvent::Type::Image, .action = "untag"});
  EXPECT_THAT(told_, ElementsAre("web"));  // once until it has looked
  EXPECT_LE(images_.BeginLook("web", false), std::chrono::seconds(10));
  EXPECT_GT(images_.BeginLook("web", false), Duration(0));
  EXPECT_EQ(images_.BeginLook("web", true), Duration(0));
  images_.EndLook("web", false);
  images_.OnEvent({.type = EngineEvent::Type::Image, .action = "delete"});
  EXPECT_THAT(told_, ElementsAre("web"));  // nothing is left
  EXPECT_EQ(images_.BeginLook("web", false), Duration(0));
}

}  // namespace
}  // namespace tinyforge::docker
