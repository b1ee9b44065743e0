#include "controller/git/tree_diff.h"

#include <algorithm>
#include <utility>

#include "api-types/meta/utf8.h"

namespace tinyforge::git {
namespace {

constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxPath = 4096;
constexpr std::size_t kMaxName = 255;

bool IsFolder(const git_tree_entry* entry) {
  return git_tree_entry_type(entry) == GIT_OBJECT_TREE;
}

bool IsPrintableUtf8(std::string_view text) {
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text.front());
    const std::size_t length = Utf8SequenceLength(text);
    if (length == 0 || first < 0x20 || first == 0x7f) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool IsDotGit(std::string_view name) {
  return name.size() == 4 && std::equal(name.begin(), name.end(), ".git",
                                        [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

// Git orders a folder as if its name ended in '/'.
int Order(const git_tree_entry* a, const git_tree_entry* b) {
  if (a == nullptr || b == nullptr) return a == nullptr ? 1 : -1;
  const auto key = [](const git_tree_entry* entry) {
    return std::string(git_tree_entry_name(entry)) + (IsFolder(entry) ? "/" : "");
  };
  const int order = key(a).compare(key(b));
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

class Walk {
 public:
  explicit Walk(ObjectDatabase& database) : database_(database) {}

  Expected<void> Folder(const git_tree* before, const git_tree* after, std::size_t depth) {
    const std::size_t old_count = before == nullptr ? 0 : git_tree_entrycount(before);
    const std::size_t new_count = after == nullptr ? 0 : git_tree_entrycount(after);
    for (std::size_t i = 0, j = 0; i < old_count || j < new_count;) {
      const git_tree_entry* old_entry = i < old_count ? git_tree_entry_byindex(before, i) : nullptr;
      const git_tree_entry* new_entry = j < new_count ? git_tree_entry_byindex(after, j) : nullptr;
      const int order = Order(old_entry, new_entry);
      if (order <= 0) ++i;
      if (order >= 0) ++j;
      auto done = Entry(order <= 0 ? old_entry : nullptr, order >= 0 ? new_entry : nullptr, depth);
      if (!done) return done;
    }
    return {};
  }

  TreeDiff Take() { return std::move(diff_); }

 private:
  // Two entries of one name and kind, or one of them.
  Expected<void> Entry(const git_tree_entry* before, const git_tree_entry* after, std::size_t depth) {
    if (before != nullptr && after != nullptr &&
        git_oid_equal(git_tree_entry_id(before), git_tree_entry_id(after)) != 0 &&
        git_tree_entry_filemode(before) == git_tree_entry_filemode(after)) {
      return {};
    }
    const git_tree_entry* entry = after != nullptr ? after : before;
    const std::size_t mark = path_.size();
    path_ += git_tree_entry_name(entry);
    std::string refused = RefusalOf(entry);
    if (refused.empty() && (depth >= kMaxDepth || path_.size() > kMaxPath))
      refused = "lies too deep or its path is too long";
    Expected<void> done;
    if (IsFolder(entry) && refused.empty()) {
      done = Subfolder(before, after, depth);
    } else {
      done = File(before, after, std::move(refused));
    }
    path_.resize(mark);
    return done;
  }

  Expected<void> Subfolder(const git_tree_entry* before, const git_tree_entry* after, std::size_t depth) {
    TreePtr old_tree;
    TreePtr new_tree;
    for (auto [entry, tree] : {std::pair{before, &old_tree}, std::pair{after, &new_tree}}) {
      if (entry == nullptr) continue;
      auto found = database_.Tree(*git_tree_entry_id(entry));
      if (!found) return found.error();
      *tree = *std::move(found);
    }
    path_ += '/';
    return Folder(old_tree.get(), new_tree.get(), depth + 1);
  }

  Expected<void> File(const git_tree_entry* before, const git_tree_entry* after, std::string refused) {
    if (diff_.changes.size() >= 2 * kMaxTreeFiles) {
      return Error{ErrorKind::Invalid, "more than " + std::to_string(2 * kMaxTreeFiles) + " files differ"};
    }
    TreeChange change;
    change.path = path_;
    if (after != nullptr && !refused.empty()) {
      change.path = Printable(path_, kMaxPath);
      change.refused = std::move(refused);
    } else if (after != nullptr) {
      change.blob = ToHex(*git_tree_entry_id(after));
      change.executable = git_tree_entry_filemode(after) == GIT_FILEMODE_BLOB_EXECUTABLE;
    }
    diff_.growth += (after != nullptr ? 1 : 0) - (before != nullptr ? 1 : 0);
    diff_.changes.push_back(std::move(change));
    return {};
  }

  ObjectDatabase& database_;
  std::string path_;
  TreeDiff diff_;
};

}  // namespace

std::string RefusalOf(const git_tree_entry* entry) {
  const std::string_view name = git_tree_entry_name(entry);
  if (name.empty() || name == "." || name == ".." || IsDotGit(name) ||
      name.find_first_of("/\\") != std::string_view::npos) {
    return "has a name that is not allowed";
  }
  if (name.size() > kMaxName) return "has a name of more than 255 bytes";
  if (!IsPrintableUtf8(name)) return "has a name with control characters or that is not UTF-8";
  switch (git_tree_entry_filemode(entry)) {
    case GIT_FILEMODE_BLOB:
    case GIT_FILEMODE_BLOB_EXECUTABLE:
    case GIT_FILEMODE_TREE: return "";
    case GIT_FILEMODE_LINK: return "is a symlink";
    case GIT_FILEMODE_COMMIT: return "is a submodule";
    case GIT_FILEMODE_UNREADABLE: break;
  }
  return "has an unknown file mode";
}

Expected<TreeDiff> DiffTrees(ObjectDatabase& database, const git_tree* before, const git_tree* after) {
  Walk walk(database);
  if (auto done = walk.Folder(before, after, 0); !done) return done.error();
  return walk.Take();
}

}  // namespace tinyforge::git
