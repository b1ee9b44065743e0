// One SQLite connection with cached prepared statements. Inside this folder SQLite's result codes travel as exceptions;
// they end at Cache::Run.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace tinyforge {

// The content is not what this program wrote: another hand, another program or the disk changed it.
class DamagedCache : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Any other refusal: read-only, full, locked, I/O error. `lost` says that the connection is of no more use.
class SqliteFailure : public std::runtime_error {
 public:
  SqliteFailure(const std::string& message, bool lost_connection)
      : std::runtime_error(message), lost(lost_connection) {}
  bool lost;
};

// One execution of a prepared statement; values bind in order. Ends (and releases its read lock) with its life.
class Query {
 public:
  explicit Query(sqlite3_stmt* statement) : statement_(statement) {}
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query();

  Query& Bind(std::int64_t value);
  Query& Bind(std::string_view text);  // must outlive the execution
  bool Next();                         // true: a row is there
  void Run();                          // to the end

  std::int64_t Integer(int column) const;
  std::string Text(int column) const;

 private:
  sqlite3_stmt* statement_;
  int bound_ = 0;
};

// Not thread-safe. Opened in WAL mode under an exclusive lock, so that the WAL index lives on the heap: a shared-memory
// file that somebody truncates would be a SIGBUS. At most 1 MiB of pages is cached; no file is mapped. Nothing waits
// for the disk: the death of the process loses nothing, a power loss may lose the whole cache.
class Database {
 public:
  // Creates the file when it is missing. Throws.
  explicit Database(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // `sql` is one statement and a literal: it is prepared once and kept.
  Query Use(const char* sql);
  // Any number of statements without parameters.
  void Execute(const char* sql);
  std::int64_t Changes() const;  // rows changed by the last statement

  // Closing leaves the file as it is, until it is found to be ours: then it writes the WAL back and removes it.
  void WriteBackOnClose(bool write_back);

 private:
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };
  struct Closer {
    void operator()(sqlite3* connection) const;
  };
  std::unique_ptr<sqlite3, Closer> connection_;
  std::map<std::string_view, std::unique_ptr<sqlite3_stmt, Finalizer>> statements_;
};

// Rolls back unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void Commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace tinyforge
