// Reconcilers of the kinds that cause nothing to run by themselves: they tell whether the object can be used.
#pragma once

#include "reconcilers/core/reconciler.h"

namespace tinyforge {

struct ObjectPorts {
  ConfigReader& config;
  ObjectStore& store;
};

// Ready when every key can be read.
class SecretReconciler : public Reconciler {
 public:
  SecretReconciler(ObjectPorts ports, SecretReader& secrets) : ports_(ports), secrets_(secrets) {}
  Outcome Reconcile(const Request& request) override;

 private:
  ObjectPorts ports_;
  SecretReader& secrets_;
};

// Ready=Unknown, NotServed: this controller reads and checks triggers, and does not act on them.
class TriggerReconciler : public Reconciler {
 public:
  explicit TriggerReconciler(ObjectPorts ports) : ports_(ports) {}
  Outcome Reconcile(const Request& request) override;

 private:
  ObjectPorts ports_;
};

// Stalled when the trigger or the workload that it names does not exist; else as its trigger.
class BindingReconciler : public Reconciler {
 public:
  explicit BindingReconciler(ObjectPorts ports) : ports_(ports) {}
  Outcome Reconcile(const Request& request) override;

 private:
  ObjectPorts ports_;
};

}  // namespace tinyforge
