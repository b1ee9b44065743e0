// What decides the version that runs (design section 2): computed from state, never from the order in which messages
// came.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reconcilers/core/facts.h"
#include "reconcilers/core/observed_state.h"
#include "reconcilers/core/ports.h"

namespace tinyforge {

// Who may decide on the version of an image.
struct VersionQuestion {
  std::string repository;
  ImageVersion manifest;  // as its tag and digest say
  std::optional<DecidingBinding> deciding{};
};

// The reference that is asked for where nothing decides.
std::string ManifestReference(const v1::ImageSource& image);
VersionQuestion QuestionOf(const v1::ImageSource& image, std::optional<DecidingBinding> deciding);

struct VersionDecision {
  std::string reference;                   // what to ask the Engine for
  ImageVersion version;                    // of a pin: as its own text says
  std::string set_by;                      // "pin", "binding/<name>", "deploy", "manifest", as in v1::ResolvedSource
  std::string why;                         // one line, also what was passed over for it
  bool by_manifest = true;                 // nothing stands in for what the manifest says
  const TriggeredVersion* from = nullptr;  // of the facts; null: none of them decides
};

// In this order: a pin that still holds; what the policy of the deciding binding last answered, unless it is excluded;
// of the versions that events set and that still hold the latest, of two at one time that of the last binding by name;
// the manifest. Keeps a pointer into `facts`.
VersionDecision DecideVersion(const VersionQuestion& question, const Facts& facts);

// What an edit of the version in the manifest ends is forgotten, so that going back to the old text does not bring it
// back: a pin, and what events set. What a policy answered stays; but where its binding writes back, an edit that takes
// away a version that the manifest has said excludes it. A commit of our own is no edit: that of a pin, and that of a
// version whose place another one has taken meanwhile. Another repository is another image: nothing set holds for it.
void FollowManifest(const VersionQuestion& question, SysTime now, Facts& facts);

// Facts that know no version, and no release that ran well, are lost ones: then what a container of ours runs that was
// made for a binding, a pin or tfctl deploy is taken to be what was set, so that nothing healthy is replaced for it.
void RecoverVersions(const VersionQuestion& question, const std::vector<ObservedContainer>& containers, Facts& facts);

// A version that a binding has found takes the place of what it set before, and that of a policy the place of any
// policy's: one decides at a time, and what another one said before it holds until then. It counts as later than what
// is there, also when the clock went back meanwhile.
void AcceptVersion(TriggeredVersion version, Facts& facts);
// No policy chooses it until a newer one appears.
void ExcludeVersion(ExcludedVersion version, Facts& facts);

// The bounds of Facts::versions and Facts::excluded.
inline constexpr std::size_t kVersionsKept = 8;

}  // namespace tinyforge
