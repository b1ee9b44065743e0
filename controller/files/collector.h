// Garbage collection of materialized files.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/meta/error.h"
#include "api-types/meta/time.h"

namespace tinyforge {

inline constexpr std::string_view kWrittenSuffix = ".written";
inline constexpr std::string_view kLiveFolder = "live";

// Removes from `root` and `root`/live/* what no path of `kept` names or lies in and what has not changed for `grace`;
// left-over temporary files go by the same age, the remembered hash of a live file goes with it, an empty folder of a
// workload goes too. A root that is missing holds nothing. Returns the removed paths.
Expected<std::vector<std::string>> CollectUnused(const std::string& root, const std::set<std::string>& kept,
                                                 Duration grace);

}  // namespace tinyforge
