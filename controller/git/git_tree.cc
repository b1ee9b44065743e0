#include "controller/git/git_tree.h"

#include <utility>

#include "controller/git/git_url.h"

namespace tinyforge {
namespace {

using git::ObjectDatabase;
using git::Printable;

// What stands at a path: the entry, and for a folder its tree.
struct Found {
  std::string blob;
  bool executable = false;
  git::TreePtr folder;
};

Error Refused(std::string_view path, std::string_view why) {
  return {ErrorKind::Invalid, "\"" + Printable(path) + "\" " + std::string(why)};
}

Expected<Found> Find(ObjectDatabase& database, const git_tree* root, std::string_view path) {
  git::TreePtr folder;
  for (std::size_t begin = 0;;) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string name(path.substr(begin, end - begin));
    const git_tree_entry* entry = git_tree_entry_byname(folder ? folder.get() : root, name.c_str());
    const std::string_view so_far = path.substr(0, end);
    if (entry == nullptr) return Error{ErrorKind::NotFound, "\"" + Printable(so_far) + "\" is not in the repository"};
    if (const std::string why = git::RefusalOf(entry); !why.empty()) return Refused(so_far, why);
    const bool last = end == path.size();
    if (git_tree_entry_type(entry) != GIT_OBJECT_TREE) {
      if (!last) return Error{ErrorKind::NotFound, "\"" + Printable(so_far) + "\" is a file, not a folder"};
      return Found{git::ToHex(*git_tree_entry_id(entry)),
                   git_tree_entry_filemode(entry) == GIT_FILEMODE_BLOB_EXECUTABLE, nullptr};
    }
    auto next = database.Tree(*git_tree_entry_id(entry));
    if (!next) return next.error();
    folder = *std::move(next);
    if (last) return Found{"", false, std::move(folder)};
    begin = end + 1;
  }
}

Expected<std::vector<TreeEntry>> Entries(ObjectDatabase& database, const git_tree* folder, const std::string& prefix) {
  auto all = git::DiffTrees(database, nullptr, folder);
  if (!all) return all.error();
  if (all->changes.size() > kMaxTreeFiles) {
    return Refused(prefix, "holds more than " + std::to_string(kMaxTreeFiles) + " files");
  }
  std::vector<TreeEntry> entries;
  entries.reserve(all->changes.size());
  for (TreeChange& file : all->changes) {
    if (!file.refused.empty()) return Refused(prefix + file.path, file.refused);
    entries.push_back({prefix + file.path, std::move(file.blob), file.executable});
  }
  return entries;
}

}  // namespace

Expected<std::unique_ptr<GitTree>> GitTree::Open(std::unique_ptr<ObjectDatabase> database, Revision revision,
                                                 std::string_view path) {
  auto root = database->Folder(revision, path);
  if (!root) return root.error();
  return std::unique_ptr<GitTree>(new GitTree(std::move(revision), {std::move(database), *std::move(root)}));
}

Expected<std::vector<TreeEntry>> GitTree::List(std::string_view path) const {
  auto normal = NormalizeTreePath(path);
  if (!normal) return normal.error();
  auto content = content_.Lock();
  if (auto intact = content->database->CheckStillIntact(); !intact) return intact.error();
  if (normal->empty()) return Entries(*content->database, content->root.get(), "");
  auto found = Find(*content->database, content->root.get(), *normal);
  if (!found) return found.error();
  if (found->folder) return Entries(*content->database, found->folder.get(), *normal + "/");
  return std::vector<TreeEntry>{{*normal, found->blob, found->executable}};
}

Expected<std::string> GitTree::Read(const TreeEntry& entry) const {
  auto text = ReadBlob(entry.blob, kMaxFileBytes);
  if (!text) return std::move(text).error().Within(Printable(entry.path));
  return text;
}

Expected<std::string> GitTree::ReadBlob(std::string_view blob, std::size_t max) const {
  auto content = content_.Lock();
  if (auto intact = content->database->CheckStillIntact(); !intact) return intact.error();
  return content->database->Blob(blob, max);
}

}  // namespace tinyforge
