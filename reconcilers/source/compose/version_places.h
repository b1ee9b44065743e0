// Where the image of a service is said: the texts that it is put together from.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api-types/v1/object_set.h"
#include "reconcilers/core/repo_writer.h"
#include "reconcilers/source/compose/loader.h"

namespace tinyforge::compose {

// A service of a project as it was loaded, with all that it was loaded from.
struct NamedImage {
  const v1::Object& workload;
  const TreeReader& tree;
  const LoadedProject& project;
  const ReadSet& reads;
  const doc::Node& image;  // of the project
};

// Each as an edit whose `from` is the text that stands there, without `to`: the parts of the scalar between its
// variables, their defaults, and the values of its variables in the manifest and in files, whether they are in force or
// not. What cannot be changed without its surroundings (a text on several lines, an escape) is not among them, nor is
// any secret. Transient when something could not be read now.
Expected<std::vector<VersionEdit>> PlacesOf(const NamedImage& image);

}  // namespace tinyforge::compose
