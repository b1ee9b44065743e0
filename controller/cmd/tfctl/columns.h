// What each kind shows in a table row.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api-types/meta/time.h"
#include "controller/cmd/tfctl/json.h"
#include "controller/cmd/tfctl/resource.h"
#include "controller/cmd/tfctl/table.h"

namespace tinyforge::tfctl {

// READY, STATUS and MESSAGE of an object: "Ready", or the reason why not and its message.
struct Verdict {
  Cell status;
  std::string message;  // empty when all is well
};
Verdict Judge(const Json& object);

// "image", "registry": the member of the object's spec that says its kind; empty when there is none.
std::string SourceKind(const Json& workload);
std::string TriggerKind(const Json& trigger);

// The image as its manifest names it, with the version that is resolved: "registry.example.com/shop:1.4.2". Of a
// workload with several services theirs, joined by commas.
std::string ImageOf(const Json& workload);

// When what runs came up, or since when the object is as it is.
std::optional<SysTime> Since(const Json& object);

// "metadata.name" or what stands for it.
std::string NameOf(const Json& item);

std::vector<std::string> HeadersOf(ResourceKind kind, bool wide);
std::vector<Cell> RowOf(ResourceKind kind, bool wide, const Json& item, SysTime now);

}  // namespace tinyforge::tfctl
