// Writes whole typed values, in the order of the reference, defaults left out; the counterpart of typed_reader.h.
#pragma once

#include "api-types/doc/node.h"
#include "api-types/meta/object.h"
#include "api-types/v1/object_set.h"
#include "api-types/v1/status.h"

namespace tinyforge::codec {

doc::Node WriteSpec(const v1::Spec& spec);
doc::Node WriteMeta(const ObjectMeta& meta);
doc::Node WriteStatus(const v1::Status& status);
doc::Node WriteRollout(const v1::RolloutRecord& rollout);

}  // namespace tinyforge::codec
