#include "controller/cmd/tfctl/repository_note.h"

#include <nlohmann/json.hpp>
#include <set>

#include "controller/cmd/tfctl/text.h"

namespace tinyforge::tfctl {

std::vector<std::string> ErrorLines(const Json& errors) {
  std::vector<std::string> lines;
  for (const auto& error : errors) {
    std::string line = Text(error, {"file"});
    if (const auto number = Number(error, {"line"}); number != 0) {
      line += ":" + std::to_string(number) + ":" + std::to_string(Number(error, {"column"}));
    }
    const std::string field = Text(error, {"field"});
    lines.push_back(OneLine(line + ": " + (field.empty() ? "" : field + ": ") + Text(error, {"message"})));
  }
  return lines;
}

std::vector<std::string> ManifestErrors(const Json& repository) {
  return ErrorLines(At(repository, {"status", "errors"}));
}

std::string PendingDeletions(const Json& repository) {
  const Json& pending = FindCondition(repository, "DeletionsPending");
  return Text(pending, {"status"}) == "True" ? Text(pending, {"message"}) : "";
}

void NoteRepository(const Session& session) {
  const auto repository = session.client.Get("/api/repository");
  if (!repository) return;
  const Json& errors = At(*repository, {"status", "errors"});
  std::set<std::string> files;
  for (const auto& error : errors) files.insert(Text(error, {"file"}));
  const Json& ready = FindCondition(*repository, "Ready");
  if (!files.empty()) {
    session.terminal.err << "note: " << files.size() << (files.size() == 1 ? " file" : " files")
                         << " of the config repository could not be used, first " << ManifestErrors(*repository).front()
                         << " (tfctl get repository)\n";
  } else if (Text(ready, {"status"}) == "False") {
    session.terminal.err << "note: the config repository is not Ready: " << OneLine(Text(ready, {"message"}))
                         << " (tfctl get repository)\n";
  }
  if (const std::string pending = PendingDeletions(*repository); !pending.empty())
    session.terminal.err << "note: " << OneLine(pending) << "\n";
}

}  // namespace tinyforge::tfctl
