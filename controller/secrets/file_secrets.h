// Secret values from files below the secrets directory of this host.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/v1/secret.h"
#include "controller/runtime/guarded.h"
#include "controller/runtime/log.h"
#include "controller/secrets/secret_file.h"
#include "reconcilers/core/ports.h"

namespace tinyforge {

struct FileSecretsOptions {
  std::string directory;        // empty: none is configured
  std::string fingerprint_key;  // see InstallationKey
  // Gets every value before anybody else does, so that it can be kept out of logs. Called with a lock held.
  std::function<void(std::string_view value)> on_value;
  // Reads a value that is a file of variables; an error holds nothing of it. Empty: there are none.
  std::function<Expected<StringMap>(std::string_view value)> variables{};
};

// One key of one Secret, as `GET /api/secrets` shows it. Exactly one of fingerprint and problem is set.
struct SecretRow {
  v1::SecretKeyRef ref;
  std::string file;  // below the secrets directory
  std::string fingerprint;
  std::string problem;
};

// A value is the file byte for byte, at most 512 KiB; an empty file is somebody's half-done write and counts as not
// there yet. Values are not kept: a fingerprint is, as long as the file has the same inode, size and times.
// Fingerprints are the first 16 bytes of HMAC-SHA-256 over "name/key", a zero byte and the value, in hex, so that equal
// passwords of two secrets do not show; for a variable with its name before the value. Thread-safe.
class FileSecrets : public SecretReader {
 public:
  FileSecrets(FileSecretsOptions options, Logger& log);

  // The Secrets of the revision in force.
  void SetSecrets(const std::map<std::string, v1::SecretSpec>& secrets);

  // Waiting names Secret, key and file. Warns once of a file that more than its owner and a reading group may use.
  Expected<SecretHandle> Find(const v1::SecretKeyRef& ref) override;
  Expected<std::vector<SecretHandle>> Variables(const v1::SecretKeyRef& ref) override;
  // Transient when the value is no longer the one that the handle stands for.
  Expected<std::string> Reveal(const SecretHandle& handle) override;

  // Puts another value in the place of the one in the file, which keeps its mode and owner. The file's path, for
  // people. Waiting when there is no such file, Transient when it cannot be written (a secrets directory that is
  // read-only), Conflict when the file is a symbolic link. Clears away what an earlier call left that did not come to
  // its end.
  Expected<std::string> Replace(const v1::SecretKeyRef& ref, std::string_view value);

  // Looks at every file; the names of Secrets whose values (or what is wrong with them) are not as at the last Rescan
  // or SetSecrets. To be called when DirectoryWatch reports, and at each resync for what it missed.
  std::set<std::string> Rescan();

  // By name and key.
  std::vector<SecretRow> List();

 private:
  struct Known {
    std::string path;
    SecretFileStamp stamp;
    std::string fingerprint;  // of the file at `stamp`; empty: to be read
    mode_t warned = 0;
    std::string reported;  // fingerprint or problem
  };
  using State = std::map<v1::SecretKeyRef, Known>;
  struct Value {
    std::string fingerprint;
    std::string bytes;
  };

  Expected<Known*> Lookup(State& state, const v1::SecretKeyRef& ref) const;
  Expected<std::string> Fingerprint(const v1::SecretKeyRef& ref, Known& known);
  Expected<Value> Load(const v1::SecretKeyRef& ref, Known& known, const SecretFile& file);
  Expected<std::string> RevealVariable(const SecretHandle& handle, Known& known);
  // What the file sets, every value told to on_value. The caller clears them.
  Expected<StringMap> LoadVariables(const v1::SecretKeyRef& ref, Known& known);
  std::string FingerprintOf(const SecretHandle& handle, std::string_view value) const;
  void WarnOfMode(const v1::SecretKeyRef& ref, Known& known, mode_t mode);
  std::string Outcome(const v1::SecretKeyRef& ref, Known& known);

  FileSecretsOptions options_;
  Logger& log_;
  Guarded<State> state_;
};

}  // namespace tinyforge
