// Descriptors and small files, relative to open directories so that nobody can swap a path component underneath.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api-types/meta/error.h"

namespace tinyforge {

// Owns a descriptor; closed at the end of its life.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd();

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

// "write shop.json: No space left on device", of kind NotFound for ENOENT, Conflict for a symbolic link or a wrong type
// in the way, Transient otherwise. `number` is an errno.
Error SystemError(std::string_view what, int number);

// Permission bits and owner that hold whatever the umask is. An empty owner is left as it is.
struct FileAttributes {
  mode_t mode = 0600;
  std::optional<uid_t> uid;
  std::optional<gid_t> gid;
};

// Opens a directory by path (its own symbolic links are followed), or one component below `dir` (a link is refused).
Expected<Fd> OpenDirectory(const std::string& path);
Expected<Fd> OpenDirectoryAt(int dir, const std::string& name);

// Creates a missing directory and its parents with `mode`; one that exists is not touched.
Expected<void> MakeDirectories(const std::string& path, mode_t mode);

// The whole content of a regular file, not more than `max` bytes (Invalid), not through a final symbolic link.
Expected<std::string> ReadFileAt(int dir, const std::string& name, std::size_t max);
Expected<std::string> ReadAll(int fd, std::string_view name, std::size_t max);

// Writes beside `name`, syncs, renames over it and syncs the directory: after a success and a power loss the new
// content is there, after a failure the old one. The temporary name starts with kTemporaryPrefix. `subject` is what
// failpoints call it.
Expected<void> ReplaceFileAt(int dir, const std::string& name, std::string_view content,
                             const FileAttributes& attributes, std::string_view subject = "file");
inline constexpr std::string_view kTemporaryPrefix = ".tmp-";
std::string TemporaryName();
// Removes the temporary files that a killed process left in a directory. Only while nobody writes there.
void RemoveTemporaryFiles(const std::string& directory);

Expected<void> WriteAll(int fd, std::string_view content, std::string_view name);
Expected<void> Sync(int fd, std::string_view name);

// Sets what differs, owner first, since a change of owner drops the set-id bits.
Expected<void> ApplyAttributes(int fd, const FileAttributes& attributes, std::string_view name);

// Overwrites before release, for values that must not stay in memory.
void Clear(std::string& secret);

}  // namespace tinyforge
