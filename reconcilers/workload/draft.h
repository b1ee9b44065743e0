// A plan in the making: what it is made from, the steps and the verdict so far, and the moves that steady slots and
// replacements have in common.
#pragma once

#include <string>
#include <string_view>

#include "reconcilers/workload/compute_plan.h"
#include "reconcilers/workload/neighbours.h"
#include "reconcilers/workload/release_judge.h"
#include "reconcilers/workload/slots.h"
#include "reconcilers/workload/step_builder.h"

namespace tinyforge {

struct Draft {
  // All arguments are kept by reference and must outlive the draft.
  Draft(const DesiredState& wanted, const ObservedState& seen, const PlanContext& pass);
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  const DesiredState& desired;
  const ObservedState& observed;
  const PlanContext& context;
  Slots slots;
  const ReleaseJudge judge;
  const Neighbours neighbours;
  StepBuilder build;
  Verdict verdict;

  // The worst slot speaks for all: what is no worse than what was said before is not heard.
  void Say(Phase phase, std::string_view reason, std::string message);
  void ComeBackIn(Duration wait);
  // Says that a container is waited for until it is proven.
  void AwaitProof(const HealthVerdict& health, std::string_view reason);

  // Each of these says who or what is waited for; false: nobody.
  bool BlockedByOthers();  // nothing of ours stops for a start that must wait for others: nothing tells when they end
  bool MustWaitFor(const Slot& slot, const ObservedContainer* starting);
  bool MustAwaitOthers();                                  // spec.dependsOn
  bool MustAwaitShared(const DesiredContainer& starting);  // whose namespaces it has

  bool HaveImage();  // says what is awaited when it is not there

  int NextSeq() { return slots.next_seq++; }
  void Unpause(const ObservedContainer& container);
  void MendName(const Slot& slot, const ObservedContainer& container);
  void MendNetworks(const Slot& slot, const ObservedContainer& container, std::string_view cause,
                    bool with_aliases = true);

  bool Held() const { return context.on_failure == v1::OnRolloutFailure::Hold; }
  // What a failed release means for what runs, to follow its reason.
  std::string Consequence() const;
};

std::string CandidateName(const DesiredContainer& desired, int seq);

}  // namespace tinyforge
