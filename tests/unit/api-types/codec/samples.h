// The sample manifests of the repository, for tests.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/codec/manifest.h"

namespace tinyforge::codec {

struct Sample {
  std::string path;  // below manifests/samples
  std::string text;
};

inline constexpr std::string_view kComposeFile = "compose.yaml";  // what a manifest runs, and none itself

inline std::string ReadWhole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::vector<Sample> Samples() {
  const std::filesystem::path root = std::string(TINYFORGE_SOURCE_DIR) + "/manifests/samples";
  std::vector<Sample> samples;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root))
    if (entry.is_regular_file() && IsManifestPath(entry.path().string()) && entry.path().filename() != kComposeFile)
      samples.push_back({std::filesystem::relative(entry.path(), root).string(), ReadWhole(entry.path())});
  std::sort(samples.begin(), samples.end(), [](const Sample& a, const Sample& b) { return a.path < b.path; });
  return samples;
}

}  // namespace tinyforge::codec
