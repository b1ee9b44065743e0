#include "controller/cmd/tfctl/local_tree.h"

#include <algorithm>
#include <filesystem>

#include "controller/cmd/tfctl/local_files.h"

namespace tinyforge::tfctl {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFiles = 100'000;

// Without symlinks as far as it is there, and without a slash at the end.
std::string Canonical(const std::string& path) {
  std::error_code error;
  std::string text = fs::weakly_canonical(fs::absolute(path), error).string();
  while (text.ends_with('/')) text.pop_back();
  return text;
}

// The nearest folder that is there: the path itself or one above.
std::string FolderAt(const std::string& path) {
  fs::path folder = Canonical(path);
  while (folder.has_relative_path() && !fs::is_directory(folder)) folder = folder.parent_path();
  return folder.string();
}

Error Refused(std::string_view path, const char* why) {
  return {ErrorKind::Invalid, "\"" + std::string(path) + "\" " + why};
}

Error NotThere(std::string_view path, const char* why) {
  return {ErrorKind::NotFound, "\"" + std::string(path) + "\" " + why};
}

constexpr const char* kIgnored = "is not in the repository, since git ignores it";

bool IsExecutable(const fs::file_status& status) {
  return (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
}

}  // namespace

LocalTree LocalTree::Of(const std::string& folder) {
  LocalTree tree(Canonical(folder), fs::path(folder).is_absolute());
  tree.checkout_ = Checkout::Around(FolderAt(folder));
  return tree;
}

LocalTree LocalTree::Around(const std::string& path) {
  LocalTree tree("", fs::path(path).is_absolute());
  tree.checkout_ = Checkout::Around(FolderAt(path));
  if (tree.checkout_) tree.root_ = Canonical(tree.checkout_->root());
  return tree;
}

std::string LocalTree::Full(std::string_view path) const {
  return root_ + "/" + std::string(path);
}

Expected<std::vector<TreeEntry>> LocalTree::List(std::string_view path) const {
  fs::path so_far = root_ + "/";
  for (const fs::path& part : fs::path(path)) {
    if (part == ".." || part == ".git") return Refused(path, "lies outside of the repository");
    so_far /= part;
    if (fs::is_symlink(fs::symlink_status(so_far))) return Refused(path, "is a symlink, or behind one");
  }
  std::error_code error;
  const fs::file_status status = fs::status(Full(path), error);
  if (fs::is_directory(status)) return ListFolder(path);
  if (!fs::is_regular_file(status)) return NotThere(path, "is not in the repository");
  if (Ignores(std::string(path))) return NotThere(path, kIgnored);
  return std::vector<TreeEntry>{{.path = std::string(path), .blob = "here", .executable = IsExecutable(status)}};
}

Expected<std::vector<TreeEntry>> LocalTree::ListFolder(std::string_view path) const {
  std::vector<TreeEntry> entries;
  bool ignored = false;
  std::error_code error;
  fs::recursive_directory_iterator walk(Full(path), error);
  for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
    const std::string name = walk->path().lexically_relative(root_ + "/").generic_string();
    const fs::file_status status = walk->symlink_status(error);
    const bool hidden = walk->path().filename() == ".git" || Ignores(name);
    ignored = ignored || hidden;
    if (hidden && fs::is_directory(status)) walk.disable_recursion_pending();
    if (error || hidden) continue;
    if (fs::is_symlink(status)) return Refused(name, "is a symlink");
    if (fs::is_regular_file(status)) entries.push_back({name, "here", IsExecutable(status)});
    if (entries.size() > kMaxFiles) return Refused(path, "holds more than 100000 files");
  }
  if (error) return Error{ErrorKind::Invalid, "could not read the folder " + Shown(path) + ": " + error.message()};
  if (entries.empty()) return NotThere(path, ignored ? kIgnored : "is not in the repository, since it has no files");
  std::ranges::sort(entries, {}, &TreeEntry::path);
  return entries;
}

Expected<std::string> LocalTree::Read(const TreeEntry& entry) const {
  return ReadFile(Full(entry.path));
}

std::optional<std::string> LocalTree::PathOf(const std::string& file) const {
  const fs::path full(file);
  const std::string folder = Canonical(full.has_parent_path() ? full.parent_path().string() : ".");
  const std::string path = folder + "/" + full.filename().string();
  if (!path.starts_with(root_ + "/")) return std::nullopt;
  return path.substr(root_.size() + 1);
}

std::string LocalTree::Shown(std::string_view path) const {
  const fs::path full = Full(path);
  return absolute_ ? full.string() : full.lexically_relative(fs::current_path()).string();
}

bool LocalTree::Ignores(const std::string& path) const {
  if (!checkout_) return false;
  const std::string inside = fs::path(Full(path)).lexically_relative(checkout_->root()).generic_string();
  return fs::exists(Full(path)) && checkout_->Ignores(inside);
}

}  // namespace tinyforge::tfctl
