#include "api-types/codec/object.h"
#include "api-types/codec/spec.h"
#include "controller/runtime/plain_text.h"
#include "controller/store/tables.h"

namespace tinyforge::object_table {
namespace {

constexpr std::size_t kMaxStatus = 1 << 20;

#define TINYFORGE_OBJECT_COLUMNS                                                                            \
  "SELECT o.name, o.meta, o.path, o.line, o.col, o.spec, o.generation, o.revision, coalesce(s.status, '') " \
  "FROM objects o LEFT JOIN statuses s USING(kind, name) WHERE o.kind = ?"
constexpr const char* kSelectOne = TINYFORGE_OBJECT_COLUMNS " AND o.name = ?";
constexpr const char* kSelectKind = TINYFORGE_OBJECT_COLUMNS " ORDER BY o.name";
#undef TINYFORGE_OBJECT_COLUMNS

// The generation is decided where the old hash still stands. A row that would not change is not written.
constexpr const char* kUpsert = R"sql(
INSERT INTO objects(kind, name, meta, path, line, col, spec_hash, spec, generation, revision)
VALUES(?, ?, ?, ?, ?, ?, ?, ?, 1, ?)
ON CONFLICT(kind, name) DO UPDATE SET
  generation = generation + (spec_hash <> excluded.spec_hash),
  meta = excluded.meta, path = excluded.path, line = excluded.line, col = excluded.col,
  spec_hash = excluded.spec_hash, spec = excluded.spec, revision = excluded.revision
WHERE (meta, path, line, col, spec_hash, spec, revision) IS NOT
  (excluded.meta, excluded.path, excluded.line, excluded.col, excluded.spec_hash, excluded.spec, excluded.revision)
)sql";

ObjectRecord Row(const Query& query, Kind kind) {
  ObjectRecord record;
  record.key = {kind, query.Text(0)};
  // What cannot be read counts as not written yet: the next write of the controller replaces it.
  if (auto meta = codec::ParseMeta(query.Text(1))) record.meta = std::move(*meta);
  record.meta.name = record.key.name;
  record.position = {query.Text(2), static_cast<std::uint32_t>(query.Integer(3)),
                     static_cast<std::uint32_t>(query.Integer(4))};
  record.spec_json = query.Text(5);
  record.generation = query.Integer(6);
  record.revision = query.Text(7);
  const std::string status_json = query.Text(8);
  if (status_json.empty()) return record;
  if (auto status = codec::ParseStatus(status_json)) record.status = std::move(*status);
  return record;
}

}  // namespace

void Put(Database& database, const v1::Object& object, const Revision& revision) {
  const std::string meta = PlainText(codec::EncodeMeta(object.meta), kMaxStatus);
  const std::string spec = codec::CanonicalSpec(object.spec);
  database.Use(kUpsert)
      .Bind(ToString(object.key.kind))
      .Bind(object.key.name)
      .Bind(meta)
      .Bind(object.position.path)
      .Bind(std::int64_t{object.position.line})
      .Bind(std::int64_t{object.position.column})
      .Bind(object.spec_hash)
      .Bind(spec)
      .Bind(revision)
      .Run();
}

void Remove(Database& database, const ObjectKey& key) {
  const std::string_view kind = ToString(key.kind);
  database.Use("DELETE FROM objects WHERE kind = ? AND name = ?").Bind(kind).Bind(key.name).Run();
  database.Use("DELETE FROM statuses WHERE kind = ? AND name = ?").Bind(kind).Bind(key.name).Run();
  if (key.kind == Kind::Workload) database.Use("DELETE FROM rollouts WHERE workload = ?").Bind(key.name).Run();
}

std::optional<ObjectRecord> Get(Database& database, const ObjectKey& key) {
  Query query = database.Use(kSelectOne);
  query.Bind(ToString(key.kind)).Bind(key.name);
  if (!query.Next()) return std::nullopt;
  return Row(query, key.kind);
}

std::vector<ObjectRecord> List(Database& database, Kind kind) {
  std::vector<ObjectRecord> records;
  Query query = database.Use(kSelectKind);
  query.Bind(ToString(kind));
  while (query.Next()) records.push_back(Row(query, kind));
  return records;
}

void PutStatus(Database& database, const ObjectKey& key, const v1::Status& status) {
  const std::string_view kind = ToString(key.kind);
  // Messages may hold any bytes of a container's log; as JSON only bytes above 0x7f are left to mend.
  const std::string json = PlainText(codec::EncodeStatus(status), kMaxStatus);
  database
      .Use(
          "INSERT INTO statuses SELECT kind, name, ? FROM objects WHERE kind = ? AND name = ? "
          "ON CONFLICT(kind, name) DO UPDATE SET status = excluded.status WHERE status <> excluded.status")
      .Bind(json)
      .Bind(kind)
      .Bind(key.name)
      .Run();
}

}  // namespace tinyforge::object_table
