#include "controller/files/file_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "controller/files/collector.h"
#include "controller/files/content.h"
#include "controller/files/host_directory.h"
#include "controller/runtime/failpoint.h"
#include "controller/runtime/file.h"

namespace tinyforge {
namespace {

constexpr std::size_t kMaxHash = 128;
constexpr mode_t kPrivate = 0700;
constexpr mode_t kFolderMode = 0755;

// Where a desired file lies: its open parent folder, made when missing, and its name there.
struct Place {
  Fd parent;
  std::string name;
};

Expected<std::vector<std::string>> BelowRoot(const std::string& root, const std::string& host_path) {
  const std::string prefix = root + "/";
  Error outside{ErrorKind::Invalid, "file " + host_path + " does not lie below " + root};
  if (!host_path.starts_with(prefix)) return outside;
  Expected<std::vector<std::string>> components = SplitRelative(std::string_view(host_path).substr(prefix.size()));
  if (!components) return outside;
  return components;
}

Expected<Place> OpenPlace(const std::string& root, const std::string& host_path) {
  Expected<std::vector<std::string>> components = BelowRoot(root, host_path);
  if (!components) return std::move(components).error();
  if (auto made = MakeDirectories(root, kPrivate); !made) return std::move(made).error();
  Expected<Fd> base = OpenDirectory(root);
  if (!base) return std::move(base).error();
  if (auto applied = ApplyAttributes(base->get(), {.mode = kPrivate}, root); !applied)
    return std::move(applied).error();
  std::string name = std::move(components->back());
  components->pop_back();
  Expected<Fd> parent = DescendCreating(base->get(), *components, {.mode = kPrivate});
  if (!parent) return std::move(parent).error();
  return Place{std::move(*parent), std::move(name)};
}

bool IsSingle(const DesiredFile& file) {
  return file.secret || (file.entries.size() == 1 && file.entries.front().path.empty());
}

bool RewrittenInPlace(const DesiredFile& file) {
  return file.on_change.action != v1::FileChange::Recreate;
}

FileAttributes AttributesOf(const DesiredFile& file, mode_t mode) {
  return {.mode = mode, .uid = file.uid, .gid = file.gid};
}

bool Holds(const Place& place, const DesiredFile& file, std::string_view secret) {
  if (!IsSingle(file)) return HoldsFolder(place.parent.get(), {place.name, file.entries, {}});
  return HoldsContent(place.parent.get(), place.name,
                      file.secret ? secret : std::string_view(file.entries.front().content));
}

Expected<void> Bring(const Place& place, const DesiredFile& file, std::string_view secret) {
  if (!IsSingle(file)) {
    return BringFolder(place.parent.get(), {place.name, file.entries, AttributesOf(file, kFolderMode)});
  }
  const mode_t mode = file.entries.empty() ? 0400 : file.entries.front().mode;
  const std::string_view content = file.secret ? secret : std::string_view(file.entries.front().content);
  const Rewrite rewrite = RewrittenInPlace(file) ? Rewrite::InPlace : Rewrite::Replace;
  return BringFile(place.parent.get(), {place.name, content, AttributesOf(file, mode), rewrite});
}

std::string ReadHash(const Place& place) {
  Expected<std::string> hash = ReadFileAt(place.parent.get(), place.name + std::string(kWrittenSuffix), kMaxHash);
  return hash ? *hash : std::string();
}

// The hash is forgotten before the first byte changes, so that a crash in between never claims a half-written content.
Expected<void> BringInPlace(const Place& place, const DesiredFile& file, std::string_view secret) {
  if (!Holds(place, file, secret)) {
    if (auto passed = Failpoint("files.unconfirm.before"); !passed) return passed;
    ::unlinkat(place.parent.get(), (place.name + std::string(kWrittenSuffix)).c_str(), 0);
    if (auto passed = Failpoint("files.unconfirm.after"); !passed) return passed;
  }
  return Bring(place, file, secret);
}

}  // namespace

FileStore::FileStore(FileStoreOptions options, SecretReader& secrets)
    : options_(std::move(options)), secrets_(secrets) {}

Expected<void> FileStore::Write(const std::vector<DesiredFile>& files) {
  auto asked = asked_.Lock();
  for (const DesiredFile& file : files) {
    (*asked)[file.host_path] = std::chrono::steady_clock::now();
    if (auto written = WriteOne(file); !written) {
      return std::move(written).error().Within("file " + file.target + " (" + file.host_path + ")");
    }
  }
  return {};
}

Expected<void> FileStore::WriteOne(const DesiredFile& file) {
  if (!file.secret && file.entries.empty() && file.content_hash.empty()) {
    return Error{ErrorKind::Invalid, "it has neither content nor a secret"};
  }
  if (auto passed = Failpoint("files.write.before"); !passed) return passed;
  std::string secret;
  if (file.secret) {
    Expected<std::string> value = secrets_.Reveal(*file.secret);
    if (!value) return std::move(value).error();
    secret = std::move(*value);
  }
  Expected<Place> place = OpenPlace(options_.paths.files, file.host_path);
  Expected<void> done = !place                   ? Expected<void>(std::move(place).error())
                        : RewrittenInPlace(file) ? BringInPlace(*place, file, secret)
                                                 : Bring(*place, file, secret);
  Clear(secret);
  return done ? Failpoint("files.write.after") : std::move(done);
}

Expected<void> FileStore::Confirm(const std::vector<DesiredFile>& files) {
  auto asked = asked_.Lock();
  for (const DesiredFile& file : files) {
    if (!RewrittenInPlace(file)) continue;
    Expected<Place> place = OpenPlace(options_.paths.files, file.host_path);
    if (!place) return std::move(place).error();
    if (ReadHash(*place) == file.content_hash) continue;
    const std::string sidecar = place->name + std::string(kWrittenSuffix);
    if (auto kept = ReplaceFileAt(place->parent.get(), sidecar, file.content_hash, {.mode = 0600}, "files.confirm");
        !kept) {
      return kept;
    }
  }
  return {};
}

Expected<void> FileStore::EnsureDirectories(const std::vector<DesiredDirectory>& directories) {
  for (const DesiredDirectory& directory : directories) {
    if (auto ensured = EnsureHostDirectory(options_.paths.volumes, directory); !ensured) {
      return std::move(ensured).error().Within("directory " + directory.path);
    }
  }
  return {};
}

std::string FileStore::WrittenHash(const DesiredFile& file) {
  auto asked = asked_.Lock();
  const std::size_t slash = file.host_path.rfind('/');
  if (slash == std::string::npos || !BelowRoot(options_.paths.files, file.host_path)) return {};
  Expected<Fd> parent = OpenDirectory(file.host_path.substr(0, slash));
  if (!parent) return {};
  const std::string name = file.host_path.substr(slash + 1);
  if (::faccessat(parent->get(), name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) != 0) return {};
  return ReadHash({std::move(*parent), name});
}

Expected<std::vector<std::string>> FileStore::Collect(const std::set<std::string>& in_use) {
  auto asked = asked_.Lock();
  const SteadyTime now = std::chrono::steady_clock::now();
  std::erase_if(*asked, [&](const auto& entry) { return now - entry.second > options_.grace; });
  std::set<std::string> kept = in_use;
  for (const auto& [path, when] : *asked) kept.insert(path);
  if (auto passed = Failpoint("files.collect.before"); !passed) return std::move(passed).error();
  return CollectUnused(options_.paths.files, kept, options_.grace);
}

}  // namespace tinyforge
