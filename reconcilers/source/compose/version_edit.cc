#include "reconcilers/source/compose/version_edit.h"

#include <optional>
#include <utility>
#include <vector>

#include "reconcilers/source/compose/compose_source.h"
#include "reconcilers/source/compose/version_places.h"
#include "reconcilers/source/compose/version_trial.h"

namespace tinyforge::compose {
namespace {

constexpr std::size_t kMaxTrials = 64;

Expected<LoadedProject> LoadOf(const Origin& from, const TreeReader& tree, ReadSet& reads) {
  const auto request = LoadRequestOf(from, reads);
  if (!request) return request.error();
  return Load(*request, tree, reads);
}

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
    const auto trials = VersionTrials::Of(change_);
    if (!trials) return trials.error();
    const std::string wanted = WriteImageReference(change_.wanted.at(change_.service));
    std::size_t left = kMaxTrials;
    auto places = PlacesOf({change_.workload, *change_.snapshot.tree, project_, reads, image_});
    if (!places) return std::move(places).error();
    for (VersionEdit& edit : *places) {
      for (std::string& text : Replacements(edit.from, image_.text, wanted)) {
        if (left-- == 0) return Refusal();
        edit.to = std::move(text);
        auto effect = trials->Try(edit);
        if (!effect) return std::move(effect).error();
        edit.basis = effect->basis;
        if (effect->IsWantedAlone()) return std::move(edit);
        if (effect->wanted && !refused_) refused_ = Refused{edit.path, *std::move(effect)};
      }
    }
    return Refusal();
  }

 private:
  // The first edit that would do, but does more.
  struct Refused {
    std::string path;
    EditEffect effect;
  };

  Error Refusal() const {
    const std::string where = Where(project_.files, image_.mark) + ": ";
    if (!refused_)
      return {ErrorKind::Invalid, where + "no single value that can be changed says the version of " + change_.service +
                                      "; expected image: REPOSITORY:TAG on one line, or with one variable for the tag"};
    return {ErrorKind::Conflict, where + Why(*refused_)};
  }

  std::string Why(const Refused& refused) const {
    const EditEffect& effect = refused.effect;
    if (!effect.images.empty())
      return "the image of " + change_.service + " is said there for " + Listed(effect.images) +
             " too; expected one of its own, since only that of " + change_.service + " is to change";
    if (!effect.unknown.empty())
      return "the version of " + change_.service + " is said in " + refused.path + ", of which " +
             Listed(effect.unknown) + " is made too and cannot be read here; expected a file of its own for " +
             change_.service + ", or that it can be read";
    return "the value in " + refused.path + " that says the version of " + change_.service +
           " is used for more: " + Listed(effect.replaced) +
           " would be replaced; expected a value that says the version alone";
  }

  static std::string Listed(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
  }

  const VersionChange& change_;
  const LoadedProject& project_;
  const doc::Node& image_;
  std::optional<Refused> refused_;
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
