// A program of tests/rig, for as long as this object lives.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "tests/fakes/temporary_directory.h"

namespace tinyforge {

class RigProgram {
 public:
  // `command`: a file of tests/rig and its arguments.
  explicit RigProgram(const std::string& command) {
    // The program lives until its standard input closes; a pipe of popen gives one direction, a fifo the other.
    mkfifo((directory_ / "out").c_str(), 0600);
    input_ = popen(
        ("exec python3 " TINYFORGE_SOURCE_DIR "/tests/rig/" + command + " > '" + (directory_ / "out") + "'").c_str(),
        "w");
    std::ifstream out(directory_ / "out");
    std::getline(out, facts_);
    EXPECT_NE(facts_, "") << command << " did not start";
  }
  ~RigProgram() {
    if (input_ != nullptr) pclose(input_);
  }
  RigProgram(const RigProgram&) = delete;
  RigProgram& operator=(const RigProgram&) = delete;

  // A text of what the program printed, at any depth; empty: there is none of that name.
  std::string Fact(const std::string& name) const {
    const std::string key = "\"" + name + "\": \"";
    const std::size_t begin = facts_.find(key);
    if (begin == std::string::npos) return "";
    return facts_.substr(begin + key.size(), facts_.find('"', begin + key.size()) - begin - key.size());
  }

 private:
  TemporaryDirectory directory_;
  FILE* input_ = nullptr;
  std::string facts_;
};

}  // namespace tinyforge
