#include "controller/secrets/file_secrets.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <utility>

#include "api-types/codec/hash.h"

namespace tinyforge {
namespace {

constexpr std::size_t kFingerprintLength = 32;
constexpr mode_t kTooWide = 0027;  // whatever goes beyond 0640, apart from what the owner may do

std::string NameOf(const v1::SecretKeyRef& ref) {
  return "secret " + ref.name + "/" + ref.key;
}

// A file that is missing, empty or misplaced is all the same to who needs it: it must be awaited.
Error Awaited(const v1::SecretKeyRef& ref, const std::string& path, const Error& cause) {
  const ErrorKind kind = cause.kind == ErrorKind::Transient ? ErrorKind::Transient : ErrorKind::Waiting;
  return Error{kind, NameOf(ref) + " (file " + path + " of the secrets directory): " + cause.message};
}

bool IsLink(int folder, const std::string& name) {
  struct stat info {};
  return ::fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(info.st_mode);
}

// As TemporaryName makes them: what a person calls .tmp-old is theirs.
bool IsTemporary(std::string_view name) {
  if (!name.starts_with(kTemporaryPrefix) || name.size() == kTemporaryPrefix.size()) return false;
  return name.find_first_not_of("0123456789", kTemporaryPrefix.size()) == std::string_view::npos;
}

// What a process that ended in the middle of a Replace left: a secret that nobody knows of. A young one may be another
// process's that is at it.
void RemoveLeftovers(int folder) {
  constexpr std::time_t kOldSeconds = 60;
  const int copy = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* entries = copy < 0 ? nullptr : ::fdopendir(copy);
  if (!entries) {
    if (copy >= 0) ::close(copy);
    return;
  }
  while (const dirent* entry = ::readdir(entries)) {
    struct stat info {};
    if (!IsTemporary(entry->d_name)) continue;
    if (::fstatat(folder, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(info.st_mode)) continue;
    if (info.st_mtim.tv_sec + kOldSeconds < std::time(nullptr)) ::unlinkat(folder, entry->d_name, 0);
  }
  ::closedir(entries);
}

// A file that changed within the clock's grain of being read may change again without showing it.
bool IsSettled(const SecretFileStamp& stamp) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::nanoseconds(now) - std::chrono::nanoseconds(stamp.changed) > std::chrono::seconds(1);
}

}  // namespace

FileSecrets::FileSecrets(FileSecretsOptions options, Logger& log) : options_(std::move(options)), log_(log) {}

void FileSecrets::SetSecrets(const std::map<std::string, v1::SecretSpec>& secrets) {
  auto state = state_.Lock();
  State next;
  for (const auto& [name, spec] : secrets) {
    for (const auto& [key, path] : spec.from_files) {
      const v1::SecretKeyRef ref{name, key};
      const auto old = state->find(ref);
      const bool same = old != state->end() && old->second.path == path;
      Known& known = next.emplace(ref, same ? std::move(old->second) : Known{.path = path}).first->second;
      if (!same) known.reported = Outcome(ref, known);
    }
  }
  *state = std::move(next);
}

Expected<SecretHandle> FileSecrets::Find(const v1::SecretKeyRef& ref) {
  auto state = state_.Lock();
  Expected<Known*> known = Lookup(*state, ref);
  if (!known) return std::move(known).error();
  Expected<std::string> fingerprint = Fingerprint(ref, **known);
  if (!fingerprint) return std::move(fingerprint).error();
  return SecretHandle{ref, std::move(*fingerprint)};
}

Expected<std::vector<SecretHandle>> FileSecrets::Variables(const v1::SecretKeyRef& ref) {
  auto state = state_.Lock();
  Expected<Known*> known = Lookup(*state, ref);
  if (!known) return std::move(known).error();
  auto values = LoadVariables(ref, **known);
  if (!values) return std::move(values).error();
  std::vector<SecretHandle> handles;
  for (auto& [name, value] : *values) {
    SecretHandle& handle = handles.emplace_back(SecretHandle{.ref = ref, .variable = name});
    if (!value.empty()) handle.fingerprint = FingerprintOf(handle, value);
    Clear(value);
  }
  return handles;
}

Expected<std::string> FileSecrets::Reveal(const SecretHandle& handle) {
  auto state = state_.Lock();
  Expected<Known*> known = Lookup(*state, handle.ref);
  if (!known) return std::move(known).error();
  if (!handle.variable.empty()) return RevealVariable(handle, **known);
  Expected<SecretFile> file = OpenSecretFile(options_.directory, (*known)->path);
  if (!file) return Awaited(handle.ref, (*known)->path, std::move(file).error());
  Expected<Value> value = Load(handle.ref, **known, *file);
  if (!value) return std::move(value).error();
  if (value->fingerprint == handle.fingerprint) return std::move(value->bytes);
  Clear(value->bytes);
  return Error{ErrorKind::Transient, NameOf(handle.ref) + " changed a moment ago"};
}

Expected<std::string> FileSecrets::RevealVariable(const SecretHandle& handle, Known& known) {
  auto values = LoadVariables(handle.ref, known);
  if (!values) return std::move(values).error();
  std::string value = std::move((*values)[handle.variable]);
  for (auto& [name, other] : *values) Clear(other);
  if (FingerprintOf(handle, value) == handle.fingerprint) return value;
  Clear(value);
  return Error{ErrorKind::Transient, "secret " + NameOf(handle) + " changed a moment ago"};
}

Expected<std::string> FileSecrets::Replace(const v1::SecretKeyRef& ref, std::string_view value) {
  auto state = state_.Lock();
  Expected<Known*> known = Lookup(*state, ref);
  if (!known) return std::move(known).error();
  const std::string& path = (*known)->path;
  Expected<SecretFile> file = OpenSecretFile(options_.directory, path);
  if (!file) return Awaited(ref, path, std::move(file).error());
  if (options_.on_value) options_.on_value(value);
  Expected<Fd> folder = OpenDirectory(options_.directory);
  std::string_view rest = path;
  for (auto slash = rest.find('/'); folder && slash != std::string_view::npos; slash = rest.find('/')) {
    folder = OpenDirectoryAt(folder->get(), std::string(rest.substr(0, slash)));
    rest.remove_prefix(slash + 1);
  }
  if (!folder) return std::move(folder).error().Within(NameOf(ref));
  if (IsLink(folder->get(), std::string(rest)))
    return Error{ErrorKind::Conflict, NameOf(ref) + " (" + options_.directory + "/" + path +
                                          ") is a symbolic link, which would be lost; whoever made it must change the "
                                          "value where it points to"};
  RemoveLeftovers(folder->get());
  const FileAttributes kept{.mode = file->mode & 07777, .uid = file->uid, .gid = file->gid};
  auto replaced = ReplaceFileAt(folder->get(), std::string(rest), value, kept, "secret");
  if (!replaced) return std::move(replaced).error().Within(NameOf(ref));
  return options_.directory + "/" + path;
}

std::set<std::string> FileSecrets::Rescan() {
  auto state = state_.Lock();
  std::set<std::string> changed;
  for (auto& [ref, known] : *state) {
    std::string outcome = Outcome(ref, known);
    if (outcome == known.reported) continue;
    known.reported = std::move(outcome);
    changed.insert(ref.name);
  }
  return changed;
}

std::vector<SecretRow> FileSecrets::List() {
  auto state = state_.Lock();
  std::vector<SecretRow> rows;
  for (auto& [ref, known] : *state) {
    SecretRow row{.ref = ref, .file = known.path};
    Expected<std::string> fingerprint = Fingerprint(ref, known);
    (fingerprint ? row.fingerprint : row.problem) = fingerprint ? *fingerprint : fingerprint.error().message;
    rows.push_back(std::move(row));
  }
  return rows;
}

Expected<FileSecrets::Known*> FileSecrets::Lookup(State& state, const v1::SecretKeyRef& ref) const {
  if (const auto found = state.find(ref); found != state.end()) return &found->second;
  const auto other = state.lower_bound({ref.name, ""});
  const bool has_secret = other != state.end() && other->first.name == ref.name;
  return Error{ErrorKind::Waiting, has_secret ? "Secret " + ref.name + " has no key " + ref.key
                                              : "there is no Secret " + ref.name + " (for its key " + ref.key + ")"};
}

Expected<std::string> FileSecrets::Fingerprint(const v1::SecretKeyRef& ref, Known& known) {
  if (options_.directory.empty()) {
    return Error{ErrorKind::Waiting, NameOf(ref) + ": this controller has no secrets directory (--secrets-dir)"};
  }
  Expected<SecretFile> file = OpenSecretFile(options_.directory, known.path);
  if (!file) return Awaited(ref, known.path, std::move(file).error());
  if (!known.fingerprint.empty() && known.stamp == file->stamp) return known.fingerprint;
  Expected<Value> value = Load(ref, known, *file);
  if (!value) return std::move(value).error();
  Clear(value->bytes);
  return std::move(value->fingerprint);
}

Expected<FileSecrets::Value> FileSecrets::Load(const v1::SecretKeyRef& ref, Known& known, const SecretFile& file) {
  WarnOfMode(ref, known, file.mode);
  Expected<std::string> bytes = ReadSecretFile(file);
  if (!bytes) return Awaited(ref, known.path, std::move(bytes).error());
  if (bytes->empty()) return Awaited(ref, known.path, {ErrorKind::Waiting, "it is empty"});
  if (options_.on_value) options_.on_value(*bytes);
  std::string text = ref.name + "/" + ref.key + '\0';
  text.reserve(text.size() + bytes->size());
  text += *bytes;
  Value value{HmacSha256Hex(options_.fingerprint_key, text).substr(0, kFingerprintLength), std::move(*bytes)};
  Clear(text);
  known.stamp = file.stamp;
  known.fingerprint = IsSettled(file.stamp) ? value.fingerprint : std::string();
  return value;
}

Expected<StringMap> FileSecrets::LoadVariables(const v1::SecretKeyRef& ref, Known& known) {
  if (!options_.variables) return StringMap();
  if (auto there = Fingerprint(ref, known); !there) return std::move(there).error();
  Expected<SecretFile> file = OpenSecretFile(options_.directory, known.path);
  if (!file) return Awaited(ref, known.path, std::move(file).error());
  Expected<Value> value = Load(ref, known, *file);
  if (!value) return std::move(value).error();
  auto values = options_.variables(value->bytes);
  Clear(value->bytes);
  if (!values) return std::move(values).error().Within(NameOf(ref));
  if (options_.on_value)
    for (const auto& [name, text] : *values) options_.on_value(text);
  return values;
}

std::string FileSecrets::FingerprintOf(const SecretHandle& handle, std::string_view value) const {
  std::string text = handle.ref.name + "/" + handle.ref.key + '\0' + handle.variable + '\0';
  text.reserve(text.size() + value.size());
  text += value;
  std::string fingerprint = HmacSha256Hex(options_.fingerprint_key, text).substr(0, kFingerprintLength);
  Clear(text);
  return fingerprint;
}

void FileSecrets::WarnOfMode(const v1::SecretKeyRef& ref, Known& known, mode_t mode) {
  if (mode == known.warned) return;
  known.warned = mode;
  if ((mode & kTooWide) == 0) return;
  std::array<char, 8> octal{};
  std::snprintf(octal.data(), octal.size(), "%04o", static_cast<unsigned>(mode & 07777));
  log_.Warn("a secret's file may be used by more than its owner and group; 0640 or less is right",
            {{"secret", ref.name}, {"key", ref.key}, {"file", known.path}, {"mode", octal.data()}});
}

std::string FileSecrets::Outcome(const v1::SecretKeyRef& ref, Known& known) {
  Expected<std::string> fingerprint = Fingerprint(ref, known);
  return fingerprint ? std::move(*fingerprint) : std::move(fingerprint).error().message;
}

}  // namespace tinyforge
