// A TriggerBackend over plain vectors, and a delivery log in memory.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "controller/serve/trigger_backend.h"

namespace tinyforge::serve {

class FakeDeliveryLog : public DeliveryLog {
 public:
  Expected<void> PutDeliveries(const std::vector<Delivery>& more) override {
    const std::lock_guard lock(mutex);
    for (const Delivery& delivery : more) kept.insert_or_assign(delivery.id, delivery);
    return {};
  }
  Expected<std::vector<Delivery>> Deliveries(const DeliveryFilter& filter) override {
    const std::lock_guard lock(mutex);
    if (broken) return *broken;
    std::vector<Delivery> found;
    for (auto it = kept.rbegin(); it != kept.rend() && found.size() < filter.limit; ++it)
      if (filter.trigger.empty() || it->second.trigger == filter.trigger) found.push_back(it->second);
    return found;
  }
  Expected<std::optional<Delivery>> FindDelivery(const std::string& id) override {
    const std::lock_guard lock(mutex);
    if (broken) return *broken;
    const auto it = kept.find(id);
    return it == kept.end() ? std::optional<Delivery>() : std::optional(it->second);
  }

  std::mutex mutex;
  std::map<std::string, Delivery> kept;
  std::optional<Error> broken;
};

class FakeTriggers : public TriggerBackend {
 public:
  std::vector<BoundWorkload> Bound(const ObjectKey& of) override {
    std::vector<BoundWorkload> found;
    for (const BoundWorkload& one : bound) {
      const std::string& name = of.kind == Kind::Trigger   ? one.trigger
                                : of.kind == Kind::Binding ? one.binding
                                                           : one.workload;
      if (name == of.name) found.push_back(one);
    }
    return found;
  }
  std::vector<BoundWorkload> AllBound() override { return bound; }
  Expected<BindingConfig> ConfigOf(const std::string& binding) override {
    const auto it = configs.find(binding);
    if (it == configs.end()) return Error{ErrorKind::NotFound, "trigger \"gone\" not found"};
    return it->second;
  }

  DeliveryLog& Deliveries() override { return log; }
  Delivery DeliveryOf(const std::string& id) override {
    const auto found = log.FindDelivery(id);
    return found && *found ? **found : Delivery{.id = id};
  }
  void AwaitDelivery(const std::string& id, std::function<void()> done) override {
    {
      const std::lock_guard lock(mutex);
      if (!finished.contains(id)) {
        waiting.emplace(id, std::move(done));
        if (on_await) on_await();
        return;
      }
    }
    done();
  }
  // Puts what came of a delivery, and wakes those who wait for it.
  void Finish(const Delivery& delivery) {
    (void)log.PutDeliveries({delivery});
    std::multimap<std::string, std::function<void()>> woken;
    {
      const std::lock_guard lock(mutex);
      finished.emplace(delivery.id, true);
      woken.swap(waiting);
    }
    for (auto& [id, done] : woken) done();
  }

  Expected<Delivery> Fire(const std::string& trigger) override { return Accept(trigger, "tfctl fire"); }
  Expected<Delivery> Replay(const std::string& delivery) override {
    const auto found = log.FindDelivery(delivery);
    if (!found || !*found) return Error{ErrorKind::NotFound, "delivery \"" + delivery + "\" not found"};
    return Accept((*found)->trigger, "tfctl replay");
  }
  Expected<std::string> Deploy(const std::string& workload, const std::string& version) override {
    return Say(workload, version.empty() ? "is made anew" : "gets " + version);
  }
  Expected<std::string> Promote(const std::string& workload) override { return Say(workload, "is promoted"); }
  Expected<std::string> ApprovePromotion(const std::string& workload) override { return Say(workload, "is approved"); }
  Expected<RotatedSecret> Rotate(const std::string& trigger, std::optional<Duration> grace) override {
    if (trigger == "ghost") return Error{ErrorKind::NotFound, "trigger \"ghost\" not found"};
    return RotatedSecret{"/etc/tinyforge/secrets/hooks/" + trigger, "1a2b3c4d",
                         grace == Duration(0) ? SysTime{} : rotated_until, ended};
  }

  std::mutex mutex;
  FakeDeliveryLog log;
  std::vector<BoundWorkload> bound;
  std::map<std::string, BindingConfig> configs;
  Delivery accepted{.id = "0k3v9x0000000009"};  // what Fire and Replay answer, with trigger and cause filled in
  SysTime rotated_until{};
  SysTime ended{};  // of the secret before, which a rotation ends
  std::function<void()> on_await;

 private:
  Expected<Delivery> Accept(const std::string& trigger, const char* cause) {
    if (trigger == "ghost") return Error{ErrorKind::NotFound, "trigger \"ghost\" not found"};
    Delivery delivery = accepted;
    delivery.trigger = trigger;
    delivery.cause = cause;
    (void)log.PutDeliveries({delivery});
    return delivery;
  }
  static Expected<std::string> Say(const std::string& workload, const std::string& what) {
    if (workload == "ghost") return Error{ErrorKind::NotFound, "workload \"ghost\" not found"};
    if (workload == "pinned") return Error{ErrorKind::Conflict, "a pin decides the version of workload/pinned"};
    return workload + " " + what;
  }

  std::map<std::string, bool> finished;
  std::multimap<std::string, std::function<void()>> waiting;
};

}  // namespace tinyforge::serve
