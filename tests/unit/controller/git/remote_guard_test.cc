#include "controller/git/remote_guard.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/controller/git/git_rig.h"

namespace tinyforge::git {
namespace {

class RemoteGuardTest : public testing::Test {
 protected:
  RemoteGuardTest() { git_libgit2_init(); }
  ~RemoteGuardTest() override { git_libgit2_shutdown(); }

  // `text` as a guard tells it that has given `secret` to the server.
  std::string Redacted(const std::string& secret, const std::string& text) {
    FetchRequest request;
    request.auth.token_file = directory_ / "token";
    std::ofstream(request.auth.token_file) << secret;
    constexpr const char* kUrl = "https://git.example.com/shop.git";
    RemoteGuard guard(request, *ParseGitUrl(kUrl));
    git_remote_callbacks callbacks = guard.Callbacks();
    git_credential* credential = nullptr;
    EXPECT_EQ(callbacks.credentials(&credential, kUrl, nullptr, GIT_CREDENTIAL_USERPASS_PLAINTEXT, &guard), 0);
    git_credential_free(credential);
    return guard.Redact(text);
  }

  const TempDir directory_;
};

TEST_F(RemoteGuardTest, TheSecretIsInNoText) {
  EXPECT_EQ(Redacted("hunter2", "hunter2hunter2 was refused"), "[redacted][redacted] was refused");
  EXPECT_EQ(Redacted("hunter2", "nothing to hide"), "nothing to hide");
}

TEST_F(RemoteGuardTest, ASecretThatIsPartOfWhatStandsForItEndsToo) {
  EXPECT_EQ(Redacted("redacted", "a redacted b redacted"), "a [redacted] b [redacted]");
  EXPECT_EQ(Redacted("e", "e"), "[redacted]");
}

}  // namespace
}  // namespace tinyforge::git
