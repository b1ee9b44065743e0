// What there is to say of Triggers and Bindings for their routes.
#pragma once

#include "controller/trigger/route_notes.h"
#include "reconcilers/config/object_reconcilers.h"
#include "reconcilers/trigger/route_table.h"

namespace tinyforge {

Finding FindOnTrigger(const v1::Object& trigger, const RouteTable& table);
Finding FindOnBinding(const v1::Object& binding, const RouteTable& table, const RouteNotes& notes);

}  // namespace tinyforge
