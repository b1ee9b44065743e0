#include "reconcilers/source/image/files.h"

#include <algorithm>

#include "api-types/codec/hash.h"
#include "reconcilers/source/desired_files.h"

namespace tinyforge {
namespace {

constexpr std::uint32_t kFileMode = 0644;
constexpr std::uint32_t kSecretMode = 0400;
constexpr std::size_t kTemplateLength = 16;

Expected<void> FillContent(const RenderRequest& request, const v1::FileMount& mount, ReadSet& read_set,
                           DesiredFile& file) {
  if (mount.from) {
    auto path = ResolveTreePath(request.workload.position.path, *mount.from);
    if (!path) return std::move(path).error();
    auto entries = ReadTreeFiles(request.tree, *path, mount.mode, read_set);
    if (!entries) return std::move(entries).error();
    file.entries = std::move(*entries);
    return {};
  }
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

// A digest has a colon, which a bind mount's path is better without.
std::string InstanceTag(const RenderRequest& request) {
  const auto& image = request.workload.workload().source.image;
  const auto decided = request.resolved.find("");
  if (decided == request.resolved.end()) return image && image->tag ? *image->tag : "latest";
  std::string tag = decided->second.tag;
  std::ranges::replace(tag, ':', '-');
  return tag;
}

std::string VolumePath(const RenderRequest& request, const v1::Volume& volume) {
  const std::string& name = v1::IdentityOf(request.workload);
  switch (volume.scope) {
    case v1::VolumeScope::Instance:
      return request.paths.volumes + "/" + name + "/instance-" + InstanceTag(request) + "/" + volume.source;
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

Expected<void> RenderFiles(const RenderRequest& request, ReadSet& read_set, DesiredState& desired,
                           ContainerTemplate& container) {
  const v1::WorkloadSpec& spec = request.workload.workload();
  for (const v1::FileMount& mount : spec.files) {
    DesiredFile file{.target = mount.target, .on_change = mount.on_change};
    const FileOwner owner = mount.secret ? NumericUser(spec.user) : FileOwner{};
    file.uid = mount.uid.value_or(owner.uid);
    file.gid = mount.gid.value_or(mount.uid ? *mount.uid : owner.gid);
    if (auto filled = FillContent(request, mount, read_set, file); !filled)
      return std::move(filled).error().Within("file " + mount.target);
    file.content_hash = ContentHash(file);
    // What is rewritten in place has a path that its content does not change: see PlaceRewrittenFiles.
    const bool in_place = mount.on_change.action != v1::FileChange::Recreate;
    file.host_path = request.paths.files + "/" +
                     (in_place ? "live/" + v1::IdentityOf(request.workload) + "/" +
                                     Sha256Hex(mount.target).substr(0, kContentHashLength)
                               : file.content_hash);
    container.mounts.push_back(
        {.type = MountType::Bind,
         .source = file.host_path,
         .target = mount.target,
         .read_only = true,
         .origin = mount.secret ? "secret." + mount.secret->name + "/" + mount.secret->key : "file." + mount.target,
         .rewritten = in_place});
    desired.files.push_back(std::move(file));
  }
  return {};
}

void PlaceRewrittenFiles(DesiredState& desired, ContainerTemplate& container) {
  const auto rewritten = [](const DesiredFile& file) { return file.on_change.action != v1::FileChange::Recreate; };
  if (std::ranges::none_of(desired.files, rewritten)) return;
  const std::string suffix = "-" + Sha256Hex(TemplateHash(container)).substr(0, kTemplateLength);
  for (Mount& mount : container.mounts)
    if (mount.rewritten) mount.source += suffix;
  for (DesiredFile& file : desired.files)
    if (rewritten(file)) file.host_path += suffix;
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
        desired.volumes.push_back({.name = mount.source});
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
