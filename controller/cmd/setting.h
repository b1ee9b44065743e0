// The settings that are one value: each has a flag, an environment variable and a key of the config file.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "api-types/meta/error.h"
#include "controller/cmd/config.h"

namespace tinyforge::cmd {

struct Setting {
  std::string_view flag;      // "state-dir"; the variable is TINYFORGE_STATE_DIR
  std::string_view file_key;  // "stateDir"; "git.tokenFile" is a key of the mapping `git`
  std::string_view value;     // for the help: "DIR"
  std::string_view help;
  Expected<void> (*set)(Config& config, const std::string& text);  // Invalid says what would be right
};

// In the order of the help.
std::span<const Setting> Settings();

// "TINYFORGE_STATE_DIR"
std::string VariableOf(std::string_view flag);

}  // namespace tinyforge::cmd
