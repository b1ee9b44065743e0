#include "reconcilers/trigger/route_table.h"

#include <algorithm>
#include <set>
#include <utility>

#include "api-types/v1/hosts.h"
#include "reconcilers/trigger/binding_targets.h"
#include "reconcilers/trigger/trigger_kind.h"

namespace tinyforge {
namespace {

using Spec = v1::BindingSpec;

// "workload/shop", "workload/shop service web"
std::string NameOf(const v1::Object& workload, const std::string& service) {
  return ToString(workload.key) + (service.empty() ? "" : " service " + service);
}

// A route as those after it see it.
struct Claim {
  const v1::Object* trigger;
  const v1::Object* binding;
};

// Whether some controller serves both, which have the workload in common.
bool MayMeet(const Claim& a, const Claim& b, const v1::Object& workload) {
  const std::vector<std::string>* hosts[] = {&v1::HostsOf(workload), &v1::HostsOf(*a.trigger), &v1::HostsOf(*a.binding),
                                             &v1::HostsOf(*b.trigger), &v1::HostsOf(*b.binding)};
  return v1::MayShareHost(hosts);
}

class Resolver {
 public:
  Resolver(const v1::ObjectSet& objects, std::string_view host, const ImageLookup& images)
      : objects_(objects), host_(host), images_(images) {}

  RouteTable Run() {
    for (const auto& [key, object] : objects_.objects)
      if (key.kind == Kind::Trigger && RunsHere(*object, host_)) CheckTrigger(*object);
    for (const auto& [key, object] : objects_.objects)
      if (key.kind == Kind::Binding && RunsHere(*object, host_)) Bind(object);
    return std::move(table_);
  }

 private:
  void Report(const v1::Object& object, std::string_view reason, v1::Problem problem) {
    table_.problems.push_back(
        {object.key, std::string(reason), {object.position, std::move(problem.field), std::move(problem.message)}});
  }

  void CheckTrigger(const v1::Object& trigger) {
    for (v1::Problem& problem : ValidateTrigger(std::get<v1::TriggerSpec>(trigger.spec))) {
      invalid_.insert(trigger.key.name);
      Report(trigger, route_reason::kInvalidTrigger, std::move(problem));
    }
  }

  // Says what is missing, or that it cannot be read now.
  std::string Missing(const ObjectKey& key) const {
    const bool broken = std::ranges::find(objects_.broken, key) != objects_.broken.end();
    return ToString(key) + (broken ? " has errors and cannot be used" : " does not exist");
  }

  const v1::Object* TriggerOf(const v1::Object& binding, const Spec& spec) {
    const ObjectKey key = {Kind::Trigger, spec.trigger};
    const v1::Object* trigger = objects_.Find(key);
    if (!trigger) Report(binding, route_reason::kTriggerNotFound, {"spec.trigger", Missing(key)});
    if (trigger && invalid_.contains(spec.trigger)) {
      Report(binding, route_reason::kTriggerInvalid, {"spec.trigger", ToString(key) + " is not valid"});
      return nullptr;
    }
    return trigger;
  }

  void Bind(const v1::ObjectPtr& binding) {
    const auto& spec = std::get<Spec>(binding->spec);
    const v1::Object* trigger = TriggerOf(*binding, spec);
    const BindingTargets targets = FindTargets(spec, objects_, host_);
    if (targets.missing)
      Report(*binding, route_reason::kWorkloadNotFound, {"spec.workload", Missing({Kind::Workload, *spec.workload})});
    if (!trigger || !RunsHere(*trigger, host_)) return;
    auto merged = MergeOverrides(std::get<v1::TriggerSpec>(trigger->spec), spec);
    if (auto* problems = std::get_if<std::vector<v1::Problem>>(&merged)) {
      for (v1::Problem& problem : *problems) Report(*binding, route_reason::kInvalidOverrides, std::move(problem));
      return;
    }
    if (!spec.enabled) return;
    if (targets.workloads.empty() && spec.workload_selector)
      Report(*binding, route_reason::kNothingSelected,
             {"spec.workloadSelector",
              host_.empty() ? "no workload has these labels" : "no workload of this host has these labels"});
    Route route{.binding = binding,
                .service = spec.service.value_or(""),
                .config = std::make_shared<const EffectiveConfig>(std::get<EffectiveConfig>(std::move(merged)))};
    for (const v1::ObjectPtr& workload : targets.workloads) {
      route.workload = workload;
      Add(route);
    }
  }

