// A real Docker Engine of its own for a test, run by engine_process.py in a sandbox.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace tinyforge::docker {

class PrivateEngine {
 public:
  explicit PrivateEngine(std::vector<std::string> arguments = {}) {
    int in[2];
    int out[2];
    if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC)) throw std::runtime_error("pipe");
    pid_ = fork();
    if (pid_ == 0) Become(in[0], out[1], arguments);
    close(in[0]);
    close(out[1]);
    in_ = fdopen(in[1], "w");
    out_ = fdopen(out[0], "r");
    facts_ = ReadLine();
  }

  ~PrivateEngine() {
    fclose(in_);
    waitpid(pid_, nullptr, 0);
    fclose(out_);
  }

  std::string host() const { return "unix://" + facts_.at("socket").get<std::string>(); }
  std::string socket() const { return facts_.at("socket"); }
  std::string folder() const { return facts_.at("folder"); }
  std::string registry() const { return facts_.at("registry"); }

  // "kill9", "start", "push LOCAL REMOTE", "docker ARGUMENTS…": the output of the last.
  std::string Command(const std::string& line) {
    fprintf(in_, "%s\n", line.c_str());
    fflush(in_);
    auto answer = ReadLine();
    if (answer.contains("error")) throw std::runtime_error(line + ": " + answer["error"].get<std::string>());
    return answer.value("output", "");
  }

 private:
  static void Become(int in, int out, const std::vector<std::string>& arguments) {
    dup2(in, 0);
    dup2(out, 1);
    std::vector<std::string> words = {
        "python3", std::string(TINYFORGE_SOURCE_DIR) + "/tests/integration/docker/engine_process.py"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    execvp("python3", argv.data());
    _exit(127);
  }

  nlohmann::json ReadLine() {
    std::string line;
    for (int c = fgetc(out_); c != EOF && c != '\n'; c = fgetc(out_)) line += static_cast<char>(c);
    if (line.empty()) throw std::runtime_error("the private engine ended");
    return nlohmann::json::parse(line);
  }

  pid_t pid_ = 0;
  FILE* in_ = nullptr;
  FILE* out_ = nullptr;
  nlohmann::json facts_;
};

}  // namespace tinyforge::docker
