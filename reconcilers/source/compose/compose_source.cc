#include "reconcilers/source/compose/compose_source.h"

#include "reconcilers/source/compose/decode.h"
#include "reconcilers/source/compose/env_file.h"
#include "reconcilers/source/compose/loader.h"
#include "reconcilers/source/compose/render.h"
#include "reconcilers/source/compose/tree_path.h"
#include "reconcilers/source/compose/version_edit.h"
#include "reconcilers/source/desired_files.h"

namespace tinyforge {
namespace compose {
namespace {

constexpr std::size_t kMaxEnvBytes = 64 << 20;

Expected<std::vector<std::string>> PathsOf(const v1::Object& workload, const v1::ComposeSource& source) {
  std::vector<std::string> paths;
  std::vector<std::string> asked = source.files;
  if (source.file) asked.push_back(*source.file);
  for (const std::string& file : asked) {
    auto path = ResolveTreePath(workload.position.path, file);
    if (!path) return std::move(path).error();
    paths.push_back(std::move(*path));
  }
  return paths;
}

// Its variables are asked for here, since their names say what is a secret; the values stay where they are.
Expected<VariablesFile> FileOf(const Origin& from, const v1::ComposeEnvFile& file, ReadSet& read_set) {
  if (!file.secret) {
    auto path = ResolveTreePath(from.workload.position.path, file.path);
    if (!path) return std::move(path).error();
    return VariablesFile{.path = std::move(*path)};
  }
  read_set.secrets.insert(file.secret->name);
  auto variables = from.secrets.Variables(*file.secret);
  if (!variables) return std::move(variables).error().Within("source.compose.envFiles");
  return VariablesFile{.variables = std::move(*variables)};
}

Expected<void> AddEnvironment(const Origin& from, LoadRequest& load, ReadSet& read_set) {
  const v1::ComposeSource& source = *from.workload.workload().source.compose;
  for (const v1::EnvVar& variable : source.env) {
    if (variable.secret)
      load.secrets.emplace(variable.name, *variable.secret);
    else
      load.environment[variable.name] = variable.value.value_or("");
  }
  for (const v1::ComposeEnvFile& file : source.env_files) {
    auto variables = FileOf(from, file, read_set);
    if (!variables) return std::move(variables).error();
    load.env_files.push_back(std::move(*variables));
  }
  return {};
}

}  // namespace

Expected<LoadRequest> LoadRequestOf(const Origin& from, ReadSet& read_set) {
  const v1::Object& workload = from.workload;
  const v1::ComposeSource& source = *workload.workload().source.compose;
  LoadRequest load{.project_name = source.project_name.value_or(""),
                   .default_name = v1::IdentityOf(workload),
                   .profiles = {source.profiles.begin(), source.profiles.end()}};
  const std::string& manifest = workload.position.path;
  if (source.inline_) {
    load.files.push_back({.path = manifest, .text = *source.inline_});
    load.directory = FolderOf(manifest);
  } else {
    auto paths = PathsOf(workload, source);
    if (!paths) return std::move(paths).error();
    for (std::string& path : *paths) load.files.push_back({.path = std::move(path)});
    load.directory = FolderOf(load.files.front().path);
  }
  if (auto added = AddEnvironment(from, load, read_set); !added) return std::move(added).error();
  return load;
}

namespace {

// env_file and label_file of services.
class FilesAround {
 public:
  FilesAround(const RenderRequest& request, const std::string& directory, ReadSet& read_set)
      : request_(request), directory_(directory), read_set_(read_set) {}

  Expected<Assignments> Read(const EnvFile& file, const Variables& lookup) {
    auto path = ResolveTreePath(directory_.empty() ? "" : directory_ + "/x", file.path);
    if (!path) return std::move(path).error();
    auto text = ReadTreeFile(request_.tree, *path, read_set_);
    if (!text) return std::move(text).error();
    if (!*text) return Error{ErrorKind::NotFound, "no file " + *path + " in the repository"};
    bytes_ += (*text)->size();
    if (bytes_ > kMaxEnvBytes)
      return Error{ErrorKind::Terminal, "the services name env and label files of more than 64 MiB in all"};
    auto entries = file.raw ? ParseRawEnvFile(**text, lookup) : ParseEnvFile(**text, lookup);
    if (!entries) return std::move(entries).error().Within(*path);
    return entries;
  }

 private:
  const RenderRequest& request_;
  const std::string& directory_;
  ReadSet& read_set_;
  std::size_t bytes_ = 0;  // read so far, each time anew
};

}  // namespace

Expected<SourceProject> ReadProject(const RenderRequest& request, ReadSet& read_set) {
  auto load = LoadRequestOf({request.workload, request.secrets}, read_set);
  if (!load) return std::move(load).error();
  auto loaded = Load(*load, request.tree, read_set);
  if (!loaded) return std::move(loaded).error();
  FilesAround around(request, load->directory, read_set);
  auto project = Decode(
      {.name = loaded->name,
       .root = loaded->root,
       .disabled = loaded->disabled,
       .files = loaded->files,
       .surroundings = {.variables = LookupIn(loaded->environment),
                        .env_file = [&](const auto& file, const auto& lookup) { return around.Read(file, lookup); }}});
  if (!project) return std::move(project).error();
  return SourceProject{std::move(load->directory), std::move(*loaded), std::move(*project)};
}

}  // namespace compose

std::string_view ComposeSourceKind::Sample() const {
  return R"(apiVersion: tinyforge.dev/v1
kind: Workload
metadata: {name: hello}
spec:
  source:
    compose:
      inline: |
        services:
          web:
            image: nginx:1.27
)";
}

Expected<SourceImages> ComposeSourceKind::Images(const v1::Object& workload, const TreeReader& tree,
                                                 SecretReader& secrets) const {
  ReadSet unused;
  const auto load = compose::LoadRequestOf({workload, secrets}, unused);
  if (!load) return load.error();
  const auto loaded = compose::Load(*load, tree, unused);
  if (!loaded) return loaded.error();
  SourceImages images;
  const doc::Node* services = loaded->root.Find("services");
  for (const doc::Node::Member& service : services ? services->members : std::vector<doc::Node::Member>()) {
    const doc::Node* image = service.value.Find("image");
    const bool named = image && image->type == doc::Type::String && !image->text.empty();
    images.emplace(service.key, named ? std::optional(ParseImageReference(image->text)) : std::nullopt);
  }
  if (images.empty()) return Error{ErrorKind::Terminal, "no service is enabled"};
  return images;
}

Expected<VersionEdit> ComposeSourceKind::EditOf(const VersionChange& change) const {
  return compose::FindVersionEdit(change);
}

Expected<DesiredServices> ComposeSourceKind::Render(const RenderRequest& request, ReadSet& read_set) const {
  auto read = compose::ReadProject(request, read_set);
  if (!read) return std::move(read).error();
  const v1::ComposeSource& source = *request.workload.workload().source.compose;
  return compose::Render({.project = read->project,
                          .root = read->loaded.root,
                          .request = request,
                          .secrets = std::move(read->loaded.secrets),
                          .folder = std::move(read->folder),
                          .host_folder = source.project_directory.value_or(""),
                          .files = std::move(read->loaded.files),
                          .adopt = source.adopt},
                         read_set);
}

}  // namespace tinyforge
