#include "reconcilers/workload/version_decision.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "reconcilers/workload/decided_image.h"
#include "reconcilers/workload/ownership.h"
#include "reconcilers/workload/slots.h"
#include "reconcilers/workload/trial.h"

namespace tinyforge {
namespace {

constexpr std::string_view kDigestPrefix = "sha256:";
constexpr std::string_view kBindingPrefix = "binding/";

std::string SetBy(const TriggeredVersion& version) {
  return version.binding.empty() ? "deploy" : std::string(kBindingPrefix) + version.binding;
}

bool Says(const ImageVersion& manifest, const ImageVersion& version) {
  return manifest.digest.empty() ? manifest.tag == version.tag : manifest.digest == version.digest;
}

class Decider {
 public:
  Decider(const VersionQuestion& question, const Facts& facts)
      : question_(question), facts_(facts), manifest_(ReferenceOf(question.repository, question.manifest)) {}

  VersionDecision Run() {
    if (facts_.pin && facts_.pin->base == manifest_) return ByPin(*facts_.pin);
    if (const TriggeredVersion* version = ByPolicy()) return By(*version);
    if (const TriggeredVersion* version = ByEvent()) return By(*version);
    return {manifest_, question_.manifest, "manifest", "the manifest says so" + notes_, true, nullptr};
  }

 private:
  VersionDecision ByPin(const Pin& pin) const {
    return {pin.reference, {.tag = pin.version},
            "pin",         "pinned since " + FormatRfc3339(pin.at) + ", in place of " + manifest_,
            false,         nullptr};
  }

  const TriggeredVersion* ByPolicy() {
    if (!question_.deciding) return nullptr;
    // Of another binding: what decided before goes on until this one has found its own.
    const auto found = std::ranges::find_if(facts_.versions, &TriggeredVersion::policy);
    if (found == facts_.versions.end()) {
      notes_ += "; binding/" + question_.deciding->binding + " has found nothing yet";
      return nullptr;
    }
    const ExcludedVersion* exclusion = FindExclusion(facts_.excluded, found->version);
    if (!exclusion) return &*found;
    notes_ += "; " + ToString(found->version) + " is passed over: " + exclusion->why;
    return nullptr;
  }

  const TriggeredVersion* ByEvent() {
    const TriggeredVersion* latest = nullptr;
    for (const TriggeredVersion& event : facts_.versions) {
      if (event.policy || event.base != manifest_) continue;
      if (!latest || std::tie(latest->at, latest->binding) < std::tie(event.at, event.binding)) latest = &event;
    }
    return latest;
  }

  VersionDecision By(const TriggeredVersion& version) const {
    const std::string set_by = version.policy ? "binding/" + question_.deciding->binding : SetBy(version);
    return {ReferenceOf(question_.repository, version.version),
            version.version,
            set_by,
            version.why + notes_,
            false,
            &version};
  }

