// Random desired states against random worlds, with fixed seeds: what is planned is applied until the plan is empty.
#include <gtest/gtest.h>

#include <random>

#include "reconcilers/workload/trial.h"
#include "tests/unit/reconcilers/workload/workload_world.h"

namespace tinyforge {
namespace {

class Chance {
 public:
  explicit Chance(unsigned seed) : random_(seed) {}
  int Below(int n) { return std::uniform_int_distribution<>(0, n - 1)(random_); }
  bool OneIn(int n) { return Below(n) == 0; }

 private:
  std::mt19937 random_;
};

void RandomDesired(Chance& chance, WorkloadWorld& world) {
  constexpr v1::RolloutStrategy kStrategies[] = {v1::RolloutStrategy::BlueGreen, v1::RolloutStrategy::Rolling,
                                                 v1::RolloutStrategy::Recreate};
  world.context.strategy = kStrategies[chance.Below(3)];
  world.context.trial = world.context.strategy == v1::RolloutStrategy::Recreate && chance.OneIn(2);
  ContainerTemplate spec{.image = chance.OneIn(2) ? "web:1" : "web:2"};
  if (chance.OneIn(2)) spec.env = {{.name = "A", .value = std::to_string(chance.Below(3))}};
  if (chance.OneIn(3)) spec.ports = {{.container = 80, .published = chance.OneIn(2)}};
  world.Want(world.context.strategy == v1::RolloutStrategy::Recreate ? 1 : chance.Below(4), spec);
  Limits limits;
  if (chance.OneIn(2)) limits.memory = 1000 * (1 + chance.Below(2));
  if (chance.OneIn(3)) limits.nano_cpus = 500;
  world.WantLimits(limits);
}

// What hands, crashes and time do to a host.
void Disturb(Chance& chance, WorkloadWorld& world) {
  static constexpr ContainerState kStates[] = {ContainerState::Created, ContainerState::Running,
                                               ContainerState::Paused,  ContainerState::Exited,
                                               ContainerState::Dead,    ContainerState::Killed};
  std::vector<std::string> ids;
  for (auto& [id, c] : world.engine.containers) ids.push_back(id);
  for (const std::string& id : ids) {
    ObservedContainer& c = world.engine.containers[id];
    if (c.Label(label::kManaged).empty()) continue;
    switch (chance.Below(8)) {
      case 0: world.engine.running.erase(id), world.engine.containers.erase(id); break;
      case 1:
        c.state = kStates[chance.Below(c.image_id == "sha256:foreign" ? 5 : 6)];
        world.engine.running.erase(id);
        if (c.state == ContainerState::Running) world.engine.running[id] = Duration(chance.Below(20000));
        break;
      case 2: c.name = "renamed" + id; break;
      case 3: c.networks.clear(); break;
      case 4: c.limits.memory = 7777; break;
      case 5: c.restart = v1::RestartPolicy::Never; break;
      default: break;
    }
  }
}

void AddForeign(Chance& chance, WorkloadWorld& world) {
  ObservedContainer c{.id = "foreign" + std::to_string(chance.Below(1000)),
                      .image_id = "sha256:foreign",
                      .state = ContainerState::Running};
  c.name = c.id;
  c.labels = {{std::string(label::kWorkload), "web"}};
  if (chance.OneIn(2)) c.labels[std::string(label::kManaged)] = "true";
  if (chance.OneIn(2)) c.labels[std::string(label::kSeq)] = "99";
  world.engine.containers[c.id] = c;
}

int Up(const WorkloadWorld& world) {
  return int(std::count_if(world.engine.containers.begin(), world.engine.containers.end(), [](const auto& c) {
    return c.second.state == ContainerState::Running && c.second.image_id != "sha256:foreign" && !IsTrial(c.second);
  }));
}

// A disturbance may itself look like a failed release, which is held back on purpose: its record is taken away, as a
// person would, until the round ends.
int SettleAndForgive(WorkloadWorld& world) {
  for (int attempt = 0; attempt < 5; ++attempt) {
    const int passes = world.Settle();
    if (passes < 0 || world.Decide().verdict.phase != Phase::Failed) return passes;
    std::erase_if(world.engine.containers, [](const auto& c) {
      return c.second.state == ContainerState::Exited && c.second.image_id != "sha256:foreign";
    });
    world.facts.facts.clear();
  }
  return -1;
}

class Convergence : public ::testing::TestWithParam<unsigned> {};

TEST_P(Convergence, EndsInAnEmptyPlanWithExactlyWhatIsDesired) {
  Chance chance(GetParam());
  WorkloadWorld world;
  for (int round = 0; round < 20; ++round) {
    RandomDesired(chance, world);
    for (int i = chance.Below(3); i > 0; --i) world.Pass(), world.engine.Tick(std::chrono::seconds(chance.Below(12)));
    Disturb(chance, world);
    if (chance.OneIn(5)) AddForeign(chance, world);
    std::map<std::string, ObservedContainer> foreign;
    for (const auto& [id, c] : world.engine.containers)
      if (c.image_id == "sha256:foreign") foreign[id] = c;
    world.facts.facts.clear();  // verdicts of a disturbed round would hold releases back on purpose

    ASSERT_GE(SettleAndForgive(world), 0) << "seed " << GetParam() << " round " << round << "\n" << world.Describe();
    world.TakeCalls();
    const std::string plan = world.PlanText();
    world.Pass();
    EXPECT_TRUE(world.engine.calls.empty()) << plan << world.Describe();
    EXPECT_EQ(Up(world), int(world.desired.containers.size())) << "seed " << GetParam() << " round " << round;
    for (const auto& [id, c] : world.engine.containers) EXPECT_FALSE(IsTrial(c)) << c.name;
    for (const DesiredContainer& d : world.desired.containers) {
      const ObservedContainer* c = world.engine.FindByName(d.name);
      ASSERT_NE(c, nullptr) << d.name;
      EXPECT_EQ(c->Label(label::kTemplateHash), d.template_hash);
      // A container that was made to take a limit away is not made a second time for it.
      if (c->Label(label::kCause) != "limit memory was removed") {
        EXPECT_EQ(c->limits.memory, d.limits.memory);
      }
    }
    for (const auto& [id, c] : foreign) EXPECT_EQ(world.engine.containers.at(id), c);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Convergence, ::testing::Range(1u, 201u));

TEST_P(Convergence, UndisturbedUpdatesNeverHaveFewerServingThanBefore) {
  Chance chance(GetParam());
  WorkloadWorld world;
  RandomDesired(chance, world);
  const v1::RolloutStrategy strategy = world.context.strategy;
  ASSERT_GE(world.Settle(), 0);
  for (int round = 0; round < 10; ++round) {
    const int before = Up(world);
    do RandomDesired(chance, world);
    while (world.context.strategy != strategy);
    const int wanted = int(world.desired.containers.size());
    world.engine.after_call = [&, before] {
      if (strategy == v1::RolloutStrategy::Recreate) {
        EXPECT_LE(Up(world), 1);
        return;
      }
      EXPECT_GE(Up(world), std::min(before, wanted)) << "seed " << GetParam() << " round " << round;
    };
    ASSERT_GE(world.Settle(), 0) << "seed " << GetParam() << " round " << round;
    world.engine.after_call = nullptr;
  }
}

}  // namespace
}  // namespace tinyforge
