#include "reconcilers/core/image_name.h"

#include <algorithm>

namespace tinyforge {
namespace {

constexpr std::string_view kDockerHub = "docker.io";

bool IsUpper(char c) {
  return c >= 'A' && c <= 'Z';
}

bool IsHost(std::string_view text) {
  return text == "localhost" || text.find_first_of(".:") != std::string_view::npos ||
         std::any_of(text.begin(), text.end(), IsUpper);
}

}  // namespace

ImageName SplitImageName(std::string_view name) {
  ImageName split{std::string(kDockerHub), std::string(name)};
  const std::size_t slash = name.find('/');
  if (slash != std::string_view::npos && IsHost(name.substr(0, slash))) {
    split = {std::string(name.substr(0, slash)), std::string(name.substr(slash + 1))};
    for (char& c : split.host)
      if (IsUpper(c)) c = static_cast<char>(c - 'A' + 'a');
  }
  if (split.host == "index.docker.io") split.host = kDockerHub;
  if (split.host == kDockerHub && split.path.find('/') == std::string::npos) split.path.insert(0, "library/");
  return split;
}

}  // namespace tinyforge
