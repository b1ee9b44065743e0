#include "reconcilers/source/compose/compose_source.h"

#include "reconcilers/source/compose/decode.h"
#include "reconcilers/source/compose/env_file.h"
#include "reconcilers/source/compose/loader.h"
#include "reconcilers/source/compose/render.h"
#include "reconcilers/source/desired_files.h"

namespace tinyforge {
namespace compose {
namespace {

std::string FolderOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

Expected<std::vector<std::string>> PathsOf(const RenderRequest& request, const v1::ComposeSource& source) {
  std::vector<std::string> paths;
  std::vector<std::string> asked = source.files;
  if (source.file) asked.push_back(*source.file);
  for (const std::string& file : asked) {
    auto path = ResolveTreePath(request.workload.position.path, file);
    if (!path) return std::move(path).error();
    paths.push_back(std::move(*path));
  }
  return paths;
}

Expected<void> AddEnvironment(const RenderRequest& request, const v1::ComposeSource& source, LoadRequest& load) {
  for (const v1::EnvVar& variable : source.env) {
    if (variable.secret)
      load.secrets.emplace(variable.name, *variable.secret);
    else
      load.environment[variable.name] = variable.value.value_or("");
  }
  for (const v1::ComposeEnvFile& file : source.env_files) {
    if (file.secret)
      return Error{ErrorKind::Terminal,
                   "source.compose.envFiles: a file that is a secret as a whole cannot be read for its names; expected "
                   "each of its variables in source.compose.env with valueFrom.secret"};
    auto path = ResolveTreePath(request.workload.position.path, file.path);
    if (!path) return std::move(path).error();
    load.env_files.push_back(std::move(*path));
  }
  return {};
}

Expected<LoadRequest> RequestOf(const RenderRequest& request) {
  const v1::ComposeSource& source = *request.workload.workload().source.compose;
  LoadRequest load{.project_name = source.project_name.value_or(""),
                   .default_name = v1::IdentityOf(request.workload),
                   .profiles = {source.profiles.begin(), source.profiles.end()}};
  const std::string& manifest = request.workload.position.path;
  if (source.inline_) {
    load.files.push_back({.path = manifest, .text = *source.inline_});
    load.directory = FolderOf(manifest);
  } else {
    auto paths = PathsOf(request, source);
    if (!paths) return std::move(paths).error();
    for (std::string& path : *paths) load.files.push_back({.path = std::move(path)});
    load.directory = FolderOf(load.files.front().path);
  }
  if (auto added = AddEnvironment(request, source, load); !added) return std::move(added).error();
  return load;
}

// env_file and label_file of services.
class FilesAround {
 public:
  FilesAround(const RenderRequest& request, const std::string& directory, ReadSet& read_set)
      : request_(request), directory_(directory), read_set_(read_set) {}

  Expected<Assignments> Read(const EnvFile& file, const Variables& lookup) const {
    auto path = ResolveTreePath(directory_.empty() ? "" : directory_ + "/x", file.path);
    if (!path) return std::move(path).error();
    auto text = ReadTreeFile(request_.tree, *path, read_set_);
    if (!text) return std::move(text).error();
    if (!*text) return Error{ErrorKind::NotFound, "no file " + *path + " in the repository"};
    auto entries = file.raw ? ParseRawEnvFile(**text, lookup) : ParseEnvFile(**text, lookup);
    if (!entries) return std::move(entries).error().Within(*path);
    return entries;
  }

 private:
  const RenderRequest& request_;
  const std::string& directory_;
  ReadSet& read_set_;
};

}  // namespace
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

Expected<DesiredServices> ComposeSourceKind::Render(const RenderRequest& request, ReadSet& read_set) const {
  auto load = compose::RequestOf(request);
  if (!load) return std::move(load).error();
  auto loaded = compose::Load(*load, request.tree, read_set);
  if (!loaded) return std::move(loaded).error();
  const compose::FilesAround around(request, load->directory, read_set);
  auto project = compose::Decode(
      {.name = loaded->name,
       .root = loaded->root,
       .files = loaded->files,
       .surroundings = {.variables = compose::LookupIn(loaded->environment),
                        .env_file = [&](const auto& file, const auto& lookup) { return around.Read(file, lookup); }}});
  if (!project) return std::move(project).error();
  const auto& source = *request.workload.workload().source.compose;
  return compose::Render({.project = *project,
                          .request = request,
                          .secrets = std::move(loaded->secrets),
                          .folder = load->directory,
                          .host_folder = source.project_directory.value_or(""),
                          .files = std::move(loaded->files)},
                         read_set);
}

}  // namespace tinyforge
