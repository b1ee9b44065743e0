// The text of our commits.
#pragma once

#include <string>
#include <string_view>

namespace tinyforge::git {

// `message` fit for a log (see PlainText; CRLF becomes LF, blank lines at both ends go, at most 8 KiB), with the
// trailer of RepoWriter as a paragraph of its own. Empty when there is nothing in the message.
std::string CommitMessage(std::string_view message, std::string_view instance);

}  // namespace tinyforge::git
