// The order to fetch: the request on the git child's standard input, the answer on its standard output. See
// message_fields.h for their form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api-types/meta/object.h"
#include "controller/git/git_failure.h"

namespace tinyforge {

// Credentials by the names of their files; only the child reads them, at each fetch, so a rotated file is picked up by
// the next one. All absolute; empty: none.
struct GitAuth {
  std::string username;         // https; default: "git" with a password, "x-access-token" with a token
  std::string password_file;    // https, one line
  std::string token_file;       // https, one line, sent as the password; not both
  std::string ssh_key_file;     // private key without passphrase, OpenSSH or PEM
  std::string ssh_known_hosts;  // OpenSSH format; the host must stand in it
  std::string ca_file;          // https, PEM; default: the system's
  bool operator==(const GitAuth&) const = default;
};

struct FetchLimits {
  std::uint64_t address_space = 512u << 20;  // of the child; 0: none
  std::uint64_t file_size = 256u << 20;      // of a file it writes, which bounds a pack
  std::uint64_t object_size = 16u << 20;     // of an object in a pack
  bool operator==(const FetchLimits&) const = default;
};

struct FetchRequest {
  std::string directory;  // the bare repository; created when `create`
  bool create = false;
  std::string url;  // as ParseGitUrl takes it
  std::string branch;
  GitAuth auth;
  FetchLimits limits;
  bool operator==(const FetchRequest&) const = default;
};

struct FetchAnswer {
  Revision tip;             // of the branch at the remote
  bool downloaded = false;  // false: the clone had it
  std::optional<GitFailure> failure;
  bool operator==(const FetchAnswer&) const = default;
};

inline constexpr std::size_t kMaxFetchMessage = 32u << 10;

namespace git {
class FieldReader;
class FieldWriter;
// The fields of a request as a part of another message.
void EncodeRequest(const FetchRequest& request, FieldWriter& out);
FetchRequest DecodeRequest(FieldReader& in);
}  // namespace git

std::string Encode(const FetchRequest& request);
std::string Encode(const FetchAnswer& answer);
// Empty for anything that Encode does not produce: unknown or doubled keys, bad numbers, a bad revision.
std::optional<FetchRequest> DecodeFetchRequest(std::string_view bytes);
std::optional<FetchAnswer> DecodeFetchAnswer(std::string_view bytes);

}  // namespace tinyforge
