// What is wrong with the config repository, for those who ask about something else.
#pragma once

#include <string>
#include <vector>

#include "controller/cmd/tfctl/session.h"

namespace tinyforge::tfctl {

// "apps/shop.yaml:12:7: spec.replicas: …", one a manifest error of a repository record, or of any list of errors.
std::vector<std::string> ManifestErrors(const Json& repository);
std::vector<std::string> ErrorLines(const Json& errors);

// Which deletions wait for approval, and how it is given; empty: none do.
std::string PendingDeletions(const Json& repository);

// A line on `err` when the repository has broken files or is not Ready, and one when deletions wait for approval;
// nothing when all is well or nobody answers.
void NoteRepository(const Session& session);

}  // namespace tinyforge::tfctl
