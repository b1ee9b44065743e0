// Triggers at work as JSON text: deliveries, and what the records of objects gain in their status.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/serve/backend.h"

namespace tinyforge::serve {

// A record of kind Delivery; its name is the id, its label "trigger" the trigger. In its status: all of EncodeDelivery
// beside the id, and "counts" of the outcomes: {"pending", "deployed", "skipped", "noMatch", "errored"}.
std::string ToJson(const Delivery& delivery);

std::string ToJson(const RotatedSecret& secret);

// The status gains "bound": [{"binding", "trigger", "kind", "workload", "service", "enabled", "decides", "accepted",
// "state", "problem"}], texts that are empty left out.
std::string WorkloadToJson(const ObjectRecord& record, const std::vector<BoundWorkload>& bound);
// And "lastDelivery": {"id", "received", "counts"}, if there is one.
std::string TriggerToJson(const ObjectRecord& record, const std::vector<BoundWorkload>& bound,
                          const std::optional<Delivery>& last);
// And "config": {"base", "overrides", "merged", "overridden"}, or {"problem"} when it cannot be told; null: not said.
std::string BindingToJson(const ObjectRecord& record, const std::vector<BoundWorkload>& bound,
                          const Expected<BindingConfig>* config);

}  // namespace tinyforge::serve
