#include "controller/docker/mount_alteration.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "controller/docker/json_members.h"
#include "reconcilers/core/observed_state.h"

namespace tinyforge::docker {
namespace {

using Json = nlohmann::json;

std::string_view TypeName(MountType type) {
  switch (type) {
    case MountType::Bind: return "bind";
    case MountType::Volume: return "volume";
    case MountType::Tmpfs: return "tmpfs";
  }
  return "bind";
}

std::string Clean(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

bool IsAnonymous(std::string_view volume) {
  return volume.empty() || IsAnonymousVolume(volume);
}

// Any anonymous volume is as good as another one: a replacement takes over that of its predecessor.
bool IsSource(const std::string& source, const Mount& mount) {
  if (mount.type == MountType::Volume && mount.source.empty()) return IsAnonymous(source);
  return Clean(source) == Clean(mount.source);
}

// An element of HostConfig.Mounts, as sent.
bool WasMadeWith(const Json& made, const Mount& mount) {
  return Text(At(made, "Type")) == TypeName(mount.type) && Clean(Text(At(made, "Target"))) == Clean(mount.target) &&
         (mount.type == MountType::Tmpfs || IsSource(Text(At(made, "Source")), mount)) &&
         True(At(made, "ReadOnly")) == mount.read_only;
}

// An element of Mounts.
bool CameOut(const Json& out, const Mount& mount) {
  if (Text(At(out, "Type")) != TypeName(mount.type)) return false;
  if (Clean(Text(At(out, "Destination"))) != Clean(mount.target)) return false;
  if (mount.type == MountType::Tmpfs) return true;
  const std::string source = Text(At(out, mount.type == MountType::Volume ? "Name" : "Source"));
  return IsSource(source, mount) && True(At(out, "RW")) == !mount.read_only;
}

// The older way to ask for one.
bool IsTmpfsOfHost(const Json& host, const Mount& mount) {
  if (mount.type != MountType::Tmpfs || !At(host, "Tmpfs").is_object()) return false;
  for (const auto& item : At(host, "Tmpfs").items())
    if (Clean(item.key()) == Clean(mount.target)) return true;
  return false;
}

// "source:target[:options]"; empty: an anonymous volume, or of another form.
std::string TargetOfBind(const std::string& bind) {
  const std::size_t colon = bind.find(':');
  if (colon == std::string::npos || IsAnonymous(std::string_view(bind).substr(0, colon))) return {};
  const std::size_t end = bind.find(':', colon + 1);
  return bind.substr(colon + 1, end == std::string::npos ? end : end - colon - 1);
}

// Where another hand mounted what is more than an anonymous volume.
std::set<std::string> TargetsMade(const Json& host) {
  std::set<std::string> targets;
  for (const Json& bind : At(host, "Binds")) targets.insert(Clean(TargetOfBind(Text(bind))));
  for (const Json& made : At(host, "Mounts")) {
    const bool anonymous = Text(At(made, "Type")) == "volume" && IsAnonymous(Text(At(made, "Source")));
    if (!anonymous) targets.insert(Clean(Text(At(made, "Target"))));
  }
  if (At(host, "Tmpfs").is_object())
    for (const auto& item : At(host, "Tmpfs").items()) targets.insert(Clean(item.key()));
  targets.erase("");
  return targets;
}

}  // namespace

std::vector<std::string> AlteredMounts(const Json& inspect, const std::vector<Mount>& desired) {
  std::vector<std::string> fields;
  const Json& out = At(inspect, "Mounts");
  const Json& host = At(inspect, "HostConfig");
  if (!out.is_array()) return fields;
  auto targets = TargetsMade(host);
  for (const Mount& mount : desired) {
    targets.erase(Clean(mount.target));
    const bool there = IsTmpfsOfHost(host, mount) ||
                       std::ranges::any_of(At(host, "Mounts"), [&](const Json& m) { return WasMadeWith(m, mount); }) ||
                       std::ranges::any_of(out, [&](const Json& m) { return CameOut(m, mount); });
    if (!there) fields.push_back(mount.origin.empty() ? "mounts." + mount.target : mount.origin);
  }
  for (const std::string& target : targets) fields.push_back("mounts." + target);
  return fields;
}

}  // namespace tinyforge::docker
