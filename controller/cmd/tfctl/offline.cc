#include "controller/cmd/tfctl/offline.h"

#include <filesystem>
#include <map>
#include <set>

#include "api-types/codec/manifest_loader.h"
#include "api-types/codec/schema.h"
#include "controller/cmd/tfctl/local_files.h"
#include "controller/cmd/tfctl/session.h"
#include "controller/cmd/tfctl/text.h"

namespace tinyforge::tfctl {
namespace {

namespace fs = std::filesystem;

// Every file that a path leads to, by the name that messages show.
Expected<std::map<std::string, std::string>> Collect(const std::vector<std::string>& paths) {
  std::map<std::string, std::string> files;
  for (const auto& path : paths) {
    if (!fs::is_directory(path)) {
      auto content = ReadFile(path);
      if (!content) return std::move(content).error();
      files.emplace(path, std::move(*content));
      continue;
    }
    auto folder = ReadFolder(path);
    if (!folder) return folder;
    for (auto& [name, content] : *folder)
      files.emplace((fs::path(path) / name).lexically_normal().string(), std::move(content));
  }
  return files;
}

v1::ObjectSet Load(const std::map<std::string, std::string>& files) {
  std::vector<codec::TreeChange> tree;
  for (const auto& [path, content] : files) tree.push_back({path, "here"});
  codec::ManifestLoader loader;
  return loader.Load("", tree, [&files](const std::string& path, const std::string&) -> Expected<std::string> {
    return files.at(path);
  });
}

std::string Count(std::size_t number, const std::string& thing) {
  return std::to_string(number) + " " + thing + (number == 1 ? "" : "s");
}

}  // namespace

int Validate(const Terminal& terminal, const std::vector<std::string>& paths) {
  const auto files = Collect(paths);
  if (!files) {
    Report(terminal, files.error());
    return kFailed;
  }
  const v1::ObjectSet set = Load(*files);
  for (const auto& error : set.errors) terminal.out << OneLine(ToString(error)) << "\n";
  std::set<std::string> sources;
  for (const auto& [key, object] : set.objects) sources.insert(object->position.path);
  terminal.out << Count(set.objects.size(), "object") << " in " << Count(sources.size(), "file") << ", "
               << Count(set.errors.size(), "error") << "\n";
  return set.errors.empty() ? kDone : kFailed;
}

int Explain(const Terminal& terminal, const std::string& field) {
  const auto text = codec::Explain(field);
  if (!text) {
    Report(terminal, text.error());
    return kFailed;
  }
  terminal.out << *text;
  if (!text->ends_with('\n')) terminal.out << "\n";
  return kDone;
}

}  // namespace tinyforge::tfctl
