// What one load of a project reads with, and what it collects on the way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/doc/anchors.h"
#include "api-types/doc/node.h"
#include "api-types/meta/error.h"
#include "reconcilers/source/source_kind.h"

namespace tinyforge::compose {

// Bounds of one project, all of its files together.
constexpr std::size_t kMaxFiles = 16;      // compose files, those of `include` and `extends` among them
constexpr std::size_t kMaxReads = 256;     // of them, one that is included or extended at several places each time
constexpr std::size_t kMaxDocuments = 16;  // of one file
constexpr std::size_t kMaxIncludeDepth = 8;
constexpr std::size_t kMaxExtendsDepth = 8;
constexpr std::size_t kMaxNodes = 200'000;
constexpr std::size_t kMaxBytes = 16 << 20;  // of text

// "shop/compose.yaml:12:5": a place in one of these files.
std::string Where(const std::vector<std::string>& files, doc::Mark mark);

class LoadSession {
 public:
  // Keeps references to both. `directory`: the project's, a path of the tree.
  LoadSession(const TreeReader& tree, ReadSet& read_set, std::string directory)
      : tree_(tree), read_set_(read_set), directory_(std::move(directory)) {}

  const std::string& directory() const { return directory_; }
  const std::vector<std::string>& files() const { return files_; }
  const std::vector<std::string>& warnings() const { return warnings_; }

  // The text of a file of the tree; empty when there is none. The path comes into the read set in any case. Terminal
  // for what lies outside the tree or is a folder; the tree's own errors as they are.
  Expected<std::optional<std::string>> Read(const std::string& path);

  // To be called before a compose file is read: its index for the marks of its nodes, the same one each time. Terminal
  // when they are too many.
  Expected<std::uint32_t> Register(const std::string& path);

  // Counts nodes that the project now has. Terminal beyond the bounds.
  Expected<void> Charge(doc::Mark mark, const doc::Weight& weight);

  Error Fail(doc::Mark mark, std::string_view message) const;
  void Warn(doc::Mark mark, std::string_view message);

 private:
  const TreeReader& tree_;
  ReadSet& read_set_;
  std::string directory_;
  std::vector<std::string> files_;
  std::vector<std::string> warnings_;
  doc::Weight total_;
  std::size_t reads_ = 0;
};

// The text of a file of the tree, as LoadSession::Read.
Expected<std::optional<std::string>> ReadTreeFile(const TreeReader& tree, const std::string& path, ReadSet& read_set);

}  // namespace tinyforge::compose
