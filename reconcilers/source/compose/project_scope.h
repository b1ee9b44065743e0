// What the readers of one project share.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api-types/meta/error.h"
#include "reconcilers/source/compose/section.h"
#include "reconcilers/source/compose/service.h"

namespace tinyforge::compose {

// The value of a variable, with secrets as in SecretText; nothing when it is not set.
using Variables = std::function<std::optional<SecretText>(std::string_view name)>;

// What a file of the form of `env_file` says, in its order; without a text where it names a variable alone and that is
// not set.
using Assignments = std::vector<std::pair<std::string, std::optional<SecretText>>>;

// A file of `env_file` or `label_file`. Raw: a line says what it says, without quotes, escapes and variables.
struct EnvFile {
  ComposePath path;
  bool raw = false;
};

// What a project takes from around its files.
struct Surroundings {
  Variables variables;  // the environment of the project
  // Reads a file of the project; variables in it are looked up by the second argument. NotFound when it is not there.
  std::function<Expected<Assignments>(const EnvFile& file, const Variables& lookup)> env_file;
};

// The keys below each top-level section, sorted, for references to them.
struct Names {
  std::vector<std::string_view> services;
  std::vector<std::string_view> networks;
  std::vector<std::string_view> volumes;
  std::vector<std::string_view> secrets;
  std::vector<std::string_view> configs;
};

struct ProjectScope {
  std::string_view project;
  Names names;
  const Surroundings& surroundings;
};

// What a reader of a part of a service is given.
struct ServiceInput {
  std::string_view name;
  const Section& keys;
  const Section* deploy;  // null: the service has none
  const ProjectScope& scope;
};

// Whether `name`, which `value` gives, is one of `names`; notes when it is not. `kind`: "service".
bool CheckName(const Value& value, std::string_view name, const std::vector<std::string_view>& names,
               std::string_view kind);

}  // namespace tinyforge::compose
