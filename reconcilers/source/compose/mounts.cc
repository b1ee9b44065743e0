#include "reconcilers/source/compose/mounts.h"

#include <algorithm>

#include "reconcilers/source/compose/project_labels.h"
#include "reconcilers/source/compose/secret_mark.h"
#include "reconcilers/source/desired_files.h"

namespace tinyforge::compose {
namespace {

constexpr std::uint32_t kGrantMode = 0444;
constexpr std::size_t kMaxFileBytes = 64 << 20;  // of one service; each mount of a folder is a copy of it

std::string PropagationOf(Propagation propagation) {
  switch (propagation) {
    case Propagation::Default: return {};
    case Propagation::Private: return "private";
    case Propagation::RPrivate: return "rprivate";
    case Propagation::Shared: return "shared";
    case Propagation::RShared: return "rshared";
    case Propagation::Slave: return "slave";
    case Propagation::RSlave: return "rslave";
  }
  return {};
}

class Mounts {
 public:
  Mounts(const RenderInput& input, const Service& service, ReadSet& read_set, DesiredState& desired,
         ContainerTemplate& container)
      : input_(input), service_(service), read_set_(read_set), desired_(desired), container_(container) {}

  Expected<void> Render() {
    for (const ServiceVolume& volume : service_.volumes)
      if (auto done = AddVolume(volume); !done) return std::move(done).error().Within("volume " + volume.target);
    for (const ServiceVolume& tmpfs : service_.tmpfs)
      if (auto done = AddVolume(tmpfs); !done) return std::move(done).error().Within("tmpfs " + tmpfs.target);
    for (const FileGrant& grant : service_.secrets)
      if (auto done = AddGrant(grant, input_.project.secrets.at(grant.source)); !done)
        return std::move(done).error().Within("secret " + grant.source);
    for (const FileGrant& grant : service_.configs)
      if (auto done = AddGrant(grant, input_.project.configs.at(grant.source)); !done)
        return std::move(done).error().Within("config " + grant.source);
    return {};
  }

 private:
  Expected<void> AddVolume(const ServiceVolume& volume) {
    Mount mount{.type = volume.type, .target = volume.target, .read_only = volume.read_only};
    mount.tmpfs_size = volume.tmpfs_size;
    mount.tmpfs_mode = volume.tmpfs_mode;
    mount.tmpfs_uid = volume.tmpfs_uid;
    mount.tmpfs_gid = volume.tmpfs_gid;
    mount.tmpfs_exec = volume.tmpfs_exec;
    mount.relabel = volume.relabel;
    if (volume.type == MountType::Bind) return AddBind(volume, std::move(mount));
    if (volume.type == MountType::Volume && !volume.source.empty()) {
      const Volume& named = input_.project.volumes.at(volume.source);
      mount.source = named.name;
      mount.no_copy = volume.no_copy;
      AddNamed(named, volume.source);
    }
    if (auto fits = CheckRelabelled(mount); !fits) return fits;
    container_.mounts.push_back(std::move(mount));
    return {};
  }

  void AddNamed(const Volume& volume, const std::string& key) {
    DesiredVolume desired{.name = volume.name, .external = volume.external};
    if (!volume.external) {
      desired.driver = volume.driver.empty() ? "local" : volume.driver;
      desired.driver_opts = volume.driver_opts;
      desired.labels = volume.labels;
      desired.labels.merge(ProjectLabels(input_.project, "volume", key));
    }
    if (std::ranges::find(desired_.volumes, volume.name, &DesiredVolume::name) == desired_.volumes.end())
      desired_.volumes.push_back(std::move(desired));
  }

  Expected<void> AddBind(const ServiceVolume& volume, Mount mount) {
    mount.source = volume.source;
    mount.create_host_path = volume.create_host_path;
    mount.propagation = PropagationOf(volume.propagation);
    if (!volume.source.starts_with('/')) {
      const auto inside = InTree(volume.source);
      if (inside) {
        auto files = FindTreeFiles(input_.request.tree, *inside, std::nullopt, read_set_);
        if (files && volume.writable)
          return Error{ErrorKind::Terminal, volume.source +
                                                " is in the repository, and its copy cannot be written; remove rw and "
                                                "read_only: false, or keep the data in a volume"};
        if (files) return AddCopy({.target = volume.target, .entries = std::move(*files)}, !volume.relabel.empty());
        if (files.error().kind != ErrorKind::NotFound) return std::move(files).error();
      }
      if (input_.host_folder.empty())
        return Error{ErrorKind::Terminal, volume.source +
                                              " is not in the repository; expected a file or folder there, or "
                                              "source.compose.projectDirectory, the folder of the host that it is in"};
      mount.source = Below(input_.host_folder, volume.source);
    }
    if (auto fits = CheckRelabelled(mount); !fits) return fits;
    container_.mounts.push_back(std::move(mount));
    return {};
  }

