// A bare repository that is written to, a person's clone of it, and a writer.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "controller/git/git_repo_writer.h"
#include "tests/unit/controller/git/git_rig.h"

namespace tinyforge {

inline std::string Shop(const std::string& tag, const std::string& name = "shop") {
  return "# " + name + "\napiVersion: tinyforge.dev/v1\nkind: Workload\nmetadata: {name: " + name +
         "}\nspec:\n  source:\n    image: {repository: registry.example.com/" + name + ", tag: \"" + tag +
         "\"}   # here\n";
}

inline VersionEdit TagEdit(const std::string& from, const std::string& to, const std::string& name = "shop",
                           const std::string& path = "") {
  return {{Kind::Workload, name}, path.empty() ? name + ".yaml" : path, {"spec", "source", "image", "tag"}, from, to};
}

inline WriteBackRequest WriteTag(const std::string& from, const std::string& to, const std::string& name = "shop") {
  return {{TagEdit(from, to, name)}, name + ": " + from + " -> " + to, ""};
}

class WriteBackTest : public GitRepositoryTest {
 protected:
  WriteBackTest() { Sh("git init -q --bare -b main '" + bare_ + "'"); }

  // Commits in the person's work tree and pushes.
  std::string Push(const std::string& file, const std::string& text) const {
    origin_.CommitFile(file, text);
    return PushHead();
  }
  std::string PushHead() const {
    origin_.Git("push -q '" + bare_ + "' HEAD:refs/heads/main");
    return origin_.Git("rev-parse HEAD");
  }
  void Pull() const { origin_.Git("pull -q --ff-only '" + bare_ + "' main"); }
  std::string Bare(const std::string& arguments) const { return Sh("git -C '" + bare_ + "' " + arguments); }
  std::string Tip(const std::string& branch = "main") const { return Bare("rev-parse refs/heads/" + branch); }
  std::string File(const std::string& path, const std::string& branch = "main") const {
    return Bare("show " + branch + ":" + path) + "\n";
  }
  void Hook(const std::string& name, const std::string& script) const {
    std::ofstream(bare_ + "/hooks/" + name) << "#!/bin/sh\n" << script;
    Sh("chmod +x '" + bare_ + "/hooks/" + name + "'");
  }

  GitRepoWriterOptions WriterOptions() const {
    GitRepoWriterOptions options;
    options.repository = Options();
    options.repository.url = url_;
    options.repository.auth = auth_;
    options.instance = "web1";
    options.author_email = "tinyforge@web1";
    options.pause = Duration(2);
    return options;
  }
  // With the clone that the first sync of the configuration makes.
  static std::unique_ptr<GitRepoWriter> Writer(const GitRepoWriterOptions& options) {
    Sync(*Make(options.repository));
    auto writer = GitRepoWriter::Create(options);
    if (!writer) ADD_FAILURE() << writer.error().message;
    return writer ? *std::move(writer) : nullptr;
  }
  std::unique_ptr<GitRepoWriter> Writer() const { return Writer(WriterOptions()); }
  static WriteBackResult Write(GitRepoWriter& writer, const WriteBackRequest& request) {
    auto result = writer.Write(request, {});
    EXPECT_TRUE(result) << result.error().message;
    return result ? *std::move(result) : WriteBackResult{};
  }
  static Error WriteError(GitRepoWriter& writer, const WriteBackRequest& request) {
    auto result = writer.Write(request, {});
    EXPECT_FALSE(result) << result->commit;
    return result ? Error{} : result.error();
  }

  std::string bare_ = dir_ / "config.git";
  std::string url_ = bare_;  // where the writer finds it
  GitAuth auth_;
};

}  // namespace tinyforge
