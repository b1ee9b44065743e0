// What the API shows of triggers and lets people do with them.
#pragma once

#include <string>
#include <vector>

#include "controller/serve/trigger_backend.h"
#include "controller/trigger/hook_door.h"
#include "controller/trigger/trigger_service.h"

namespace tinyforge {

// Thread-safe.
class TriggerApi : public serve::TriggerBackend {
 public:
  struct Ports {
    ConfigReader& config;
    RouteBook& routes;
    FactStore& facts;
    DeliveryLog& log;
    TriggerService& service;
    HookDoor& door;
  };
  explicit TriggerApi(Ports ports) : ports_(ports) {}

  std::vector<serve::BoundWorkload> Bound(const ObjectKey& of) override;
  std::vector<serve::BoundWorkload> AllBound() override;
  Expected<serve::BindingConfig> ConfigOf(const std::string& binding) override;
  DeliveryLog& Deliveries() override { return ports_.log; }
  Delivery DeliveryOf(const std::string& id) override {
    return ports_.service.desk().Find(id).value_or(Delivery{.id = id});
  }
  void AwaitDelivery(const std::string& id, std::function<void()> done) override {
    ports_.service.desk().Await(id, std::move(done));
  }
  Expected<Delivery> Fire(const std::string& trigger) override { return ports_.service.Fire(trigger); }
  Expected<Delivery> Replay(const std::string& delivery) override { return ports_.service.Replay(delivery); }
  Expected<std::string> Deploy(const std::string& workload, const std::string& version) override {
    return ports_.service.Deploy(workload, version);
  }
  Expected<std::string> Promote(const std::string& workload) override { return ports_.service.Promote(workload); }
  Expected<std::string> ApprovePromotion(const std::string& workload) override {
    return ports_.service.ApprovePromotion(workload);
  }
  Expected<serve::RotatedSecret> Rotate(const std::string& trigger, std::optional<Duration> grace) override;

 private:
  serve::BoundWorkload Show(const Route& route);
  static serve::BoundWorkload ShowUnbound(const v1::Object& binding, const RouteTable& table);

  const Ports ports_;
};

}  // namespace tinyforge
