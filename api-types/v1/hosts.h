// Which controllers run an object.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/v1/object_set.h"

namespace tinyforge::v1 {

// Whether `text` matches `pattern` as a whole: '*' any run of characters, '?' one, everything else itself. Linear in
// memory, at most |pattern| * |text| steps.
bool GlobMatches(std::string_view pattern, std::string_view text);

// Whether the controller with this --host name runs an object with these spec.hosts. No patterns: all do.
bool RunsOn(const std::vector<std::string>& hosts, std::string_view host_name);

// Whether some controller may run all that bear these spec.hosts; an empty list is that of all controllers. Exact for
// two lists, and for more as soon as one of them holds names alone; else every two of them must have a name in common.
bool MayShareHost(std::span<const std::vector<std::string>* const> lists);

// spec.hosts of an object of any kind.
const std::vector<std::string>& HostsOf(const Object& object);

}  // namespace tinyforge::v1
