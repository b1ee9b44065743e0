#include "controller/serve/router.h"

#include <algorithm>
#include <optional>

namespace tinyforge::serve {
namespace {

std::vector<std::string> SplitPath(std::string_view path) {
  std::vector<std::string> segments;
  std::size_t start = path.starts_with('/') ? 1 : 0;
  while (true) {
    const std::size_t slash = path.find('/', start);
    segments.emplace_back(path.substr(start, slash == std::string_view::npos ? slash : slash - start));
    if (slash == std::string_view::npos) return segments;
    start = slash + 1;
  }
}

bool IsCapture(std::string_view segment) {
  return segment.starts_with('{') && segment.ends_with('}');
}

// The captures when the path fits the pattern. An empty segment fits no capture.
std::optional<StringMap> Fit(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  if (pattern.size() != path.size()) return std::nullopt;
  StringMap captures;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (!IsCapture(pattern[i])) {
      if (pattern[i] != path[i]) return std::nullopt;
    } else if (path[i].empty()) {
      return std::nullopt;
    } else {
      captures.emplace(pattern[i].substr(1, pattern[i].size() - 2), path[i]);
    }
  }
  return captures;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = HexDigit(text[i + 1]);
    const int low = HexDigit(text[i + 2]);
    if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

}  // namespace

void Router::Add(Route route) {
  Entry entry{.route = std::move(route), .segments = {}};
  entry.segments = SplitPath(entry.route.pattern);
  const auto captures = [](const Entry& e) { return std::ranges::count_if(e.segments, IsCapture); };
  const auto place = std::ranges::upper_bound(entries_, captures(entry), {}, captures);
  entries_.insert(place, std::move(entry));
}

RouteMatch Router::Match(std::string_view method, std::string_view path) const {
  const auto segments = SplitPath(path);
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  RouteMatch match;
  for (const auto& entry : entries_) {
    auto captures = Fit(entry.segments, segments);
    if (!captures) continue;
    if (entry.route.method == wanted) return {.route = &entry.route, .captures = std::move(*captures), .allow = {}};
    if (!match.allow.empty()) match.allow += ", ";
    match.allow += entry.route.method == "GET" ? "GET, HEAD" : entry.route.method;
  }
  return match;
}

bool ParseQuery(std::string_view query, std::size_t most, StringMap& out) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto key = PercentDecode(pair.substr(0, equals));
    auto value = PercentDecode(pair.substr(std::min(equals + 1, pair.size())));
    if (!key || !value) return false;
    out.insert_or_assign(std::move(*key), std::move(*value));
    if (out.size() > most) return false;
  }
  return true;
}

}  // namespace tinyforge::serve
