// The contract between the worker and what reconciles one kind.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/meta/error.h"
#include "api-types/meta/object.h"
#include "api-types/meta/time.h"
#include "api-types/v1/status.h"
#include "reconcilers/core/ports.h"

namespace tinyforge {

// Reconciliation is level-based: a request is a key and says nothing of why it was queued.
struct Request {
  ObjectKey key;
  SysTime now{};  // for statuses only
};

// What one pass found and did. The worker alone stores the status and the events and turns `error` into what comes
// next.
struct Outcome {
  std::optional<v1::Status> status;  // empty: the object is gone
  std::vector<Event> events;
  std::optional<Duration> requeue_after;
  std::optional<Error> error;
  std::set<std::string_view>
      repairs;  // kinds of drift that steps mended: "missing", "state", "name", "limits", "networks", "template"
  std::vector<v1::RolloutRecord> rollouts;  // that began, went on or ended in this pass; for the history
  std::string_view rollout_ended;           // "succeeded" or "failed", when this pass saw it end
  bool acted = false;                       // steps were applied, or tried: events of its own making may follow
};

class Reconciler {
 public:
  virtual ~Reconciler() = default;
  virtual Outcome Reconcile(const Request& request) = 0;
};

}  // namespace tinyforge
