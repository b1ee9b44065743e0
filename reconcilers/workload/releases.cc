#include "reconcilers/workload/releases.h"

#include <algorithm>

namespace tinyforge {
namespace {

constexpr std::size_t kSupersededKept = 16;
constexpr std::string_view kNeverRanWell = "its release never ran well";

bool IsGood(const Facts& facts, std::string_view image_id) {
  return std::ranges::any_of(facts.good, [&](const GoodRelease& r) { return r.image_id == image_id; });
}

// Beyond the most that are remembered the oldest stays on the host for ever: too much is forgotten, never removed.
void Supersede(Facts& facts, const CandidateImage& image, std::string_view cause, SysTime now) {
  const bool known = std::ranges::any_of(facts.superseded, [&](const SupersededImage& s) {
    return s.reference == image.reference && s.image_id == image.image_id;
  });
  if (known) return;
  facts.superseded.push_back({image.reference, image.image_id, std::string(cause), "", now});
  if (facts.superseded.size() > kSupersededKept) facts.superseded.erase(facts.superseded.begin());
}

// The same image by another reference stays listed: when its time has come, all that it was called is known.
void ForgetNeeded(Facts& facts) {
  std::erase_if(facts.superseded, [&](const SupersededImage& s) {
    return std::ranges::any_of(
        facts.good, [&](const GoodRelease& r) { return r.image_id == s.image_id && r.reference == s.reference; });
  });
}

void AddGood(Facts& facts, const GoodRelease& proven, SysTime now) {
  const auto same = std::ranges::find(facts.good, proven.image_id, &GoodRelease::image_id);
  // A version that one went back to keeps its place, so that another rollback goes further back.
  if (facts.pin && same != facts.good.end()) return;
  if (same != facts.good.end()) {
    if (same->reference != proven.reference)
      Supersede(facts, {same->reference, same->image_id}, "now asked for as " + proven.reference, now);
    facts.good.erase(same);
  }
  facts.good.push_back(proven);
}

void Trim(Facts& facts, std::size_t retain, SysTime now) {
  const std::string cause =
      retain == 1 ? "not the last good release" : "not among the last " + std::to_string(retain) + " good releases";
  while (facts.good.size() > retain) {
    Supersede(facts, {facts.good.front().reference, facts.good.front().image_id}, cause, now);
    facts.good.erase(facts.good.begin());
  }
}

void EndCandidate(Facts& facts, SysTime now) {
  if (!facts.candidate) return;
  if (!IsGood(facts, facts.candidate->image_id)) Supersede(facts, *facts.candidate, kNeverRanWell, now);
  facts.candidate.reset();
}

}  // namespace

void BeginRelease(Facts& facts, const CandidateImage& image, SysTime now) {
  auto& under_way = facts.candidate;
  const bool same = under_way && under_way->reference == image.reference &&
                    (image.image_id.empty() || under_way->image_id.empty() || under_way->image_id == image.image_id);
  if (!same) EndCandidate(facts, now);
  if (IsGood(facts, image.image_id)) {
    under_way.reset();
  } else if (!same) {
    under_way = image;
  } else if (!image.image_id.empty()) {
    under_way->image_id = image.image_id;
  }
}

void EndRelease(Facts& facts, const std::optional<GoodRelease>& proven, std::size_t retain, SysTime now) {
  if (proven) AddGood(facts, *proven, now);
  EndCandidate(facts, now);
  Trim(facts, retain, now);
  ForgetNeeded(facts);
}

void EndWorkload(Facts& facts, SysTime now) {
  constexpr std::string_view kCause = "its workload was removed";
  if (facts.candidate) Supersede(facts, *facts.candidate, kCause, now);
  for (const GoodRelease& release : facts.good) Supersede(facts, {release.reference, release.image_id}, kCause, now);
  facts = Facts{.superseded = std::move(facts.superseded)};
}

std::vector<std::string> FactKeysOf(FactStore& store, const std::string& workload) {
  std::vector<std::string> keys;
  auto all = store.All();
  if (!all) return keys;
  for (const auto& [key, facts] : *all)
    if ((key == workload || key.starts_with(workload + ".")) && facts != Facts()) keys.push_back(key);
  return keys;
}

std::vector<std::string> EndAll(FactStore& store, const std::vector<std::string>& keys, SysTime now) {
  std::vector<std::string> ended;
  for (const std::string& key : keys)
    if (store.Update(key, [&](Facts& kept) { EndWorkload(kept, now); })) ended.push_back(key);
  return ended;
}

}  // namespace tinyforge
