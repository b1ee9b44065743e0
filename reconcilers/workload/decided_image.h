// The names under which a decided image may stand in a template. Which one does is no reason to replace a container:
// the manifest says "shop:1.4.2", a binding the same version by its digest, a rollback the digest alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reconcilers/core/observed_state.h"
#include "reconcilers/source/source_kind.h"
#include "reconcilers/workload/version_decision.h"

namespace tinyforge {

// One way to say it. With a digest it is meant for containers of just that image.
struct ImageWording {
  ResolvedImage image;
  std::string digest;
};

// The first is that for new containers; the others are what containers that run this version may have been made by.
std::vector<ImageWording> WordingsOf(const VersionDecision& decision, const std::string& repository,
                                     const std::vector<ObservedContainer>& containers);

// A container of ours runs that image and is of that template.
bool IsWornBy(const ImageWording& wording, const DesiredState& desired,
              const std::vector<ObservedContainer>& containers);

// The digest in a reference by digest; empty: it has none.
std::string DigestOf(const std::string& reference);
// "registry:5000/shop" of "registry:5000/shop:1.4.2" and of "registry:5000/shop@sha256:…".
std::string_view RepositoryOf(std::string_view reference);

}  // namespace tinyforge
