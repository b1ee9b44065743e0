// libgit2 with owners: each handle is freed by its unique_ptr, and Library keeps libgit2 initialised and strict for as
// long as any handle lives. Declare a Library before the handles it serves. Internal to controller/git.
#pragma once

#include <git2.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api-types/meta/object.h"

namespace tinyforge::git {

template <auto fn>
struct Deleter {
  template <class T>
  void operator()(T* handle) const {
    fn(handle);
  }
};

using RepositoryPtr = std::unique_ptr<git_repository, Deleter<git_repository_free>>;
using RemotePtr = std::unique_ptr<git_remote, Deleter<git_remote_free>>;
using OdbPtr = std::unique_ptr<git_odb, Deleter<git_odb_free>>;
using OdbObjectPtr = std::unique_ptr<git_odb_object, Deleter<git_odb_object_free>>;
using CommitPtr = std::unique_ptr<git_commit, Deleter<git_commit_free>>;
using TreePtr = std::unique_ptr<git_tree, Deleter<git_tree_free>>;
using TreeEntryPtr = std::unique_ptr<git_tree_entry, Deleter<git_tree_entry_free>>;
using RevwalkPtr = std::unique_ptr<git_revwalk, Deleter<git_revwalk_free>>;
using ReferencePtr = std::unique_ptr<git_reference, Deleter<git_reference_free>>;
using IndexPtr = std::unique_ptr<git_index, Deleter<git_index_free>>;

// Initialises libgit2 (counted) and sets its process-wide options: no configuration outside the repository is read,
// every object's hash is verified when it is read, no object is cached, an object that a pack makes from deltas has at
// most `max_object_bytes`. Make one before the threads that use it start, and share it: setting options is not
// thread-safe.
class Library {
 public:
  explicit Library(std::size_t max_object_bytes = kMaxObjectBytes);
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  static constexpr std::size_t kMaxObjectBytes = 16u << 20;
};

// What libgit2 said last on this thread, printable, at most 300 bytes.
std::string LastMessage();

std::string ToHex(const git_oid& oid);
// 40 lower- or upper-case hex digits; anything else is no object id.
std::optional<git_oid> ParseOid(std::string_view hex);

// Whether refs/heads/`branch` is a reference by git's own rules (git check-ref-format), at most 200 bytes, without a
// leading '-'.
bool IsBranchName(std::string_view branch);

// `text` with every byte outside of printable ASCII as \xNN, cut to `max` bytes: for text that a remote or a tree
// chose.
std::string Printable(std::string_view text, std::size_t max = 300);

}  // namespace tinyforge::git
