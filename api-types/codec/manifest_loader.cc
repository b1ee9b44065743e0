#include "api-types/codec/manifest_loader.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "api-types/v1/set_rules.h"

namespace tinyforge::codec {
namespace {

auto Place(const SourcePosition& position) {
  return std::tie(position.path, position.line, position.column);
}

bool Before(const v1::ObjectPtr& a, const v1::ObjectPtr& b) {
  return Place(a->position) < Place(b->position);
}

v1::Diagnostic DuplicateOf(const v1::Object& object, const v1::Object& first) {
  return {
      object.position, "metadata.name",
      ToString(object.key) + " stands already in " + ToString(first.position) + ", which holds; rename or remove one"};
}

}  // namespace

v1::ObjectSet ManifestLoader::Update(const Revision& revision, std::span<const TreeChange> changes,
                                     const BlobReader& read) {
  decoded_ = 0;
  for (const TreeChange& change : changes) Apply(change, read);
  return Collect(revision);
}

v1::ObjectSet ManifestLoader::Load(const Revision& revision, std::span<const TreeChange> tree, const BlobReader& read) {
  decoded_ = 0;
  std::set<std::string_view> listed;
  for (const TreeChange& file : tree) listed.insert(file.path);
  std::vector<std::string> gone;
  for (const auto& [path, file] : files_)
    if (!listed.contains(path)) gone.push_back(path);
  for (const std::string& path : gone) Drop(path);
  refused_.clear();
  for (const TreeChange& file : tree) Apply(file, read);
  return Collect(revision);
}

void ManifestLoader::Apply(const TreeChange& change, const BlobReader& read) {
  if (!IsManifestPath(change.path)) {
    if (change.refused.empty())
      refused_.erase(change.path);
    else
      refused_.insert_or_assign(change.path, change.refused);
    return;
  }
  if (!change.refused.empty()) return Refuse(change.path, change.refused + "; a manifest must be a plain file");
  if (change.blob.empty()) return Drop(change.path);
  File& file = files_[change.path];
  if (file.blob == change.blob) return;
  auto bytes = read(change.path, change.blob);
  if (bytes) return Decode(change, *bytes);
  const std::string message = "could not be read: " + bytes.error().message;
  if (bytes.error().kind == ErrorKind::Invalid) {
    Refuse(change.path, message);
    file.blob = change.blob;
    return;
  }
  file.blob.clear();
  unread_[change.path] = change.blob;
  faulty_[change.path] = {{}, {{{change.path, 1, 1}, "", message}}, {}, false};
}

// Where nothing of ours stood before, something may have been moved to, so it may be any object.
void ManifestLoader::Refuse(const std::string& path, std::string message) {
  File& file = files_[path];
  const bool unnamed = !file.held_manifest;
  for (const v1::ObjectPtr& object : file.objects) Erase(object);
  file.objects.clear();
  file.blob.clear();
  unread_.erase(path);
  faulty_[path] = {{}, {{{path, 1, 1}, "", std::move(message)}}, {}, unnamed};
}

void ManifestLoader::Decode(const TreeChange& change, const std::string& bytes) {
  File& file = files_[change.path];
  for (const v1::ObjectPtr& object : file.objects) Erase(object);
  DecodeResult result =
      DecodeManifests(change.path, bytes, {.held_manifest_before = file.held_manifest, .blob = change.blob});
  ++decoded_;
  file.blob = change.blob;
  file.objects = std::move(result.objects);
  file.held_manifest = file.held_manifest || !file.objects.empty();
  for (const v1::ObjectPtr& object : file.objects) Insert(object);
  unread_.erase(change.path);
  if (result.errors.empty()) {
    faulty_.erase(change.path);
  } else {
    faulty_[change.path] = {{}, std::move(result.errors), std::move(result.broken), result.unnamed};
  }
}

std::vector<TreeChange> ManifestLoader::Unread() const {
  std::vector<TreeChange> files;
  for (const auto& [path, blob] : unread_) files.push_back({path, blob});
  return files;
}

void ManifestLoader::Drop(const std::string& path) {
  const auto found = files_.find(path);
  if (found == files_.end()) return;
  for (const v1::ObjectPtr& object : found->second.objects) Erase(object);
  files_.erase(found);
  faulty_.erase(path);
  unread_.erase(path);
}

void ManifestLoader::Insert(const v1::ObjectPtr& object) {
  const auto [at, added] = objects_.emplace(object->key, object);
  if (added) return;
  auto& others = duplicates_[object->key];
  others.push_back(object);
  if (Before(object, at->second)) std::swap(others.back(), at->second);
  std::sort(others.begin(), others.end(), Before);
}

void ManifestLoader::Erase(const v1::ObjectPtr& object) {
  const auto at = objects_.find(object->key);
  const auto others = duplicates_.find(object->key);
  if (others == duplicates_.end()) {
    objects_.erase(at);
    return;
  }
  if (at->second == object) {
    at->second = others->second.front();
    others->second.erase(others->second.begin());
  } else {
    std::erase(others->second, object);
  }
  if (others->second.empty()) duplicates_.erase(others);
}

v1::ObjectSet ManifestLoader::Collect(const Revision& revision) const {
  v1::ObjectSet set;
  set.revision = revision;
  set.objects = objects_;
  set.complete = unread_.empty();
  set.refused = refused_;
  for (const auto& [path, file] : files_)
    if (file.objects.empty()) set.bare.insert(path);
  for (const auto& [path, result] : faulty_) {
    set.errors.insert(set.errors.end(), result.errors.begin(), result.errors.end());
    set.broken.insert(set.broken.end(), result.broken.begin(), result.broken.end());
    set.unnamed_errors = set.unnamed_errors || result.unnamed;
  }
  for (const auto& [key, others] : duplicates_)
    for (const v1::ObjectPtr& other : others) set.errors.push_back(DuplicateOf(*other, *objects_.at(key)));
  for (v1::Collision& collision : v1::ValidateSet(objects_)) {
    const v1::ObjectPtr object = objects_.at(collision.key);
    if (collision.key.kind == Kind::Workload && v1::IdentityOf(*object) != collision.key.name)
      set.broken.push_back({Kind::Workload, v1::IdentityOf(*object)});
    set.objects.erase(collision.key);
    set.broken.push_back(collision.key);
    set.errors.push_back(std::move(collision.error));
  }
  std::stable_sort(set.errors.begin(), set.errors.end(),
                   [](const auto& a, const auto& b) { return Place(a.position) < Place(b.position); });
  return set;
}

}  // namespace tinyforge::codec
