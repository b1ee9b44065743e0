// Where the version of a service's image is written, and how to write another one there: in the compose file that says
// it, whichever that is, or where the variable behind it has its value. Pure over a commit.
#pragma once

#include <map>
#include <string>

#include "reconcilers/core/ports.h"
#include "reconcilers/core/repo_writer.h"

namespace tinyforge::compose {

// What the services are to run, by name: "1.5.0", "1.5.0@sha256:…" or "sha256:…" as behind the repository.
using WantedVersions = std::map<std::string, std::string, std::less<>>;

// By service, for those whose image does not say it yet, the one edit that makes it say so. Each was tried on the files
// of `tree`: afterwards the service has that version, and no other service has one that is not wanted of it. Of two
// edits of one line the second waits until the first is in force, so there may be none for a service.
//
// Conflict: the value is that of other services too, which want other versions; the message names it and them. Invalid:
// it cannot be edited, and why: put together from several variables, a secret, written with escapes or on several
// lines.
std::map<std::string, Expected<VersionEdit>> EditsOf(const v1::Object& workload, const TreeReader& tree,
                                                     const WantedVersions& wanted);

}  // namespace tinyforge::compose
