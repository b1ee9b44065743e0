// Real repositories made by the git command in a temporary folder.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "controller/git/git_repository.h"

namespace tinyforge {

inline constexpr const char* kChildHelper = TINYFORGE_BIN_DIR "/git_child_helper";

// Standard output of a shell command; a failing command fails the test.
inline std::string Sh(const std::string& command) {
  std::string output;
  FILE* pipe = popen(("exec 2>&1; " + command).c_str(), "r");
  if (pipe == nullptr) return output;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) output += static_cast<char>(c);
  EXPECT_EQ(pclose(pipe), 0) << command << "\n" << output;
  while (output.ends_with('\n')) output.pop_back();
  return output;
}

class TempDir {
 public:
  TempDir() {
    std::string name = std::filesystem::temp_directory_path() / "tf-git-XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A work tree with one branch "main"; each change is a commit in it.
class WorkTree {
 public:
  explicit WorkTree(std::string path) : path_(std::move(path)) {
    Sh("git init -q -b main '" + path_ + "'");
    Git("config user.email t@example.com && git config user.name t && git config commit.gpgsign false && git config "
        "core.fsync none");
  }
  std::string Git(const std::string& arguments) const { return Sh("cd '" + path_ + "' && git " + arguments); }
  void Write(const std::string& file, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(path_ + "/" + file).parent_path());
    std::ofstream(path_ + "/" + file, std::ios::binary) << text;
  }
  // A commit that writes these files to the branch alone; the work tree stays behind.
  std::string CommitMany(const std::vector<std::pair<std::string, std::string>>& files) const {
    const std::string stream = path_ + ".stream";
    std::ofstream out(stream, std::ios::binary);
    out << "commit refs/heads/main\ncommitter t <t@example.com> 1700000000 +0000\ndata 4\nmany\n";
    if (std::filesystem::exists(path_ + "/.git/refs/heads/main")) out << "from refs/heads/main^0\n";
    for (const auto& [file, text] : files) {
      out << "M 100644 inline " << file << "\ndata " << text.size() << "\n" << text << "\n";
    }
    out.close();
    Git("fast-import --quiet < '" + stream + "'");
    return Git("rev-parse main");
  }
  // Commits everything and returns the commit's id.
  std::string Commit(const std::string& message = "change") const {
    Git("add -A && git commit -q --allow-empty -m '" + message + "'");
    return Git("rev-parse HEAD");
  }
  std::string CommitFile(const std::string& file, const std::string& text) const {
    Write(file, text);
    return Commit(file);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A repository and a state directory for its clone.
class GitRepositoryTest : public ::testing::Test {
 protected:
  GitRepositoryOptions Options() const {
    GitRepositoryOptions options;
    options.url = origin_.path();
    options.state_dir = dir_ / "state";
    options.fetcher.executable = kChildHelper;
    return options;
  }
  static std::unique_ptr<GitRepository> Make(GitRepositoryOptions options) {
    auto repository = GitRepository::Create(std::move(options));
    if (!repository) ADD_FAILURE() << repository.error().message;
    return repository ? *std::move(repository) : nullptr;
  }
  // A sync that must succeed.
  static SyncResult Sync(GitRepository& repository, const Revision& in_force = "") {
    auto result = repository.Sync(in_force, {});
    EXPECT_TRUE(result) << result.error().message;
    return result ? *std::move(result) : SyncResult{};
  }
  static Error SyncError(GitRepository& repository, const Revision& in_force = "") {
    auto result = repository.Sync(in_force, {});
    EXPECT_FALSE(result);
    return result ? Error{} : result.error();
  }
  // "+path" written, "-path" removed, "!path why" refused.
  static std::vector<std::string> Shown(const std::vector<TreeChange>& changes) {
    std::vector<std::string> shown;
    for (const TreeChange& change : changes) {
      if (!change.refused.empty()) {
        shown.push_back("!" + change.path + " " + change.refused);
      } else {
        shown.push_back((change.removed() ? "-" : "+") + change.path);
      }
    }
    return shown;
  }

  TempDir dir_;
  WorkTree origin_{dir_ / "origin"};
};

}  // namespace tinyforge
