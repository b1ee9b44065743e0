// What is kept of a delivery.
#pragma once

#include "reconcilers/core/delivery.h"

namespace tinyforge {

// A copy within bounds, whatever its sender wrote: texts of at most 1 KiB, 32 headers, 64 events of together 64 KiB as
// JSON. Events that are left out are counted in an Ignored event at the end; of a push that is too large the list of
// files becomes unknown. No outcome is left out; with very many of them their messages get shorter.
Delivery KeptDelivery(const Delivery& delivery);

}  // namespace tinyforge
