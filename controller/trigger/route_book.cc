#include "controller/trigger/route_book.h"

#include <algorithm>
#include <string_view>

#include "reconcilers/source/source_kind.h"
#include "reconcilers/trigger/binding_targets.h"

namespace tinyforge {
namespace {

constexpr std::size_t kPagesKept = 3;  // the one in force, the one before, one that is only proposed

bool IsBroken(std::string_view reason) {
  return reason == route_reason::kTriggerInvalid || reason == route_reason::kInvalidOverrides ||
         reason == route_reason::kTriggerNotFound || reason == route_reason::kServicesUnknown;
}

}  // namespace

std::shared_ptr<const RouteBook::Page> RouteBook::PageOf(const ConfigSnapshot& snapshot) {
  {
    auto pages = pages_.Lock();
    const auto found = std::ranges::find(*pages, snapshot.objects, [](const auto& page) { return page->objects; });
    if (found != pages->end()) return *found;
  }
  auto page = std::make_shared<Page>();
  page->objects = snapshot.objects;
  const auto images = [&](const v1::Object& workload) {
    const auto known = page->images.find(&workload);
    if (known != page->images.end()) return known->second;
    return page->images.emplace(&workload, ReadImages(snapshot, workload)).first->second;
  };
  page->table = std::make_shared<const RouteTable>(ResolveRoutes(*snapshot.objects, host_, images));
  for (const auto& [trigger, routes] : page->table->by_trigger)
    for (const Route& route : routes) {
      if (route.config->spec.promotion) page->promoted[*route.workload->workload().parent].push_back(route);
      if (!route.decides) continue;
      const auto& binding = std::get<v1::BindingSpec>(route.binding->spec);
      page->deciding[FactKeyOf(route.workload->key.name, route.service)] = {
          route.binding->key.name, binding.write_back.mode == v1::WriteBackMode::Commit};
    }
  KeepBroken(snapshot, *page);
  auto pages = pages_.Lock();
  pages->push_back(page);
  if (pages->size() > kPagesKept) pages->erase(pages->begin());
  return page;
}

Expected<SourceImages> RouteBook::ReadImages(const ConfigSnapshot& snapshot, const v1::Object& workload) const {
  if (workload.workload().source.image || !snapshot.tree) return ImagesOfManifest(workload);
  const auto kind = FindSourceKind(workload.workload().source);
  if (!kind) return kind.error();
  return (*kind)->Images(workload, *snapshot.tree, secrets_);
}

// A policy that cannot be used for an error in its text, or that is missing, decides on, and so does one of a service
// whose compose files cannot be read: its last answer holds, as when its registry cannot be read.
void RouteBook::KeepBroken(const ConfigSnapshot& snapshot, Page& page) const {
  for (const RouteProblem& problem : page.table->problems) {
    const v1::Object* binding = snapshot.objects->Find(problem.object);
    if (problem.object.kind != Kind::Binding || !binding || !IsBroken(problem.reason)) continue;
    const auto& spec = std::get<v1::BindingSpec>(binding->spec);
    const v1::Object* trigger = snapshot.objects->Find({Kind::Trigger, spec.trigger});
    const auto* config = trigger ? &std::get<v1::TriggerSpec>(trigger->spec) : nullptr;
    if (!spec.enabled || (config && !config->registry && !config->promotion)) continue;
    for (const v1::ObjectPtr& workload : FindTargets(spec, *snapshot.objects, host_).workloads)
      page.deciding.try_emplace(
          FactKeyOf(workload->key.name, spec.service.value_or("")),
          DecidingBinding{binding->key.name, problem.reason == route_reason::kServicesUnknown &&
                                                 spec.write_back.mode == v1::WriteBackMode::Commit});
  }
}

std::shared_ptr<const RouteTable> RouteBook::Of(const ConfigSnapshot& snapshot) {
  return PageOf(snapshot)->table;
}

std::vector<Route> RouteBook::PromotedFrom(const ConfigSnapshot& snapshot, const std::string& parent) {
  const auto page = PageOf(snapshot);
  const auto found = page->promoted.find(parent);
  return found == page->promoted.end() ? std::vector<Route>() : found->second;
}

Expected<SourceImages> RouteBook::ImagesOf(const ConfigSnapshot& snapshot, const v1::Object& workload) {
  const auto page = PageOf(snapshot);
  const auto known = page->images.find(&workload);
  return known == page->images.end() ? ReadImages(snapshot, workload) : known->second;
}

Expected<v1::ImageSource> RouteBook::ImageOf(const ConfigSnapshot& snapshot, const v1::Object& workload,
                                             const std::string& service) {
  const std::string name = ToString(workload.key);
  auto images = ImagesOf(snapshot, workload);
  if (!images) return std::move(images).error();
  const auto found = images->find(service);
  if (found != images->end() && found->second) return *std::move(found->second);
  if (images->contains("")) return Error{ErrorKind::NotFound, name + " has no service \"" + service + "\""};
  const std::string known = "; its services are " + NamesOf(*images);
  if (service.empty()) return Error{ErrorKind::NotFound, name + " has no image of its own, say a service" + known};
  if (found != images->end()) return Error{ErrorKind::NotFound, "service " + service + " of " + name + " is built"};
  return Error{ErrorKind::NotFound, name + " has no service \"" + service + "\"" + known};
}

bool RouteBook::MayPass(const ConfigSnapshot& snapshot) {
  const auto page = PageOf(snapshot);
  return std::ranges::any_of(
      page->images, [](const auto& item) { return !item.second && item.second.error().kind == ErrorKind::Transient; });
}

bool RouteBook::ReadAgain() {
  auto pages = pages_.Lock();
  return std::erase_if(*pages, [](const auto& page) {
           return std::ranges::any_of(page->images, [](const auto& item) { return !item.second; });
         }) > 0;
}

std::optional<DecidingBinding> RouteBook::DecidingFor(const ConfigSnapshot& snapshot, const std::string& workload,
                                                      const std::string& service) {
  const auto page = PageOf(snapshot);
  const auto found = page->deciding.find(FactKeyOf(workload, service));
  return found == page->deciding.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace tinyforge
