#include "controller/git/version_edits.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "api-types/codec/scalar_edit.h"
#include "controller/git/git_tree.h"
#include "controller/git/tree_diff.h"

namespace tinyforge::git {
namespace {

// A manifest file, before and after.
struct File {
  git_filemode_t mode = GIT_FILEMODE_BLOB;
  std::string before;
  std::string text;
};

Error Unusable(std::string_view what) {
  return {ErrorKind::Transient, "cannot " + std::string(what) + ": " + LastMessage()};
}

Expected<std::string> ReadBlob(git_repository* repository, const git_oid& id, const std::string& path) {
  git_odb* odb = nullptr;
  if (git_repository_odb(&odb, repository) != 0) return Unusable("open the objects");
  const OdbPtr odb_owner(odb);
  std::size_t size = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  if (git_odb_read_header(&size, &type, odb, &id) != 0) return Unusable("find " + path);
  if (size > kMaxManifestBytes)
    return Error{ErrorKind::Invalid, path + ": has " + std::to_string(size) + " bytes; at most " +
                                         std::to_string(kMaxManifestBytes) + " are read"};
  git_odb_object* object = nullptr;
  if (git_odb_read(&object, odb, &id) != 0) return Unusable("read " + path);
  const OdbObjectPtr owner(object);
  return std::string(static_cast<const char*>(git_odb_object_data(object)), git_odb_object_size(object));
}

// `full` from the root of the tree, `shown` in messages.
Expected<File> ReadFile(git_repository* repository, const git_tree* tree, const std::string& full,
                        const std::string& shown) {
  git_tree_entry* entry = nullptr;
  const int code = git_tree_entry_bypath(&entry, tree, full.c_str());
  const TreeEntryPtr owner(entry);
  if (code == GIT_ENOTFOUND)
    return Error{ErrorKind::NotFound, shown + ": is not in the repository any more; it was moved or removed"};
  if (code != 0) return Unusable("find " + shown);
  const std::string why = git_tree_entry_type(entry) == GIT_OBJECT_TREE ? "is a folder" : RefusalOf(entry);
  if (!why.empty()) return Error{ErrorKind::Invalid, shown + ": " + why + "; a manifest must be a plain file"};
  auto text = ReadBlob(repository, *git_tree_entry_id(entry), shown);
  if (!text) return text.error();
  return File{git_tree_entry_filemode(entry), *text, *text};
}

// The version of an image stands behind its repository.
std::string AddAfter(const std::vector<std::string>& field) {
  const bool of_image = field.size() >= 2 && field[field.size() - 2] == "image";
  return of_image && (field.back() == "tag" || field.back() == "digest") ? "repository" : "";
}

// What stands at the place of an edit.
Expected<std::string> Now(const VersionEdit& edit, const std::string& text) {
  if (!edit.on_line) return codec::ReadScalar(text, {edit.path, edit.object, edit.field});
  auto now = codec::ReadOnLine(text, *edit.on_line);
  if (!now) return std::move(now).error().Within(edit.path);
  return now;
}

// `from`: what must stand there; empty: anything may.
Expected<std::string> Edited(const VersionEdit& edit, const std::string& text, std::optional<std::string> from) {
  if (edit.on_line) {
    auto edited = codec::EditOnLine(text, {*edit.on_line, edit.to, std::move(from)});
    if (!edited) return std::move(edited).error().Within(edit.path);
    return edited;
  }
  return codec::EditScalar(text, {.place = {edit.path, edit.object, edit.field},
                                  .to = edit.to,
                                  .from = std::move(from),
                                  .add_after = edit.from.empty() ? AddAfter(edit.field) : ""});
}

// Null: the clone does not have that commit.
TreePtr TreeOf(git_repository* repository, const Revision& revision) {
  const auto id = ParseOid(revision);
  git_commit* commit = nullptr;
  if (!id || git_commit_lookup(&commit, repository, &*id) != 0) return nullptr;
  const CommitPtr owner(commit);
  git_tree* tree = nullptr;
  git_commit_tree(&tree, commit);
  return TreePtr(tree);
}

// Which file or folder is there, with its mode; empty: nothing is. `full` may be the root.
Expected<std::string> IdAt(const git_tree* tree, const std::string& full) {
  if (full.empty()) return ToHex(*git_tree_id(tree));
  git_tree_entry* entry = nullptr;
  const int code = git_tree_entry_bypath(&entry, tree, full.c_str());
  const TreeEntryPtr owner(entry);
  if (code == GIT_ENOTFOUND) return std::string();
  if (code != 0) return Unusable("find " + Printable(full));
  return std::to_string(git_tree_entry_filemode(entry)) + " " + ToHex(*git_tree_entry_id(entry));
}

std::ptrdiff_t LinesOf(std::string_view text) {
  return std::count(text.begin(), text.end(), '\n');
}

class Editor {
 public:
  explicit Editor(const EditBase& base) : base_(base) {}

