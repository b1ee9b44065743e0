#include <algorithm>

#include "reconcilers/plan/plan.h"

namespace tinyforge {
namespace {

constexpr std::size_t kFailedReleasesKept = 8;

// One call a step, and no decision: what to tolerate is part of each port's contract.
struct Executor {
  const PlanTargets& to;

  Expected<void> operator()(const action::EnsureNetwork& a) const { return to.containers.EnsureNetwork(a.network); }
  Expected<void> operator()(const action::EnsureVolume& a) const {
    return to.containers.EnsureVolume(a.name, a.workload);
  }
  Expected<void> operator()(const action::WriteFiles& a) const {
    if (auto done = to.files.EnsureDirectories(a.directories); !done) return done;
    return to.files.Write(a.files);
  }
  Expected<void> operator()(const action::Create& a) const {
    auto id = to.containers.Create(a.request);
    return id ? Expected<void>() : Expected<void>(std::move(id).error());
  }
  Expected<void> operator()(const action::Start& a) const { return to.containers.Start(a.target.container); }
  Expected<void> operator()(const action::Unpause& a) const { return to.containers.Unpause(a.target.container); }
  Expected<void> operator()(const action::Stop& a) const { return to.containers.BeginStop(a.target.container); }
  Expected<void> operator()(const action::Remove& a) const { return to.containers.Remove(a.target.container); }
  Expected<void> operator()(const action::Rename& a) const { return to.containers.Rename(a.target.container, a.to); }
  Expected<void> operator()(const action::SetLimits& a) const {
    return to.containers.Update(a.target.container, a.limits);
  }
  Expected<void> operator()(const action::DisableRestart& a) const {
    return to.containers.DisableRestart(a.target.container);
  }
  Expected<void> operator()(const action::Signal& a) const {
    return to.containers.Signal(a.target.container, a.signal);
  }
  Expected<void> operator()(const action::Connect& a) const {
    return to.containers.Connect(a.target.container, a.attachment);
  }
  Expected<void> operator()(const action::Disconnect& a) const {
    return to.containers.Disconnect(a.target.container, a.network);
  }
  Expected<void> operator()(const action::RemoveNetwork& a) const { return to.containers.RemoveNetwork(a.name); }
  Expected<void> operator()(const action::RecordFailure& a) const {
    auto facts = to.facts.Load(a.workload);
    if (!facts) return std::move(facts).error();
    auto& failed = facts->failed;
    std::erase_if(failed, [&](const FailedRelease& r) {
      return r.release == a.release.release && r.image_id == a.release.image_id;
    });
    failed.push_back(a.release);
    if (failed.size() > kFailedReleasesKept) failed.erase(failed.begin());
    return to.facts.Save(a.workload, *facts);
  }
};

}  // namespace

ApplyResult Apply(const Plan& plan, const PlanTargets& targets) {
  ApplyResult result;
  std::optional<int> broken;
  for (const Step& step : plan.steps) {
    if (broken == step.group) continue;
    if (auto done = std::visit(Executor{targets}, step.action); done) {
      result.applied.push_back(&step);
    } else {
      broken = step.group;
      if (!result.error) result.error = std::move(done).error().Within(ToString(step.action));
    }
  }
  return result;
}

}  // namespace tinyforge
