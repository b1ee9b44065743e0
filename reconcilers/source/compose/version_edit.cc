#include "reconcilers/source/compose/version_edit.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "api-types/codec/manifest.h"
#include "api-types/codec/scalar_edit.h"
#include "reconcilers/source/compose/compose_source.h"
#include "reconcilers/source/compose/version_places.h"

namespace tinyforge::compose {
namespace {

constexpr std::size_t kMaxTrials = 64;

// A tree with another text in one of its files.
class EditedTree : public TreeReader {
 public:
  EditedTree(const TreeReader& tree, const std::string& path, const std::string& text)
      : tree_(tree), path_(path), text_(text) {}
  const Revision& revision() const override { return tree_.revision(); }
  Expected<std::vector<TreeEntry>> List(std::string_view path) const override { return tree_.List(path); }
  Expected<std::string> Read(const TreeEntry& entry) const override {
    return entry.path == path_ ? Expected<std::string>(text_) : tree_.Read(entry);
  }

 private:
  const TreeReader& tree_;
  const std::string& path_;
  const std::string& text_;
};

// The images that services name, as they are written.
StringMap ImagesIn(const LoadedProject& project) {
  StringMap images;
  const doc::Node* services = project.root.Find("services");
  if (services == nullptr) return images;
  for (const doc::Node::Member& service : services->members)
    if (const doc::Node* image = service.value.Find("image")) images.emplace(service.key, image->text);
  return images;
}

Expected<LoadedProject> LoadOf(const Origin& from, const TreeReader& tree, ReadSet& reads) {
  const auto request = LoadRequestOf(from, reads);
  if (!request) return request.error();
  return Load(*request, tree, reads);
}

// A compose workload before the edit.
struct Known {
  v1::ObjectPtr workload;
  StringMap images;
  ReadSet reads;
};

// What an edit does to the images of all services.
struct Effect {
  bool wanted = false;              // the service has the image that it is to have
  std::vector<std::string> others;  // that have another one, or none, and should not
};

class Trials {
 public:
  explicit Trials(const VersionChange& change) : change_(change) {
    for (const auto& [key, object] : change.snapshot.objects->objects) {
      if (key.kind != Kind::Workload || !object->workload().source.compose) continue;
      Known known{.workload = object};
      if (const auto project = LoadOf({*object, change.secrets}, *change.snapshot.tree, known.reads)) {
        known.images = ImagesIn(*project);
        known_.push_back(std::move(known));
      }
    }
  }

  // Empty: the edit cannot be made.
  std::optional<Effect> Try(const VersionEdit& edit) const {
    const auto text = TextAfter(edit);
    if (!text) return std::nullopt;
    const EditedTree tree(*change_.snapshot.tree, edit.path, *text);
    const auto manifests = codec::DecodeManifests(edit.path, *text).objects;
    Effect effect;
    for (const Known& known : known_) {
      const bool in_file = known.workload->position.path == edit.path;
      if (!in_file && !known.reads.Covers(edit.path)) continue;
      const v1::ObjectPtr after = in_file ? Find(manifests, known.workload->key) : known.workload;
      // Of a document that cannot be read an earlier revision holds, and goes on to.
      if (after || known.workload->key == change_.workload.key) Compare(known, after, tree, effect);
    }
    return effect;
  }

 private:
  static v1::ObjectPtr Find(const std::vector<v1::ObjectPtr>& objects, const ObjectKey& key) {
    const auto found = std::ranges::find_if(objects, [&](const auto& object) { return object->key == key; });
    return found == objects.end() ? nullptr : *found;
  }

  Expected<std::string> TextAfter(const VersionEdit& edit) const {
    ReadSet unused;
    auto text = ReadTreeFile(*change_.snapshot.tree, edit.path, unused);
    if (!text) return std::move(text).error();
    if (!*text) return Error{ErrorKind::NotFound, edit.path};
    if (edit.on_line) return codec::EditOnLine(**text, {*edit.on_line, edit.to, edit.from});
    return codec::EditScalar(**text, {.place = {edit.path, edit.object, edit.field}, .to = edit.to, .from = edit.from});
  }

