// RegistryClient against the real docker-registry.
#include "controller/registry/registry_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>

#include "tests/fakes/fake_tree.h"
#include "tests/fakes/temporary_directory.h"
#include "tests/integration/rig_program.h"

namespace tinyforge::registry {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class RealRegistryTest : public testing::Test {
 protected:
  RealRegistryTest() {
    options_.endpoints.certificates = directory_ / "certs.d";
    options_.docker_config = directory_ / "config.json";
    options_.platform = {.architecture = "amd64"};
  }

  void Start(const std::string& arguments) {
    rig_ = std::make_unique<RigProgram>("registry.py --image team/shop:1.4 --image team/shop:1.5 " + arguments);
    query_.repository = rig_->Fact("address") + "/team/shop";
    client_ = std::make_unique<RegistryClient>(secrets_, clock_, options_);
  }
  // For all of the host.
  void LogIn(const std::string& password) {
    WriteText(options_.docker_config,
              R"({"auths":{")" + rig_->Fact("address") + R"(":{"username":"ci","password":")" + password + "\"}}}");
  }
  void Trust(const std::string& certificate) {
    const std::string folder = directory_ / "certs.d/" + rig_->Fact("address");
    std::filesystem::create_directories(folder);
    WriteText(folder + "/ca.crt", ReadText(certificate));
  }
  Expected<std::vector<std::string>> Tags() { return client_->Tags(query_, {}); }
  std::string TagsError() {
    const auto tags = Tags();
    return tags ? "no error" : std::string(ToString(tags.error().kind)) + ": " + tags.error().message;
  }
  void ExpectAllOfIt() {
    const auto tags = Tags();
    ASSERT_TRUE(tags) << tags.error().message;
    EXPECT_THAT(*tags, ElementsAre("1.4", "1.5"));
    const auto digest = client_->Digest(query_, "1.5", {});
    ASSERT_TRUE(digest) << digest.error().message;
    EXPECT_EQ(*digest, rig_->Fact("team/shop:1.5"));
    const auto created = client_->Created(query_, *digest, {});
    ASSERT_TRUE(created) << created.error().message;
    EXPECT_EQ(FormatRfc3339(*created), "2024-05-06T07:08:09.123Z");
  }

  TemporaryDirectory directory_;
  FakeSecrets secrets_;
  RealClock clock_;
  RegistryClientOptions options_;
  RegistryQuery query_;
  std::unique_ptr<RigProgram> rig_;
  std::unique_ptr<RegistryClient> client_;
};

TEST_F(RealRegistryTest, AnswersAllThatIsAskedAndSaysWhatIsNotThere) {
  Start("");
  ExpectAllOfIt();
  const auto digest = client_->Digest(query_, "9.9", {});
  ASSERT_FALSE(digest);
  EXPECT_EQ(digest.error().kind, ErrorKind::NotFound);
  query_.repository += "s";
  EXPECT_THAT(TagsError(), AllOf(StartsWith("NotFound: "), HasSubstr("NAME_UNKNOWN")));
  EXPECT_EQ(client_->Pause(query_.repository), Duration(0));
}

TEST_F(RealRegistryTest, LogsInByPassword) {
  Start("--user ci:hunter2");
  EXPECT_THAT(TagsError(), AllOf(StartsWith("Waiting: "), HasSubstr("wants a login")));
  LogIn("wrong");
  EXPECT_THAT(TagsError(), AllOf(StartsWith("Waiting: "), HasSubstr("the login of " + options_.docker_config)));
  LogIn("hunter2");
  ExpectAllOfIt();
}

TEST_F(RealRegistryTest, LogsInByToken) {
  Start("--user ci:hunter2 --tokens");
  EXPECT_THAT(TagsError(), AllOf(StartsWith("Waiting: "), HasSubstr("wants a login")));
  LogIn("wrong");
  EXPECT_THAT(TagsError(), AllOf(StartsWith("Waiting: "), HasSubstr("token server"), Not(HasSubstr("wrong"))));
  LogIn("hunter2");
  ExpectAllOfIt();
}

TEST_F(RealRegistryTest, TrustsTheAuthorityThatTheEngineTrustsAndNoOther) {
  Start("--tls");
  EXPECT_FALSE(Tags());  // over plain HTTP
  const RigProgram other("registry.py --tls");
  Trust(other.Fact("ca"));
  client_ = std::make_unique<RegistryClient>(secrets_, clock_, options_);
  EXPECT_THAT(TagsError(), AllOf(StartsWith("Waiting: "), HasSubstr("is not trusted"), HasSubstr("/ca.crt")));
  Trust(rig_->Fact("ca"));
  client_ = std::make_unique<RegistryClient>(secrets_, clock_, options_);
  ExpectAllOfIt();
}

TEST_F(RealRegistryTest, TlsWithARegistryThatSpeaksNoneSaysWhatToDo) {
  Start("");
  const RigProgram other("registry.py --tls");
  Trust(other.Fact("ca"));
  EXPECT_THAT(TagsError(), AllOf(StartsWith("Waiting: "), HasSubstr("speaks no TLS"), HasSubstr("plain HTTP")));
}

}  // namespace
}  // namespace tinyforge::registry
