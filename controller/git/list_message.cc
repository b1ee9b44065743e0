#include "controller/git/list_message.h"

#include <algorithm>
#include <utility>

#include "controller/git/git2.h"
#include "controller/git/message_fields.h"

namespace tinyforge {
namespace {

using git::FieldReader;
using git::FieldWriter;

std::string Numbered(std::size_t number) {
  return "ref-" + std::to_string(number);
}

// "COMMIT NAME"; false when it is anything else.
bool DecodeRef(const std::string& text, GitRefs& refs) {
  if (text.size() <= GIT_OID_HEXSZ || text[GIT_OID_HEXSZ] != ' ') return false;
  const auto commit = git::ParseOid(std::string_view(text).substr(0, GIT_OID_HEXSZ));
  std::string name = text.substr(GIT_OID_HEXSZ + 1);
  if (!commit || !git::IsListedName(name)) return false;
  return refs.emplace(std::move(name), git::ToHex(*commit)).second;
}

}  // namespace

bool git::IsListedName(std::string_view name) {
  if (name == "HEAD") return true;
  if (!name.starts_with("refs/heads/") && !name.starts_with("refs/tags/")) return false;
  return name.size() <= kMaxRefName &&
         std::ranges::none_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::string Encode(const ListRequest& request) {
  FieldWriter out;
  git::EncodeRequest(request.remote, out.Text("order", "list"));
  return out.Take();
}

std::optional<ListRequest> DecodeListRequest(std::string_view bytes) {
  auto in = FieldReader::Open(bytes, kMaxFetchMessage);
  if (!in || in->Text("order") != "list") return std::nullopt;
  ListRequest request{git::DecodeRequest(*in)};
  if (!in->good()) return std::nullopt;
  return request;
}

std::string Encode(const ListAnswer& answer) {
  const GitFailure failure = answer.failure.value_or(GitFailure{});
  FieldWriter out;
  out.Text("reason", answer.failure ? ToString(failure.reason) : "")
      .Text("message", failure.message)
      .Number("refs", answer.refs.size());
  std::size_t number = 0;
  for (const auto& [name, commit] : answer.refs) out.Text(Numbered(number++), commit + " " + name);
  return out.Take();
}

std::optional<ListAnswer> DecodeListAnswer(std::string_view bytes) {
  auto in = FieldReader::Open(bytes, kMaxListMessage);
  if (!in) return std::nullopt;
  ListAnswer answer;
  const std::string reason = in->Text("reason");
  const std::string message = in->Text("message");
  if (!reason.empty()) answer.failure = GitFailure{ParseGitReason(reason), git::Printable(message, 2048)};
  const std::size_t count = in->Count("refs", answer.failure ? 0 : kMaxListedRefs + 1);  // HEAD is none of them
  for (std::size_t i = 0; i < count; ++i)
    if (!DecodeRef(in->Text(Numbered(i)), answer.refs)) return std::nullopt;
  if (!in->good()) return std::nullopt;
  return answer;
}

}  // namespace tinyforge
