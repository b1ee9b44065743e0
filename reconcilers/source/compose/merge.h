// Merging of models: the page "Merge and override" of the Compose Specification, and "Merging service definitions" of
// its page on services. All models are canonical (canonical.h).
//
//   mapping on mapping   missing entries are added, common ones merged; one that says nothing (null) changes nothing,
//                        but in mappings made of NAME=VALUE, where NAME alone is a value
//   list on list         appended; ipam.config entries of one subnet are merged; afterwards KeepUnique applies
//   anything else        the later one stands
//   command, entrypoint, healthcheck.test, gpus, each of ulimits   the later one stands
//   logging              of two drivers the later one stands
//   !reset, !override    see Retract
#pragma once

#include "reconcilers/source/compose/load_session.h"
#include "reconcilers/source/compose/model_path.h"

namespace tinyforge::compose {

// Takes out of `base` whatever `over`, which is to be merged on it, resets or overrides.
void Retract(doc::Node& base, const doc::Node& over);

// Merges `over` on `base`; `place` says where in a model both stand, empty for whole models. Tagged values come over
// with their tags. Terminal, at the place of the later one, when a list or mapping meets something else.
Expected<void> Merge(LoadSession& session, doc::Node& base, doc::Node over, const ModelPath& place = {});

// Carries the tags out once everything is merged: values to be reset go, other tags are forgotten. Terminal for a
// !reset of an item of a list, which has no meaning.
Expected<void> SettleTags(LoadSession& session, doc::Node& model);

// Whether two nodes say the same, wherever they stand.
bool SaysTheSame(const doc::Node& a, const doc::Node& b);

}  // namespace tinyforge::compose
