// Whether what runs on the stage before has proven itself and may come to a workload.
#pragma once

#include <optional>
#include <string>

#include "api-types/v1/status.h"
#include "api-types/v1/trigger.h"
#include "reconcilers/core/image_version.h"

namespace tinyforge {

// What there is to know of the stage before a workload: its spec.parent.
struct ParentStage {
  std::string name;
  std::int64_t generation = 0;  // of its spec; a status that is behind it does not count
  v1::Status status;
};

// What its version is judged by.
struct StageSeen {
  ParentStage parent;
  SysTime now{};
  std::string approved{};  // digest that a person approved for this workload; empty: none
  bool at_once = false;    // a person asked for it: neither soak nor approval is waited for
};

struct PromotionState {
  enum class Phase {
    NotReady,  // the stage before does not run well, or is not known well enough
    Soaking,   // it does, not for long enough yet
    AwaitingApproval,
    Promoted  // `version` is the answer
  };
  Phase phase = Phase::NotReady;
  ImageVersion version{};          // what runs there, with its digest; in any phase but NotReady
  std::optional<SysTime> until{};  // Soaking: when to look again
  std::string why;                 // one line
  bool operator==(const PromotionState&) const = default;
};

// From the parent's status alone. It soaks from the moment that it became Ready or, if that was later, that the rollout
// of this version ended well there; a rollout that changed no image (a repair) does not begin it anew. What a person
// asks for at once must still run well.
PromotionState LookAtPromotion(const v1::PromotionTrigger& config, const StageSeen& seen);

}  // namespace tinyforge