  Expected<EditedTree> Run(const std::vector<VersionEdit>& edits) {
    for (const VersionEdit& edit : edits) {
      auto done = Apply(edit);
      if (!done && done.error().kind == ErrorKind::Transient) return done.error();
      if (!done) result_.dropped.push_back(ToString(edit.object) + ": " + done.error().message);
    }
    auto written = Write();
    if (!written) return written.error();
    return std::move(result_);
  }

 private:
  std::string Full(const std::string& path) const {
    return base_.path.empty() || path.empty() ? base_.path + path : base_.path + "/" + path;
  }

  Expected<void> Apply(const VersionEdit& edit) {
    auto wanted = Wanted(edit);
    if (!wanted) return wanted.error();
    if (!*wanted) return Held();
    auto file = Open(edit.path);
    if (!file) return file.error();
    File& open = **file;
    if (const auto now = Now(edit, open.text); now && *now == edit.to) return Held();
    if (auto same = CheckBasis(edit, open.text); !same) return same;
    auto text = Edited(edit, open.text, base_.watched == nullptr ? std::optional(edit.from) : std::nullopt);
    if (!text) return text.error();
    open.text = *std::move(text);
    ++result_.changed;
    return {};
  }

  // Whether the edit was judged by what is there now.
  Expected<void> CheckBasis(const VersionEdit& edit, const std::string& text) const {
    if (!edit.basis) return {};
    const TreePtr judged = TreeOf(base_.repository, edit.basis->revision);
    if (!judged) return Changed(edit, "the revision that the edit was made for is not in the clone any more");
    for (const std::string& path : edit.basis->paths) {
      const auto then = IdAt(judged.get(), Full(path));
      const auto now = IdAt(base_.current, Full(path));
      if (!then || !now) return then ? now.error() : then.error();
      if (*then != *now) return Changed(edit, "somebody changed " + Printable(path) + " since");
    }
    const auto file = ReadFile(base_.repository, judged.get(), Full(edit.path), edit.path);
    if (!file) return file.error();
    if (edit.on_line && LinesOf(file->text) != LinesOf(text)) return Changed(edit, "its lines were moved since");
    return {};
  }

  static Error Changed(const VersionEdit& edit, const std::string& what) {
    return {ErrorKind::Conflict, edit.path + ": " + what + "; what is there now is looked at first"};
  }

  Expected<void> Held() {
    ++result_.held;
    return {};
  }

  // Whether the watched tree asks for the edit: false when it says `to` already.
  Expected<bool> Wanted(const VersionEdit& edit) const {
    if (base_.watched == nullptr) return true;
    const auto file = ReadFile(base_.repository, base_.watched, Full(edit.path), edit.path);
    if (!file) return file.error();
    const auto now = Now(edit, file->text);
    if (!now && (now.error().kind != ErrorKind::NotFound || !edit.from.empty())) return now.error();
    const std::string says = now ? *now : "";
    if (says == edit.to) return false;
    if (says == edit.from) return true;
    return Error{ErrorKind::Conflict, edit.path + ": the value is \"" + says + "\" by now, not \"" + edit.from + "\""};
  }

  Expected<File*> Open(const std::string& path) {
    const auto it = files_.find(path);
    if (it != files_.end()) return &it->second;
    auto file = ReadFile(base_.repository, base_.tree, Full(path), path);
    if (!file) return file.error();
    return &files_.emplace(path, *std::move(file)).first->second;
  }

  Expected<void> Write() {
    std::vector<std::string> paths;
    std::vector<git_tree_update> updates;
    for (const auto& [path, file] : files_)
      if (file.text != file.before) paths.push_back(Full(path));
    for (const auto& [path, file] : files_) {
      if (file.text == file.before) continue;
      git_oid blob{};
      if (git_blob_create_from_buffer(&blob, base_.repository, file.text.data(), file.text.size()) != 0)
        return Unusable("write " + path);
      updates.push_back({GIT_TREE_UPDATE_UPSERT, blob, file.mode, paths[updates.size()].c_str()});
    }
    if (updates.empty()) result_.changed = 0;
    // Only read by the call, whose argument is not const.
    auto* tree = const_cast<git_tree*>(base_.tree);
    if (!updates.empty() &&
        git_tree_create_updated(&result_.id, base_.repository, tree, updates.size(), updates.data()) != 0)
      return Unusable("write a tree");
    return {};
  }

  const EditBase& base_;
  std::map<std::string, File> files_;  // by path below the sub-path
  EditedTree result_;
};

}  // namespace

Expected<EditedTree> ApplyEdits(const EditBase& base, const std::vector<VersionEdit>& edits) {
  return Editor(base).Run(edits);
}

}  // namespace tinyforge::git
