#include "reconcilers/source/compose/version_trial.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "api-types/codec/manifest.h"
#include "api-types/codec/scalar_edit.h"
#include "reconcilers/source/compose/compose_source.h"
#include "reconcilers/source/compose/load_session.h"
#include "reconcilers/source/compose/tree_path.h"

namespace tinyforge::compose {
namespace {

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

// Secrets of which those that this host does not have stay as they are, whatever that is.
class SecretsAsTheyAre : public SecretReader {
 public:
  explicit SecretsAsTheyAre(SecretReader& secrets) : secrets_(secrets) {}
  Expected<SecretHandle> Find(const v1::SecretKeyRef& ref) override {
    auto found = secrets_.Find(ref);
    if (found || found.error().kind == ErrorKind::Transient) return found;
    return SecretHandle{ref, "unknown"};
  }
  Expected<std::vector<SecretHandle>> Variables(const v1::SecretKeyRef& ref) override {
    auto found = secrets_.Variables(ref);
    if (found || found.error().kind == ErrorKind::Transient) return found;
    return std::vector<SecretHandle>();
  }
  Expected<std::string> Reveal(const SecretHandle& handle) override { return secrets_.Reveal(handle); }

 private:
  SecretReader& secrets_;
};

// What a workload is at a tree: the images of its services, and the services with one image in place of all of those.
struct Rendered {
  SourceImages images;
  DesiredServices services;
};

struct Subject {
  const v1::Object& workload;
  const TreeReader& tree;
  SecretReader& secrets;
};

Expected<Rendered> Render(const Subject& of, ReadSet& reads) {
  SecretsAsTheyAre secrets(of.secrets);
  const HostPaths paths{"/volumes", "/files"};
  const auto kind = FindSourceKind(of.workload.workload().source);
  if (!kind) return kind.error();
  auto images = (*kind)->Images(of.workload, of.tree, secrets);
  RenderRequest request{of.workload, of.tree, secrets, paths, v1::IdentityOf(of.workload)};
  for (const auto& [service, image] : images ? *images : SourceImages())
    if (image) request.resolved.emplace(service, ResolvedImage{"image:tag", "image:tag", "tag", "trial"});
  auto services = (*kind)->Render(request, reads);
  if (!images) return std::move(images).error();
  if (!services) return std::move(services).error();
  return Rendered{*std::move(images), *std::move(services)};
}

// Without what the image alone decides.
auto Parts(const DesiredState& of) {
  return std::tie(of.workload, of.service, of.containers, of.networks, of.volumes, of.exclusive_sources, of.directories,
                  of.files, of.build, of.after, of.rollout, of.project, of.unready, of.job);
}

// The services that are another in the two, or in one of them alone.
std::set<std::string> Differing(const DesiredServices& before, const DesiredServices& after) {
  std::set<std::string> names;
  const auto is_in = [](const DesiredState& state, const DesiredServices& services) {
    return std::ranges::any_of(services, [&](const DesiredState& other) { return Parts(state) == Parts(other); });
  };
  for (const DesiredState& state : before)
    if (!is_in(state, after)) names.insert(state.service);
  for (const DesiredState& state : after)
    if (!is_in(state, before)) names.insert(state.service);
  return names;
}

std::string TextOf(const std::optional<v1::ImageSource>& image) {
  return image ? WriteImageReference(*image) : "";
}

// What the manifest names, though it may not have been read.
void AddNamed(const Subject& of, ReadSet& reads) {
  if (!of.workload.workload().source.compose) return;
  SecretsAsTheyAre secrets(of.secrets);
  const auto request = LoadRequestOf({of.workload, secrets}, reads);
  if (!request) return;
  for (const ComposeFile& file : request->files) reads.paths.insert(file.path);
  for (const VariablesFile& file : request->env_files)
    if (!file.path.empty()) reads.paths.insert(file.path);
  reads.paths.insert(Join(request->directory, ".env"));
}

v1::ObjectPtr FindIn(const std::vector<v1::ObjectPtr>& objects, const ObjectKey& key) {
  const auto found = std::ranges::find_if(objects, [&](const auto& object) { return object->key == key; });
  return found == objects.end() ? nullptr : *found;
}

}  // namespace

Expected<VersionTrials> VersionTrials::Of(const VersionChange& change) {
  VersionTrials trials(change);
  for (const auto& [key, object] : change.snapshot.objects->objects) {
    if (key.kind != Kind::Workload) continue;
    if (auto learnt = trials.Learn(object); !learnt) return std::move(learnt).error();
  }
  return trials;
}

Expected<void> VersionTrials::Learn(const v1::ObjectPtr& workload) {
  Known known{.workload = workload, .reads = {}};
  const Subject subject{*workload, *change_.snapshot.tree, change_.secrets};
  if (auto rendered = Render(subject, known.reads); !rendered) {
    if (rendered.error().kind == ErrorKind::Transient)
      return std::move(rendered).error().Within(ToString(workload->key));
    known.error = std::move(rendered).error();
    AddNamed(subject, known.reads);
  }
  known_.push_back(std::move(known));
  return {};
}

Expected<EditEffect> VersionTrials::Try(const VersionEdit& edit) const {
  const auto text = TextAfter(edit);
  if (!text) return text.error().kind == ErrorKind::Transient ? Expected<EditEffect>(text.error()) : EditEffect();
  const EditedTree tree(*change_.snapshot.tree, edit.path, *text);
  const auto manifests = codec::DecodeManifests(edit.path, *text).objects;
  EditEffect effect{.basis = {change_.snapshot.tree->revision(), {edit.path}}};
  for (const Known& known : known_) {
    const v1::Object& workload = *known.workload;
    const bool in_file = workload.position.path == edit.path;
    if (!in_file && !known.reads.Covers(edit.path)) continue;
    const v1::ObjectPtr after = in_file ? FindIn(manifests, workload.key) : known.workload;
    // Of a document that cannot be read an earlier revision holds, and goes on to.
    if (!after && workload.key != change_.workload.key) continue;
    effect.basis.paths.insert(known.reads.paths.begin(), known.reads.paths.end());
    effect.basis.paths.insert(workload.position.path);
    if (known.error)
      effect.unknown.push_back(ToString(workload.key) + " (" + known.error->message + ")");
    else if (auto done = Compare(known, after, tree, effect); !done)
      return std::move(done).error();
  }
  return effect;
}

Expected<std::string> VersionTrials::TextAfter(const VersionEdit& edit) const {
  ReadSet unused;
  auto text = ReadTreeFile(*change_.snapshot.tree, edit.path, unused);
  if (!text) return std::move(text).error();
  if (!*text) return Error{ErrorKind::NotFound, edit.path};
  if (edit.on_line) return codec::EditOnLine(**text, {*edit.on_line, edit.to, edit.from});
  return codec::EditScalar(**text, {.place = {edit.path, edit.object, edit.field}, .to = edit.to, .from = edit.from});
}

Expected<void> VersionTrials::Compare(const Known& known, const v1::ObjectPtr& after, const TreeReader& tree,
                                      EditEffect& effect) const {
  ReadSet unused;
  const v1::Object& workload = *known.workload;
  const auto then = Render({workload, *change_.snapshot.tree, change_.secrets}, unused);
  if (!then) return then.error();
  const auto now = after ? Render({*after, tree, change_.secrets}, unused) : Error{ErrorKind::NotFound, "gone"};
  if (!now && now.error().kind == ErrorKind::Transient) return now.error();
  for (const auto& [service, image] : then->images) {
    const auto found = now ? now->images.find(service) : then->images.end();
    const bool there = now && found != now->images.end();
    if (there && TextOf(found->second) == TextOf(image)) continue;
    const bool fits = there && IsWanted(workload, service, TextOf(found->second));
    if (!fits) effect.images.push_back(NameOf(workload, service));
    const bool own = workload.key == change_.workload.key && service == change_.service;
    effect.wanted = effect.wanted || (fits && own);
  }
  for (const std::string& service : Differing(then->services, now ? now->services : DesiredServices()))
    effect.replaced.push_back(NameOf(workload, service));
  return {};
}

std::string VersionTrials::NameOf(const v1::Object& workload, const std::string& service) const {
  if (workload.key == change_.workload.key) return service;
  return workload.key.name + (service.empty() ? "" : "/" + service);
}

bool VersionTrials::IsWanted(const v1::Object& workload, const std::string& service, const std::string& image) const {
  const auto found = change_.wanted.find(service);
  return workload.key == change_.workload.key && found != change_.wanted.end() &&
         WriteImageReference(found->second) == image;
}

}  // namespace tinyforge::compose
