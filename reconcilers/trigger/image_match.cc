#include "reconcilers/trigger/image_match.h"

#include <algorithm>
#include <array>

namespace tinyforge {
namespace {

constexpr std::string_view kHub = "docker.io";
constexpr std::array<std::string_view, 3> kHubAliases = {"index.docker.io", "registry-1.docker.io",
                                                         "registry.hub.docker.com"};

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

}  // namespace

ImageName PushedName(std::string_view host, std::string_view path) {
  ImageName name{Lower(host), Lower(path)};
  if (std::ranges::find(kHubAliases, name.host) != kHubAliases.end()) name.host = kHub;
  if (name.host == kHub && name.path.find('/') == std::string::npos) name.path.insert(0, "library/");
  return name;
}

bool MayBeSame(const ImageName& a, const ImageName& b) {
  if (!a.host.empty() && !b.host.empty()) return PushedName(a.host, a.path) == PushedName(b.host, b.path);
  // "nginx" of a sender that leaves out the host may be Docker Hub's.
  return PushedName(a.host.empty() ? b.host : a.host, a.path).path ==
         PushedName(a.host.empty() ? b.host : a.host, b.path).path;
}

std::string ToString(const ImageName& name) {
  return name.host.empty() ? name.path : name.host + "/" + name.path;
}

}  // namespace tinyforge
