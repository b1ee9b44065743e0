// What the git child answers when libgit2 asks about the other side: is this certificate or host key trusted, and what
// are the credentials. Internal to controller/git; lives in the child.
#pragma once

#include <git2.h>

#include <cstdint>
#include <optional>
#include <string>

#include "controller/git/fetch_message.h"
#include "controller/git/git_url.h"
#include "controller/git/push_report.h"

namespace tinyforge::git {

// Fails closed. Credentials are read from their files when asked for, offered once, and only to the configured scheme,
// host and port. One for each connection.
class RemoteGuard {
 public:
  RemoteGuard(const FetchRequest& request, GitUrl url)
      : auth_(request.auth), limits_(request.limits), url_(std::move(url)) {}

  // libgit2's callbacks; they refer to this object, and tell `report` of a push.
  git_remote_callbacks Callbacks(PushReport* report = nullptr);

  // Why the guard said no, if it did.
  const std::optional<GitFailure>& refusal() const { return refusal_; }
  // Whether credentials were given to the server.
  bool offered() const { return offered_; }
  // `text` without the secret that was read.
  std::string Redact(std::string text) const;

 private:
  static int OnCredentials(git_credential** out, const char* url, const char* user, unsigned allowed, void* self);
  static int OnCertificate(git_cert* certificate, int valid, const char* host, void* self);
  static int OnProgress(const git_indexer_progress* progress, void* self);
  static int OnPush(const git_push_update** updates, std::size_t count, void* self);
  static int OnPushed(const char* reference, const char* refusal, void* self);
  static int OnText(const char* text, int size, void* self);

  int Credentials(git_credential** out, std::string_view url, unsigned allowed);
  int Password(git_credential** out);
  int Key(git_credential** out);
  int HostKey(const git_cert_hostkey& key, bool valid);
  int Refuse(GitReason reason, std::string message);

  GitAuth auth_;
  FetchLimits limits_;
  GitUrl url_;
  std::string secret_;
  bool offered_ = false;
  std::optional<GitFailure> refusal_;
  PushReport* report_ = nullptr;
};

}  // namespace tinyforge::git
