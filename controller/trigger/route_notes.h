// What the last look at each bound workload came to.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controller/runtime/guarded.h"
#include "controller/trigger/fan_out.h"

namespace tinyforge {

// What one bound workload is at.
struct RouteNote {
  DeliveryResult result = DeliveryResult::Skipped;
  std::string message;
  SysTime at{};
};

// Thread-safe.
class RouteNotes {
 public:
  enum class News { None, Message, Result };
  // What differs from the note before.
  News Put(const RouteKey& route, RouteNote note);
  std::optional<RouteNote> Of(const RouteKey& route) const;
  // Routes of another configuration are in force: notes of others are forgotten. Those whose policy decides, and that
  // are new or computed from something else than before: their answer may be another one.
  std::vector<Route> Follow(const RouteTable& table, const v1::ObjectSet& objects);

 private:
  struct State {
    std::map<RouteKey, RouteNote> notes;
    std::map<RouteKey, std::string> bases;  // hash of what each was computed from, of the revision in force
  };
  mutable Guarded<State> state_;
};

}  // namespace tinyforge
