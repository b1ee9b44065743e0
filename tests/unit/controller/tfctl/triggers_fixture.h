// Triggers of several kinds, what they are bound to, and what came of their deliveries.
#pragma once

#include <string>

#include "tests/unit/controller/tfctl/tfctl_fixture.h"

namespace tinyforge::tfctl {

class TriggersTest : public TfctlTest {
 protected:
  // A delivery that is in the log; its id alone otherwise.
  Delivery Kept(const std::string& id) { return backend_.triggers.DeliveryOf(id); }

  void AddObject(Kind kind, const std::string& name, const std::string& spec, ConditionStatus ready) {
    auto& record = Add(MakeRecord(kind, name, spec));
    const bool good = ready != ConditionStatus::False;
    record.status.conditions = {MakeCondition("Ready", ready, good ? "Bound" : "InvalidTrigger",
                                              good ? "all is well" : "spec.registry: no policy")};
  }

  void AddTriggers() {
    AddObject(Kind::Trigger, "shop-image",
              R"({"registry":{},"webhook":{"secretRef":{"name":"h","key":"k"},"signature":{"required":true}}})",
              ConditionStatus::True);
    AddObject(Kind::Trigger, "broken", R"({"registry":{}})", ConditionStatus::False);
    Add(MakeRecord(Kind::Trigger, "nightly", R"({"schedule":{},"webhook":{"secretRef":{"name":"h","key":"k"}}})"));
    AddObject(Kind::Binding, "web",
              R"({"trigger":"shop-image","workloadSelector":{"matchLabels":{"team":"web"}},)"
              R"("overrides":{"tagPolicy":{"semver":"2.x"}},"writeBack":{"mode":"Commit"}})",
              ConditionStatus::True);
    AddObject(Kind::Binding, "staging", R"({"trigger":"shop-image","workload":"api"})", ConditionStatus::True);
    AddObject(Kind::Binding, "by-hand", R"({"trigger":"manual","workload":"stack","service":"web","enabled":false})",
              ConditionStatus::True);
    AddBound();
    AddDeliveries();
  }

  void AddBound() {
    backend_.triggers.bound = {{.binding = "web",
                                .trigger = "shop-image",
                                .kind = "registry",
                                .workload = "shop",
                                .decides = true,
                                .accepted = "1.4.3",
                                .state = "waits for the registry"},
                               {.binding = "web",
                                .trigger = "shop-image",
                                .kind = "registry",
                                .workload = "blog",
                                .decides = true,
                                .accepted = "1.4.2"},
                               {.binding = "staging",
                                .trigger = "shop-image",
                                .kind = "registry",
                                .workload = "api",
                                .problem = "the version is decided by binding/other"},
                               {.binding = "by-hand",
                                .trigger = "manual",
                                .kind = "manual",
                                .workload = "stack",
                                .service = "web",
                                .enabled = false}};
    backend_.triggers.configs["web"] = {.base = R"({"pollInterval":"10m","tagPolicy":{"semver":"1.x"}})",
                                        .overrides = R"({"tagPolicy":{"semver":"2.x"}})",
                                        .merged = R"({"pollInterval":"10m","tagPolicy":{"semver":"2.x"}})",
                                        .overridden = {"tagPolicy"}};
    backend_.triggers.configs["staging"] = {.base = "{}"};
  }

  void AddDeliveries() {
    using std::chrono::milliseconds;
    const SysTime received = kNow - std::chrono::seconds(119);
    Delivery ping{.id = "0k3v9x0000000001",
                  .trigger = "shop-image",
                  .cause = "webhook",
                  .vendor = "github",
                  .event = "ping",
                  .received = kNow - std::chrono::minutes(5),
                  .events = {Ignored{"a ping"}}};
    Delivery push = ping;
    push.id = "0k3v9x0000000002";
    push.event = "package";
    push.vendor_id = "72d3162e";
    push.source = "10.0.0.7";
    push.secret = "1a2b3c4d";
    push.headers = {{"User-Agent", "GitHub-Hookshot/1"}, {"X-GitHub-Event", "package"}};
    push.received = received;
    push.ended = received + milliseconds(4200);
    push.events = {
        ImagePushed{"ghcr.io", "acme/shop", "1.4.3", "sha256:0123456789abcdef"},
        GitPushed{
            .repository = "acme/shop", .name = "main", .commit = kCommit, .files = std::vector<std::string>{"a", "b"}}};
    push.outcomes = {{"staging", "api", "", DeliveryResult::Errored, "401 from ghcr.io", received + milliseconds(900)},
                     {"web", "blog", "", DeliveryResult::Deployed, "1.4.2 -> 1.4.3", received + milliseconds(4200)},
                     {"web", "shop", "", DeliveryResult::Deployed, "1.4.2 -> 1.4.3", received + milliseconds(4000)}};
    const Delivery fired{.id = "0k3v9x0000000003",
                         .trigger = "nightly",
                         .cause = "tfctl fire",
                         .received = kNow - std::chrono::seconds(5),
                         .events = {Fired{}},
                         .outcomes = {{"b", "shop", "", DeliveryResult::Pending, "", received}}};
    (void)backend_.triggers.log.PutDeliveries({ping, push, fired});
  }
};

}  // namespace tinyforge::tfctl
