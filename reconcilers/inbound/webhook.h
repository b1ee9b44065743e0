// Reads what a vendor's webhook says. A hint, and from a stranger: whatever the bytes are, the answer is events or an
// error, in time and memory bounded by their number; nothing of them is repeated in an error or in a reason.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/meta/error.h"
#include "reconcilers/core/inbound_event.h"

namespace tinyforge::inbound {

// The value of a header by its name, whose case does not matter; empty when there is none.
using HeaderLookup = std::function<std::string_view(std::string_view name)>;

// Authenticated already: signatures are over the raw bytes, and none of a reader's business.
struct WebhookRequest {
  HeaderLookup header;
  std::string_view body;  // as it came, at most 1 MiB
};

inline constexpr std::size_t kMostEvents = 1000;  // of one delivery; more are refused
inline constexpr std::size_t kMostUrls = 8;       // of one repository; the first

struct WebhookDelivery {
  std::string_view vendor;  // "github", "gitea", … of a closed list, fit to be a metric's label
  std::string event;        // as the vendor calls it: "push", "Tag Push Hook", "PUSH_ARTIFACT"; empty: not said
  std::string id;           // the vendor's, the same when it sends the delivery again; empty: it has none
  std::vector<InboundEvent> events;  // 1 to kMostEvents, in the order of the payload
};

// The vendor is told by the headers, else by the shape of the payload, else it is "generic": {"image": …} or
// {"ref": …}. A body that is empty and of no vendor is a call (Fired). Bodies are JSON (RFC 8259), or a form whose
// field `payload` is.
//
// What a vendor sends and nothing here follows from (a ping, a deletion, a star, a package that is no image) is Ignored
// with a reason. Invalid: the payload is not what its vendor sends; "vendor: field: expected …; it is …". A vendor's
// broken payload is never taken for another's. Thread-safe when `header` is.
Expected<WebhookDelivery> ReadWebhook(const WebhookRequest& request);

}  // namespace tinyforge::inbound
