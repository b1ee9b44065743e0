// Reads one secret from below the secrets directory.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "controller/runtime/file.h"

namespace tinyforge {

inline constexpr std::size_t kMaxSecretBytes = 512 << 10;

// What changes whenever a file is written, replaced or given other permissions.
struct SecretFileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  std::int64_t modified = 0;  // nanoseconds since 1970
  std::int64_t changed = 0;   // ctime, nanoseconds since 1970
  bool operator==(const SecretFileStamp&) const = default;
};

struct SecretFile {
  Fd fd;
  SecretFileStamp stamp;
  mode_t mode = 0;  // permission bits
  uid_t uid = 0;
  gid_t gid = 0;
};

// Symbolic links are followed as long as they stay below `directory` (that is how a mounted Kubernetes secret is laid
// out). NotFound when it is missing; Conflict when the path leads out or is no regular file.
Expected<SecretFile> OpenSecretFile(const std::string& directory, const std::string& path);

// The bytes as they are: a trailing newline belongs to the value, as with docker and kubectl --from-file. Transient
// when the file changes while it is read.
Expected<std::string> ReadSecretFile(const SecretFile& file);

}  // namespace tinyforge
