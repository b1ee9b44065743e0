// git over ssh, against the real sshd.
#include <gmock/gmock.h>

#include "tests/integration/git/rig_server.h"

namespace tinyforge {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class GitSshTest : public GitServerTest {
 protected:
  static std::string NewKey(const std::string& path) {
    Sh("ssh-keygen -q -t ed25519 -N '' -f '" + path + "'");
    return path;
  }
  static std::string HostOf(const RigServer& server) {
    return Sh("cut -d' ' -f1 '" + server.Fact("known_hosts") + "'");
  }

  const RigServer server_{"--ssh"};
};

TEST_F(GitSshTest, ClonesAndFollowsWithAKeyFile) {
  const Revision first = PushFile(server_, "a.yaml", "one");
  auto repository = Make(SshOptions(server_));
  EXPECT_EQ(Sync(*repository).revision, first);
  EXPECT_FALSE(Sync(*repository, first).changed);
  PushFile(server_, "b.yaml", "two");
  EXPECT_THAT(Shown(Sync(*repository, first).changes), ElementsAre("+b.yaml"));
}

TEST_F(GitSshTest, HashedKnownHostsAreUnderstood) {
  const Revision head = PushFile(server_, "a.yaml", "one");
  auto options = SshOptions(server_);
  options.auth.ssh_known_hosts = dir_ / "hashed";
  Sh("cp '" + server_.Fact("known_hosts") + "' '" + (dir_ / "hashed") + "' && ssh-keygen -q -H -f '" +
     (dir_ / "hashed") + "'");
  EXPECT_EQ(Sync(*Make(options)).revision, head);
}

TEST_F(GitSshTest, UnknownHostKeyIsRefusedWithItsFingerprint) {
  PushFile(server_, "a.yaml", "one");
  auto options = SshOptions(server_);
  options.auth.ssh_known_hosts = SecretFile("known_hosts", "");
  auto repository = Make(options);
  const std::string fingerprint = Sh("ssh-keygen -lf '" + server_.Fact("folder") + "/host_key.pub' | cut -d' ' -f2");
  EXPECT_THAT(SyncError(*repository).message,
              AllOf(HasSubstr("host key"), HasSubstr("is unknown"), HasSubstr(fingerprint)));
  EXPECT_EQ(repository->Reason(), "HostKey");
}

TEST_F(GitSshTest, KnownHostsFileThatIsNotThereRefusesEveryHost) {
  auto options = SshOptions(server_);
  options.auth.ssh_known_hosts = "/nonexistent/known_hosts";
  auto repository = Make(options);
  SyncError(*repository);
  EXPECT_EQ(repository->Reason(), "HostKey");
}

TEST_F(GitSshTest, ChangedHostKeyIsRefused) {
  PushFile(server_, "a.yaml", "one");
  auto repository = Make(SshOptions(server_));
  const Revision head = Sync(*repository).revision;
  const std::string other = NewKey(dir_ / "other_host");
  auto options = SshOptions(server_);
  options.auth.ssh_known_hosts =
      SecretFile("known_hosts", HostOf(server_) + " " + Sh("cut -d' ' -f1,2 '" + other + ".pub'") + "\n");
  auto changed = Make(options);
  EXPECT_THAT(SyncError(*changed, head).message, HasSubstr("it was changed, or someone else answers"));
  EXPECT_EQ(changed->Reason(), "HostKey");
  EXPECT_EQ(*changed->LastFetched(), head) << "the last good revision stays";
}

TEST_F(GitSshTest, WrongKeyIsRefused) {
  auto options = SshOptions(server_);
  options.auth.ssh_key_file = NewKey(dir_ / "stranger");
  auto repository = Make(options);
  EXPECT_THAT(SyncError(*repository).message, HasSubstr("the server refused the key in " + options.auth.ssh_key_file));
  EXPECT_EQ(repository->Reason(), "Credentials");
}

TEST_F(GitSshTest, KeyFileThatIsNotThereOrIsNoKey) {
  auto options = SshOptions(server_);
  options.auth.ssh_key_file = "/nonexistent/key";
  EXPECT_THAT(SyncError(*Make(options)).message, HasSubstr("cannot read the ssh key /nonexistent/key: No such file"));
  options.auth.ssh_key_file = SecretFile("nokey", "this is no key\n");
  auto repository = Make(options);
  SyncError(*repository);
  EXPECT_EQ(repository->Reason(), "Credentials");
}

TEST_F(GitSshTest, RepositoryThatIsNotThere) {
  auto options = SshOptions(server_);
  options.url = server_.Fact("ssh") + "/nothing.git";
  auto repository = Make(options);
  EXPECT_THAT(SyncError(*repository).message, HasSubstr("nothing.git"));
}

}  // namespace
}  // namespace tinyforge
