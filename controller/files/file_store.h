// Writes the files that containers mount, below one private folder of the state directory.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "controller/runtime/guarded.h"
#include "reconcilers/core/ports.h"

namespace tinyforge {

struct FileStoreOptions {
  HostPaths paths;  // volumes may be empty: no directory is then below it
  // What nobody mounts is kept this long after it was written or asked for, so that a container created meanwhile finds
  // it.
  Duration grace = std::chrono::minutes(10);
};

// Every path below `paths.files` is owned by this class: the root is 0700, intermediate folders too, what a container
// sees has the owner and mode that were asked for, whatever the umask is. Folders inside a mounted folder are 0755.
//
//   <files>/<name>                    content-addressed: a file or folder replaced by rename, never rewritten
//   <files>/live/<workload>/<name>    on_change Signal or None: a file is rewritten in place, since a bind mount of one
//                                     file follows its inode; a folder keeps its own inode and has its files replaced
//   <files>/live/…/<name>.written     content_hash of what was last written there completely, and confirmed
//
// Content is compared before it is written, so what is right is not touched, and what another hand changed is repaired.
// A symbolic link or a foreign type in the way is a Conflict that names the path; an empty directory where a file
// belongs (left by an Engine that found the file missing) is removed. A success is on the disk. Thread-safe; calls run
// one at a time.
class FileStore : public FileMaterializer {
 public:
  FileStore(FileStoreOptions options, SecretReader& secrets);

  Expected<void> Write(const std::vector<DesiredFile>& files) override;

  // Creates what is missing with owner and mode, parents as root 0755. One that exists is never changed. Below
  // `paths.volumes` no component may be a symbolic link, since a container may have put it there; elsewhere only
  // components that must be created are held to that.
  Expected<void> EnsureDirectories(const std::vector<DesiredDirectory>& directories) override;

  Expected<void> Confirm(const std::vector<DesiredFile>& files) override;

  std::string WrittenHash(const DesiredFile& file) override;

  // Removes what is neither in `in_use` (mounted host paths of all our containers, stopped ones too, and the host_path
  // of everything desired) nor younger than the grace. Returns the removed paths.
  Expected<std::vector<std::string>> Collect(const std::set<std::string>& in_use);

 private:
  using Asked = std::map<std::string, SteadyTime>;  // host_path -> last Write

  Expected<void> WriteOne(const DesiredFile& file);

  FileStoreOptions options_;
  SecretReader& secrets_;
  Guarded<Asked> asked_;
};

}  // namespace tinyforge
