// The fields of metadata and status. `position` and the like are written by the controller only.
#pragma once

#include "api-types/codec/field.h"
#include "api-types/codec/formats.h"
#include "api-types/meta/condition.h"
#include "api-types/meta/object.h"
#include "api-types/v1/status.h"

namespace tinyforge::codec {

template <class V>
void Fields(V& v, Of<ObjectMeta>) {
  using T = ObjectMeta;
  v(&T::name, "name",
    {.doc = "Identity of the object, unique per kind.", .required = true, .text = &format::kDnsLabel});
  v(&T::labels, "labels", {.doc = "What selectors match.", .text = &format::kLabelValue, .key = &format::kLabelKey});
  v(&T::annotations, "annotations", {.doc = "Notes for people and tools.", .key = &format::kLabelKey});
}

template <class V>
void Fields(V& v, Of<Condition>) {
  using T = Condition;
  v(&T::type, "type", {.doc = "Ready, Reconciling, Stalled or Healthy.", .required = true});
  v(&T::status, "status", {.doc = "True, False or Unknown.", .required = true});
  v(&T::reason, "reason", {.doc = "One word for programs."});
  v(&T::message, "message", {.doc = "A sentence for people."});
  v(&T::observed_generation, "observedGeneration", {.doc = "Generation it speaks of."});
  v(&T::last_transition_time, "lastTransitionTime", {.doc = "When the status changed last."});
}

template <class V>
void Fields(V& v, Of<v1::ResolvedSource>) {
  using T = v1::ResolvedSource;
  v(&T::tag, "tag", {.doc = "Tag that runs."});
  v(&T::digest, "digest", {.doc = "Digest that runs."});
  v(&T::set_by, "setBy", {.doc = "Who decided: manifest, pin or binding/NAME."});
}

template <class V>
void Fields(V& v, Of<v1::InventoryItem>) {
  using T = v1::InventoryItem;
  v(&T::type, "type", {.doc = "Container, Network or Volume.", .required = true});
  v(&T::name, "name", {.doc = "Name in the Engine."});
  v(&T::id, "id", {.doc = "Id in the Engine."});
}

template <class V>
void Fields(V& v, Of<v1::RolloutVersion>) {
  using T = v1::RolloutVersion;
  v(&T::version, "version", {.doc = "Tag or digest, for people."});
  v(&T::reference, "reference", {.doc = "Image that was asked for."});
  v(&T::image_id, "imageId", {.doc = "Image that ran."});
}

template <class V>
void Fields(V& v, Of<v1::RolloutStep>) {
  using T = v1::RolloutStep;
  v(&T::time, "time", {.doc = "When it was done."});
  v(&T::step, "step", {.doc = "What was done."});
}

template <class V>
void Fields(V& v, Of<v1::RolloutRecord>) {
  using T = v1::RolloutRecord;
  v(&T::id, "id", {.doc = "Number of the rollout in its workload."});
  v(&T::cause, "cause", {.doc = "Field that differed, or drift that was repaired."});
  v(&T::outcome, "outcome", {.doc = "InProgress, Succeeded, Failed, Stopped or Superseded."});
  v(&T::message, "message", {.doc = "What happened."});
  v(&T::revision, "revision", {.doc = "Commit it came from."});
  v(&T::generation, "generation", {.doc = "Generation of the spec it brings."});
  v(&T::from, "from", {.doc = "What ran before."});
  v(&T::to, "to", {.doc = "What is brought up."});
  v(&T::steps, "steps", {.doc = "What was done, with times."});
  v(&T::started, "started", {.doc = "When it began."});
  v(&T::ended, "ended", {.doc = "When it ended."});
}

template <class V>
void Fields(V& v, Of<v1::ServiceStatus>) {
  using T = v1::ServiceStatus;
  v(&T::name, "name", {.doc = "Name of the service.", .required = true});
  v(&T::image, "image", {.doc = "Image that is asked for."});
  v(&T::resolved, "resolved", {.doc = "Version that runs and who set it."});
  v(&T::replicas, "replicas", {.doc = "Containers that run."});
  v(&T::ready_replicas, "readyReplicas", {.doc = "Containers that run and are healthy."});
  v(&T::ready, "ready", {.doc = "Whether all of it is as desired."});
  v(&T::reason, "reason", {.doc = "One word for programs."});
  v(&T::message, "message", {.doc = "Why it is not ready."});
}

template <class V>
void Fields(V& v, Of<v1::Status>) {
  using T = v1::Status;
  v(&T::observed_generation, "observedGeneration", {.doc = "Generation the status speaks of."});
  v(&T::revision, "revision", {.doc = "Commit the status speaks of."});
  v(&T::conditions, "conditions", {.doc = "Where the object stands."});
  v(&T::replicas, "replicas", {.doc = "Containers that run."});
  v(&T::ready_replicas, "readyReplicas", {.doc = "Containers that run and are healthy."});
  v(&T::resolved, "resolved", {.doc = "Version that runs and who set it."});
  v(&T::services, "services", {.doc = "The services of a workload with several, each with its version."});
  v(&T::inventory, "inventory", {.doc = "What belongs to the object in the Engine."});
  v(&T::last_rollout, "lastRollout", {.doc = "The last rollout, its reason and its outcome."});
}

}  // namespace tinyforge::codec
