#include "reconcilers/source/compose/project_scope.h"

#include <algorithm>

#include "api-types/codec/suggestion.h"

namespace tinyforge::compose {

bool CheckName(const Value& value, std::string_view name, const std::vector<std::string_view>& names,
               std::string_view kind) {
  if (std::binary_search(names.begin(), names.end(), name)) return true;
  if (value.Full()) return false;
  std::string message = "the project has no " + std::string(kind) + " " + Quoted(name);
  if (const std::string_view nearest = codec::Nearest(name, names); !nearest.empty())
    message += "; did you mean \"" + std::string(nearest) + "\"?";
  else if (kind != "service")
    message += "; declare it below the top-level " + std::string(kind) + "s";
  value.Fail(std::move(message));
  return false;
}

}  // namespace tinyforge::compose
