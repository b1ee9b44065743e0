#include "reconcilers/source/compose/project_name.h"

#include <algorithm>

namespace tinyforge::compose {

std::string SanitiseProjectName(std::string_view name) {
  std::string out;
  for (char c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (alphanumeric || ((c == '_' || c == '-') && !out.empty())) out += c;
  }
  return out;
}

}  // namespace tinyforge::compose
