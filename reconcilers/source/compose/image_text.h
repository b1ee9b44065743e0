// The version in the text of an image reference that variables may stand in.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "api-types/meta/error.h"
#include "reconcilers/source/compose/interpolation.h"

namespace tinyforge::compose {

// How to make the text say another version: by other bytes in it, or by another value of a variable.
struct ImageChange {
  std::string variable;   // empty: bytes of the text
  std::size_t begin = 0;  // of those bytes
  std::size_t end = 0;
  std::string from;  // the bytes, or the whole value of the variable
  std::string to;
};

// `version` as behind the repository, see WantedVersions. Invalid, without a place, when no one part of the text holds
// the whole version.
Expected<ImageChange> ChangeVersion(std::string_view text, const VariableLookup& lookup, const std::string& version);

}  // namespace tinyforge::compose
