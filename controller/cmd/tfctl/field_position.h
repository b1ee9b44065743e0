// Where a field stands in the text of a manifest.
#pragma once

#include <string_view>

#include "api-types/meta/object.h"

namespace tinyforge::tfctl {

// Of a field such as "spec.ports[1].host" of the document that begins at `document` of a file with this text; of a
// field that is not there the nearest around it. `document` itself when the text has no such document.
SourcePosition PositionOf(std::string_view text, const SourcePosition& document, std::string_view field);

// Where a place of a text stands that is itself the value of a field, a block scalar ("|"). Line and column count from
// 1. The position of the field for a text of another form.
SourcePosition PositionWithin(std::string_view text, const SourcePosition& field, const SourcePosition& place);

}  // namespace tinyforge::tfctl
