// One call of a trigger, from the webhook or the person that made it to what came of it for each binding. History: it
// explains, and decides nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/meta/error.h"
#include "api-types/meta/object.h"
#include "api-types/meta/time.h"
#include "reconcilers/core/inbound_event.h"
#include "reconcilers/core/shared_list.h"
#include "reconcilers/core/shared_text.h"

namespace tinyforge {

// What a delivery came to for one bound workload. The first two are on the way, the others final.
enum class DeliveryResult {
  Pending,  // its turn has not come, or its source is being asked
  Rolling,  // the version is accepted and is being rolled out
  Deployed,
  Skipped,  // nothing to do: it runs already, is overruled by a pin, or a newer delivery took its place
  NoMatch,
  Errored
};

std::string_view ToString(DeliveryResult result);  // "deployed", "no-match"
std::optional<DeliveryResult> ParseDeliveryResult(std::string_view text);
constexpr bool IsFinal(DeliveryResult result) {
  return result > DeliveryResult::Rolling;
}

struct DeliveryOutcome {
  std::string binding;
  std::string workload;
  std::string service;  // of a compose workload; empty: the workload itself
  DeliveryResult result = DeliveryResult::Pending;
  SharedText message;  // one line: why
  SysTime at{};        // of the result
  bool operator==(const DeliveryOutcome&) const = default;
};

struct Delivery {
  std::string id;         // ours: 13 characters of [0-9a-z], in the order in which they came
  std::string trigger;    // its name
  std::string cause;      // "webhook", "poll", "schedule", "tfctl fire", "tfctl replay"
  std::string vendor;     // see inbound::WebhookDelivery; empty: no webhook
  std::string event;      // the vendor's word
  std::string vendor_id;  // the vendor's id of it
  std::string source;     // address of the caller, without its port
  std::string secret;     // fingerprint of the secret in its URL, 8 hex digits
  std::string replay_of;  // id of the delivery that it repeats
  StringMap headers;      // those that explain it, without secrets
  SysTime received{};
  SysTime ended{};  // when the last outcome became final; epoch: not yet
  SharedList<InboundEvent> events;
  SharedList<DeliveryOutcome> outcomes;  // by binding, then by workload
  bool operator==(const Delivery&) const = default;
};

struct DeliveryCounts {
  std::size_t pending = 0;  // of both results that are not final
  std::size_t deployed = 0;
  std::size_t skipped = 0;
  std::size_t no_match = 0;
  std::size_t errored = 0;
};
DeliveryCounts CountOutcomes(const Delivery& delivery);

struct DeliveryFilter {
  std::string trigger;      // empty: of any
  std::size_t limit = 200;  // the newest
  bool ignored = true;      // those too of which every event is Ignored: a ping, a star
};

// Deliveries of the cache: bounded by number and age, lost with it. Thread-safe.
class DeliveryLog {
 public:
  virtual ~DeliveryLog() = default;
  // One transaction; one that is there already is replaced.
  virtual Expected<void> PutDeliveries(const std::vector<Delivery>& deliveries) = 0;
  virtual Expected<std::vector<Delivery>> Deliveries(const DeliveryFilter& filter) = 0;  // newest first
  virtual Expected<std::optional<Delivery>> FindDelivery(const std::string& id) = 0;
};

}  // namespace tinyforge
