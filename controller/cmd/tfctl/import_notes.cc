#include "controller/cmd/tfctl/import_notes.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "reconcilers/source/compose/keys.h"
#include "reconcilers/source/compose/secret_mark.h"
#include "reconcilers/source/compose/service_renderer.h"
#include "reconcilers/source/desired_files.h"

namespace tinyforge::tfctl {
namespace {

using compose::ServiceVolume;

std::string Join(const std::vector<std::string>& parts, std::string_view separator = ", ") {
  std::string text;
  for (const std::string& part : parts) text.append(text.empty() ? "" : separator).append(part);
  return text;
}

// By its name alone, as people name them. NAME_FILE is a path.
bool SoundsSecret(std::string name) {
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  constexpr std::array<std::string_view, 8> kWords = {"PASSWORD", "PASSWD", "SECRET",     "TOKEN",
                                                      "API_KEY",  "APIKEY", "ACCESS_KEY", "PRIVATE_KEY"};
  return !name.ends_with("_FILE") &&
         std::ranges::any_of(kWords, [&](std::string_view word) { return name.find(word) != std::string::npos; });
}

// Whether a key that the host policy judges asks for anything.
bool Asks(std::string_view key, const doc::Node& value) {
  constexpr std::array<std::string_view, 6> kNamespaces = {"network_mode", "pid", "ipc",
                                                           "userns_mode",  "uts", "cgroup"};
  if (std::ranges::find(kNamespaces, key) != kNamespaces.end()) return value.text == "host";
  if (value.type == doc::Type::List) return !value.items.empty();
  return value.type != doc::Type::Null && value.text != "false";
}

class Notes {
 public:
  explicit Notes(const ImportedProject& imported)
      : imported_(imported), source_(imported.source), project_(imported.source.project) {}

  std::vector<std::string> Run() {
    AddWarnings();
    AddBuilds();
    AddPolicy();
    AddBinds();
    AddSecrets();
    AddOverrides();
    AddFiles();
    return std::move(notes_);
  }

  // Where a relative source is in the tree; empty: outside of it.
  std::string InTree(const std::string& source) const {
    auto path = ResolveTreePath(source_.folder.empty() ? "" : source_.folder + "/compose.yaml", source);
    return path ? *path : "";
  }

  static bool IsRelativeBind(const ServiceVolume& volume) {
    return volume.type == MountType::Bind && !volume.source.starts_with('/');
  }

  bool IsHeld(const ServiceVolume& volume) const {
    const std::string path = InTree(volume.source);
    return !path.empty() && imported_.tree.List(path).has_value();
  }

 private:
  void AddWarnings() {
    for (const std::string& warning : source_.loaded.warnings) {
      const auto file =
          std::ranges::find_if(source_.loaded.files, [&](const auto& path) { return warning.starts_with(path + ":"); });
      const bool placed = file != source_.loaded.files.end();
      notes_.push_back(placed ? imported_.tree.Shown(*file) + warning.substr(file->size()) : warning);
    }
  }

  void AddBuilds() {
    for (const auto& [name, service] : project_.services)
      if (service.build)
        notes_.push_back("service " + name + " has a build: images are not built, so that it runs once " +
                         compose::ImageOf(project_, name, service) + " is on the host or in its registry");
  }

  void AddPolicy() {
    const doc::Node* services = source_.loaded.root.Find("services");
    if (services == nullptr) return;
    for (const doc::Node::Member& service : services->members) {
      std::vector<std::string> asked;
      for (const doc::Node::Member& member : service.value.members) {
        const compose::Key* key = compose::SectionAt("services.*").Find(member.key);
        if (key && key->outcome == compose::Outcome::Policy && Asks(member.key, member.value))
          asked.push_back(member.key);
      }
      if (!asked.empty())
        notes_.push_back("service " + service.key + " asks for " + Join(asked) +
                         ", which the host's policy has to allow");
    }
  }

  void AddBinds() {
    for (const auto& [name, service] : project_.services)
      for (const ServiceVolume& volume : service.volumes) {
        if (volume.type != MountType::Bind) continue;
        if (!IsRelativeBind(volume))
          notes_.push_back("service " + name + " mounts " + volume.source +
                           " of the host, which the host's policy has to allow");
        else if (!volume.read_only && IsHeld(volume))
          notes_.push_back("service " + name + " gets " + imported_.tree.Shown(InTree(volume.source)) +
                           " of the repository, read-only; what it is to write belongs elsewhere: keep it out of the "
                           "repository and give --project-directory");
      }
  }

  // In the environment of services and in what ${…} is replaced by.
  void AddSecrets() {
    std::vector<std::string> names;
    for (const auto& [name, service] : project_.services)
      for (const auto& [variable, value] : service.environment)
        if (value && !value->empty() && !compose::HasMark(*value) && SoundsSecret(variable))
          names.push_back(name + ": " + variable);
    for (const auto& [variable, value] : source_.loaded.environment)
      if (!value.empty() && SoundsSecret(variable)) names.push_back(variable);
    if (names.empty()) return;
    notes_.push_back("these look like secrets in clear: " + Join(names) +
                     "; write ${NAME} there, and take NAME from a Secret with valueFrom in spec.source.compose.env");
  }

  // What docker compose reads without being told.
  void AddOverrides() {
    if (source_.loaded.files.empty()) return;
    const std::string folder = source_.folder.empty() ? "" : source_.folder + "/";
    for (const char* name : {"compose.override.yaml", "compose.override.yml", "docker-compose.override.yaml",
                             "docker-compose.override.yml"}) {
      const std::string path = folder + name;
      const bool read = std::ranges::find(source_.loaded.files, path) != source_.loaded.files.end();
      if (!read && imported_.tree.List(path))
        notes_.push_back(imported_.tree.Shown(path) +
                         " is not part of it; name it behind the first file if it should be");
    }
  }

  void AddFiles() {
    std::vector<std::string> files;
    for (const std::string& path : imported_.reads.paths)
      if (imported_.tree.List(path)) files.push_back(imported_.tree.Shown(path));
    notes_.push_back("to be committed with it: " + Join(files));
  }

  const ImportedProject& imported_;
  const compose::SourceProject& source_;
  const compose::Project& project_;
  std::vector<std::string> notes_;
};

}  // namespace

std::vector<std::string> NotesOf(const ImportedProject& imported) {
  return Notes(imported).Run();
}

std::vector<std::string> MissingBinds(const ImportedProject& imported) {
  const Notes notes(imported);
  std::vector<std::string> missing;
  for (const auto& [name, service] : imported.source.project.services)
    for (const ServiceVolume& volume : service.volumes)
      if (Notes::IsRelativeBind(volume) && !notes.IsHeld(volume)) missing.push_back(name + ": " + volume.source);
  return missing;
}

}  // namespace tinyforge::tfctl
