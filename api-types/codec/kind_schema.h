// The schema of a whole manifest as a document.
#pragma once

#include "api-types/doc/node.h"
#include "api-types/meta/object.h"

namespace tinyforge::codec {

doc::Node KindSchema(Kind kind);

}  // namespace tinyforge::codec
