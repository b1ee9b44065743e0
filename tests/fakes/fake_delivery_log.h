// Deliveries in memory.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reconcilers/core/delivery.h"
#include "tests/fakes/awaited.h"

namespace tinyforge {

class FakeDeliveryLog final : public DeliveryLog {
 public:
  struct Kept {
    std::map<std::string, Delivery> deliveries;  // by id
    int writes = 0;
    bool fail = false;      // what is to be written is lost
    int reads_to_fail = 0;  // that many more
  };
  Awaited<Kept> kept;

  Expected<void> PutDeliveries(const std::vector<Delivery>& deliveries) override {
    bool failed = false;
    kept.Do([&](Kept& k) {
      ++k.writes;
      failed = k.fail;
      if (!failed)
        for (const Delivery& delivery : deliveries) k.deliveries.insert_or_assign(delivery.id, delivery);
    });
    if (failed) return Error{ErrorKind::Transient, "the disk is full"};
    return {};
  }
  Expected<std::vector<Delivery>> Deliveries(const DeliveryFilter& filter) override {
    std::vector<Delivery> found;
    bool failed = false;
    kept.Do([&](Kept& k) { failed = k.reads_to_fail > 0 && k.reads_to_fail-- > 0; });
    if (failed) return Error{ErrorKind::Transient, "the disk is slow"};
    for (const auto& [id, delivery] : kept.Get().deliveries)
      if ((filter.ignored || !IsIgnored(delivery)) && (filter.trigger.empty() || filter.trigger == delivery.trigger))
        found.push_back(delivery);
    std::ranges::reverse(found);
    if (found.size() > filter.limit) found.resize(filter.limit);
    return found;
  }
  Expected<std::optional<Delivery>> FindDelivery(const std::string& id) override {
    std::optional<Delivery> delivery;
    kept.Do([&](const Kept& k) {
      if (const auto found = k.deliveries.find(id); found != k.deliveries.end()) delivery = found->second;
    });
    return delivery;
  }

 private:
  static bool IsIgnored(const Delivery& delivery) {
    return !delivery.events.empty() && std::ranges::all_of(delivery.events, [](const InboundEvent& event) {
      return std::holds_alternative<Ignored>(event);
    });
  }
};

}  // namespace tinyforge
