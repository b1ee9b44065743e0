#include "reconcilers/trigger/promotion.h"

#include <algorithm>

namespace tinyforge {
namespace {

using Phase = PromotionState::Phase;

// A stage that runs by digest alone has that in the place of its tag.
ImageVersion VersionOf(const v1::ResolvedSource& resolved) {
  return {resolved.tag.starts_with("sha256:") ? "" : resolved.tag, resolved.digest};
}

// What keeps the parent from being looked at as one that runs well; empty: nothing.
std::string WhyNotReady(const ParentStage& parent) {
  const v1::Status& status = parent.status;
  const Condition* ready = FindCondition(status.conditions, condition::kReady);
  if (!ready || ready->status != ConditionStatus::True)
    return parent.name + " is not Ready" + (ready && !ready->message.empty() ? ": " + ready->message : "");
  if (status.observed_generation < parent.generation || ready->observed_generation < parent.generation)
    return parent.name + " has not been looked at since its manifest changed";
  if (status.last_rollout && status.last_rollout->outcome == "InProgress") return parent.name + " is being rolled out";
  if (!status.resolved || status.resolved->digest.empty())
    return "it is not known by which digest " + parent.name + " runs";
  return {};
}

bool ChangedImage(const v1::RolloutRecord& rollout) {
  return rollout.from.image_id != rollout.to.image_id || rollout.from.image_id.empty();
}

SysTime ReadySince(const v1::Status& status) {
  SysTime since = FindCondition(status.conditions, condition::kReady)->last_transition_time;
  const auto& rollout = status.last_rollout;
  if (rollout && rollout->outcome == "Succeeded" && ChangedImage(*rollout)) since = std::max(since, rollout->ended);
  return since;
}

}  // namespace

PromotionState LookAtPromotion(const v1::PromotionTrigger& config, const StageSeen& seen) {
  if (std::string why = WhyNotReady(seen.parent); !why.empty()) return {.why = std::move(why)};
  const v1::Status& status = seen.parent.status;
  PromotionState state{.phase = Phase::Promoted, .version = VersionOf(*status.resolved)};
  const std::string version = seen.parent.name + " runs " + ToString(state.version);
  if (seen.at_once) {
    state.why = version + ", promoted at once";
    return state;
  }
  const SysTime since = ReadySince(status);
  if (seen.now < since + config.soak) {
    state.phase = Phase::Soaking;
    state.until = since + config.soak;
    state.why = version + " well since " + FormatRfc3339(since) + "; soaks until " + FormatRfc3339(*state.until);
    return state;
  }
  if (config.approval == v1::Approval::Required && seen.approved != state.version.digest) {
    state.phase = Phase::AwaitingApproval;
    state.why = version + " well since " + FormatRfc3339(since) + "; waits for approval";
    return state;
  }
  state.why = version + " well since " + FormatRfc3339(since);
  return state;
}

}  // namespace tinyforge