  void Add(Route route) {
    const auto& spec = std::get<Spec>(route.binding->spec);
    const TriggerKind& kind = **FindTriggerKind(route.config->spec);
    const std::string field = spec.workload ? "spec.workload" : "spec.workloadSelector";
    std::string_view reason = route_reason::kUnfit;
    if (auto unfit = FindImage(route, kind, reason)) return Report(*route.binding, reason, *std::move(unfit));
    if (std::string why = kind.WhyUnfit(route.config->spec, route.target()); !why.empty())
      return Report(*route.binding, route_reason::kUnfit, {field, std::move(why)});
    const std::string target = NameOf(*route.workload, route.service);
    const Claim claim{objects_.Find({Kind::Trigger, spec.trigger}), route.binding.get()};
    auto& pairs = bound_[{spec.trigger, target}];
    if (const Claim* first = Held(pairs, claim, *route.workload))
      return Report(*route.binding, route_reason::kAlreadyBound,
                    {field, target + " is bound to trigger/" + spec.trigger + " by " + ToString(first->binding->key) +
                                " already"});
    pairs.push_back(claim);
    route.decides = kind.IsPolicy();
    if (route.decides && !Decide(route, claim, target)) return;
    table_.by_trigger[spec.trigger].push_back(std::move(route));
  }

  // The claim that stands in the way of a later one; null: none. On one host all meet.
  const Claim* Held(const std::vector<Claim>& claims, const Claim& later, const v1::Object& workload) const {
    const auto first = std::ranges::find_if(
        claims, [&](const Claim& claim) { return !host_.empty() || MayMeet(claim, later, workload); });
    return first == claims.end() ? nullptr : &*first;
  }

  // Fills in Route::image, or says why there is none that the kind could act on.
  std::optional<v1::Problem> FindImage(Route& route, const TriggerKind& kind, std::string_view& reason) const {
    const v1::Source& source = route.workload->workload().source;
    const std::string name = ToString(route.workload->key);
    if (!source.compose) {
      if (!route.service.empty())
        return v1::Problem{"spec.service",
                           name + " has no source.compose, so it has no service \"" + route.service + "\""};
      if (source.image) route.image = {route.workload, &*source.image};
      return std::nullopt;
    }
    const bool needed = kind.NeedsImage(route.config->spec);
    if (!needed && route.service.empty()) return std::nullopt;
    const auto images = images_(*route.workload);
    if (!images) {
      reason = route_reason::kServicesUnknown;
      return v1::Problem{"spec.service", "the services of " + name + " are not known: " + images.error().message};
    }
    return FindService(route, *images, needed);
  }

  static std::optional<v1::Problem> FindService(Route& route, const SourceImages& images, bool needed) {
    const std::string name = ToString(route.workload->key);
    const std::string known = "; its services are " + NamesOf(images);
    if (route.service.empty())
      return v1::Problem{"spec.service", name + " has source.compose; say the service whose image is meant" + known};
    const auto found = images.find(route.service);
    if (found == images.end())
      return v1::Problem{"spec.service", name + " has no service \"" + route.service + "\"" + known};
    if (!found->second && needed)
      return v1::Problem{"spec.service", "service " + route.service + " of " + name +
                                             " has only a build, and no image whose version could be set" + known};
    if (found->second) route.image = std::make_shared<const v1::ImageSource>(*found->second);
    return std::nullopt;
  }

  // False: another binding decides already.
  bool Decide(const Route& route, const Claim& claim, const std::string& target) {
    auto& claims = deciding_[target];
    const Claim* holder = Held(claims, claim, *route.workload);
    if (!holder) {
      claims.push_back(claim);
      return true;
    }
    const auto& spec = std::get<Spec>(route.binding->spec);
    Report(*route.binding, route_reason::kConflict,
           {spec.workload ? "spec.workload" : "spec.workloadSelector",
            "the version of " + target + " is decided by " + ToString(holder->binding->key) +
                "; disable one of the two or bind them to different workloads"});
    return false;
  }

  const v1::ObjectSet& objects_;
  std::string_view host_;
  const ImageLookup& images_;
  RouteTable table_;
  std::set<std::string, std::less<>> invalid_;                               // triggers
  std::map<std::pair<std::string, std::string>, std::vector<Claim>> bound_;  // by trigger and target
  std::map<std::string, std::vector<Claim>> deciding_;                       // by target
};

}  // namespace

std::span<const Route> RouteTable::RoutesOf(std::string_view trigger) const {
  const auto found = by_trigger.find(trigger);
  return found == by_trigger.end() ? std::span<const Route>() : std::span<const Route>(found->second);
}

Expected<SourceImages> ImagesOfManifest(const v1::Object& workload) {
  const auto& image = workload.workload().source.image;
  if (image) return SourceImages{{"", *image}};
  return Error{ErrorKind::Waiting, "the files of the repository were not read"};
}

RouteTable ResolveRoutes(const v1::ObjectSet& objects, std::string_view host, const ImageLookup& images) {
  return Resolver(objects, host, images).Run();
}

}  // namespace tinyforge
