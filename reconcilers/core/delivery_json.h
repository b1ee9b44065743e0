// Deliveries as JSON: what the cache holds and the API shows.
#pragma once

#include <string>
#include <string_view>

#include "api-types/meta/error.h"
#include "reconcilers/core/delivery.h"

namespace tinyforge {

// Canonical JSON, what is empty left out. Texts stand as they are, so what is not UTF-8 there is not UTF-8 here either.
//   {"id", "trigger", "cause", "vendor", "event", "vendorId", "source", "secret", "replayOf", "headers", "received",
//    "ended", "events": [EVENT], "outcomes": [{"binding", "workload", "service", "result", "message", "at"}]}
// EVENT is {"type": "ImagePushed", "host", "path", "tag", "digest"},
// {"type": "GitPushed", "repository", "urls", "ref": "branch" | "tag", "name", "commit", "files"}, {"type": "Fired"} or
// {"type": "Ignored", "reason"}.
std::string EncodeDelivery(const Delivery& delivery);
std::string EncodeEvent(const InboundEvent& event);

// The same for the cache, where each byte is written: of outcomes one after the other that came to the same there is
// one
// {"result", "message", "at", "of": [[BINDING, WORKLOAD, SERVICE or nothing], …]}.
std::string PackDelivery(const Delivery& delivery);

// Reads what one of them wrote, up to 8 MiB. Invalid for anything else, with what is wrong.
Expected<Delivery> ParseDelivery(std::string_view json);

}  // namespace tinyforge
