// Brings one file or folder below an open directory to a wanted content.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controller/runtime/file.h"
#include "reconcilers/core/desired_state.h"

namespace tinyforge {

enum class Rewrite {
  Replace,  // temporary file and rename: a new inode
  InPlace,  // the same inode; a new file is still created by rename
};

struct WantedFile {
  std::string name;  // one component
  std::string_view content;
  FileAttributes attributes;
  Rewrite rewrite = Rewrite::Replace;
};

// The components of a relative path. Invalid for an absolute one, an empty component, "." and "..".
Expected<std::vector<std::string>> SplitRelative(std::string_view path);

// Opens the directory `components` below `dir`, creating what is missing with `attributes`. No symbolic link is
// followed.
Expected<Fd> DescendCreating(int dir, const std::vector<std::string>& components, const FileAttributes& attributes);

// Whether a regular file of that name holds exactly that content. Attributes are not compared.
bool HoldsContent(int dir, const std::string& name, std::string_view content);

// Writes unless the content is right; corrects owner and mode in both cases.
Expected<void> BringFile(int dir, const WantedFile& wanted);

struct WantedFolder {
  std::string name;
  const std::vector<DesiredFile::Entry>& entries;
  FileAttributes attributes;  // of the folder and of those in it
};

// A folder that holds exactly these entries. A new one appears complete, by rename; an existing one keeps its inode.
Expected<void> BringFolder(int dir, const WantedFolder& wanted);
// Whether it holds these entries with their content and nothing else.
bool HoldsFolder(int dir, const WantedFolder& wanted);

}  // namespace tinyforge
