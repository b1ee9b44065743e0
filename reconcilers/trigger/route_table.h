// Which bindings bind which workloads to which triggers, and what is wrong with those that do not.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/v1/object_set.h"
#include "reconcilers/core/source_images.h"
#include "reconcilers/trigger/effective_config.h"
#include "reconcilers/trigger/trigger_kind.h"

namespace tinyforge {

// One binding of one workload.
struct Route {
  v1::ObjectPtr binding;
  v1::ObjectPtr workload;
  std::string service;                            // of a compose workload; empty: the workload itself
  std::shared_ptr<const EffectiveConfig> config;  // shared by the routes of one binding alone
  std::shared_ptr<const v1::ImageSource> image;   // whose version it may set; null: it has none
  bool decides = false;                           // its trigger is a policy: its answer decides the version

  BoundTarget target() const { return {*workload, image.get()}; }
};

// Why an object does less than it says, or nothing.
struct RouteProblem {
  ObjectKey object;    // a Binding or a Trigger
  std::string reason;  // PascalCase: one of route_reason
  v1::Diagnostic diagnostic;
};

namespace route_reason {
inline constexpr std::string_view kInvalidTrigger = "InvalidTrigger";    // of a Trigger
inline constexpr std::string_view kTriggerNotFound = "TriggerNotFound";  // these of a Binding
inline constexpr std::string_view kTriggerInvalid = "TriggerInvalid";
inline constexpr std::string_view kInvalidOverrides = "InvalidOverrides";
inline constexpr std::string_view kWorkloadNotFound = "WorkloadNotFound";
inline constexpr std::string_view kNothingSelected = "NothingSelected";
inline constexpr std::string_view kUnfit = "Unfit";
inline constexpr std::string_view kServicesUnknown = "ServicesUnknown";  // the compose files cannot be read
inline constexpr std::string_view kAlreadyBound = "AlreadyBound";
inline constexpr std::string_view kConflict = "Conflict";
}  // namespace route_reason

struct RouteTable {
  std::map<std::string, std::vector<Route>, std::less<>> by_trigger;  // by name; routes by binding, then by workload
  std::vector<RouteProblem> problems;                                 // triggers first, then bindings by name

  // Empty: it serves nobody.
  std::span<const Route> RoutesOf(std::string_view trigger) const;
};

// The images of a workload, or why they cannot be told.
using ImageLookup = std::function<Expected<SourceImages>(const v1::Object& workload)>;
// What the manifest alone says; of source.compose, whose files say it, nothing.
Expected<SourceImages> ImagesOfManifest(const v1::Object& workload);

// The routes that the controller of this --host name serves (empty: of any): those whose trigger, binding and workload
// all run there. A binding that is not enabled has no routes, and only its references and overrides are checked. Rules:
// - one trigger and workload (and service) are bound once: of two bindings the first by name holds, and the pair of
//   the other one is AlreadyBound;
// - one policy decides for a workload: the second by name is a Conflict.
// Without a host both hold between bindings that some controller serves together, as far as spec.hosts of triggers,
// bindings and the workload tell.
// What a binding cannot do for one workload does not touch its other ones. Pure; the routes keep their objects alive.
// `images` is asked once for each route of a workload with source.compose.
RouteTable ResolveRoutes(const v1::ObjectSet& objects, std::string_view host,
                         const ImageLookup& images = ImagesOfManifest);

}  // namespace tinyforge
