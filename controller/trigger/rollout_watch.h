// Follows what was accepted for workloads until their statuses tell what came of it.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "api-types/v1/status.h"
#include "controller/runtime/guarded.h"
#include "controller/trigger/delivery_desk.h"
#include "controller/trigger/evaluator.h"

namespace tinyforge {

// Thread-safe.
class RolloutWatch {
 public:
  explicit RolloutWatch(DeliveryDesk& desk) : desk_(desk) {}

  // From now on `tickets` stand for that goal of the workload, or of that service of it; a goal before it is
  // superseded.
  void Follow(const ServiceName& target, const Goal& goal, std::vector<Ticket> tickets);
  // A ticket of an earlier process, for a goal that is followed already or is to be.
  void Join(const ServiceName& target, const Goal& goal, Ticket ticket);
  void OnStatus(const std::string& workload, const v1::Status& status);
  // Of which something is followed.
  std::vector<ServiceName> Targets();
  // What is followed of the target ends as Skipped when `is_held` denies its goal. That is asked without a lock, and
  // should read the world anew: the goal may be younger than what the caller has seen of it.
  void Review(const ServiceName& target, const std::function<bool(const Goal& goal)>& is_held);
  // Those of workloads that `is_there` denies end as Skipped.
  template <class IsThere>
  void Drop(const IsThere& is_there) {
    std::vector<Ticket> tickets;
    {
      auto state = state_.Lock();
      std::erase_if(*state, [&](auto& entry) {
        if (is_there(entry.first.workload)) return false;
        tickets.insert(tickets.end(), entry.second.tickets.begin(), entry.second.tickets.end());
        return true;
      });
    }
    desk_.Settle(tickets, DeliveryResult::Skipped, "the workload is gone");
  }

 private:
  struct Followed {
    Goal goal;
    std::vector<Ticket> tickets;
  };
  DeliveryDesk& desk_;
  Guarded<std::map<ServiceName, Followed>> state_;
};

}  // namespace tinyforge
