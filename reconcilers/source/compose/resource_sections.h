// The top-level sections beside services.
#pragma once

#include "reconcilers/source/compose/project.h"
#include "reconcilers/source/compose/project_scope.h"

namespace tinyforge::compose {

// One entry of `networks` and `volumes`; `value` may be null, which says nothing but that it is there.
Network ReadNetworkSection(const Value& value, std::string_view key, const ProjectScope& scope);
Volume ReadVolumeSection(const Value& value, std::string_view key, const ProjectScope& scope);

// One entry of `secrets` and `configs`.
FileSource ReadSecretSection(const Value& value, std::string_view key, const ProjectScope& scope);
FileSource ReadConfigSection(const Value& value, std::string_view key, const ProjectScope& scope);

}  // namespace tinyforge::compose
