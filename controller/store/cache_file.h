// The files of the cache on disk and how it shows that another hand touched them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "api-types/meta/error.h"

namespace tinyforge {

// What identifies one content of a file, as far as stat can tell.
struct FileStamp {
  bool present = false;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  std::int64_t modified = 0;  // nanoseconds
  bool operator==(const FileStamp&) const = default;
};

// Remembered beside the database: which one it must be. An old copy, a copy of another installation and a write-ahead
// log that belongs to another content differ in it.
struct StoreIdentity {
  std::string id;          // random, made with the database
  std::int64_t epoch = 0;  // openings so far
  bool clean = false;      // closed properly: then there is no write-ahead log to replay, and size and time hold
  std::int64_t size = 0;
  std::int64_t modified = 0;
};

// cache-v4.sqlite, its -wal, -shm and .id in one directory. The number is the schema's: another schema is another file.
class CacheFile {
 public:
  explicit CacheFile(std::string directory);

  const std::string& path() const { return path_; }

  // Creates the directory when it is missing.
  Expected<void> Prepare() const;
  // Whether something exists at the path, and whether it may be opened (a regular file).
  bool Exists() const;
  bool IsRegular() const;

  FileStamp Database() const;
  FileStamp WriteAheadLog() const;

  std::optional<StoreIdentity> ReadIdentity() const;
  Expected<void> WriteIdentity(const StoreIdentity& identity) const;

  // Renames the database to "<path>.damaged" (one is kept) and removes what would be replayed into a new one.
  Expected<void> SetAside() const;
  Expected<void> RemoveJournals() const;
  Expected<void> Remove() const;  // the database and its journals
  // Removes the files of earlier schemas ("cache-v3.sqlite" and what is beside it); whether there were any. What cannot
  // be removed stays.
  bool RemoveEarlier() const;

 private:
  std::string directory_;
  std::string path_;
};

// 32 hex characters.
std::string RandomStoreId();

}  // namespace tinyforge
