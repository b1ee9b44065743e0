#include "reconcilers/core/image_version.h"

#include <algorithm>

namespace tinyforge {
namespace {

bool Concerns(const ImageVersion& excluded, const ImageVersion& version) {
  if (!excluded.digest.empty() && !version.digest.empty()) return excluded.digest == version.digest;
  return !excluded.tag.empty() && excluded.tag == version.tag;
}

}  // namespace

std::string ToString(const ImageVersion& version) {
  constexpr std::size_t kShort = sizeof("sha256:") - 1 + 12;
  if (version.digest.empty()) return version.tag.empty() ? "latest" : version.tag;
  const std::string digest = version.digest.substr(0, kShort);
  return version.tag.empty() ? digest : version.tag + "@" + digest;
}

std::string ReferenceOf(std::string_view repository, const ImageVersion& version) {
  const std::string name(repository);
  if (!version.digest.empty()) return name + "@" + version.digest;
  return name + ":" + (version.tag.empty() ? "latest" : version.tag);
}

const ExcludedVersion* FindExclusion(std::span<const ExcludedVersion> excluded, const ImageVersion& version) {
  const auto found =
      std::ranges::find_if(excluded, [&](const ExcludedVersion& e) { return Concerns(e.version, version); });
  return found == excluded.end() ? nullptr : &*found;
}

}  // namespace tinyforge
