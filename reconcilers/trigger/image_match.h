// Whether an image that a webhook names is the one that is asked for.
#pragma once

#include <string>
#include <string_view>

#include "reconcilers/core/image_name.h"

namespace tinyforge {

// From parts that are known apart, as a webhook gives them; an empty host is kept.
ImageName PushedName(std::string_view host, std::string_view path);

// Whether they may be the same repository, Docker Hub by whichever of its hosts: where one host is not known, the paths
// decide.
bool MayBeSame(const ImageName& a, const ImageName& b);

// "docker.io/library/nginx"; the path alone without a host.
std::string ToString(const ImageName& name);

}  // namespace tinyforge
