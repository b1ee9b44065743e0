#include "controller/files/collector.h"

#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <system_error>

namespace tinyforge {
namespace {

namespace fs = std::filesystem;

bool InUse(const std::string& path, const std::set<std::string>& kept) {
  const std::string below = path + "/";
  const auto found = kept.lower_bound(below);
  return kept.contains(path) || (found != kept.end() && found->starts_with(below));
}

// By ctime, which neither a writer nor a restored backup can set.
bool OlderThan(const std::string& path, Duration grace) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return false;
  const auto changed =
      std::chrono::system_clock::from_time_t(info.st_ctim.tv_sec) +
      std::chrono::duration_cast<std::chrono::system_clock::duration>(std::chrono::nanoseconds(info.st_ctim.tv_nsec));
  return std::chrono::system_clock::now() - changed >= grace;
}

class Collection {
 public:
  Collection(const std::set<std::string>& kept, Duration grace) : kept_(kept), grace_(grace) {}

  void Folder(const std::string& folder) {
    std::error_code error;
    std::vector<std::string> paths;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
      paths.push_back(it->path());
    if (error && error != std::errc::no_such_file_or_directory) Fail(folder, error);
    for (const std::string& path : paths) One(path);
  }

  std::vector<std::string> removed;
  Expected<void> outcome;

 private:
  void One(const std::string& path) {
    std::string owner = path;
    if (owner.ends_with(kWrittenSuffix)) owner.resize(owner.size() - kWrittenSuffix.size());
    if (InUse(owner, kept_) || !OlderThan(path, grace_)) return;
    std::error_code error;
    fs::remove_all(path, error);
    if (error) return Fail(path, error);
    removed.push_back(path);
  }

  void Fail(const std::string& path, const std::error_code& error) {
    outcome = Error{ErrorKind::Transient, "collect " + path + ": " + error.message()};
  }

  const std::set<std::string>& kept_;
  Duration grace_;
};

}  // namespace

Expected<std::vector<std::string>> CollectUnused(const std::string& root, const std::set<std::string>& kept,
                                                 Duration grace) {
  const std::string live = root + "/" + std::string(kLiveFolder);
  Collection collection(kept, grace);
  std::error_code error;
  std::vector<std::string> workloads;
  for (fs::directory_iterator it(live, error), end; !error && it != end; it.increment(error))
    workloads.push_back(it->path());
  for (const std::string& workload : workloads) {
    collection.Folder(workload);
    fs::remove(workload, error);  // succeeds only when it is empty
  }
  std::set<std::string> with_live = kept;
  with_live.insert(live);
  Collection top(with_live, grace);
  top.Folder(root);
  if (!collection.outcome) return std::move(collection.outcome).error();
  if (!top.outcome) return std::move(top.outcome).error();
  top.removed.insert(top.removed.begin(), collection.removed.begin(), collection.removed.end());
  return std::move(top.removed);
}

}  // namespace tinyforge
