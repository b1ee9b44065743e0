// Reconciles the kinds that cause nothing to run by themselves: tells whether the object can be used.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "reconcilers/core/reconciler.h"

namespace tinyforge {

struct ObjectPorts {
  ConfigReader& config;
  ObjectStore& store;
};

// What there is to say of an object.
struct Finding {
  ConditionStatus ready = ConditionStatus::True;
  std::string reason;  // PascalCase
  std::string message;
  bool stalled = false;                    // only a change of the configuration mends it
  std::vector<Condition> conditions{};     // further ones: type, status, reason and message
  std::vector<std::string_view> absent{};  // types of further conditions that do not hold now
  std::optional<Duration> requeue_after{};
};

class ObjectReconciler : public Reconciler {
 public:
  using Judge = std::function<Finding(const v1::Object& object, const ConfigSnapshot& snapshot)>;
  // `judge` is called by several workers at once.
  ObjectReconciler(ObjectPorts ports, Judge judge) : ports_(ports), judge_(std::move(judge)) {}
  Outcome Reconcile(const Request& request) override;

 private:
  ObjectPorts ports_;
  Judge judge_;
};

// Of a Secret: ready when every key can be read.
Finding JudgeSecret(const v1::Object& secret, SecretReader& secrets);

}  // namespace tinyforge
