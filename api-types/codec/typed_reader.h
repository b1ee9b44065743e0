// Reads whole typed values; the field lists are instantiated for reading behind these.
#pragma once

#include "api-types/codec/reader.h"
#include "api-types/doc/node.h"
#include "api-types/meta/object.h"
#include "api-types/v1/object_set.h"
#include "api-types/v1/status.h"

namespace tinyforge::codec {

v1::Spec ReadSpec(Reader& reader, Kind kind, const doc::Node& node);
ObjectMeta ReadMeta(Reader& reader, const doc::Node& node);
v1::Status ReadStatus(Reader& reader, const doc::Node& node);
v1::RolloutRecord ReadRollout(Reader& reader, const doc::Node& node);

}  // namespace tinyforge::codec