  // It is asked for in a text that colons divide.
  static Expected<void> CheckRelabelled(const Mount& mount) {
    if (mount.relabel.empty() || (mount.source + mount.target).find(':') == std::string::npos) return {};
    return Error{ErrorKind::Terminal, mount.source + ": a path with a colon cannot be relabelled for SELinux"};
  }

  // Containers with the same content have the same copy, so that none may have it for itself.
  Expected<void> AddCopy(DesiredFile file, bool relabel) {
    const std::string origin = "file." + file.target;
    if (auto done = AddFile(std::move(file), origin); !done) return done;
    if (!relabel) return {};
    container_.mounts.back().relabel = "z";
    return CheckRelabelled(container_.mounts.back());
  }

  // From the root of the tree; empty: it is outside.
  std::optional<std::string> InTree(const std::string& path) const {
    auto resolved = ResolveTreePath(input_.folder.empty() ? "" : input_.folder + "/compose.yaml", path);
    return resolved ? std::optional(std::move(*resolved)) : std::nullopt;
  }

  // A relative path may climb.
  static std::string Below(std::string folder, std::string_view path) {
    while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
    while (path == ".." || path.starts_with("../")) {
      folder.erase(std::min(folder.rfind('/'), folder.size()));
      path.remove_prefix(std::min<std::size_t>(path.size(), 3));
    }
    if (path.empty() || path == ".") return folder.empty() ? "/" : folder;
    return folder + "/" + std::string(path);
  }

  Expected<void> AddGrant(const FileGrant& grant, const FileSource& source) {
    DesiredFile file{.target = grant.target};
    const FileOwner owner = NumericUser(service_.user);
    const bool secret = source.external || (source.content && HasMark(*source.content));
    file.uid = grant.uid.value_or(secret ? owner.uid : 0);
    file.gid = grant.gid.value_or(secret ? owner.gid : 0);
    const std::uint32_t mode = grant.mode.value_or(kGrantMode);
    if (source.file) return AddTreeFile(std::move(file), *source.file, mode);
    if (!secret) {
      file.entries.push_back({"", source.content.value_or(""), mode});
      return AddFile(std::move(file), "file." + grant.target);
    }
    auto handle = SecretOf(source);
    if (!handle) return std::move(handle).error();
    file.secret = std::move(*handle);
    file.entries.push_back({"", "", mode});
    const std::string origin = "secret." + NameOf(*file.secret);
    return AddFile(std::move(file), origin);
  }

  Expected<void> AddTreeFile(DesiredFile file, const std::string& path, std::uint32_t mode) {
    const auto inside = InTree(path);
    if (!inside) return Error{ErrorKind::Terminal, path + " leaves the repository; expected a file in it"};
    auto entries = ReadTreeFiles(input_.request.tree, *inside, mode, read_set_);
    if (!entries) return std::move(entries).error();
    file.entries = std::move(*entries);
    return AddFile(std::move(file), "file." + file.target);
  }

  // An external one is a key of a Secret, "NAME/KEY"; else the content is one secret and nothing beside it.
  Expected<SecretHandle> SecretOf(const FileSource& source) {
    if (source.external) {
      const std::size_t slash = source.external->find('/');
      if (slash == std::string::npos)
        return Error{ErrorKind::Terminal,
                     "external: expected name: SECRET/KEY, a key of a Secret of the configuration"};
      const v1::SecretKeyRef ref{source.external->substr(0, slash), source.external->substr(slash + 1)};
      read_set_.secrets.insert(ref.name);
      return input_.request.secrets.Find(ref);
    }
    const auto parts = SplitMarks(*source.content);
    if (parts.size() != 1)
      return Error{ErrorKind::Terminal, "its content has text beside a secret; expected the secret alone"};
    return SecretAt(input_, *parts.front().secret, read_set_);
  }

  Expected<void> AddFile(DesiredFile file, std::string origin) {
    for (const DesiredFile::Entry& entry : file.entries) file_bytes_ += entry.content.size();
    if (file_bytes_ > kMaxFileBytes) return Error{ErrorKind::Terminal, "the files of the service are more than 64 MiB"};
    file.content_hash = ContentHash(file);
    file.host_path = input_.request.paths.files + "/" + file.content_hash;
    container_.mounts.push_back({.type = MountType::Bind,
                                 .source = file.host_path,
                                 .target = file.target,
                                 .read_only = true,
                                 .origin = std::move(origin)});
    desired_.files.push_back(std::move(file));
    return {};
  }

  const RenderInput& input_;
  const Service& service_;
  ReadSet& read_set_;
  DesiredState& desired_;
  ContainerTemplate& container_;
  std::size_t file_bytes_ = 0;
};

}  // namespace

Expected<void> RenderMounts(const RenderInput& input, const Service& service, ReadSet& read_set, DesiredState& desired,
                            ContainerTemplate& container) {
  return Mounts(input, service, read_set, desired, container).Render();
}

}  // namespace tinyforge::compose
