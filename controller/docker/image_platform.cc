#include "controller/docker/image_platform.h"

#include <algorithm>
#include <cctype>
#include <utility>
#include <vector>

namespace tinyforge::docker {
namespace {

constexpr std::string_view kSystems[] = {"linux", "windows", "darwin", "freebsd"};

std::vector<std::string> SplitLower(std::string_view text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == '/')
      parts.emplace_back();
    else
      parts.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return parts;
}

void Normalise(ImagePlatform& platform) {
  constexpr std::pair<std::string_view, std::string_view> kSame[] = {
      {"x86_64", "amd64"}, {"x86-64", "amd64"}, {"i386", "386"}, {"i686", "386"}, {"aarch64", "arm64"}};
  for (const auto& [other, name] : kSame)
    if (platform.architecture == other) platform.architecture = name;
  if (platform.architecture == "armhf") platform = {platform.os, "arm", "v7"};
  if (platform.architecture == "armel") platform = {platform.os, "arm", "v6"};
  if (platform.architecture == "arm64" && (platform.variant == "v8" || platform.variant == "8"))
    platform.variant.clear();
  if (platform.architecture == "amd64" && platform.variant == "v1") platform.variant.clear();
}

bool Agree(std::string_view have, std::string_view want) {
  return have.empty() || want.empty() || have == want;
}

}  // namespace

ImagePlatform ParseImagePlatform(std::string_view text) {
  std::vector<std::string> parts = SplitLower(text);
  const bool names_system = parts.front().empty() || std::ranges::find(kSystems, parts.front()) != std::end(kSystems);
  if (!names_system) parts.insert(parts.begin(), "");
  parts.resize(3);
  ImagePlatform platform{parts[0], parts[1], parts[2]};
  Normalise(platform);
  return platform;
}

bool Suits(const ImagePlatform& have, const ImagePlatform& want) {
  return Agree(have.os, want.os) && Agree(have.architecture, want.architecture) && Agree(have.variant, want.variant);
}

}  // namespace tinyforge::docker
