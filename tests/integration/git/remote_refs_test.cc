// The branches and tags of real git servers: over HTTP and HTTPS of git http-backend, over ssh of sshd.
#include "controller/git/git_remote_refs.h"

#include <gmock/gmock.h>

#include "tests/integration/git/rig_server.h"

namespace tinyforge {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class RemoteRefsTest : public GitServerTest {
 protected:
  static std::unique_ptr<GitRemoteRefs> Make(const GitRepositoryOptions& config) {
    auto made = GitRemoteRefs::Create(
        {.url = config.url, .auth = config.auth, .child = {.executable = kChildHelper}, .state_dir = config.state_dir});
    EXPECT_TRUE(made) << made.error().message;
    return *std::move(made);
  }
  static GitRefs List(GitRemoteRefs& refs, const std::string& url) {
    auto listed = refs.List(url, {});
    if (!listed) ADD_FAILURE() << listed.error().message;
    return listed ? *std::move(listed) : GitRefs{};
  }
  static Error ListError(GitRemoteRefs& refs, const std::string& url) {
    auto listed = refs.List(url, {});
    EXPECT_FALSE(listed);
    return listed ? Error{} : listed.error();
  }
  // Pushes a commit with an annotated tag; the commit.
  std::string PushTagged(const RigServer& server) {
    const std::string head = PushFile(server, "a", "one");
    origin_.Git("tag -a v1 -m v1 && git push -q '" + server.Fact("bare") + "/config.git' v1");
    return head;
  }
  static std::string AccessLog(const RigServer& server) { return Sh("cat '" + server.Fact("folder") + "/access.log'"); }
};

TEST_F(RemoteRefsTest, AnnotatedTagsArePeeledOverHttp) {
  const RigServer server("");
  const std::string head = PushTagged(server);
  const auto config = HttpOptions(server);
  const GitRefs refs = List(*Make(config), config.url);
  EXPECT_EQ(refs.at("refs/heads/main"), head);
  EXPECT_EQ(refs.at("refs/tags/v1"), head);
  EXPECT_EQ(refs.at("HEAD"), head);
  EXPECT_THAT(AccessLog(server), Not(HasSubstr("POST"))) << "nothing was downloaded";
}

TEST_F(RemoteRefsTest, CredentialsOfTheConfigRepositoryOpenOthersOfItsServer) {
  const RigServer server("--user ci:hunter2 --repo shop");
  auto config = HttpOptions(server);
  config.auth.username = "ci";
  config.auth.password_file = SecretFile("password", "hunter2");
  EXPECT_TRUE(List(*Make(config), server.Fact("http") + "/shop.git").empty());
}

TEST_F(RemoteRefsTest, NoOtherServerGetsThem) {
  const RigServer own("--user ci:hunter2");
  const RigServer other("--user ci:hunter2");
  auto config = HttpOptions(own);
  config.auth.username = "ci";
  config.auth.password_file = SecretFile("password", "hunter2");
  const Error error = ListError(*Make(config), other.Fact("http") + "/config.git");
  EXPECT_EQ(error.kind, ErrorKind::Waiting);
  EXPECT_THAT(error.message, HasSubstr("no password or token file is configured"));
  EXPECT_THAT(AccessLog(other), Not(HasSubstr(" ci ")));
}

TEST_F(RemoteRefsTest, APublicRepositoryOfAnotherServerIsListed) {
  const RigServer server("");
  const std::string head = PushTagged(server);
  GitRepositoryOptions config = Options();
  config.url = "https://config.example.com/acme/config.git";
  EXPECT_EQ(List(*Make(config), server.Fact("http") + "/config.git").at("refs/heads/main"), head);
}

TEST_F(RemoteRefsTest, TheAuthorityOfTheConfigRepositoryIsForItsServerAlone) {
  const RigServer own("--tls");
  const std::string head = PushTagged(own);
  const auto config = HttpOptions(own);
  EXPECT_EQ(List(*Make(config), config.url).at("refs/tags/v1"), head);
  const RigServer other("--tls");
  EXPECT_THAT(ListError(*Make(config), other.Fact("http") + "/config.git").message, HasSubstr("is not trusted"));
}

TEST_F(RemoteRefsTest, OverSshWithTheKeyOfTheConfigRepository) {
  const RigServer server("--ssh --repo shop");
  const std::string head = PushTagged(server);
  auto config = SshOptions(server);
  const auto refs = Make(config);
  EXPECT_EQ(List(*refs, config.url).at("refs/tags/v1"), head);
  EXPECT_TRUE(List(*refs, server.Fact("ssh") + "/shop.git").empty());
  config.auth.ssh_known_hosts = SecretFile("nobody", "");
  EXPECT_THAT(ListError(*Make(config), config.url).message, HasSubstr("host key"))
      << "the home that listings share follows the configuration";
}

TEST_F(RemoteRefsTest, ARepositoryThatIsNotThere) {
  const RigServer server("");
  const auto config = HttpOptions(server);
  EXPECT_EQ(ListError(*Make(config), server.Fact("http") + "/nothing.git").kind, ErrorKind::Waiting);
}

}  // namespace
}  // namespace tinyforge
