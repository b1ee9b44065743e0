// A real git server (git http-backend behind lighttpd, sshd) of tests/rig/gitserver.py, for as long as this object
// lives.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/integration/rig_program.h"
#include "tests/unit/controller/git/git_rig.h"

namespace tinyforge {

class RigServer : public RigProgram {
 public:
  // `arguments` as tests/rig/gitserver.py takes them; the repository "config" is always there. Its facts: "http", "ca",
  // "ssh", "ssh_key", "known_hosts", "folder", "bare".
  explicit RigServer(const std::string& arguments) : RigProgram("gitserver.py --repo config " + arguments) {}
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
