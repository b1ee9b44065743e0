// What triggers, bindings and deliveries show in a table row.
#pragma once

#include <string>
#include <vector>

#include "api-types/meta/time.h"
#include "controller/cmd/tfctl/json.h"
#include "controller/cmd/tfctl/table.h"

namespace tinyforge::tfctl {

std::vector<std::string> TriggerHeaders(bool wide);
std::vector<std::string> BindingHeaders(bool wide);
std::vector<std::string> DeliveryHeaders(bool wide);
std::vector<Cell> TriggerRow(const Json& item, bool wide, SysTime now);
std::vector<Cell> BindingRow(const Json& item, bool wide, SysTime now);
std::vector<Cell> DeliveryRow(const Json& item, bool wide, SysTime now);

// "2 deployed, 1 skipped" of an object with "counts" and, if they are known, "events": a delivery's status.
Cell ResultOf(const Json& status);

// "shop", "stack/web" of a bound workload or an outcome.
std::string BoundName(const Json& bound);

// "overrides 2 fields: image, tagPolicy"; "overrides nothing".
std::string OverridesText(const Json& overridden);

}  // namespace tinyforge::tfctl
