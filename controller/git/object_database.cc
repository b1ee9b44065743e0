#include "controller/git/object_database.h"

#include <algorithm>
#include <utility>

#include "controller/git/clone_directory.h"
#include "controller/git/fetch_session.h"
#include "reconcilers/core/repo_writer.h"

namespace tinyforge::git {
namespace {

constexpr int kMostCommits = 1000;  // of one push
constexpr auto kCheckInterval = std::chrono::milliseconds(50);

// "apps, docs/, README.md": at most ten names of a folder, so that a wrong path explains itself.
std::string Names(const git_tree* tree) {
  constexpr std::size_t kShown = 10;
  const std::size_t count = git_tree_entrycount(tree);
  if (count == 0) return "it is empty";
  std::string names = "there is ";
  for (std::size_t i = 0; i < count && i < kShown; ++i) {
    const git_tree_entry* entry = git_tree_entry_byindex(tree, i);
    if (i > 0) names += ", ";
    names += Printable(git_tree_entry_name(entry), 80);
    if (git_tree_entry_type(entry) == GIT_OBJECT_TREE) names += "/";
  }
  return names + (count > kShown ? " and " + std::to_string(count - kShown) + " more" : "");
}

Error NoFolder(const git_tree* parent, std::string_view path, std::string_view parent_path, bool is_file) {
  const std::string where =
      parent_path.empty() ? "at the top of the repository" : "in \"" + Printable(parent_path) + "\"";
  return {ErrorKind::NotFound, "\"" + Printable(path) + "\" is " +
                                   (is_file ? "not a folder; " : "not in the repository; ") + where + " " +
                                   Names(parent)};
}

}  // namespace

Expected<std::unique_ptr<ObjectDatabase>> ObjectDatabase::Open(std::shared_ptr<const Library> library,
                                                               const std::string& directory, DamageFlag damaged) {
  std::unique_ptr<ObjectDatabase> database(new ObjectDatabase(std::move(library), directory, std::move(damaged)));
  if (auto intact = database->CheckStillIntact(); !intact) return intact.error();
  git_repository* repository = nullptr;
  if (git_repository_open_bare(&repository, directory.c_str()) != 0) return database->Damaged("open it");
  database->repository_.reset(repository);
  git_odb* odb = nullptr;
  if (git_repository_odb(&odb, repository) != 0) return database->Damaged("open its objects");
  database->odb_.reset(odb);
  return database;
}

Error ObjectDatabase::Damaged(std::string_view what) {
  damaged_->store(true);
  return {ErrorKind::Transient, "the clone in " + directory_ + " is damaged and will be made again: cannot " +
                                    std::string(what) + ": " + LastMessage()};
}

Expected<void> ObjectDatabase::CheckStillIntact() {
  const auto now = std::chrono::steady_clock::now();
  if (now - checked_ < kCheckInterval) return {};
  if (auto intact = CheckPacks(directory_); !intact) {
    damaged_->store(true);
    return std::move(intact).error().Within("the clone in " + directory_ + " is damaged and will be made again");
  }
  checked_ = now;
  return {};
}

Expected<Revision> ObjectDatabase::Tip() {
  git_oid tip{};
  const int code = git_reference_name_to_id(&tip, repository_.get(), kTipReference);
  if (code != 0) return Damaged("read its tip");
  git_odb_object* commit = nullptr;
  if (git_odb_read(&commit, odb_.get(), &tip) != 0) return Damaged("read its tip");
  const OdbObjectPtr owner(commit);
  return ToHex(tip);
}

bool ObjectDatabase::Has(const Revision& commit) {
  const auto id = ParseOid(commit);
  return id && git_odb_exists(odb_.get(), &*id) == 1;
}

bool ObjectDatabase::HasCommit(const Revision& id) {
  std::size_t size = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  const auto oid = ParseOid(id);
  return oid && git_odb_read_header(&size, &type, odb_.get(), &*oid) == 0 && type == GIT_OBJECT_COMMIT;
}

Expected<TreePtr> ObjectDatabase::Root(const Revision& commit) {
  if (!Has(commit)) return Error{ErrorKind::NotFound, "the clone has no commit \"" + Printable(commit, 60) + "\""};
  const git_oid id = *ParseOid(commit);
  git_commit* found = nullptr;
  if (git_commit_lookup(&found, repository_.get(), &id) != 0) return Damaged("read commit " + commit);
  const CommitPtr owner(found);
  git_tree* tree = nullptr;
  if (git_commit_tree(&tree, found) != 0) return Damaged("read the tree of " + commit);
  return TreePtr(tree);
}

Expected<TreePtr> ObjectDatabase::Tree(const git_oid& id) {
  git_tree* tree = nullptr;
  if (git_tree_lookup(&tree, repository_.get(), &id) != 0) return Damaged("read tree " + ToHex(id));
  return TreePtr(tree);
}

Expected<TreePtr> ObjectDatabase::Folder(const Revision& commit, std::string_view path) {
  auto folder = Root(commit);
  std::size_t begin = 0;
  while (folder && begin < path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string name(path.substr(begin, end - begin));
    const git_tree_entry* entry = git_tree_entry_byname(folder->get(), name.c_str());
    if (entry == nullptr || git_tree_entry_type(entry) != GIT_OBJECT_TREE) {
      return NoFolder(folder->get(), path, path.substr(0, begin == 0 ? 0 : begin - 1), entry != nullptr);
    }
    folder = Tree(*git_tree_entry_id(entry));
    begin = end + 1;
  }
  return folder;
}

Expected<std::string> ObjectDatabase::Blob(std::string_view id, std::size_t max) {
  const auto oid = ParseOid(id);
  if (!oid) return Error{ErrorKind::Invalid, "\"" + Printable(id, 60) + "\" is not an object id"};
  std::size_t size = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  if (git_odb_read_header(&size, &type, odb_.get(), &*oid) != 0) return Damaged("find object " + std::string(id));
  if (type != GIT_OBJECT_BLOB) return Error{ErrorKind::Invalid, "object " + std::string(id) + " is not a file"};
  if (size > max) {
    return Error{ErrorKind::Invalid,
                 "it has " + std::to_string(size) + " bytes; at most " + std::to_string(max) + " are read"};
  }
  git_odb_object* object = nullptr;
  if (git_odb_read(&object, odb_.get(), &*oid) != 0) return Damaged("read object " + std::string(id));
  const OdbObjectPtr owner(object);
  return std::string(static_cast<const char*>(git_odb_object_data(object)), git_odb_object_size(object));
}

Expected<bool> ObjectDatabase::IsAncestor(const Revision& commit, const Revision& tip) {
  if (!Has(tip)) return Error{ErrorKind::NotFound, "the clone has no commit \"" + Printable(tip, 60) + "\""};
  if (!Has(commit)) return false;
  const git_oid older = *ParseOid(commit);
  const git_oid newer = *ParseOid(tip);
  if (git_oid_equal(&older, &newer) != 0) return true;
  const int answer = git_graph_descendant_of(repository_.get(), &newer, &older);
  if (answer < 0) return Damaged("walk the history from " + tip);
  return answer == 1;
}

Expected<bool> ObjectDatabase::IsOurs(const git_oid& commit) {
  git_commit* found = nullptr;
  if (git_commit_lookup(&found, repository_.get(), &commit) != 0) return Damaged("read commit " + ToHex(commit));
  const CommitPtr owner(found);
  return !InstanceOf(git_commit_message_raw(found)).empty();
}

Expected<bool> ObjectDatabase::AreOurs(git_revwalk* walk, const git_oid& tip, const std::vector<Revision>& known) {
  bool begun = git_revwalk_simplify_first_parent(walk) == 0 && git_revwalk_push(walk, &tip) == 0;
  for (const Revision& commit : known) {
    const auto id = ParseOid(commit);
    begun = begun && id && git_revwalk_hide(walk, &*id) == 0;
  }
  git_oid id{};
  int code = begun ? 0 : GIT_ERROR;
  for (int left = kMostCommits; code == 0 && left > 0; --left) {
    code = git_revwalk_next(&id, walk);
    auto ours = code == 0 ? IsOurs(id) : Expected<bool>(true);
    if (!ours || !*ours) return ours;
  }
  if (code != 0 && code != GIT_ITEROVER) return Damaged("walk the history from " + ToHex(tip));
  return code == GIT_ITEROVER;
}

// The tip is asked about also when it is no news: a branch may have been put back to it.
Expected<CommitOrigin> ObjectDatabase::OriginOf(const Revision& to, const std::vector<Revision>& known) {
  if (!HasCommit(to)) return CommitOrigin::Unknown;
  const git_oid tip = *ParseOid(to);
  auto ours = IsOurs(tip);
  git_revwalk* walk = nullptr;
  if (git_revwalk_new(&walk, repository_.get()) != 0) return Damaged("walk the history from " + to);
  const RevwalkPtr owner(walk);
  if (ours && *ours && !known.empty()) ours = AreOurs(walk, tip, known);
  if (!ours) return std::move(ours).error();
  return *ours ? CommitOrigin::Tinyforge : CommitOrigin::Others;
}

}  // namespace tinyforge::git
