#include "reconcilers/source/compose/project_labels.h"

namespace tinyforge::compose {
namespace {

constexpr std::string_view kTag = "com.docker.compose.";
// Of the docker compose whose labels these are.
constexpr std::string_view kVersion = "2";

}  // namespace

StringMap ProjectLabels(const Project& project, std::string_view kind, const std::string& key) {
  const std::string tag(kTag);
  return {{tag + "project", project.name}, {tag + "version", std::string(kVersion)}, {tag + std::string(kind), key}};
}

}  // namespace tinyforge::compose
