#include "controller/git/write_message.h"

#include <cstdint>
#include <limits>
#include <utility>

#include "controller/git/git2.h"
#include "controller/git/message_fields.h"

namespace tinyforge {
namespace {

using git::FieldReader;
using git::FieldWriter;

constexpr std::size_t kMaxFieldDepth = 32;
constexpr std::size_t kMaxDropped = 512;
constexpr std::size_t kMaxBasis = 100'000;

std::string Numbered(std::string_view name, std::size_t number) {
  return std::string(name) + "-" + std::to_string(number);
}

void EncodeBasis(const EditBasis& basis, const std::string& prefix, FieldWriter& out) {
  out.Text(prefix + "-revision", basis.revision).Number(prefix + "-bases", basis.paths.size());
  std::size_t i = 0;
  for (const std::string& path : basis.paths) out.Text(Numbered(prefix + "-basis", i++), path);
}

// Empty without a revision.
std::optional<EditBasis> DecodeBasis(const std::string& prefix, FieldReader& in) {
  EditBasis basis{.revision = in.Text(prefix + "-revision"), .paths = {}};
  const std::size_t paths = in.Count(prefix + "-bases", kMaxBasis);
  for (std::size_t i = 0; i < paths; ++i) basis.paths.insert(in.Text(Numbered(prefix + "-basis", i)));
  return basis.revision.empty() ? std::nullopt : std::optional(std::move(basis));
}

void EncodeEdit(const VersionEdit& edit, const std::string& prefix, FieldWriter& out) {
  out.Text(prefix + "-kind", ToString(edit.object.kind))
      .Text(prefix + "-name", edit.object.name)
      .Text(prefix + "-path", edit.path)
      .Text(prefix + "-from", edit.from)
      .Text(prefix + "-to", edit.to)
      .Number(prefix + "-line", edit.on_line ? edit.on_line->line : 0)
      .Text(prefix + "-before", edit.on_line ? edit.on_line->before : "")
      .Text(prefix + "-behind", edit.on_line ? edit.on_line->behind : "")
      .Number(prefix + "-keys", edit.field.size());
  for (std::size_t i = 0; i < edit.field.size(); ++i) out.Text(Numbered(prefix + "-key", i), edit.field[i]);
  EncodeBasis(edit.basis.value_or(EditBasis()), prefix, out);
}

// Empty when its kind is none.
std::optional<VersionEdit> DecodeEdit(const std::string& prefix, FieldReader& in) {
  VersionEdit edit;
  const auto kind = ParseKind(in.Text(prefix + "-kind"));
  edit.object = {kind.value_or(Kind::Workload), in.Text(prefix + "-name")};
  edit.path = in.Text(prefix + "-path");
  edit.from = in.Text(prefix + "-from");
  edit.to = in.Text(prefix + "-to");
  codec::LinePlace place;
  place.line = static_cast<std::uint32_t>(in.Count(prefix + "-line", std::numeric_limits<std::uint32_t>::max()));
  place.before = in.Text(prefix + "-before");
  place.behind = in.Text(prefix + "-behind");
  if (place.line != 0) edit.on_line = std::move(place);
  const std::size_t keys = in.Count(prefix + "-keys", kMaxFieldDepth);
  for (std::size_t i = 0; i < keys; ++i) edit.field.push_back(in.Text(Numbered(prefix + "-key", i)));
  edit.basis = DecodeBasis(prefix, in);
  return kind ? std::optional(std::move(edit)) : std::nullopt;
}

}  // namespace

std::string Encode(const WriteRequest& request) {
  FieldWriter out;
  git::EncodeRequest(request.fetch, out.Text("order", "write"));
  out.Text("review-branch", request.review_branch)
      .Text("path", request.path)
      .Text("message", request.message)
      .Text("instance", request.instance)
      .Text("author-name", request.author_name)
      .Text("author-email", request.author_email)
      .Number("edits", request.edits.size());
  for (std::size_t i = 0; i < request.edits.size(); ++i) EncodeEdit(request.edits[i], Numbered("edit", i), out);
  return out.Take();
}

std::optional<WriteRequest> DecodeWriteRequest(std::string_view bytes) {
  auto in = FieldReader::Open(bytes, kMaxWriteMessage);
  if (!in || in->Text("order") != "write") return std::nullopt;
  WriteRequest request;
  request.fetch = git::DecodeRequest(*in);
  request.review_branch = in->Text("review-branch");
  request.path = in->Text("path");
  request.message = in->Text("message");
  request.instance = in->Text("instance");
  request.author_name = in->Text("author-name");
  request.author_email = in->Text("author-email");
  const std::size_t edits = in->Count("edits", kMaxEdits);
  for (std::size_t i = 0; i < edits; ++i) {
    auto edit = DecodeEdit(Numbered("edit", i), *in);
    if (!edit) return std::nullopt;
    request.edits.push_back(*std::move(edit));
  }
  if (!in->good()) return std::nullopt;
  return request;
}

std::string Encode(const WriteAnswer& answer) {
  const GitFailure failure = answer.failure.value_or(GitFailure{});
  FieldWriter out;
  out.Text("commit", answer.commit)
      .Text("reason", answer.failure ? ToString(failure.reason) : "")
      .Text("message", failure.message)
      .Number("dropped", answer.dropped.size());
  for (std::size_t i = 0; i < answer.dropped.size(); ++i)
    out.Text(Numbered("dropped", i), git::Printable(answer.dropped[i], kMaxDropped));
  return out.Take();
}

std::optional<WriteAnswer> DecodeWriteAnswer(std::string_view bytes) {
  auto in = FieldReader::Open(bytes, kMaxWriteMessage);
  if (!in) return std::nullopt;
  WriteAnswer answer;
  answer.commit = in->Text("commit");
  const std::string reason = in->Text("reason");
  const std::string message = in->Text("message");
  if (!reason.empty()) answer.failure = GitFailure{ParseGitReason(reason), git::Printable(message, 2048)};
  const std::size_t dropped = in->Count("dropped", kMaxEdits);
  for (std::size_t i = 0; i < dropped; ++i)
    answer.dropped.push_back(git::Printable(in->Text(Numbered("dropped", i)), kMaxDropped + 8));
  const bool commit_fits = answer.commit.empty() || (!answer.failure && git::ParseOid(answer.commit));
  if (!in->good() || !commit_fits) return std::nullopt;
  return answer;
}

}  // namespace tinyforge
