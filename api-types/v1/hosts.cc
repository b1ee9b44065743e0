#include "api-types/v1/hosts.h"

#include <algorithm>

namespace tinyforge::v1 {

bool GlobMatches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t retry = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool RunsOn(const std::vector<std::string>& hosts, std::string_view host_name) {
  if (hosts.empty()) return true;
  return std::any_of(hosts.begin(), hosts.end(),
                     [&](const std::string& pattern) { return GlobMatches(pattern, host_name); });
}

const std::vector<std::string>& HostsOf(const Object& object) {
  return std::visit([](const auto& spec) -> const std::vector<std::string>& { return spec.hosts; }, object.spec);
}

}  // namespace tinyforge::v1
