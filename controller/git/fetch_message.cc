#include "controller/git/fetch_message.h"

#include <charconv>
#include <map>
#include <utility>
#include <vector>

#include "controller/git/git2.h"

namespace tinyforge {
namespace {

using Fields = std::map<std::string, std::string, std::less<>>;

class Writer {
 public:
  Writer& Text(std::string_view key, std::string_view value) {
    out_.append(key).append("=").append(value.substr(0, value.find('\0'))).push_back('\0');
    return *this;
  }
  Writer& Number(std::string_view key, std::uint64_t value) { return Text(key, std::to_string(value)); }
  std::string Take() { return std::move(out_); }

 private:
  std::string out_;
};

std::optional<Fields> Split(std::string_view bytes) {
  if (bytes.empty() || bytes.size() > kMaxFetchMessage || bytes.back() != '\0') return std::nullopt;
  Fields fields;
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\0');
    const std::string_view field = bytes.substr(0, end);
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    if (!fields.emplace(field.substr(0, equals), field.substr(equals + 1)).second) return std::nullopt;
    bytes.remove_prefix(end + 1);
  }
  return fields;
}

// Takes fields out of a message; the message is good when every one asked for was there and none is left.
class Reader {
 public:
  explicit Reader(Fields fields) : fields_(std::move(fields)) {}

  std::string Text(std::string_view key) {
    const auto it = fields_.find(key);
    if (it == fields_.end()) {
      good_ = false;
      return {};
    }
    std::string value = std::move(it->second);
    fields_.erase(it);
    return value;
  }
  std::uint64_t Number(std::string_view key) {
    const std::string text = Text(key);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) good_ = false;
    return value;
  }
  bool Flag(std::string_view key) { return Number(key) == 1; }
  bool good() const { return good_ && fields_.empty(); }

 private:
  Fields fields_;
  bool good_ = true;
};

}  // namespace

std::string Encode(const FetchRequest& request) {
  return Writer()
      .Text("directory", request.directory)
      .Number("create", request.create ? 1 : 0)
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
      .Number("object-size", request.limits.object_size)
      .Take();
}

std::string Encode(const FetchAnswer& answer) {
  const GitFailure failure = answer.failure.value_or(GitFailure{});
  return Writer()
      .Text("tip", answer.tip)
      .Number("downloaded", answer.downloaded ? 1 : 0)
      .Text("reason", answer.failure ? ToString(failure.reason) : "")
      .Text("message", failure.message)
      .Take();
}

std::optional<FetchRequest> DecodeFetchRequest(std::string_view bytes) {
  auto fields = Split(bytes);
  if (!fields) return std::nullopt;
  Reader in(*std::move(fields));
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
  if (!in.good()) return std::nullopt;
  return request;
}

std::optional<FetchAnswer> DecodeFetchAnswer(std::string_view bytes) {
  auto fields = Split(bytes);
  if (!fields) return std::nullopt;
  Reader in(*std::move(fields));
  FetchAnswer answer;
  answer.tip = in.Text("tip");
  answer.downloaded = in.Flag("downloaded");
  const std::string reason = in.Text("reason");
  const std::string message = in.Text("message");
  if (!reason.empty()) answer.failure = GitFailure{ParseGitReason(reason), git::Printable(message, 2048)};
  const bool tip_fits = answer.failure ? answer.tip.empty() : git::ParseOid(answer.tip).has_value();
  if (!in.good() || !tip_fits) return std::nullopt;
  return answer;
}

}  // namespace tinyforge