  const VersionQuestion& question_;
  const Facts& facts_;
  const std::string manifest_;  // the reference that it asks for
  std::string notes_;           // what did not decide, and why
};

// The manifest came to say what stood before this version: the commit of that was under way when this one came.
bool IsOwnCommit(const VersionQuestion& question, const TriggeredVersion& version) {
  return version.replaced != ImageVersion{} && Says(question.manifest, version.replaced);
}

// An edit ends a pin, unless it is the commit that writes the pin back.
void FollowByPin(const VersionQuestion& question, Facts& facts) {
  const std::string manifest = ReferenceOf(question.repository, question.manifest);
  if (!facts.pin || facts.pin->base == manifest) return;
  const bool written = question.deciding && question.deciding->writes_back &&
                       Says(question.manifest, {facts.pin->version, DigestOf(facts.pin->reference)});
  if (written)
    facts.pin->base = manifest;
  else
    facts.pin.reset();
}

template <class List>
void Bound(List& list) {
  if (list.size() > kVersionsKept) list.erase(list.begin(), list.end() - kVersionsKept);
}

}  // namespace

VersionQuestion QuestionOf(const v1::ImageSource& image, std::optional<DecidingBinding> deciding) {
  const std::string standard = image.digest ? "" : "latest";
  return {image.repository, {image.tag.value_or(standard), image.digest.value_or("")}, std::move(deciding)};
}

std::string ManifestReference(const v1::ImageSource& image) {
  const VersionQuestion question = QuestionOf(image, {});
  return ReferenceOf(question.repository, question.manifest);
}

VersionDecision DecideVersion(const VersionQuestion& question, const Facts& facts) {
  return Decider(question, facts).Run();
}

void FollowManifest(const VersionQuestion& question, SysTime now, Facts& facts) {
  FollowByPin(question, facts);
  const std::string manifest = ReferenceOf(question.repository, question.manifest);
  for (TriggeredVersion& version : facts.versions)
    if (!version.policy && IsOwnCommit(question, version)) version.base = manifest;
  std::erase_if(facts.versions, [&](const TriggeredVersion& v) {
    if (!v.policy) return v.base != manifest;
    return !question.deciding || RepositoryOf(v.base) != question.repository;
  });
  for (TriggeredVersion& version : facts.versions) {
    if (!version.policy) continue;
    const bool says = Says(question.manifest, version.version);
    if (version.written && !says)
      ExcludeVersion({version.version, "git went back from it to " + ToString(question.manifest), now}, facts);
    version.written = says && question.deciding->writes_back;
    version.base = manifest;
  }
}

void RecoverVersions(const VersionQuestion& question, const std::vector<ObservedContainer>& containers, Facts& facts) {
  if (!facts.versions.empty() || facts.pin || !facts.good.empty() || facts.candidate) return;
  const ObservedContainer* newest = nullptr;
  for (const ObservedContainer* c : ClassifyOwnership(containers).owned)
    if (IsUp(*c) && !IsTrial(*c) && (!newest || SeqOf(*newest) < SeqOf(*c))) newest = c;
  if (!newest) return;
  const std::string_view label = newest->Label(label::kVersion);
  const std::string set_by(label.substr(std::min(label.rfind(' ') + 1, label.size())));
  const std::string tag(label.substr(0, label.find_first_of("@ ")));
  const ImageVersion version{tag.starts_with(kDigestPrefix) ? "" : tag, DigestOf(newest->image)};
  const std::string base = ReferenceOf(question.repository, question.manifest);
  if (set_by == "pin" && !version.digest.empty())
    facts.pin = Pin{newest->image, tag, base, newest->created};
  else if (set_by == "deploy" || set_by.starts_with(kBindingPrefix))
    facts.versions.push_back({.binding = set_by == "deploy" ? "" : set_by.substr(kBindingPrefix.size()),
                              .version = version,
                              .base = base,
                              .policy = question.deciding && set_by != "deploy",
                              .why = "found running, made for it",
                              .at = newest->created});
}

void AcceptVersion(TriggeredVersion version, Facts& facts) {
  for (const TriggeredVersion& v : facts.versions)
    if (!v.policy && !version.policy && v.binding == version.binding && v.version != version.version)
      version.replaced = v.version;
  std::erase_if(facts.versions, [&](const TriggeredVersion& v) {
    return v.policy && version.policy ? true : v.binding == version.binding;
  });
  for (const TriggeredVersion& v : facts.versions) version.at = std::max(version.at, v.at + SysTime::duration(1));
  facts.versions.push_back(std::move(version));
  Bound(facts.versions);
}

void ExcludeVersion(ExcludedVersion version, Facts& facts) {
  std::erase_if(facts.excluded, [&](const ExcludedVersion& e) { return e.version == version.version; });
  facts.excluded.push_back(std::move(version));
  Bound(facts.excluded);
}

}  // namespace tinyforge
