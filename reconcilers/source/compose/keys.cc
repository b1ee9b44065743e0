#include "reconcilers/source/compose/keys.h"

#include <algorithm>
#include <array>

#include "api-types/codec/suggestion.h"
#include "reconcilers/source/compose/key_tables.h"

namespace tinyforge::compose {
namespace {

constexpr Stage kLoad = Stage::Load;
constexpr std::size_t kMaxListed = 12;

constexpr std::array kFile = {
    Key{"version", Outcome::Done, "obsolete by the specification; nothing reads it", false, kLoad},
    Key{"name", Outcome::Done, "", false, kLoad},
    Key{"include", Outcome::Done, "", false, kLoad},
    Key{.name = "services"},
    Key{.name = "networks", .nullable = true},
    Key{.name = "volumes", .nullable = true},
    Key{.name = "configs", .nullable = true},
    Key{.name = "secrets", .nullable = true},
    Key{"models", Outcome::Error, "models are run by a plugin of the docker command, which is not used here"},
};

constexpr std::array kInclude = {
    Key{"path", Outcome::Done, "", false, kLoad},
    Key{"env_file", Outcome::Done, "", false, kLoad},
    Key{"project_directory", Outcome::Done, "", false, kLoad},
};

constexpr std::array kModel = {
    Key{"name", Outcome::Error, "models are not run here"},
    Key{"model", Outcome::Error, "models are not run here"},
    Key{"context_size", Outcome::Error, "models are not run here"},
    Key{"runtime_flags", Outcome::Error, "models are not run here"},
};

constexpr std::string_view kLabels = "com.docker.compose.* and tinyforge.* are the controller's";

constexpr std::array kNetwork = {
    Key{"name"},        Key{"driver"},
    Key{"driver_opts"}, Key{"ipam"},
    Key{"external"},    Key{"internal"},
    Key{"attachable"},  Key{"enable_ipv4", Outcome::Done, "false is an error: the Engine can do it from 27.4 on"},
    Key{"enable_ipv6"}, Key{"labels", Outcome::Done, kLabels},
};

constexpr std::array kIpam = {Key{"driver"}, Key{"config"}, Key{"options"}};

constexpr std::array kIpamConfig = {Key{"subnet"}, Key{"ip_range"}, Key{"gateway"}, Key{"aux_addresses"}};

constexpr std::array kExternal = {
    Key{"name", Outcome::Done, "deprecated by the specification; say name: beside external: true"}};

constexpr std::array kVolume = {
    Key{"name"}, Key{"driver"}, Key{"driver_opts"}, Key{"external"}, Key{"labels", Outcome::Done, kLabels},
};

constexpr std::string_view kNoSwarmObject = "it describes an object of Swarm's store, and there is none: remove it";

constexpr std::array kConfig = {
    Key{"name"},
    Key{"file"},
    Key{"content"},
    Key{"environment"},
    Key{"external"},
    Key{"labels", Outcome::Error, kNoSwarmObject},
    Key{"template_driver", Outcome::Error, kNoSwarmObject},
};

constexpr std::array kSecret = {
    Key{"name"},
    Key{"file"},
    Key{"environment"},
    Key{"external"},
    Key{"content", Outcome::Done, "an error in a file; what the loader makes of environment", false, kLoad},
    Key{"labels", Outcome::Error, kNoSwarmObject},
    Key{"driver", Outcome::Error, kNoSwarmObject},
    Key{"driver_opts", Outcome::Error, kNoSwarmObject},
    Key{"template_driver", Outcome::Error, kNoSwarmObject},
};

constexpr std::array kTopSections = {
    KeySection{"", kFile},
    KeySection{"include[]", kInclude},
};

constexpr std::array kResourceSections = {
    KeySection{"networks.*", kNetwork},   KeySection{"networks.*.external", kExternal},
    KeySection{"networks.*.ipam", kIpam}, KeySection{"networks.*.ipam.config[]", kIpamConfig},
    KeySection{"volumes.*", kVolume},     KeySection{"volumes.*.external", kExternal},
    KeySection{"configs.*", kConfig},     KeySection{"configs.*.external", kExternal},
    KeySection{"secrets.*", kSecret},     KeySection{"secrets.*.external", kExternal},
    KeySection{"models.*", kModel},
};

std::vector<KeySection> Collect() {
  std::vector<KeySection> all;
  for (const std::span<const KeySection> part : {std::span<const KeySection>(kTopSections), ServiceKeySections(),
                                                 DeployKeySections(), std::span<const KeySection>(kResourceSections)})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace

const Key* KeySection::Find(std::string_view name) const {
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const Key& key) { return key.name == name; });
  return found == keys.end() ? nullptr : &*found;
}

std::vector<std::string_view> KeySection::Names() const {
  std::vector<std::string_view> names;
  for (const Key& key : keys) names.push_back(key.name);
  return names;
}

std::span<const KeySection> KeySections() {
  static const std::vector<KeySection> kAll = Collect();
  return kAll;
}

const KeySection& SectionAt(std::string_view path) {
  const std::span<const KeySection> all = KeySections();
  return *std::find_if(all.begin(), all.end(), [&](const KeySection& section) { return section.path == path; });
}

std::string UnknownKey(std::string_view name, const KeySection& section) {
  const std::vector<std::string_view> known = section.Names();
  if (const std::string_view nearest = codec::Nearest(name, known); !nearest.empty())
    return "unknown key; did you mean \"" + std::string(nearest) + "\"?";
  if (known.size() > kMaxListed) return "unknown key; a key of your own begins with x-";
  std::string message = "unknown key; known keys: ";
  for (const std::string_view key : known) message += (key == known.front() ? "" : ", ") + std::string(key);
  return message;
}

}  // namespace tinyforge::compose
