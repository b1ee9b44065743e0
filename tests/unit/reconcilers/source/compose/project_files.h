// A project in memory, loaded as a test wants it.
#pragma once

#include <string>
#include <string_view>

#include "api-types/doc/json.h"
#include "reconcilers/source/compose/loader.h"
#include "tests/fakes/fake_tree.h"

namespace tinyforge::compose {

class ProjectFiles {
 public:
  // With the text of compose.yaml, the only file that is asked for.
  explicit ProjectFiles(std::string text = "") {
    tree.files["compose.yaml"] = std::move(text);
    request.files = {{"compose.yaml"}};
    request.default_name = "test";
  }

  // With an override file after it.
  ProjectFiles(std::string text, std::string override_text) : ProjectFiles(std::move(text)) {
    tree.files["override.yaml"] = std::move(override_text);
    request.files.push_back({"override.yaml"});
  }

  Expected<LoadedProject> Load() { return compose::Load(request, tree, read_set); }

  // Canonical JSON of what stands at a path of keys ("services/web/ports"), "absent" when nothing does, or the error.
  std::string At(std::string_view path) {
    const auto project = Load();
    if (!project) return project.error().message;
    const doc::Node* node = &project->root;
    while (!path.empty() && node != nullptr) {
      const std::string_view key = path.substr(0, path.find('/'));
      path.remove_prefix(std::min(key.size() + 1, path.size()));
      node = node->Find(key);
    }
    return node == nullptr ? "absent" : doc::CanonicalJson(*node);
  }

  // Of the service `web`.
  std::string Web(std::string_view key) { return At("services/web/" + std::string(key)); }

  FakeTree tree;
  LoadRequest request;
  ReadSet read_set;
};

}  // namespace tinyforge::compose
