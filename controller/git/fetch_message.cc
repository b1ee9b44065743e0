#include "controller/git/fetch_message.h"

#include <utility>

#include "controller/git/git2.h"
#include "controller/git/message_fields.h"

namespace tinyforge {
namespace git {

void EncodeRequest(const FetchRequest& request, FieldWriter& out) {
  out.Text("directory", request.directory)
      .Flag("create", request.create)
      .Text("url", request.url)
      .Text("branch", request.branch)
      .Text("username", request.auth.username)
      .Text("password-file", request.auth.password_file)
      .Text("token-file", request.auth.token_file)
      .Text("ssh-key-file", request.auth.ssh_key_file)
      .Text("ssh-known-hosts", request.auth.ssh_known_hosts)
      .Text("ca-file", request.auth.ca_file)
      .Number("address-space", request.limits.address_space)
      .Number("file-size", request.limits.file_size)
      .Number("object-size", request.limits.object_size);
}

FetchRequest DecodeRequest(FieldReader& in) {
  FetchRequest request;
  request.directory = in.Text("directory");
  request.create = in.Flag("create");
  request.url = in.Text("url");
  request.branch = in.Text("branch");
  request.auth.username = in.Text("username");
  request.auth.password_file = in.Text("password-file");
  request.auth.token_file = in.Text("token-file");
  request.auth.ssh_key_file = in.Text("ssh-key-file");
  request.auth.ssh_known_hosts = in.Text("ssh-known-hosts");
  request.auth.ca_file = in.Text("ca-file");
  request.limits.address_space = in.Number("address-space");
  request.limits.file_size = in.Number("file-size");
  request.limits.object_size = in.Number("object-size");
  return request;
}

}  // namespace git

using git::FieldReader;
using git::FieldWriter;

std::string Encode(const FetchRequest& request) {
  FieldWriter out;
  git::EncodeRequest(request, out.Text("order", "fetch"));
  return out.Take();
}

std::string Encode(const FetchAnswer& answer) {
  const GitFailure failure = answer.failure.value_or(GitFailure{});
  return FieldWriter()
      .Text("tip", answer.tip)
      .Flag("downloaded", answer.downloaded)
      .Text("reason", answer.failure ? ToString(failure.reason) : "")
      .Text("message", failure.message)
      .Take();
}

std::optional<FetchRequest> DecodeFetchRequest(std::string_view bytes) {
  auto in = FieldReader::Open(bytes, kMaxFetchMessage);
  if (!in || in->Text("order") != "fetch") return std::nullopt;
  FetchRequest request = git::DecodeRequest(*in);
  if (!in->good()) return std::nullopt;
  return request;
}

std::optional<FetchAnswer> DecodeFetchAnswer(std::string_view bytes) {
  auto in = FieldReader::Open(bytes, kMaxFetchMessage);
  if (!in) return std::nullopt;
  FetchAnswer answer;
  answer.tip = in->Text("tip");
  answer.downloaded = in->Flag("downloaded");
  const std::string reason = in->Text("reason");
  const std::string message = in->Text("message");
  if (!reason.empty()) answer.failure = GitFailure{ParseGitReason(reason), git::Printable(message, 2048)};
  const bool tip_fits = answer.failure ? answer.tip.empty() : git::ParseOid(answer.tip).has_value();
  if (!in->good() || !tip_fits) return std::nullopt;
  return answer;
}

}  // namespace tinyforge
