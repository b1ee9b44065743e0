// A trigger kind decides whether an event concerns a bound workload, and what is then to be done. Pure. Kinds are
// registered in one table (trigger_kinds.cc).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api-types/meta/error.h"
#include "api-types/v1/object_set.h"
#include "api-types/v1/validate.h"
#include "reconcilers/core/image_version.h"
#include "reconcilers/trigger/trigger_event.h"

namespace tinyforge {

// What a trigger is bound to. Points to both, which have to outlive it.
struct BoundTarget {
  // A workload as a whole: by its own image, if it has one.
  BoundTarget(const v1::Object& object)
      : workload(object), image(object.workload().source.image ? &*object.workload().source.image : nullptr) {}
  BoundTarget(const v1::Object& object, const v1::ImageSource* of_service) : workload(object), image(of_service) {}

  const v1::Object& workload;
  const v1::ImageSource* image;  // whose version can be set; null: it has none
};

struct MatchRequest {
  const TriggerEvent& event;
  const v1::TriggerSpec& config;  // with the overrides of the binding
  BoundTarget target;
};

// What an event means for one workload. A hint: versions are read back from where they come from.
struct DeploymentIntent {
  enum class Act {
    Evaluate,    // ask the policy anew: the list of tags, the remote's refs, the stage before
    SetVersion,  // run this version
    Refresh,     // look what the tag points to now, and run that
    Redeploy,    // make it anew from its source: containers, built images, files
    Restart      // the same containers, once more
  };
  Act act = Act::Evaluate;
  ImageVersion version{};  // SetVersion: what to run; Evaluate: what the event named
  std::string reason;      // one line: what happened
  bool operator==(const DeploymentIntent&) const = default;
};

std::string_view ToString(DeploymentIntent::Act act);

// The event is of no concern here, and why.
struct NoMatch {
  std::string reason;
  bool operator==(const NoMatch&) const = default;
};

using MatchResult = std::variant<NoMatch, DeploymentIntent, Error>;

class TriggerKind {
 public:
  virtual ~TriggerKind() = default;
  virtual std::string_view Kind() const = 0;  // its key in spec: "registry"
  virtual bool Serves(const v1::TriggerSpec& config) const = 0;
  // A policy has an answer at any time, which decides the version; others set one once, when something happens.
  virtual bool IsPolicy() const { return false; }
  // A small manifest that works, as YAML.
  virtual std::string_view Sample() const = 0;
  // What the decoder cannot check, of a config that this kind serves; fields from "spec." on.
  virtual std::vector<v1::Problem> Validate(const v1::TriggerSpec& config) const = 0;
  // Whether it acts on the version of an image, so that it can do nothing where there is none.
  virtual bool NeedsImage(const v1::TriggerSpec& config) const = 0;
  // Why it can do nothing for this target; empty: it can.
  virtual std::string WhyUnfit(const v1::TriggerSpec& config, const BoundTarget& target) const = 0;
  // For a config without problems, a target that fits, and any event but Ignored.
  virtual MatchResult Match(const MatchRequest& request) const = 0;
  // Whether Match says the same of both, whatever the event and the config. False is never wrong.
  virtual bool AreAlike(const BoundTarget& a, const BoundTarget& b) const {
    return &a.workload == &b.workload && a.image == b.image;
  }
};

// The kinds of this build, in the order of the manifest reference.
std::span<const TriggerKind* const> TriggerKinds();

// The kind that serves the trigger. Terminal, with the known kinds listed, when none does.
Expected<const TriggerKind*> FindTriggerKind(const v1::TriggerSpec& config);

// Conflict when two have one name. Asked once, at the start.
Expected<void> CheckTriggerKinds(std::span<const TriggerKind* const> kinds);

// Match of the kind that serves the config; an event that is ignored concerns nobody.
MatchResult MatchTrigger(const MatchRequest& request);

}  // namespace tinyforge
