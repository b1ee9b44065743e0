#include "reconcilers/source/image/files.h"

#include <charconv>

#include "api-types/codec/hash.h"

namespace tinyforge {
namespace {

constexpr std::uint32_t kFileMode = 0644;
constexpr std::uint32_t kExecutableMode = 0755;
constexpr std::uint32_t kSecretMode = 0400;
constexpr std::size_t kMaxFolderFiles = 1000;
constexpr std::size_t kMaxFolderBytes = 16u << 20;
constexpr std::size_t kHashLength = 32;  // hex digits of a path below the files folder

struct Owner {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

// "1000" or "1000:1000"; a user by name is known to the image only, so its files belong to root.
Owner NumericUser(const std::optional<std::string>& user) {
  Owner owner;
  if (!user) return owner;
  const char* end = user->data() + user->size();
  const auto [rest, error] = std::from_chars(user->data(), end, owner.uid);
  if (error != std::errc{}) return {};
  owner.gid = owner.uid;
  if (rest != end && *rest == ':') std::from_chars(rest + 1, end, owner.gid);
  return owner;
}

std::string HashOf(const DesiredFile& file) {
  std::string text = std::to_string(file.uid) + ":" + std::to_string(file.gid);
  if (file.secret) text += " secret " + file.secret->fingerprint;
  for (const auto& entry : file.entries) {
    text += "\n" + entry.path + " " + std::to_string(entry.mode) + " " + std::to_string(entry.content.size()) + "\n";
    text += entry.content;
  }
  return Sha256Hex(text).substr(0, kHashLength);
}

Expected<void> ReadTree(const RenderRequest& request, const v1::FileMount& mount, ReadSet& read_set,
                        DesiredFile& file) {
  auto path = ResolveTreePath(request.workload.position.path, *mount.from);
  if (!path) return std::move(path).error();
  read_set.paths.insert(*path);
  auto entries = request.tree.List(*path);
  if (!entries) {
    Error error = std::move(entries).error();
    // A commit brings it, and the read set tells of that: nothing else is worth a try.
    if (error.kind == ErrorKind::NotFound) error.kind = ErrorKind::Terminal;
    return error;
  }
  if (entries->size() > kMaxFolderFiles) return Error{ErrorKind::Terminal, *path + " holds more than 1000 files"};
  std::size_t total = 0;
  for (const TreeEntry& entry : *entries) {
    auto content = request.tree.Read(entry);
    if (!content) return std::move(content).error();
    total += content->size();
    if (total > kMaxFolderBytes) return Error{ErrorKind::Terminal, *path + " holds more than 16 MiB"};
    const std::string relative = entry.path == *path ? ""
                                 : path->empty()     ? entry.path
                                                     : entry.path.substr(path->size() + 1);
    file.entries.push_back(
        {relative, std::move(*content), mount.mode.value_or(entry.executable ? kExecutableMode : kFileMode)});
  }
  return {};
}

Expected<void> FillContent(const RenderRequest& request, const v1::FileMount& mount, ReadSet& read_set,
                           DesiredFile& file) {
  if (mount.from) return ReadTree(request, mount, read_set, file);
  if (mount.content) {
    file.entries.push_back({"", *mount.content, mount.mode.value_or(kFileMode)});
    return {};
  }
  read_set.secrets.insert(mount.secret->name);
  auto handle = request.secrets.Find(*mount.secret);
  if (!handle) return std::move(handle).error();
  file.secret = std::move(*handle);
  file.entries.push_back({"", "", mount.mode.value_or(kSecretMode)});
  return {};
}

bool IsAtOrBelow(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

std::string VolumePath(const RenderRequest& request, const v1::Volume& volume) {
  const std::string& name = v1::IdentityOf(request.workload);
  const auto& image = request.workload.workload().source.image;
  switch (volume.scope) {
    case v1::VolumeScope::Instance:
      return request.paths.volumes + "/" + name + "/instance-" + (image && image->tag ? *image->tag : "latest") + "/" +
             volume.source;
    case v1::VolumeScope::Stage: return request.paths.volumes + "/" + name + "/" + volume.source;
    case v1::VolumeScope::Project: return request.paths.volumes + "/" + request.project + "/" + volume.source;
    case v1::VolumeScope::ProjectNamed: return "tf-" + name + "--" + volume.source;
    case v1::VolumeScope::Absolute:
    case v1::VolumeScope::Named: return volume.source;
    case v1::VolumeScope::Ephemeral: return {};
  }
  return {};
}

}  // namespace

Expected<std::string> ResolveTreePath(std::string_view manifest_path, std::string_view path) {
  std::vector<std::string_view> parts;
  auto push = [&](std::string_view text) {
    while (!text.empty()) {
      const std::string_view part = text.substr(0, text.find('/'));
      text.remove_prefix(std::min(text.size(), part.size() + 1));
      if (part.empty() || part == ".") continue;
      if (part != "..")
        parts.push_back(part);
      else if (parts.empty())
        return false;
      else
        parts.pop_back();
    }
    return true;
  };
  const std::size_t slash = manifest_path.rfind('/');
  if (slash != std::string_view::npos) push(manifest_path.substr(0, slash));
  if (path.starts_with('/') || !push(path))
    return Error{ErrorKind::Terminal,
                 "path " + std::string(path) + " leaves the repository; it must be relative to the manifest"};
  std::string result;
  for (std::string_view part : parts) result += (result.empty() ? "" : "/") + std::string(part);
  return result;
}

Expected<void> RenderFiles(const RenderRequest& request, ReadSet& read_set, DesiredState& desired,
                           ContainerTemplate& container) {
  const v1::WorkloadSpec& spec = request.workload.workload();
  for (const v1::FileMount& mount : spec.files) {
    DesiredFile file{.target = mount.target, .on_change = mount.on_change};
    const Owner owner = mount.secret ? NumericUser(spec.user) : Owner{};
    file.uid = mount.uid.value_or(owner.uid);
    file.gid = mount.gid.value_or(mount.uid ? *mount.uid : owner.gid);
    if (auto filled = FillContent(request, mount, read_set, file); !filled)
      return std::move(filled).error().Within("file " + mount.target);
    file.content_hash = HashOf(file);
    // What is rewritten in place must keep its path, so that a change of content does not replace the container.
    const bool in_place = mount.on_change.action != v1::FileChange::Recreate;
    file.host_path =
        request.paths.files + "/" +
        (in_place ? "live/" + v1::IdentityOf(request.workload) + "/" + Sha256Hex(mount.target).substr(0, kHashLength)
                  : file.content_hash);
    container.mounts.push_back(
        {.type = MountType::Bind,
         .source = file.host_path,
         .target = mount.target,
         .read_only = true,
         .origin = mount.secret ? "secret." + mount.secret->name + "/" + mount.secret->key : "file." + mount.target});
    desired.files.push_back(std::move(file));
  }
  return {};
}

Expected<void> RenderVolumes(const RenderRequest& request, DesiredState& desired, ContainerTemplate& container) {
  for (const v1::Volume& volume : request.workload.workload().volumes) {
    const bool ours =
        IsAtOrBelow(volume.source, request.paths.volumes) || IsAtOrBelow(volume.source, request.paths.files);
    if (volume.scope == v1::VolumeScope::Absolute && ours)
      return Error{ErrorKind::Terminal, "volume " + volume.source +
                                            ": that folder holds what Tinyforge keeps for all workloads; expected one "
                                            "outside of it, or scope Stage or Project"};
    Mount mount{.target = volume.target, .read_only = volume.read_only};
    mount.source = VolumePath(request, volume);
    switch (volume.scope) {
      case v1::VolumeScope::Ephemeral:
        mount.type = MountType::Tmpfs;
        mount.tmpfs_size = volume.size.value_or(0);
        mount.tmpfs_mode = volume.mode.value_or(0);
        break;
      case v1::VolumeScope::ProjectNamed:
      case v1::VolumeScope::Named:
        mount.type = MountType::Volume;
        desired.volumes.push_back(mount.source);
        break;
      case v1::VolumeScope::Instance:
      case v1::VolumeScope::Stage:
      case v1::VolumeScope::Project:
        desired.directories.push_back({mount.source, volume.uid.value_or(0),
                                       volume.gid.value_or(volume.uid.value_or(0)), volume.mode.value_or(0755)});
        break;
      case v1::VolumeScope::Absolute: break;
    }
    const bool one_writer = !volume.read_only && !volume.shared && volume.scope != v1::VolumeScope::Ephemeral &&
                            volume.scope != v1::VolumeScope::Instance;
    if (one_writer) desired.exclusive_sources.insert(mount.source);
    container.mounts.push_back(std::move(mount));
  }
  return {};
}

}  // namespace tinyforge
