// Images of a host: what they are called, who uses them, and what was removed.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "reconcilers/core/ports.h"

namespace tinyforge {

class FakeHostImages : public HostImages {
 public:
  std::map<std::string, HostImage> images;  // by id
  std::vector<std::string> removed;         // ids
  std::optional<Error> failure;             // of every call
  std::set<std::string> pending;            // workloads that left something
  Duration rest{0};                         // between looks
  int looks = 0;

  // As a pull of "shop:1" leaves it.
  void Pulled(const std::string& reference, const std::string& id) {
    const std::string repository = reference.substr(0, reference.rfind(':'));
    for (auto& [known, image] : images) std::erase(image.tags, reference);
    HostImage& image = images[id];
    image.id = id;
    image.tags.push_back(reference);
    image.digests = {repository + "@" + id};
  }

  Expected<std::optional<HostImage>> Find(const std::string& image) override {
    ++looks;
    if (failure) return *failure;
    for (const auto& [id, known] : images)
      if (id == image || std::ranges::count(known.tags, image) > 0) return std::optional(known);
    return std::optional<HostImage>();
  }
  std::string Familiar(const std::string& reference) override { return reference; }
  Expected<void> Remove(const HostImage& image) override {
    if (failure) return *failure;
    images.erase(image.id);
    removed.push_back(image.id);
    return {};
  }
  Duration BeginLook(const std::string&, bool at_once) override { return at_once ? Duration(0) : rest; }
  void EndLook(const std::string& workload, bool left) override {
    left ? (void)pending.insert(workload) : (void)pending.erase(workload);
  }
};

}  // namespace tinyforge
