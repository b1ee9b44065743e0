#include "controller/git/remote_guard.h"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "controller/git/git2.h"

namespace tinyforge::git {
namespace {

constexpr std::size_t kMaxSecret = 8192;

// The first line of a file that holds nothing else but line ends.
Expected<std::string> ReadSecret(const std::string& file) {
  const Error unreadable{ErrorKind::Waiting, "cannot read the credentials file " + file + ": "};
  std::ifstream in(file, std::ios::binary);
  if (!in) return Error{unreadable.kind, unreadable.message + std::strerror(errno)};
  std::string text(kMaxSecret + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  const bool one_line = text.find_first_of(std::string_view("\n\r\0", 3)) == std::string::npos;
  if (text.empty()) return Error{unreadable.kind, unreadable.message + "it is empty"};
  if (text.size() > kMaxSecret || !one_line) return Error{unreadable.kind, unreadable.message + "it must be one line"};
  return text;
}

bool SameServer(const GitUrl& a, const GitUrl& b) {
  return a.scheme == b.scheme && a.host == b.host && a.port == b.port;
}

std::string Base64(const unsigned char* bytes, std::size_t size) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t buffer = 0;
  int bits = 0;
  for (std::size_t i = 0; i < size; ++i) {
    buffer = (buffer << 8) | bytes[i];
    for (bits += 8; bits >= 6; bits -= 6) out += kAlphabet[(buffer >> (bits - 6)) & 63];
  }
  if (bits > 0) out += kAlphabet[(buffer << (6 - bits)) & 63];
  return out;
}

bool IsAddress(std::string_view host) {
  return host.find(':') != std::string_view::npos || host.find_first_not_of("0123456789.") == std::string_view::npos;
}

std::string HostName(const GitUrl& url) {
  return url.port == 0 || url.port == 22 ? url.host : "[" + url.host + "]:" + std::to_string(url.port);
}

// Whether a line names the host in clear; hashed lines cannot be told.
bool Names(const std::string& known_hosts, const std::string& host) {
  std::ifstream in(known_hosts);
  for (std::string line; std::getline(in, line);) {
    const std::string hosts = "," + line.substr(0, line.find(' ')) + ",";
    if (hosts.find("," + host + ",") != std::string::npos) return true;
  }
  return false;
}

}  // namespace

git_remote_callbacks RemoteGuard::Callbacks(PushReport* report) {
  git_remote_callbacks callbacks = GIT_REMOTE_CALLBACKS_INIT;
  callbacks.credentials = OnCredentials;
  callbacks.certificate_check = OnCertificate;
  callbacks.transfer_progress = OnProgress;
  callbacks.payload = this;
  report_ = report;
  if (report != nullptr) {
    callbacks.push_negotiation = OnPush;
    callbacks.push_update_reference = OnPushed;
    callbacks.sideband_progress = OnText;
  }
  return callbacks;
}

std::string RemoteGuard::Redact(std::string text) const {
  if (secret_.empty()) return text;
  constexpr std::string_view kInstead = "[redacted]";
  // From behind what was put in: that may hold the secret itself.
  for (std::size_t at = text.find(secret_); at != std::string::npos; at = text.find(secret_, at + kInstead.size())) {
    text.replace(at, secret_.size(), kInstead);
  }
  return text;
}

int RemoteGuard::OnCredentials(git_credential** out, const char* url, const char*, unsigned allowed, void* self) {
  return static_cast<RemoteGuard*>(self)->Credentials(out, url, allowed);
}

int RemoteGuard::OnCertificate(git_cert* certificate, int valid, const char* host, void* self) {
  auto& guard = *static_cast<RemoteGuard*>(self);
  if (certificate->cert_type == GIT_CERT_HOSTKEY_LIBSSH2) {
    return guard.HostKey(*reinterpret_cast<git_cert_hostkey*>(certificate), valid == 1);
  }
  if (valid == 1) return 0;
  std::string message = "the certificate of " + Printable(host, 255) +
                        " is not trusted, is out of date or names another host; name the CA that signed it";
  // mbedTLS 2.28 compares DNS names only.
  if (IsAddress(guard.url_.host)) message += ", and use a DNS name: addresses in certificates are not understood";
  return guard.Refuse(GitReason::Certificate, message);
}

int RemoteGuard::OnProgress(const git_indexer_progress* progress, void* self) {
  auto& guard = *static_cast<RemoteGuard*>(self);
  if (guard.limits_.file_size == 0 || progress->received_bytes <= guard.limits_.file_size) return 0;
  return guard.Refuse(GitReason::TooLarge,
                      "the repository sent more than " + std::to_string(guard.limits_.file_size >> 20) + " MiB");
}

int RemoteGuard::OnPush(const git_push_update** updates, std::size_t count, void* self) {
  return static_cast<RemoteGuard*>(self)->report_->Begin(updates, count);
}

int RemoteGuard::OnPushed(const char* reference, const char* refusal, void* self) {
  static_cast<RemoteGuard*>(self)->report_->Answer(reference, refusal);
  return 0;
}

int RemoteGuard::OnText(const char* text, int size, void* self) {
  if (size > 0) static_cast<RemoteGuard*>(self)->report_->Say({text, static_cast<std::size_t>(size)});
  return 0;
}

int RemoteGuard::Credentials(git_credential** out, std::string_view url, unsigned allowed) {
  const auto asked = ParseGitUrl(url);
  if (!asked || !SameServer(*asked, url_)) {
    return Refuse(GitReason::Redirected,
                  "another server than the configured one asked for the credentials; it got none");
  }
  if ((allowed & GIT_CREDENTIAL_USERNAME) != 0) return git_credential_username_new(out, "git");
  if (offered_) {
    const std::string what = url_.scheme == GitUrl::Scheme::Ssh ? "the key in " + auth_.ssh_key_file
                                                                : "the user name or the password or token";
    return Refuse(GitReason::Credentials, "the server refused " + what);
  }
  if (url_.scheme == GitUrl::Scheme::Ssh) return Key(out);
  if ((allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT) != 0) return Password(out);
  return Refuse(GitReason::Credentials, "the server asks for a kind of credentials other than user name and password");
}

int RemoteGuard::Password(git_credential** out) {
  const std::string& file = auth_.token_file.empty() ? auth_.password_file : auth_.token_file;
  if (file.empty()) {
    return Refuse(GitReason::Credentials,
                  "the server asks for credentials, and no password or token file is configured "
                  "(some servers also ask when the repository does not exist)");
  }
  auto secret = ReadSecret(file);
  if (!secret) return Refuse(GitReason::Credentials, secret.error().message);
  secret_ = *std::move(secret);
  offered_ = true;
  const std::string user = !auth_.username.empty()    ? auth_.username
                           : auth_.token_file.empty() ? "git"
                                                      : "x-access-token";
  return git_credential_userpass_plaintext_new(out, user.c_str(), secret_.c_str());
}

int RemoteGuard::Key(git_credential** out) {
  if (auth_.ssh_key_file.empty())
    return Refuse(GitReason::Credentials, "the server asks for a key, and no ssh key file is configured");
  struct stat info {};
  if (stat(auth_.ssh_key_file.c_str(), &info) != 0) {
    return Refuse(GitReason::Credentials,
                  "cannot read the ssh key " + auth_.ssh_key_file + ": " + std::strerror(errno));
  }
  offered_ = true;
  const std::string user = url_.user.empty() ? "git" : url_.user;
  return git_credential_ssh_key_new(out, user.c_str(), nullptr, auth_.ssh_key_file.c_str(), "");
}

int RemoteGuard::HostKey(const git_cert_hostkey& key, bool valid) {
  if (valid) return 0;
  const std::string host = HostName(url_);
  std::string message = "the server's host key";
  if ((key.type & GIT_CERT_SSH_SHA256) != 0) message += " SHA256:" + Base64(key.hash_sha256, sizeof(key.hash_sha256));
  if (Names(auth_.ssh_known_hosts, host)) {
    message += " is not the one that " + auth_.ssh_known_hosts + " has for " + host +
               ": it was changed, or someone else answers";
  } else {
    message += " is unknown: " + auth_.ssh_known_hosts + " has no key for " + host;
  }
  return Refuse(GitReason::HostKey, message);
}

int RemoteGuard::Refuse(GitReason reason, std::string message) {
  if (!refusal_) refusal_ = GitFailure{reason, std::move(message)};
  git_error_set_str(GIT_ERROR_CALLBACK, "refused");
  return GIT_EUSER;
}

}  // namespace tinyforge::git