  void Compare(const Known& known, const v1::ObjectPtr& after, const TreeReader& tree, Effect& effect) const {
    ReadSet unused;
    const auto project = after ? LoadOf({*after, change_.secrets}, tree, unused) : Error{ErrorKind::NotFound, "gone"};
    const StringMap images = project ? ImagesIn(*project) : StringMap();
    const bool own = known.workload->key == change_.workload.key;
    for (const auto& [service, image] : known.images) {
      const auto now = images.find(service);
      if (now != images.end() && now->second == image) continue;
      const bool fits = own && now != images.end() && IsWanted(service, now->second);
      if (!fits) effect.others.push_back((own ? "" : known.workload->key.name + "/") + service);
      effect.wanted = effect.wanted || (fits && service == change_.service);
    }
  }

  bool IsWanted(const std::string& service, const std::string& image) const {
    const auto found = change_.wanted.find(service);
    return found != change_.wanted.end() && WriteImageReference(found->second) == image;
  }

  const VersionChange& change_;
  std::vector<Known> known_;
};

// What may stand where `part` does, so that `before`, of which it is a part, becomes `after`.
std::vector<std::string> Replacements(std::string_view part, std::string_view before, std::string_view after) {
  std::vector<std::string> texts;
  std::size_t at = before.rfind(part);
  while (at != std::string_view::npos) {
    const std::string_view behind = before.substr(at + part.size());
    const bool fits =
        after.size() >= at + behind.size() && after.starts_with(before.substr(0, at)) && after.ends_with(behind);
    const std::string_view text = fits ? after.substr(at, after.size() - at - behind.size()) : part;
    if (!text.empty() && text != part) texts.emplace_back(text);
    at = at == 0 ? std::string_view::npos : before.rfind(part, at - 1);
  }
  return texts;
}

class Search {
 public:
  Search(const VersionChange& change, const LoadedProject& project, const doc::Node& image)
      : change_(change), project_(project), image_(image) {}

  Expected<VersionEdit> Run(const ReadSet& reads) {
    const Trials trials(change_);
    const std::string wanted = WriteImageReference(change_.wanted.at(change_.service));
    std::size_t left = kMaxTrials;
    for (VersionEdit& edit : PlacesOf({change_.workload, *change_.snapshot.tree, project_, reads, image_})) {
      for (std::string& text : Replacements(edit.from, image_.text, wanted)) {
        if (left-- == 0) return Refusal();
        edit.to = std::move(text);
        const auto effect = trials.Try(edit);
        if (effect && effect->wanted && effect->others.empty()) return std::move(edit);
        if (effect && effect->wanted && others_.empty()) others_ = effect->others;
      }
    }
    return Refusal();
  }

 private:
  Error Refusal() const {
    const std::string where = Where(project_.files, image_.mark) + ": ";
    if (others_.empty())
      return {ErrorKind::Invalid, where + "no single value that can be changed says the version of " + change_.service +
                                      "; expected image: REPOSITORY:TAG on one line, or with one variable for the tag"};
    std::string names;
    for (const std::string& name : others_) names += (names.empty() ? "" : ", ") + name;
    return {ErrorKind::Conflict, where + "the image of " + change_.service + " is said there for " + names +
                                     " too; expected one of its own, since only that of " + change_.service +
                                     " is to change"};
  }

  const VersionChange& change_;
  const LoadedProject& project_;
  const doc::Node& image_;
  std::vector<std::string> others_;  // that the first edit which would do moves too
};

}  // namespace

Expected<VersionEdit> FindVersionEdit(const VersionChange& change) {
  ReadSet reads;
  const auto project = LoadOf({change.workload, change.secrets}, *change.snapshot.tree, reads);
  if (!project) return project.error();
  const doc::Node* services = project->root.Find("services");
  const doc::Node* service = services == nullptr ? nullptr : services->Find(change.service);
  const doc::Node* image = service == nullptr ? nullptr : service->Find("image");
  if (image == nullptr || !change.wanted.contains(change.service))
    return Error{ErrorKind::Invalid, "the service " + change.service + " names no image"};
  return Search(change, *project, *image).Run(reads);
}

}  // namespace tinyforge::compose
