#include "reconcilers/workload/versioned_rendering.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "reconcilers/workload/decided_image.h"
#include "reconcilers/workload/ownership.h"

namespace tinyforge {
namespace {

// As its source says it.
v1::ImageSource ImageOf(const v1::Object& workload, const DesiredState& desired) {
  const auto& image = workload.workload().source.image;
  return image ? *image : ParseImageReference(desired.image);
}

std::vector<ObservedContainer> ContainersOf(const std::vector<ObservedContainer>& all, const std::string& service) {
  if (service.empty()) return all;
  std::vector<ObservedContainer> some;
  std::ranges::copy_if(all, std::back_inserter(some),
                       [&](const ObservedContainer& c) { return ServiceOf(c) == service; });
  return some;
}

}  // namespace

// What is rendered so far, and by what.
struct VersionedRendering::Draft {
  const SourceKind& kind;
  RenderRequest request;
  ReadSet& read_set;
  const std::vector<ObservedContainer>& containers;
  DesiredServices services;

  Expected<DesiredServices> With(const std::string& service, const ResolvedImage& image) {
    request.resolved.insert_or_assign(service, image);
    return kind.Render(request, read_set);
  }
};

Expected<DesiredServices> VersionedRendering::Run(RenderRequest request, ReadSet& read_set, Facts& facts) const {
  auto kind = FindSourceKind(request.workload.workload().source);
  if (!kind) return std::move(kind).error();
  auto services = (*kind)->Render(request, read_set);
  if (!services) return services;
  auto containers = containers_.Containers(v1::IdentityOf(request.workload));
  if (!containers) return std::move(containers).error().Within("observe containers");
  Draft draft{**kind, std::move(request), read_set, *containers, std::move(*services)};
  for (std::size_t i = 0; i < draft.services.size(); ++i)
    if (auto decided = Decide(draft, i, facts); !decided) return std::move(decided).error();
  return std::move(draft.services);
}

Expected<void> VersionedRendering::Decide(Draft& draft, std::size_t service, Facts& of_workload) const {
  const v1::Object& workload = draft.request.workload;
  const std::string name = draft.services[service].service;
  const std::string fact_key = FactKeyOf(v1::IdentityOf(workload), name);
  const VersionQuestion question = QuestionOf(ImageOf(workload, draft.services[service]),
                                              ports_.bindings.DecidingFor(subject_.snapshot, workload.key.name, name));
  auto own = name.empty() ? Expected<Facts>(of_workload) : ports_.facts.Load(fact_key);
  if (!own) return std::move(own).error().Within("load facts");
  const auto containers = ContainersOf(draft.containers, name);
  own = Follow(question, fact_key, containers, std::move(*own));
  if (!own) return std::move(own).error();
  if (name.empty()) of_workload = *own;
  return Reword(draft, service, DecideVersion(question, *own), question.repository);
}

// Renders anew where another wording than the source's is to stand, or one of them is worn already.
Expected<void> VersionedRendering::Reword(Draft& draft, std::size_t service, const VersionDecision& decision,
                                          const std::string& repository) {
  const std::string name = draft.services[service].service;
  const auto containers = ContainersOf(draft.containers, name);
  const auto wordings = WordingsOf(decision, repository, containers);
  if (decision.by_manifest && wordings.size() == 1) return {};
  std::optional<DesiredServices> first;
  for (const ImageWording& wording : wordings) {
    const bool as_said = decision.by_manifest && wording.digest.empty();
    auto desired = as_said ? draft.services : draft.With(name, wording.image);
    if (!desired) return std::move(desired).error();
    const bool worn = IsWornBy(wording, (*desired)[service], containers);
    if (!first || worn) first = std::move(*desired);
    if (!worn) continue;
    draft.services = std::move(*first);
    return {};
  }
  draft.services = std::move(*first);
  draft.request.resolved.erase(name);
  if (!decision.by_manifest) draft.request.resolved.emplace(name, wordings.front().image);
  return {};
}

// Whoever looks at a revision that is in force no more, or may change nothing, keeps what it finds to itself.
Expected<Facts> VersionedRendering::Follow(const VersionQuestion& question, const std::string& fact_key,
                                           const std::vector<ObservedContainer>& containers, Facts facts) const {
  const auto follow = [&](Facts& f) {
    RecoverVersions(question, containers, f);
    FollowManifest(question, subject_.now, f);
  };
  const Facts before = facts;
  follow(facts);
  if (facts == before || !subject_.keeps) return facts;
  auto kept = ports_.facts.Update(fact_key, [&](Facts& f) {
    const auto current = ports_.config.Current();
    if (current && current->objects->revision == subject_.snapshot.objects->revision) follow(f);
  });
  if (!kept) return std::move(kept).error().Within("follow the manifest");
  return facts;
}

}  // namespace tinyforge
