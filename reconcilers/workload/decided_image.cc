#include "reconcilers/workload/decided_image.h"

#include <algorithm>
#include <map>

#include "reconcilers/workload/ownership.h"

namespace tinyforge {
namespace {

std::string TagFor(const ImageVersion& version) {
  return version.tag.empty() ? ToString(version) : version.tag;
}

// "shop:1.4.2@sha256:…": both, so that the one who reads it need not look it up.
std::string FullName(const std::string& repository, const ImageVersion& version) {
  std::string name = repository;
  if (!version.tag.empty()) name += ":" + version.tag;
  return version.digest.empty() ? name : name + "@" + version.digest;
}

// A pin's reference is all there is to it: by tag, by digest, or the id of an image, which has no other name.
ImageVersion PinnedVersion(const VersionDecision& decision) {
  if (decision.reference.starts_with("sha256:")) return {};
  const std::string& tag = decision.version.tag;
  return {tag.starts_with("sha256:") ? "" : tag, DigestOf(decision.reference)};
}

// The tag that a container was made as.
std::string_view TagOf(const ObservedContainer& container) {
  const std::string_view version = container.Label(label::kVersion);
  return version.substr(0, version.find_first_of("@ "));
}

// The digests that containers may run this version by, and whether such a digest is known to be this version: of a tag
// alone that is known of what was made as that tag.
std::map<std::string, bool> DigestsOf(const ImageVersion& version, const std::vector<ObservedContainer>& containers) {
  if (!version.digest.empty()) return {{version.digest, true}};
  std::map<std::string, bool> digests;
  if (version.tag.empty()) return digests;
  for (const ObservedContainer* c : ClassifyOwnership(containers).owned)
    if (const std::string digest = DigestOf(c->image); !digest.empty())
      digests[digest] = digests[digest] || TagOf(*c) == version.tag;
  return digests;
}

}  // namespace

std::string DigestOf(const std::string& reference) {
  const auto at = reference.find('@');
  return at == std::string::npos ? std::string() : reference.substr(at + 1);
}

std::string_view RepositoryOf(std::string_view reference) {
  reference = reference.substr(0, reference.find('@'));
  const auto colon = reference.rfind(':');
  const bool tagged = colon != std::string_view::npos && reference.find('/', colon) == std::string_view::npos;
  return tagged ? reference.substr(0, colon) : reference;
}

std::vector<ImageWording> WordingsOf(const VersionDecision& decision, const std::string& repository,
                                     const std::vector<ObservedContainer>& containers) {
  const bool by_pin = decision.set_by == "pin";
  const ImageVersion version = by_pin ? PinnedVersion(decision) : decision.version;
  const std::string tag = TagFor(decision.version);
  std::string name = decision.by_manifest || by_pin ? decision.reference : FullName(repository, version);
  std::vector<ImageWording> wordings = {{{decision.reference, std::move(name), tag, decision.set_by}, ""}};
  for (const auto& [digest, is_known] : DigestsOf(version, containers)) {
    const auto add = [&](const ImageVersion& said) {
      wordings.push_back({{decision.reference, FullName(repository, said), tag, decision.set_by}, digest});
    };
    if (!version.tag.empty()) add({version.tag, ""}), add({version.tag, digest});
    if (is_known) add({"", digest});
  }
  return wordings;
}

bool IsWornBy(const ImageWording& wording, const DesiredState& desired,
              const std::vector<ObservedContainer>& containers) {
  const auto owned = ClassifyOwnership(containers).owned;
  return std::ranges::any_of(owned, [&](const ObservedContainer* c) {
    if (!wording.digest.empty() && DigestOf(c->image) != wording.digest) return false;
    return std::ranges::any_of(desired.containers, [&](const DesiredContainer& d) {
      return d.template_hash == c->Label(label::kTemplateHash);
    });
  });
}

}  // namespace tinyforge
