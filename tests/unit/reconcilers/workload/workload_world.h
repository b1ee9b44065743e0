// A workload on the fake Engine: desired state, planning, applying, and passes until nothing is left to do.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "reconcilers/workload/compute_plan.h"
#include "reconcilers/workload/health.h"
#include "tests/fakes/fake_engine.h"
#include "tests/fakes/fake_host_images.h"
#include "tests/fakes/one_by_one.h"

namespace tinyforge {

class WorkloadWorld {
 public:
  FakeEngine engine;
  FakeFiles files;
  FakeFacts facts;
  FakeLogs logs;
  FakeHostImages host_images;
  OneByOne tasks;
  std::map<std::string, ProbeReport> probes;  // by container id
  DesiredState desired;
  PlanContext context;

  WorkloadWorld() {
    context.instance = "test";
    context.revision = "c0ffee";
    context.source_path = "web.yaml";
    context.healthy_after = std::chrono::seconds(10);
    engine.images["web:1"] = "sha256:one";
    engine.images["web:2"] = "sha256:two";
    Want(1, "web:1");
  }

  // `replicas` of the image, all else as it was.
  void Want(int replicas, const std::string& image) {
    ContainerTemplate spec = desired.containers.empty() ? ContainerTemplate() : desired.containers.front().spec;
    spec.image = image;
    Want(replicas, spec);
  }
  void Want(int replicas, const ContainerTemplate& spec) {
    const Limits limits = desired.containers.empty() ? Limits() : desired.containers.front().limits;
    desired = DesiredState{.workload = "web", .source_kind = "image", .version = "1 by manifest"};
    desired.image = spec.image;
    desired.networks = {{.name = "tinyforge", .shared = true}};
    for (const Mount& m : spec.mounts)
      if (!m.read_only) desired.exclusive_sources.insert(m.source);
    for (int r = 1; r <= replicas; ++r)
      desired.containers.push_back({.replica = r,
                                    .name = ServingName("web", r),
                                    .spec = spec,
                                    .template_hash = TemplateHash(spec),
                                    .limits = limits,
                                    .networks = {{.network = "tinyforge", .aliases = {"web"}}}});
  }
  void WantLimits(const Limits& limits) {
    for (DesiredContainer& c : desired.containers) c.limits = limits;
  }

  ObservedState Observe() {
    ObservedState observed;
    observed.containers = *engine.Containers("web");
    observed.ages = engine.Ages("web");
    observed.probes = probes;
    observed.hooks = engine.hooks;
    observed.writers_elsewhere = engine.WritersElsewhere("web", desired.exclusive_sources);
    if (auto found = engine.images.find(desired.image); found != engine.images.end()) observed.image_id = found->second;
    observed.free_addresses = *engine.FreeAddresses(desired.containers.size());
    return observed;
  }
  Decision Decide() {
    context.facts = facts.facts["web"];
    return ComputePlan(desired, Observe(), context);
  }
  // Without the shared network's step, which stands before every create.
  std::string PlanText() {
    Plan plan = Decide().plan;
    std::erase_if(plan.steps, [](const Step& step) {
      const auto* ensure = std::get_if<action::EnsureNetwork>(&step.action);
      return ensure && ensure->network.shared;
    });
    return ToString(plan);
  }
  // One pass; the decision that it made.
  Decision Pass() {
    Decision decision = Decide();
    last_error = Apply(decision.plan, {engine, files, facts, logs, host_images, tasks}).error;
    return decision;
  }
  // Passes and time until a plan is empty and nothing is awaited; the number of passes, or -1 when it does not end.
  int Settle(int limit = 60) {
    for (int pass = 0; pass < limit; ++pass) {
      const Decision decision = Pass();
      const bool killed = std::ranges::any_of(engine.containers,
                                              [](const auto& c) { return c.second.state == ContainerState::Killed; });
      engine.Tick(std::chrono::seconds(5));  // what was killed is known by then, and is told by an event
      if (decision.plan.empty() && !decision.verdict.come_back && !killed) return pass;
    }
    return -1;
  }
  // For the message of a failed test.
  std::string Describe() {
    const Decision decision = Decide();
    std::string text = decision.verdict.reason + ": " + decision.verdict.message + "\n" + ToString(decision.plan);
    for (const auto& [id, c] : engine.containers)
      text += c.name + " " + std::string(ToString(c.state)) + " seq " + std::string(c.Label(label::kSeq)) + " hash " +
              std::string(c.Label(label::kTemplateHash).substr(0, 8)) + " ran " +
              std::to_string(engine.running[id].count()) + "\n";
    for (const DesiredContainer& d : desired.containers)
      text += "want " + d.name + " hash " + d.template_hash.substr(0, 8) + "\n";
    return text + "strategy " + std::to_string(int(context.strategy)) +
           (last_error ? " error " + last_error->message : "") + "\n";
  }
  int Up() const {
    return int(std::count_if(engine.containers.begin(), engine.containers.end(),
                             [](const auto& c) { return c.second.state == ContainerState::Running; }));
  }
  void NeverTwoUp() {
    engine.after_call = [this] { EXPECT_LE(Up(), 1); };
  }
  void Run(int passes) {
    for (int i = 0; i < passes; ++i) Pass(), engine.Tick(std::chrono::seconds(5));
  }
  std::vector<std::string> TakeCalls() { return std::exchange(engine.calls, {}); }

  std::optional<Error> last_error;
};

}  // namespace tinyforge
