#include "reconcilers/source/compose/project_environment.h"

#include "reconcilers/source/compose/env_file.h"

namespace tinyforge::compose {
namespace {

// Values of a file over those of the files before it.
Expected<void> AddText(const std::string& path, const std::string& text, const StringMap& environment,
                       StringMap& values) {
  const auto lookup = [&](std::string_view name) -> std::optional<std::string> {
    if (auto outside = LookupIn(environment)(name)) return outside;
    return LookupIn(values)(name);
  };
  auto entries = ParseEnvFile(text, lookup);
  if (!entries) return Error{ErrorKind::Terminal, path + ":" + entries.error().message};
  for (auto& [name, value] : *entries)
    if (value) values.insert_or_assign(name, std::move(*value));
  return {};
}

Error Missing(const LoadSession& session, const std::string& path, doc::Mark from) {
  const std::string message = "there is no file " + path + " in the repository";
  return from.line == 0 ? Error{ErrorKind::Terminal, message} : session.Fail(from, message);
}

}  // namespace

Expected<void> AddEnvFiles(LoadSession& session, const EnvFiles& files, doc::Mark from, StringMap& environment) {
  StringMap values;
  for (const auto& [path, known] : files.named.value_or(std::vector{NamedFile{files.usual}})) {
    for (const auto& [name, value] : known) values.insert_or_assign(name, value);
    if (path.empty()) continue;
    auto text = session.Read(path);
    if (!text) return std::move(text).error();
    if (!*text && files.named) return Missing(session, path, from);
    if (!*text) continue;
    if (auto charged = session.Charge(from, {1, (*text)->size(), 0}); !charged) return charged;
    if (auto done = AddText(path, **text, environment, values); !done) return done;
  }
  environment.merge(values);
  return {};
}

}  // namespace tinyforge::compose
