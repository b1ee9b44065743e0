#include "reconcilers/workload/image_claims.h"

#include <algorithm>

#include "reconcilers/source/image/image_source.h"
#include "reconcilers/workload/decided_image.h"

namespace tinyforge {
namespace {

constexpr std::string_view kIdPrefix = "sha256:";

class Collector {
 public:
  Collector(const std::map<std::string, Facts>& facts, const v1::ObjectSet& objects, HostImages& images)
      : facts_(facts), objects_(objects), images_(images) {}

  void Add(const std::string& fact_key, const Facts& facts) {
    const std::string workload(WorkloadOfFacts(fact_key));
    for (const GoodRelease& r : facts.good) {
      Claim(r.image_id, "", NameOf(workload) + " may go back to it");
      Name(r.image_id, r.reference);
    }
    if (facts.candidate)
      Claim(facts.candidate->image_id, facts.candidate->reference, NameOf(workload) + " is bringing it up");
    if (facts.pin) Claim("", facts.pin->reference, NameOf(workload) + " is pinned to it");
    for (const TriggeredVersion& v : objects_.Owner(workload) ? facts.versions : std::vector<TriggeredVersion>())
      Claim("", ReferenceOf(RepositoryOf(v.base), v.version), NameOf(workload) + " was given it by a trigger");
    for (const SupersededImage& s : facts.superseded) {
      Name(s.image_id, s.reference);
      if (IsSuspended(workload)) Claim(s.image_id, s.reference, NameOf(workload) + ", which left it, is suspended");
    }
  }
  void Add(const v1::Object& object) {
    const auto& image = object.workload().source.image;
    if (image) Claim("", ImageReference(*image), ToString(object.key) + " asks for it");
  }
  ImageClaims Take() { return std::move(all_); }

 private:
  std::string NameOf(const std::string& workload) const {
    const v1::Object* owner = objects_.Owner(workload);
    return ToString(owner ? owner->key : ObjectKey{Kind::Workload, workload});
  }
  bool IsSuspended(const std::string& workload) const {
    const v1::Object* owner = objects_.Owner(workload);
    const auto facts = facts_.find(workload);
    return (facts != facts_.end() && facts->second.suspended) || (owner && owner->workload().suspend);
  }
  void Claim(std::string id, const std::string& reference, std::string words) {
    if (reference.starts_with(kIdPrefix)) return all_.claims.push_back({reference, "", std::move(words)});
    all_.claims.push_back({std::move(id), reference.empty() ? "" : images_.Familiar(reference), std::move(words)});
  }
  void Name(const std::string& id, const std::string& reference) {
    if (!id.empty() && !reference.starts_with(kIdPrefix)) all_.names[id].insert(images_.Familiar(reference));
  }

  const std::map<std::string, Facts>& facts_;
  const v1::ObjectSet& objects_;
  HostImages& images_;
  ImageClaims all_;
};

bool Means(const ImageClaim& claim, const HostImage& image) {
  return claim.image_id == image.id || std::ranges::count(image.tags, claim.reference) > 0 ||
         std::ranges::count(image.digests, claim.reference) > 0;
}

std::string WhoseName(const HostImage& image, const std::set<std::string>& known) {
  std::set<std::string_view> repositories;
  for (const std::string& name : known) repositories.insert(RepositoryOf(name));
  for (const std::string& tag : image.tags)
    if (!known.contains(tag)) return tag;
  for (const std::string& digest : image.digests)
    if (!repositories.contains(RepositoryOf(digest))) return digest;
  return {};
}

}  // namespace

ImageClaims CollectClaims(const std::map<std::string, Facts>& facts, const v1::ObjectSet& objects, HostImages& images) {
  Collector collector(facts, objects, images);
  for (const auto& [key, of] : facts) collector.Add(key, of);
  for (const auto& [key, object] : objects.objects)
    if (key.kind == Kind::Workload) collector.Add(*object);
  return collector.Take();
}

std::string WhyKept(const HostImage& image, const ImageClaims& claims) {
  if (image.digests.empty()) return "it came from no registry";
  for (const ImageClaim& claim : claims.claims)
    if (Means(claim, image)) return claim.words;
  if (!image.users.empty()) return "container " + image.users.front() + " is made from it";
  const auto names = claims.names.find(image.id);
  const std::string other = WhoseName(image, names == claims.names.end() ? std::set<std::string>() : names->second);
  return other.empty() ? "" : "it is also called " + other + ", which no workload asked for";
}

}  // namespace tinyforge
