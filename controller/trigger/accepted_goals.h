// What was accepted for deliveries, as facts and configuration hold it, and whether they still do.
#pragma once

#include <optional>
#include <string>

#include "controller/trigger/goal.h"
#include "controller/trigger/rollout_watch.h"
#include "controller/trigger/route_book.h"

namespace tinyforge {

// Thread-safe as far as its parts are.
class AcceptedGoals {
 public:
  struct Parts {
    ConfigReader& config;
    RouteBook& routes;
    FactStore& facts;
    DeliveryDesk& desk;
    RolloutWatch& watch;
  };
  explicit AcceptedGoals(Parts parts) : parts_(parts) {}

  // Gives back a delivery of an earlier process with what was accepted taken as answered: it is followed as long as the
  // facts hold it, and never asked for once more, which would undo what was decided since.
  Delivery Resume(Delivery delivery, const RouteTable& table);
  // What is followed of the target ends when it is held no more.
  void Review(const ServiceName& target);

 private:
  std::optional<Goal> GoalOf(const Route& route, const Delivery& delivery);
  bool Holds(const ServiceName& target, const Goal& goal);

  const Parts parts_;
};

}  // namespace tinyforge
