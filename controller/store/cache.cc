#include "controller/store/cache.h"

#include <utility>

namespace tinyforge {
namespace {

// Two replacements in one run are one more than an undisturbed machine needs.
constexpr int kAttempts = 3;

void Require(Expected<void> done) {
  if (!done) throw SqliteFailure(done.error().message, true);
}

void CheckConsistent(Database& database) {
  Query check = database.Use("PRAGMA quick_check(1)");
  if (!check.Next()) throw DamagedCache("the quick check says nothing");
  if (check.Text(0) != "ok") throw DamagedCache("quick check: " + check.Text(0));
}

void CheckIdentity(Database& database, const StoreIdentity& identity) {
  Query stored = database.Use("SELECT id, epoch FROM store");
  if (!stored.Next()) throw DamagedCache("it has no identity");
  // One ahead: a crash came between the two writes of Enter.
  const std::int64_t ahead = stored.Integer(1) - identity.epoch;
  if (stored.Text(0) != identity.id || ahead < 0 || ahead > 1) {
    throw DamagedCache("it is another database than the one that was left here");
  }
  if (stored.Next()) throw DamagedCache("it has two identities");
}

void CreateTables(Database& database, const char* schema, const std::string& id) {
  Transaction transaction(database);
  database.Execute("CREATE TABLE store(id TEXT NOT NULL, epoch INTEGER NOT NULL) STRICT");
  database.Execute(schema);
  database.Use("INSERT INTO store VALUES(?, 0)").Bind(id).Run();
  transaction.Commit();
}

}  // namespace

Cache::Cache(CacheOptions options) : options_(std::move(options)), file_(options_.directory) {}

Cache::~Cache() {
  if (!database_) return;
  const bool ours = Tampered().empty();
  database_->WriteBackOnClose(ours);
  database_.reset();
  if (!ours || file_.WriteAheadLog().present) return;
  const FileStamp left = file_.Database();
  identity_.clean = true;
  identity_.size = left.size;
  identity_.modified = left.modified;
  // Without it the next start finds "open" and trusts the identity alone.
  static_cast<void>(file_.WriteIdentity(identity_).has_value());
}

Expected<void> Cache::Run(const Body& body) {
  for (int attempt = 1; attempt <= kAttempts; ++attempt) {
    try {
      MakeReady();
      body(*database_);
      Stamp();
      return {};
    } catch (const DamagedCache& damaged) {
      Discard(std::string("is damaged: ") + damaged.what());
      last_failure_ = damaged.what();
    } catch (const SqliteFailure& failure) {
      if (failure.lost) database_.reset();
      Stamp();
      last_failure_ = failure.what();
      break;
    } catch (...) {
      Stamp();
      throw;
    }
  }
  return Error{ErrorKind::Transient, "cache " + file_.path() + ": " + last_failure_};
}

std::optional<std::string> Cache::TakeRebuilt() {
  return std::exchange(rebuilt_, std::nullopt);
}

void Cache::MakeReady() {
  if (database_) {
    const std::string reason = Tampered();
    if (reason.empty()) return;
    Discard(reason);
  }
  const SteadyTime now = std::chrono::steady_clock::now();
  if (now < retry_at_) throw SqliteFailure(last_failure_, false);
  retry_at_ = now + options_.retry_interval;
  Open();
  retry_at_ = {};
}

std::string Cache::Tampered() const {
  const FileStamp now = file_.Database();
  if (!now.present) return "was deleted";
  if (now.inode != database_stamp_.inode || now.device != database_stamp_.device) return "was replaced";
  if (now.size < database_stamp_.size) return "was truncated";
  if (now != database_stamp_) return "was changed by another hand";
  if (file_.WriteAheadLog() != log_stamp_) return "had its write-ahead log changed by another hand";
  return {};
}

void Cache::Open() {
  Require(file_.Prepare());
  if (set_aside_) Require(file_.SetAside());
  set_aside_ = false;
  const std::optional<StoreIdentity> identity = file_.ReadIdentity();
  if (!file_.Exists()) {
    const bool earlier = file_.RemoveEarlier();
    if (why_discarded_.empty() && (identity || earlier))
      why_discarded_ = identity ? "was deleted" : "was of an earlier version";
    return CreateEmpty();
  }
  if (!file_.IsRegular()) throw DamagedCache("it is not a regular file");
  if (!identity) throw DamagedCache("its .id file is missing");
  OpenExisting(*identity);
}

void Cache::OpenExisting(StoreIdentity identity) {
  if (identity.clean) {
    const FileStamp found = file_.Database();
    if (found.size != identity.size || found.modified != identity.modified) {
      throw DamagedCache("it changed after it was closed");
    }
    Require(file_.RemoveJournals());
  }
  auto database = std::make_unique<Database>(file_.path());
  CheckConsistent(*database);
  CheckIdentity(*database, identity);
  Enter(std::move(database), std::move(identity));
}

void Cache::CreateEmpty() {
  if (last_rebuilt_ && !why_discarded_.empty()) {
    const SteadyTime earliest = *last_rebuilt_ + options_.retry_interval;
    if (std::chrono::steady_clock::now() < earliest) {
      retry_at_ = earliest;
      throw SqliteFailure("it " + why_discarded_ + " again; the next one is made a moment later", false);
    }
  }
  Require(file_.RemoveJournals());
  StoreIdentity identity{.id = RandomStoreId()};
  try {
    auto database = std::make_unique<Database>(file_.path());
    CreateTables(*database, options_.schema, identity.id);
    Enter(std::move(database), std::move(identity));
  } catch (const std::exception&) {
    // A half-made file must not push the one that was set aside out of its place.
    static_cast<void>(file_.Remove().has_value());
    throw;
  }
  if (why_discarded_.empty()) return;
  rebuilt_ = std::exchange(why_discarded_, {});
  last_rebuilt_ = std::chrono::steady_clock::now();
}

void Cache::Enter(std::unique_ptr<Database> database, StoreIdentity identity) {
  {
    Query next = database->Use("UPDATE store SET epoch = epoch + 1 RETURNING epoch");
    if (!next.Next()) throw DamagedCache("it has no identity");
    identity.epoch = next.Integer(0);
    next.Run();
  }
  identity.clean = false;
  Require(file_.WriteIdentity(identity));
  database->WriteBackOnClose(true);
  database_ = std::move(database);
  identity_ = std::move(identity);
  Stamp();
}

void Cache::Discard(const std::string& reason) {
  if (database_) database_->WriteBackOnClose(false);
  database_.reset();
  if (why_discarded_.empty()) why_discarded_ = reason;
  set_aside_ = true;
  retry_at_ = {};
}

void Cache::Stamp() {
  database_stamp_ = file_.Database();
  log_stamp_ = file_.WriteAheadLog();
}

}  // namespace tinyforge
