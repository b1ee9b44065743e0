// One listing of a remote by libgit2, in the child. Internal to controller/git.
#pragma once

#include "controller/git/list_message.h"

namespace tinyforge::git {

// Connects and reads what the remote advertises; nothing is downloaded, and nothing written.
ListAnswer RunList(const ListRequest& request);

}  // namespace tinyforge::git
