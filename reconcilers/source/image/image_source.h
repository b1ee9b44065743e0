// source.image: replicas of one image.
#pragma once

#include "reconcilers/source/source_kind.h"

namespace tinyforge {

class ImageSourceKind : public SourceKind {
 public:
  std::string_view Kind() const override { return "image"; }
  bool Serves(const v1::Source& source) const override { return source.image.has_value(); }
  std::string_view Sample() const override;
  Expected<SourceImages> Images(const v1::Object& workload, const TreeReader& tree,
                                SecretReader& secrets) const override;
  Expected<VersionEdit> EditOf(const VersionChange& change) const override;
  Expected<DesiredServices> Render(const RenderRequest& request, ReadSet& read_set) const override;
};

// "registry.example.com/shop:1.4.2", "nginx:latest" without a tag, "nginx@sha256:…" with a digest.
std::string ImageReference(const v1::ImageSource& image);

}  // namespace tinyforge
