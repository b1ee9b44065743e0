#include <array>

#include "reconcilers/source/compose/compose_source.h"
#include "reconcilers/source/image/image_source.h"
#include "reconcilers/source/source_kind.h"

namespace tinyforge {

bool ReadSet::Covers(std::string_view path) const {
  if (paths.contains(std::string(path))) return true;
  for (std::size_t slash = path.rfind('/'); slash != std::string_view::npos && slash > 0;
       slash = path.rfind('/', slash - 1))
    if (paths.contains(std::string(path.substr(0, slash)))) return true;
  return false;
}

std::span<const SourceKind* const> SourceKinds() {
  static const ImageSourceKind image;
  static const ComposeSourceKind compose;
  static const std::array<const SourceKind*, 2> kinds = {&image, &compose};
  return kinds;
}

Expected<const SourceKind*> FindSourceKind(const v1::Source& source) {
  std::string known;
  for (const SourceKind* kind : SourceKinds()) {
    if (kind->Serves(source)) return kind;
    known += (known.empty() ? "" : ", ") + std::string(kind->Kind());
  }
  return Error{ErrorKind::Terminal, "spec.source: this controller does not know the kind; known kinds: " + known};
}

}  // namespace tinyforge
