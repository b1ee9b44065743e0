// What the API needs from the controller to show triggers at work and to make them act.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "api-types/meta/error.h"
#include "api-types/v1/object_set.h"
#include "reconcilers/core/delivery.h"

namespace tinyforge::serve {

// One binding of one workload as it is in force, or why there is none.
struct BoundWorkload {
  std::string binding;
  std::string trigger;
  std::string kind;      // of the trigger: "registry"
  std::string workload;  // empty: of none, see problem
  std::string service;
  bool enabled = true;
  bool decides = false;  // its policy decides the version
  std::string accepted;  // the version that it last set: "1.4.2@sha256:0123456789ab"; empty: none yet
  std::string state;     // one line: what it waits for or why it has no answer; empty: nothing to say
  std::string problem;   // why it does less than it says; empty: all well
};

// The configuration that holds for a binding. Canonical JSON of the kind's part of the spec.
struct BindingConfig {
  std::string base;                     // the trigger's
  std::string overrides;                // the binding's; empty: none
  std::string merged;                   // empty: it cannot be merged, see BoundWorkload::problem
  std::vector<std::string> overridden;  // keys that the binding replaces or adds
};

struct RotatedSecret {
  std::string file;         // that holds the new secret, on the controller's host
  std::string fingerprint;  // of the new one, 8 hex digits
  SysTime old_until{};      // the old one is honoured until then; epoch: it is not
  SysTime ended{};          // an older one that was still honoured until then is not any more; epoch: there was none
};

// Thread-safe. NotFound names what does not exist; messages are for people and hold no secret.
class TriggerBackend {
 public:
  virtual ~TriggerBackend() = default;

  // In the order of binding, then of workload; of one trigger, binding or workload alone where a name is not empty.
  virtual std::vector<BoundWorkload> Bound(const ObjectKey& of) = 0;
  virtual std::vector<BoundWorkload> AllBound() = 0;
  virtual Expected<BindingConfig> ConfigOf(const std::string& binding) = 0;

  virtual DeliveryLog& Deliveries() = 0;
  // The delivery as it is now; of one that is not known any more just its id.
  virtual Delivery DeliveryOf(const std::string& id) = 0;
  // `done` is called once, from any thread, when the delivery is final; at once when it is, or is not known. It is
  // quick.
  virtual void AwaitDelivery(const std::string& id, std::function<void()> done) = 0;

  // Acts as a webhook without a payload does. The delivery as it was accepted.
  virtual Expected<Delivery> Fire(const std::string& trigger) = 0;
  // Matches what a delivery said once more, with the configuration in force.
  virtual Expected<Delivery> Replay(const std::string& delivery) = 0;

  // Runs `version` ("1.4.2" or "sha256:…") until the manifest's version is edited; empty: makes the workload anew from
  // what its tag points to now. Conflict when a pin or a policy decides its version. A sentence that says what comes of
  // it, as for the next two. All three may take as long as a question to a registry.
  virtual Expected<std::string> Deploy(const std::string& workload, const std::string& version) = 0;
  // Brings what runs on the stage before, without soak and approval.
  virtual Expected<std::string> Promote(const std::string& workload) = 0;
  // Releases a promotion that waits for approval: of just the version that waits.
  virtual Expected<std::string> ApprovePromotion(const std::string& workload) = 0;

  // Makes a new webhook secret; the old one is honoured for `grace`, or a day unless that is given, and no older one.
  virtual Expected<RotatedSecret> Rotate(const std::string& trigger, std::optional<Duration> grace) = 0;
};

}  // namespace tinyforge::serve
