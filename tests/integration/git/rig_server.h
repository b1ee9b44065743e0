// A real git server (git http-backend behind lighttpd, sshd) of tests/rig/gitserver.py, for as long as this object
// lives.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <utility>

#include "tests/unit/controller/git/git_rig.h"

namespace tinyforge {

class RigServer {
 public:
  // `arguments` as tests/rig/gitserver.py takes them; the repository "config" is always there.
  explicit RigServer(const std::string& arguments) {
    // The server lives until its standard input closes; a pipe of popen gives one direction, a fifo the other.
    Sh("mkfifo '" + (dir_ / "out") + "'");
    input_ = popen(("exec python3 " TINYFORGE_SOURCE_DIR "/tests/rig/gitserver.py --repo config " + arguments + " > '" +
                    (dir_ / "out") + "'")
                       .c_str(),
                   "w");
    std::ifstream out(dir_ / "out");
    std::getline(out, facts_);
    EXPECT_NE(facts_, "") << "the git server did not start";
  }
  ~RigServer() {
    if (input_ != nullptr) pclose(input_);
  }
  RigServer(const RigServer&) = delete;
  RigServer& operator=(const RigServer&) = delete;

  // One of "http", "ca", "ssh", "ssh_key", "known_hosts", "folder", "bare".
  std::string Fact(const std::string& name) const {
    const std::string key = "\"" + name + "\": \"";
    const std::size_t begin = facts_.find(key);
    if (begin == std::string::npos) return "";
    return facts_.substr(begin + key.size(), facts_.find('"', begin + key.size()) - begin - key.size());
  }

 private:
  TempDir dir_;
  FILE* input_ = nullptr;
  std::string facts_;
};

// A work tree that is pushed to the server's repository "config".
class GitServerTest : public GitRepositoryTest {
 protected:
  std::string PushFile(const RigServer& server, const std::string& file, const std::string& text) {
    const std::string head = origin_.CommitFile(file, text);
    origin_.Git("push -q -f '" + server.Fact("bare") + "/config.git' HEAD:refs/heads/main");
    return head;
  }
  std::string SecretFile(const std::string& name, const std::string& text) {
    std::ofstream(dir_ / name) << text;
    return dir_ / name;
  }
  GitRepositoryOptions HttpOptions(const RigServer& server) {
    GitRepositoryOptions options = Options();
    options.url = server.Fact("http") + "/config.git";
    options.auth.ca_file = server.Fact("ca");
    return options;
  }
  GitRepositoryOptions SshOptions(const RigServer& server) {
    GitRepositoryOptions options = Options();
    options.url = server.Fact("ssh") + "/config.git";
    options.auth.ssh_key_file = server.Fact("ssh_key");
    options.auth.ssh_known_hosts = server.Fact("known_hosts");
    return options;
  }
};

}  // namespace tinyforge
