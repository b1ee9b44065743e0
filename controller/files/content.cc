#include "controller/files/content.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <set>

#include "controller/runtime/failpoint.h"

namespace tinyforge {
namespace {

constexpr int kMaxDepth = 32;

struct DirCloser {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

Expected<std::vector<std::string>> ListNames(int dir) {
  Fd copy(::openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!copy.valid()) return SystemError("list a folder", errno);
  std::unique_ptr<DIR, DirCloser> stream(::fdopendir(copy.get()));
  if (!stream) return SystemError("list a folder", errno);
  copy.Release();
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(stream.get())) {
    std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  return names;
}

mode_t TypeOf(int dir, const std::string& name) {
  struct stat info {};
  return ::fstatat(dir, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 ? info.st_mode & S_IFMT : 0;
}

Expected<void> RemoveTree(int dir, const std::string& name, int depth) {
  if (TypeOf(dir, name) != S_IFDIR) {
    return ::unlinkat(dir, name.c_str(), 0) == 0 ? Expected<void>() : SystemError("remove " + name, errno);
  }
  if (depth > kMaxDepth) return Error{ErrorKind::Conflict, name + " is nested too deep to be removed"};
  Expected<Fd> folder = OpenDirectoryAt(dir, name);
  if (!folder) return std::move(folder).error();
  Expected<std::vector<std::string>> names = ListNames(folder->get());
  if (!names) return std::move(names).error();
  for (const std::string& child : *names) {
    if (auto removed = RemoveTree(folder->get(), child, depth + 1); !removed) return removed;
  }
  return ::unlinkat(dir, name.c_str(), AT_REMOVEDIR) == 0 ? Expected<void>() : SystemError("remove " + name, errno);
}

// The paths that a folder of these entries consists of, directories included.
std::set<std::string> WantedPaths(const std::vector<DesiredFile::Entry>& entries) {
  std::set<std::string> paths;
  for (const auto& entry : entries) {
    for (std::size_t slash = entry.path.find('/'); slash != std::string::npos;
         slash = entry.path.find('/', slash + 1)) {
      paths.insert(entry.path.substr(0, slash));
    }
    paths.insert(entry.path);
  }
  return paths;
}

// The paths below `dir` that are not wanted, parents before children and children of an unwanted parent left out.
Expected<void> FindExtras(int dir, const std::string& prefix, const std::set<std::string>& wanted,
                          std::vector<std::string>& extras) {
  Expected<std::vector<std::string>> names = ListNames(dir);
  if (!names) return std::move(names).error();
  for (const std::string& name : *names) {
    const std::string path = prefix + name;
    if (!wanted.contains(path)) {
      extras.push_back(path);
    } else if (TypeOf(dir, name) == S_IFDIR) {
      Expected<Fd> folder = OpenDirectoryAt(dir, name);
      if (!folder) return std::move(folder).error();
      if (auto found = FindExtras(folder->get(), path + "/", wanted, extras); !found) return found;
    }
  }
  return {};
}

struct Located {
  Fd parent;
  std::string name;
};

// The parent folder of a relative path, created when missing, and the last component.
Expected<Located> Locate(int dir, std::string_view path, const FileAttributes& attributes) {
  Expected<std::vector<std::string>> components = SplitRelative(path);
  if (!components) return std::move(components).error();
  std::string name = std::move(components->back());
  components->pop_back();
  Expected<Fd> parent = DescendCreating(dir, *components, attributes);
  if (!parent) return std::move(parent).error();
  return Located{std::move(*parent), std::move(name)};
}

Expected<void> RemoveExtras(int dir, const WantedFolder& wanted) {
  std::vector<std::string> extras;
  if (auto found = FindExtras(dir, "", WantedPaths(wanted.entries), extras); !found) return found;
  for (const std::string& path : extras) {
    Expected<Located> at = Locate(dir, path, wanted.attributes);
    if (!at) return std::move(at).error();
    if (auto removed = RemoveTree(at->parent.get(), at->name, 0); !removed) return removed;
  }
  return {};
}

Expected<void> FillFolder(int dir, const WantedFolder& wanted) {
  for (const auto& entry : wanted.entries) {
    Expected<Located> at = Locate(dir, entry.path, wanted.attributes);
    if (!at) return std::move(at).error();
    FileAttributes attributes = wanted.attributes;
    attributes.mode = entry.mode;
    if (auto brought = BringFile(at->parent.get(), {at->name, entry.content, attributes}); !brought) return brought;
  }
  if (auto removed = RemoveExtras(dir, wanted); !removed) return removed;
  if (auto applied = ApplyAttributes(dir, wanted.attributes, wanted.name); !applied) return applied;
  return Sync(dir, wanted.name);
}

Expected<void> CreateFolder(int dir, const WantedFolder& wanted) {
  const std::string temporary = TemporaryName();
  if (::mkdirat(dir, temporary.c_str(), 0700) != 0) return SystemError("create a folder beside " + wanted.name, errno);
  Expected<Fd> folder = OpenDirectoryAt(dir, temporary);
  Expected<void> done = folder ? FillFolder(folder->get(), wanted) : Expected<void>(std::move(folder).error());
  if (done) done = Failpoint("files.folder.rename.before");
  if (done && ::renameat(dir, temporary.c_str(), dir, wanted.name.c_str()) != 0) {
    done = SystemError("create folder " + wanted.name, errno);
  }
  if (!done) {
    static_cast<void>(RemoveTree(dir, temporary, 0).has_value());
    return done;
  }
  if (auto passed = Failpoint("files.folder.rename.after"); !passed) return passed;
  return Sync(dir, "the directory of " + wanted.name);
}

Expected<void> RewriteInPlace(int dir, const WantedFile& wanted) {
  Fd fd(::openat(dir, wanted.name.c_str(), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd.valid()) return SystemError("open " + wanted.name, errno);
  const auto size = static_cast<off_t>(wanted.content.size());
  // A full disk is found out before the old content is touched; file systems without this call are written to as they
  // are.
  if (size > 0 && ::fallocate(fd.get(), FALLOC_FL_KEEP_SIZE, 0, size) != 0 && errno == ENOSPC) {
    return SystemError("write " + wanted.name, ENOSPC);
  }
  if (auto passed = Failpoint("files.rewrite.before"); !passed) return passed;
  if (auto written = WriteAll(fd.get(), wanted.content, wanted.name); !written) return written;
  if (auto passed = Failpoint("files.rewrite.written"); !passed) return passed;
  if (::ftruncate(fd.get(), size) != 0) return SystemError("truncate " + wanted.name, errno);
  if (auto applied = ApplyAttributes(fd.get(), wanted.attributes, wanted.name); !applied) return applied;
  return Sync(fd.get(), wanted.name);
}

Expected<void> CorrectAttributes(int dir, const WantedFile& wanted) {
  Fd fd(::openat(dir, wanted.name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd.valid()) return SystemError("open " + wanted.name, errno);
  return ApplyAttributes(fd.get(), wanted.attributes, wanted.name);
}

}  // namespace

Expected<std::vector<std::string>> SplitRelative(std::string_view path) {
  std::vector<std::string> components;
  while (true) {
    const std::size_t slash = path.find('/');
    std::string_view part = path.substr(0, slash);
    if (part.empty() || part == "." || part == ".." || part.find('\0') != std::string_view::npos) {
      return Error{ErrorKind::Invalid, "a relative path without empty, \".\" and \"..\" components is wanted"};
    }
    components.emplace_back(part);
    if (slash == std::string_view::npos) return components;
    path.remove_prefix(slash + 1);
  }
}

Expected<Fd> DescendCreating(int dir, const std::vector<std::string>& components, const FileAttributes& attributes) {
  Fd at(::openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!at.valid()) return SystemError("open a folder", errno);
  for (const std::string& name : components) {
    const bool made = ::mkdirat(at.get(), name.c_str(), 0700) == 0;
    if (!made && errno != EEXIST) return SystemError("create folder " + name, errno);
    Expected<Fd> next = OpenDirectoryAt(at.get(), name);
    if (!next) return std::move(next).error();
    if (auto applied = ApplyAttributes(next->get(), attributes, name); !applied) return std::move(applied).error();
    if (made) {
      if (auto synced = Sync(at.get(), name); !synced) return std::move(synced).error();
    }
    at = std::move(*next);
  }
  return at;
}

bool HoldsContent(int dir, const std::string& name, std::string_view content) {
  Expected<std::string> found = ReadFileAt(dir, name, content.size());
  const bool same = found && *found == content;
  if (found) Clear(*found);
  return same;
}

Expected<void> BringFile(int dir, const WantedFile& wanted) {
  const mode_t type = TypeOf(dir, wanted.name);
  if (type == S_IFLNK) return SystemError("write " + wanted.name, ELOOP);
  if (type == S_IFDIR && ::unlinkat(dir, wanted.name.c_str(), AT_REMOVEDIR) != 0) {
    return Error{ErrorKind::Conflict, "write " + wanted.name + ": a folder that is not empty is in the way"};
  }
  if (type == S_IFREG) {
    if (HoldsContent(dir, wanted.name, wanted.content)) return CorrectAttributes(dir, wanted);
    if (wanted.rewrite == Rewrite::InPlace) return RewriteInPlace(dir, wanted);
  }
  return ReplaceFileAt(dir, wanted.name, wanted.content, wanted.attributes, "files");
}

Expected<void> BringFolder(int dir, const WantedFolder& wanted) {
  const mode_t type = TypeOf(dir, wanted.name);
  if (type == 0) return CreateFolder(dir, wanted);
  if (type == S_IFREG && ::unlinkat(dir, wanted.name.c_str(), 0) == 0) return CreateFolder(dir, wanted);
  Expected<Fd> folder = OpenDirectoryAt(dir, wanted.name);
  if (!folder) return std::move(folder).error();
  return FillFolder(folder->get(), wanted);
}

bool HoldsFolder(int dir, const WantedFolder& wanted) {
  Expected<Fd> folder = OpenDirectoryAt(dir, wanted.name);
  if (!folder) return false;
  std::vector<std::string> extras;
  if (!FindExtras(folder->get(), "", WantedPaths(wanted.entries), extras) || !extras.empty()) return false;
  for (const auto& entry : wanted.entries) {
    Expected<std::vector<std::string>> components = SplitRelative(entry.path);
    if (!components) return false;
    Expected<Fd> at = OpenDirectoryAt(folder->get(), ".");
    for (std::size_t i = 0; at && i + 1 < components->size(); ++i) at = OpenDirectoryAt(at->get(), (*components)[i]);
    if (!at || !HoldsContent(at->get(), components->back(), entry.content)) return false;
  }
  return true;
}

}  // namespace tinyforge
