#include "controller/cmd/config_file.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <utility>

#include "api-types/doc/yaml.h"
#include "controller/cmd/setting.h"

namespace tinyforge::cmd {
namespace {

constexpr std::size_t kMaxFile = 1 << 20;
constexpr std::string_view kHostPolicy = "hostPolicy";
constexpr std::array kGroups = {std::string_view("git"), std::string_view("listenTls")};  // settings below a mapping

void ApplySetting(const std::string& key, const doc::Node::Member& member, Config& config, ConfigErrors& errors) {
  const auto settings = Settings();
  const auto found =
      std::find_if(settings.begin(), settings.end(), [&](const Setting& s) { return s.file_key == key; });
  if (found == settings.end()) {
    errors.Add(member.mark, key, "no such setting");
  } else if (member.value.type != doc::Type::String && member.value.type != doc::Type::Int) {
    errors.Add(member.value.mark, key, "expected a single value, got " + std::string(doc::Describe(member.value.type)));
  } else if (auto set = found->set(config, member.value.text); !set) {
    errors.Add(member.value.mark, key, set.error().message);
  }
}

void ApplyGroup(const doc::Node::Member& group, Config& config, ConfigErrors& errors) {
  if (group.value.type != doc::Type::Map) {
    errors.Add(group.value.mark, group.key, "expected a mapping, got " + std::string(doc::Describe(group.value.type)));
    return;
  }
  for (const auto& member : group.value.members) ApplySetting(group.key + "." + member.key, member, config, errors);
}

void ApplyDocument(const doc::Node& document, Config& config, ConfigErrors& errors) {
  if (document.type != doc::Type::Map) {
    errors.Add(document.mark, "", "expected a mapping of settings, got " + std::string(doc::Describe(document.type)));
    return;
  }
  for (const auto& member : document.members) {
    if (member.key == kHostPolicy) {
      ApplyHostPolicy(member.value, config.host_policy, errors);
    } else if (std::ranges::find(kGroups, member.key) != kGroups.end()) {
      ApplyGroup(member, config, errors);
    } else {
      ApplySetting(member.key, member, config, errors);
    }
  }
}

}  // namespace

void ConfigErrors::Add(const doc::Mark& mark, std::string_view key, std::string_view message) {
  std::string line = file_ + ":" + std::to_string(mark.line) + ":" + std::to_string(mark.column) + ": ";
  if (!key.empty()) line.append(key).append(": ");
  lines_.push_back(line.append(message));
}

std::vector<std::string> ApplyConfigText(const std::string& name, std::string_view text, Config& config) {
  const auto documents = doc::ParseYamlFile(text);
  if (!documents) return {name + ":" + documents.error().message};
  ConfigErrors errors(name);
  if (documents->size() > 1) errors.Add((*documents)[1].mark, "", "expected one document, got a second one");
  if (!documents->empty()) ApplyDocument(documents->front(), config, errors);
  return errors.lines();
}

std::vector<std::string> ApplyConfigFile(const std::string& path, Config& config) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxFile + 1, '\0');
  if (file) file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file && !file.eof()) return {path + ": cannot read the config file"};
  text.resize(static_cast<std::size_t>(file.gcount()));
  return ApplyConfigText(path, text, config);
}

}  // namespace tinyforge::cmd
