#include "controller/files/host_directory.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "controller/files/content.h"
#include "controller/runtime/failpoint.h"
#include "controller/runtime/file.h"

namespace tinyforge {
namespace {

constexpr mode_t kParentMode = 0755;

Expected<void> CreateAt(int dir, const std::string& name, const FileAttributes& attributes) {
  if (auto passed = Failpoint("files.directory.before"); !passed) return passed;
  const std::string temporary = TemporaryName();
  if (::mkdirat(dir, temporary.c_str(), 0700) != 0) return SystemError("create " + name, errno);
  Expected<Fd> made = OpenDirectoryAt(dir, temporary);
  Expected<void> done = made ? ApplyAttributes(made->get(), attributes, name) : Expected<void>(std::move(made).error());
  if (done && ::renameat2(dir, temporary.c_str(), dir, name.c_str(), RENAME_NOREPLACE) != 0) {
    done = errno == EEXIST ? Expected<void>() : SystemError("create " + name, errno);
  }
  ::unlinkat(dir, temporary.c_str(), AT_REMOVEDIR);  // there only when the rename did not happen
  if (!done) return done;
  if (auto passed = Failpoint("files.directory.after"); !passed) return passed;
  return Sync(dir, name);
}

// Opens the directories one by one, none of them a symbolic link, and creates those that are missing.
Expected<void> Walk(int base, const std::vector<std::string>& components, const FileAttributes& attributes) {
  Fd at(::fcntl(base, F_DUPFD_CLOEXEC, 0));
  if (!at.valid()) return SystemError("open a directory", errno);
  for (std::size_t i = 0; i < components.size(); ++i) {
    const std::string& name = components[i];
    const bool last = i + 1 == components.size();
    Expected<Fd> next = OpenDirectoryAt(at.get(), name);
    if (!next && next.error().kind == ErrorKind::NotFound) {
      const FileAttributes parent{.mode = kParentMode};
      if (auto created = CreateAt(at.get(), name, last ? attributes : parent); !created) return created;
      next = OpenDirectoryAt(at.get(), name);
    }
    if (!next) return std::move(next).error();
    at = std::move(*next);
  }
  return {};
}

// The deepest ancestor that exists, links followed.
std::string ExistingAncestor(std::string path) {
  struct stat info {};
  while (path.size() > 1 && ::stat(path.c_str(), &info) != 0) {
    const std::size_t slash = path.rfind('/');
    path.resize(slash == 0 ? 1 : slash);
  }
  return path;
}

}  // namespace

Expected<void> EnsureHostDirectory(const std::string& base, const DesiredDirectory& directory) {
  if (!directory.path.starts_with('/')) return Error{ErrorKind::Invalid, "an absolute path is wanted"};
  const bool below_base = !base.empty() && directory.path.starts_with(base + "/");
  if (below_base) {
    if (auto made = MakeDirectories(base, kParentMode); !made) return made;
  }
  const std::string from = below_base ? base : ExistingAncestor(directory.path);
  if (from == directory.path) return {};
  Expected<std::vector<std::string>> components =
      SplitRelative(directory.path.substr(from == "/" ? 1 : from.size() + 1));
  if (!components) return std::move(components).error();
  Expected<Fd> start = OpenDirectory(from);
  if (!start) return std::move(start).error();
  return Walk(start->get(), *components, {.mode = directory.mode, .uid = directory.uid, .gid = directory.gid});
}

}  // namespace tinyforge
