#include "api-types/v1/hosts.h"

#include <algorithm>

namespace tinyforge::v1 {
namespace {

using Patterns = std::vector<std::string>;

bool IsName(const std::string& pattern) {
  return pattern.find_first_of("*?") == std::string::npos;
}

// Whether some text matches both patterns: `meets[j]` says so of the rest of `a` from i on and that of `b` from j on,
// found from the ends towards the beginnings. A star swallows nothing, or one more of the other side.
bool GlobsMeet(std::string_view a, std::string_view b) {
  std::vector<char> below(b.size() + 1, 0);
  for (std::size_t i = a.size() + 1; i-- > 0;) {
    std::vector<char> meets(b.size() + 1, 0);
    for (std::size_t j = b.size() + 1; j-- > 0;) {
      const bool more_a = i < a.size();
      const bool more_b = j < b.size();
      if ((more_a && a[i] == '*') || (more_b && b[j] == '*')) {
        meets[j] = static_cast<char>((more_a && below[j] != 0) || (more_b && meets[j + 1] != 0));
      } else if (more_a && more_b) {
        const bool same = a[i] == b[j] || a[i] == '?' || b[j] == '?';
        meets[j] = static_cast<char>(same && below[j + 1] != 0);
      } else {
        meets[j] = static_cast<char>(!more_a && !more_b);
      }
    }
    below = std::move(meets);
  }
  return below[0] != 0;
}

// Whether a pattern of one list and one of the other have a name in common.
bool AnyMeet(const Patterns& a, const Patterns& b) {
  return std::any_of(a.begin(), a.end(), [&](const std::string& x) {
    return std::any_of(b.begin(), b.end(), [&](const std::string& y) { return GlobsMeet(x, y); });
  });
}

}  // namespace

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

bool MayShareHost(std::span<const Patterns* const> lists) {
  const auto all_run = [&](const std::string& host) {
    return std::all_of(lists.begin(), lists.end(), [&](const Patterns* list) { return RunsOn(*list, host); });
  };
  for (const Patterns* list : lists) {
    if (list->empty()) continue;
    if (std::any_of(list->begin(), list->end(), [&](const auto& p) { return IsName(p) && all_run(p); })) return true;
    if (std::all_of(list->begin(), list->end(), IsName)) return false;
  }
  for (std::size_t i = 0; i < lists.size(); ++i)
    for (std::size_t j = i + 1; j < lists.size(); ++j)
      if (!lists[i]->empty() && !lists[j]->empty() && !AnyMeet(*lists[i], *lists[j])) return false;
  return true;
}

const std::vector<std::string>& HostsOf(const Object& object) {
  return std::visit([](const auto& spec) -> const std::vector<std::string>& { return spec.hosts; }, object.spec);
}

}  // namespace tinyforge::v1
