#include "reconcilers/workload/image_pruner.h"

#include <algorithm>
#include <iterator>

namespace tinyforge {
namespace {

constexpr Duration kLookAgain = std::chrono::minutes(10);
constexpr std::size_t kShortId = 19;  // "sha256:" and twelve digits

// "registry.example.com/shop:1.4.1 (sha256:0123456789ab)"
std::string Describe(const SupersededImage& image) {
  return image.reference + (image.image_id.empty() || image.reference == image.image_id
                                ? ""
                                : " (" + image.image_id.substr(0, kShortId) + ")");
}

bool SameImage(const SupersededImage& a, const SupersededImage& b) {
  return a.reference == b.reference && a.image_id == b.image_id;
}

}  // namespace

// What one look at the images found. `before` and `after` are of one length; empty: it is to be forgotten.
struct ImagePruner::Look {
  const PruneRequest& request;
  std::vector<SupersededImage> before{};
  std::vector<std::optional<SupersededImage>> after{};
  std::vector<Event> events{};

  void Tell(std::string_view reason, std::string message) {
    events.push_back({.time = request.now,
                      .object = ToString(request.key),
                      .reason = std::string(reason),
                      .message = std::move(message)});
  }
};

ImagePruner::Superseded ImagePruner::Find(const PruneRequest& request) {
  Superseded found;
  for (const std::string& key : request.fact_keys)
    if (auto facts = targets_.facts.Load(key); facts && !facts->superseded.empty())
      found[key] = std::move(facts->superseded);
  return found;
}

PruneReport ImagePruner::Prune(const PruneRequest& request) {
  Superseded superseded = Find(request);
  if (superseded.empty()) return {};
  const bool fresh = std::ranges::any_of(superseded, [](const auto& of) {
    return std::ranges::any_of(of.second, [](const SupersededImage& s) { return s.kept.empty(); });
  });
  if (const Duration rest = targets_.images.BeginLook(request.identity, fresh); rest > Duration(0)) return {{}, rest};
  PruneReport report;
  bool pending = false;
  for (auto& [key, images] : superseded) {
    Look look{.request = request};
    for (SupersededImage& image : images) LookAt(std::move(image), look);
    pending = Conclude(key, look) || pending;
    std::ranges::move(look.events, std::back_inserter(report.events));
  }
  targets_.images.EndLook(request.identity, pending);
  if (pending) report.come_back = kLookAgain;
  return report;
}

Expected<ImageClaims> ImagePruner::Claims() {
  const auto snapshot = config_.Current();
  if (!snapshot || !snapshot->objects->complete)
    return Error{ErrorKind::Waiting, "the configuration cannot be read completely"};
  auto damaged = targets_.facts.Damaged();
  if (!damaged) return std::move(damaged).error();
  if (!damaged->empty())
    return Error{ErrorKind::Waiting, "what was known of other workloads is lost: " + *damaged + " is damaged"};
  auto facts = targets_.facts.All();
  if (!facts) return std::move(facts).error();
  return CollectClaims(*facts, *snapshot->objects, targets_.images);
}

void ImagePruner::LookAt(SupersededImage image, Look& look) {
  look.before.push_back(image);
  auto& after = look.after.emplace_back(image);
  const auto keep = [&](std::string why) {
    if (why != image.kept) look.Tell("ImageKept", Describe(image) + " is needed no more and stays: " + why);
    after->kept = std::move(why);
  };
  auto found = targets_.images.Find(image.image_id.empty() ? image.reference : image.image_id);
  if (!found) return keep("it cannot be looked at: " + found.error().message);
  if (!*found) return after.reset();
  after->image_id = image.image_id = (*found)->id;
  std::string why = WhyKept(image, **found);
  if (why.empty()) why = Remove(image, **found, look);
  if (why.empty()) return after.reset();
  keep(std::move(why));
  if ((*found)->digests.empty()) after.reset();  // from no registry: never removed, so there is nothing to wait for
}

// Asked last before the removal, so that what another worker has just begun counts. What begins in the very moment of
// the removal is pulled again; containers are the Engine's to protect.
std::string ImagePruner::WhyKept(const SupersededImage& image, const HostImage& found) {
  auto claims = Claims();
  if (!claims) return claims.error().message;
  claims->names[found.id].insert(targets_.images.Familiar(image.reference));
  return tinyforge::WhyKept(found, *claims);
}

// Why it could not be removed; empty: it is gone.
std::string ImagePruner::Remove(const SupersededImage& image, const HostImage& found, Look& look) {
  Plan plan;
  plan.steps.push_back({.action = action::RemoveImage{Describe(image), found}, .cause = image.cause});
  const ApplyResult result = Apply(plan, targets_);
  if (result.error) return result.error->message;
  look.Tell("ImagePruned", ToString(plan.steps.front()));
  return {};
}

// Whether something is left.
bool ImagePruner::Conclude(const std::string& fact_key, const Look& look) {
  bool pending = false;
  auto saved = targets_.facts.Update(fact_key, [&](Facts& facts) {
    for (std::size_t i = 0; i < look.before.size(); ++i) {
      const auto at = std::ranges::find_if(facts.superseded,
                                           [&](const SupersededImage& s) { return SameImage(s, look.before[i]); });
      if (at == facts.superseded.end()) continue;
      if (look.after[i])
        *at = *look.after[i];
      else
        facts.superseded.erase(at);
    }
    pending = !facts.superseded.empty();
  });
  return pending || !saved;
}

}  // namespace tinyforge
