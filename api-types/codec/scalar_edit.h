// Changes one value of a manifest and not another byte of its file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/meta/error.h"
#include "api-types/meta/object.h"

namespace tinyforge::codec {

// Which value: the one at `field` of the object's manifest, in whichever document of the file that stands.
struct ScalarPlace {
  std::string path;  // of the file; only named in errors, which begin with path:line:column as far as there is a place
  ObjectKey object;
  std::vector<std::string> field;  // keys and indexes of lists: {"spec", "source", "image", "tag"}
};

// The value as it reads: a plain 1.10 is "1.10". NotFound when the file does not hold the object, the object not the
// field, or nothing stands there; Invalid when the text of the object is no YAML that we read (anchors, aliases and
// tags are refused with the whole document), or the field holds a mapping or a list.
Expected<std::string> ReadScalar(std::string_view yaml, const ScalarPlace& place);

struct ScalarEdit {
  ScalarPlace place;
  std::string to;                   // UTF-8
  std::optional<std::string> from;  // what must stand there now; Conflict when something else does
  // Where the field is not there at all: a key of the same mapping behind which it is added, as it is written there (a
  // line of its own or within the braces, quotes, line end). Empty, or no such key: NotFound.
  std::string add_after;
};

// The file with the value replaced. It keeps its style (plain, single or double quotes); where a plain one would not
// read as the same string any more, it gets double quotes. A quoted value on several lines becomes one line.
//
// Refused as Invalid, with the place and what would be right: a block scalar or a plain value on several lines (both
// have ends that only their surroundings tell), an object that stands twice in the file, a value that the field does
// not take, and a file that does not read the same afterwards but for this value: the result was decoded and compared.
// Never throws; errors otherwise as of ReadScalar.
Expected<std::string> EditScalar(std::string_view yaml, const ScalarEdit& edit);

}  // namespace tinyforge::codec
