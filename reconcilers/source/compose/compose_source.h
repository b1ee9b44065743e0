// source.compose: the services of a compose project.
#pragma once

#include "reconcilers/source/source_kind.h"

namespace tinyforge {

class ComposeSourceKind : public SourceKind {
 public:
  std::string_view Kind() const override { return "compose"; }
  bool Serves(const v1::Source& source) const override { return source.compose.has_value(); }
  std::string_view Sample() const override;
  Expected<DesiredServices> Render(const RenderRequest& request, ReadSet& read_set) const override;
};

}  // namespace tinyforge
