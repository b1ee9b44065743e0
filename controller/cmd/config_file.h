// The config file: a YAML document with the file keys of Settings() and the mapping hostPolicy.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api-types/doc/node.h"
#include "controller/cmd/config.h"

namespace tinyforge::cmd {

// What is wrong with a config file, at which place.
class ConfigErrors {
 public:
  explicit ConfigErrors(std::string file) : file_(std::move(file)) {}
  // "tinyforged.yaml:3:11: interval: expected …"
  void Add(const doc::Mark& mark, std::string_view key, std::string_view message);
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::string file_;
  std::vector<std::string> lines_;
};

// Sets what the file says; returns everything that is wrong with it. At most 1 MiB is read.
std::vector<std::string> ApplyConfigFile(const std::string& path, Config& config);

// The same of a text; `name` stands for the file in messages.
std::vector<std::string> ApplyConfigText(const std::string& name, std::string_view text, Config& config);

// Decodes `hostPolicy`.
void ApplyHostPolicy(const doc::Node& node, docker::HostPolicy& policy, ConfigErrors& errors);

}  // namespace tinyforge::cmd
