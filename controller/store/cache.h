// A database that may be deleted, damaged or swapped at any moment, and is then replaced by an empty one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api-types/meta/error.h"
#include "api-types/meta/time.h"
#include "controller/store/cache_file.h"
#include "controller/store/sqlite.h"

namespace tinyforge {

struct CacheOptions {
  std::string directory;
  const char* schema = "";  // creates the tables of an empty database
  // After a failed opening, and between two replacements, so that neither a full disk nor a hostile loop costs more
  // than this.
  Duration retry_interval = std::chrono::seconds(1);
};

// Not thread-safe.
//
// Before each run the file must be the one that was left (inode, size, time of the database and of its write-ahead
// log). At opening it must be the one that the .id file names, at the epoch it names, and pass SQLite's quick check.
// Whatever fails this, and whatever reads as damaged later, is set aside, and an empty database takes its place.
class Cache {
 public:
  using Body = std::function<void(Database&)>;

  explicit Cache(CacheOptions options);
  ~Cache();

  // Runs `body`, again on an empty database when the first one turns out to be damaged; so it must set what it returns
  // from the start. Transient when the cache cannot be used now.
  Expected<void> Run(const Body& body);

  // Why the database that is in use now replaced another one; once.
  std::optional<std::string> TakeRebuilt();

 private:
  void MakeReady();
  std::string Tampered() const;  // empty: the files are as they were left
  void Open();
  void OpenExisting(StoreIdentity identity);
  void CreateEmpty();
  void Enter(std::unique_ptr<Database> database, StoreIdentity identity);
  void Discard(const std::string& reason);
  void Stamp();

  CacheOptions options_;
  CacheFile file_;
  std::unique_ptr<Database> database_;
  StoreIdentity identity_;
  FileStamp database_stamp_;
  FileStamp log_stamp_;
  std::string why_discarded_;  // not empty: the next database is a replacement
  bool set_aside_ = false;     // what lies at the path must go first
  std::optional<std::string> rebuilt_;
  SteadyTime retry_at_{};
  std::optional<SteadyTime> last_rebuilt_;
  std::string last_failure_;
};

}  // namespace tinyforge
