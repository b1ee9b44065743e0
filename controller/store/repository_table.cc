#include "api-types/codec/reader.h"
#include "api-types/codec/status_fields.h"
#include "api-types/codec/writer.h"
#include "api-types/doc/json.h"
#include "controller/runtime/plain_text.h"
#include "controller/store/tables.h"

// Not in an anonymous namespace, where the visitors' argument-dependent lookup would not find them.
namespace tinyforge::codec {

template <class V>
static void Fields(V& v, Of<SourcePosition>) {
  using T = SourcePosition;
  v(&T::path, "path", {});
  v(&T::line, "line", {});
  v(&T::column, "column", {});
}

template <class V>
static void Fields(V& v, Of<v1::Diagnostic>) {
  using T = v1::Diagnostic;
  v(&T::position, "position", {});
  v(&T::field, "field", {});
  v(&T::message, "message", {});
}

template <class V>
static void Fields(V& v, Of<RepositoryStatus>) {
  using T = RepositoryStatus;
  v(&T::url, "url", {});
  v(&T::branch, "branch", {});
  v(&T::path, "path", {});
  v(&T::revision, "revision", {});
  v(&T::fetched, "fetched", {});
  v(&T::applied, "applied", {});
  v(&T::conditions, "conditions", {});
  v(&T::errors, "errors", {});
}

}  // namespace tinyforge::codec

namespace tinyforge::repository_table {
namespace {

constexpr std::size_t kMaxErrors = 1000;
constexpr std::size_t kMaxJson = 4 << 20;

std::string Encode(RepositoryStatus status) {
  if (status.errors.size() > kMaxErrors) status.errors.resize(kMaxErrors);
  return PlainText(doc::CanonicalJson(codec::WriteStruct(status)), kMaxJson);
}

RepositoryStatus Decode(const std::string& json) {
  const doc::Limits limits{.bytes = kMaxJson};
  auto node = doc::ParseJson(json, limits);
  if (!node) return {};
  codec::Reader reader("");
  RepositoryStatus status;
  reader.Read(*node, status, {});
  return reader.problems().empty() ? status : RepositoryStatus();
}

}  // namespace

void Put(Database& database, const RepositoryStatus& status) {
  const std::string json = Encode(status);
  database
      .Use(
          "INSERT INTO repository VALUES(1, ?) "
          "ON CONFLICT(only) DO UPDATE SET status = excluded.status WHERE status <> excluded.status")
      .Bind(json)
      .Run();
}

RepositoryStatus Get(Database& database) {
  Query query = database.Use("SELECT status FROM repository");
  return query.Next() ? Decode(query.Text(0)) : RepositoryStatus();
}

}  // namespace tinyforge::repository_table
