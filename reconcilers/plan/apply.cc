#include <algorithm>
#include <map>

#include "reconcilers/plan/plan.h"

namespace tinyforge {
namespace {

constexpr std::size_t kFailedReleasesKept = 8;
constexpr std::size_t kLastLinesBytes = 1024;

Expected<bool> Acted(Expected<void> done) {
  return done ? Expected<bool>(true) : Expected<bool>(std::move(done).error());
}

// One call a step, and no decision: what to tolerate is part of each port's contract. True: something was done.
struct Executor {
  const PlanTargets& to;

  Expected<bool> operator()(const action::EnsureNetwork& a) const {
    return to.containers.EnsureNetwork(a.network, a.workload);
  }
  Expected<bool> operator()(const action::RemakeNetwork& a) const {
    return to.containers.RemakeNetwork(a.network, a.workload);
  }
  Expected<bool> operator()(const action::EnsureVolume& a) const {
    return to.containers.EnsureVolume(a.volume, a.workload);
  }
  Expected<bool> operator()(const action::WriteFiles& a) const {
    if (auto done = to.files.EnsureDirectories(a.directories); !done) return std::move(done).error();
    return Acted(to.files.Write(a.files));
  }
  Expected<bool> operator()(const action::Create& a) const {
    auto id = to.containers.Create(a.request);
    return id ? Expected<bool>(true) : Expected<bool>(std::move(id).error());
  }
  // Durable before it counts, so that no crash leaves what is managed and not known.
  Expected<bool> operator()(const action::Adopt& a) const {
    auto noted = to.facts.Update(a.workload, [&](Facts& facts) { facts.adopted_project = a.project; });
    if (noted && !a.service.empty()) noted = to.facts.Update(a.fact_key, [&](Facts& facts) { NoteAll(a, facts); });
    if (!noted) return std::move(noted).error();
    auto adopted = to.containers.Adopt(a.container);
    if (!adopted) (void)to.facts.Update(a.fact_key, [&](Facts& facts) { Forget(a.container, facts); });
    return Acted(std::move(adopted));
  }
  static void NoteAll(const action::Adopt& a, Facts& facts) {
    for (const AdoptedContainer& container : a.service) {
      Forget(container, facts);
      facts.adopted.push_back(container);
    }
  }
  static void Forget(const AdoptedContainer& container, Facts& facts) {
    std::erase_if(facts.adopted, [&](const AdoptedContainer& known) { return known.id == container.id; });
  }
  // Forgotten first, so that after a crash in between its hooks run once more rather than never. Where that cannot be
  // written it is started all the same: to serve is more than its hooks.
  Expected<bool> operator()(const action::Start& a) const {
    Expected<void> forgotten;
    to.containers.ForgetHooks(a.target.container);
    if (!a.fact_key.empty())
      forgotten =
          to.facts.Update(a.fact_key, [&](Facts& facts) { std::erase(facts.hooked, ShortId(a.target.container)); });
    auto started = Acted(to.containers.Start(a.target.container));
    return started && !forgotten ? Expected<bool>(std::move(forgotten).error()) : started;
  }
  Expected<bool> operator()(const action::BeginHooks& a) const { return to.containers.BeginHooks(a.target.container); }
  Expected<bool> operator()(const action::NoteHooks& a) const {
    auto noted = to.facts.Update(a.fact_key, [&](Facts& facts) {
      for (const std::string& id : a.gone) std::erase(facts.hooked, id);
      for (const std::string& container : a.ended) {
        std::erase(facts.hooked, ShortId(container));
        facts.hooked.push_back(ShortId(container));
      }
    });
    if (!noted) return std::move(noted).error();
    // There may be no room for them, and to try that again at once is of no use.
    auto kept = to.facts.Load(a.fact_key);
    if (!kept) return std::move(kept).error();
    return std::ranges::all_of(a.ended, [&](const std::string& container) {
      return std::ranges::find(kept->hooked, ShortId(container)) != kept->hooked.end();
    });
  }
  Expected<bool> operator()(const action::Unpause& a) const { return Acted(to.containers.Unpause(a.target.container)); }
  Expected<bool> operator()(const action::Stop& a) const { return to.containers.BeginStop(a.target.container); }
  Expected<bool> operator()(const action::Remove& a) const { return Acted(to.containers.Remove(a.target.container)); }
  Expected<bool> operator()(const action::Rename& a) const {
    return Acted(to.containers.Rename(a.target.container, a.to));
  }
  Expected<bool> operator()(const action::SetLimits& a) const {
    return Acted(to.containers.Update(a.target.container, a.limits));
  }
  Expected<bool> operator()(const action::DisableRestart& a) const {
    return Acted(to.containers.DisableRestart(a.target.container));
  }
  Expected<bool> operator()(const action::Signal& a) const {
    return Acted(to.containers.Signal(a.target.container, a.signal));
  }
  Expected<bool> operator()(const action::Connect& a) const {
    return Acted(to.containers.Connect(a.target.container, a.attachment));
  }
  Expected<bool> operator()(const action::Disconnect& a) const {
    return Acted(to.containers.Disconnect(a.target.container, a.network));
  }
  Expected<bool> operator()(const action::RemoveNetwork& a) const { return to.containers.RemoveNetwork(a.name); }
  Expected<bool> operator()(const action::RecordFailure& a) const {
    FailedRelease release = a.release;
    release.last_lines = to.logs.LastLines(a.failed.container, kLastLinesBytes);
    return Acted(to.facts.Update(a.fact_key, [&](Facts& facts) {
      std::erase_if(facts.failed, [&](const FailedRelease& known) {
        return known.release == release.release && known.image_id == release.image_id;
      });
      facts.failed.push_back(std::move(release));
      if (facts.failed.size() > kFailedReleasesKept) facts.failed.erase(facts.failed.begin());
    }));
  }
  Expected<bool> operator()(const action::RemoveImage& a) const { return Acted(to.images.Remove(a.image)); }
};

Expected<void> ConfirmFiles(const Plan& plan, FileMaterializer& files) {
  for (const Step& step : plan.steps)
    if (const auto* write = std::get_if<action::WriteFiles>(&step.action))
      if (auto done = files.Confirm(write->files); !done) return done;
  return {};
}

// A step and what came of it; each is written by one task alone.
struct Attempt {
  const Step& step;
  bool acted = false;
  std::optional<Error> error{};
};
using Lane = std::vector<Attempt*>;

void TakeLane(const Lane& lane, const PlanTargets& targets) {
  std::optional<int> broken;
  for (Attempt* attempt : lane) {
    if (broken == attempt->step.group) continue;
    auto acted = std::visit(Executor{targets}, attempt->step.action);
    if (acted) {
      attempt->acted = *acted;
    } else {
      broken = attempt->step.group;
      attempt->error = std::move(acted).error().Within(ToString(attempt->step.action));
    }
  }
}

void TakeAll(std::vector<Attempt>& attempts, const PlanTargets& targets) {
  std::map<int, std::map<int, Lane>> turns;
  for (Attempt& attempt : attempts) turns[attempt.step.order.turn][attempt.step.order.lane].push_back(&attempt);
  for (const auto& [turn, lanes] : turns) {
    std::vector<TaskRunner::Task> tasks;
    for (const auto& [number, lane] : lanes) tasks.emplace_back([&lane, &targets] { TakeLane(lane, targets); });
    targets.tasks.Run(tasks);
  }
}

}  // namespace

ApplyResult Apply(const Plan& plan, const PlanTargets& targets) {
  std::vector<Attempt> attempts;
  for (const Step& step : plan.steps) attempts.push_back({.step = step});
  TakeAll(attempts, targets);
  ApplyResult result;
  for (Attempt& attempt : attempts) {
    if (attempt.acted) result.applied.push_back(&attempt.step);
    if (attempt.error && !result.error) result.error = std::move(attempt.error);
  }
  if (result.error) return result;
  if (auto confirmed = ConfirmFiles(plan, targets.files); !confirmed)
    result.error = std::move(confirmed).error().Within("confirm files");
  return result;
}

}  // namespace tinyforge
