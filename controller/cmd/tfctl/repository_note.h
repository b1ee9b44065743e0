// What is wrong with the config repository, for those who ask about something else.
#pragma once

#include <string>
#include <vector>

#include "controller/cmd/tfctl/session.h"

namespace tinyforge::tfctl {

// "apps/shop.yaml:12:7: spec.replicas: …", one a manifest error of a repository record, or of any list of errors.
std::vector<std::string> ManifestErrors(const Json& repository);
std::vector<std::string> ErrorLines(const Json& errors);

// One line on `err` when the repository has broken files or is not Ready; nothing when all is well or nobody answers.
void NoteRepository(const Session& session);

}  // namespace tinyforge::tfctl
