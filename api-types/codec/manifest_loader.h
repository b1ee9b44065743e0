// The objects of a tree, kept from revision to revision so that a commit costs what it changes.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/codec/manifest.h"
#include "api-types/meta/error.h"
#include "api-types/v1/object_set.h"

namespace tinyforge::codec {

// An entry of the tree: a file with `blob`, one that cannot be a file of ours with `refused`, removed without both.
struct TreeChange {
  std::string path;
  std::string blob;       // object id
  std::string refused{};  // why: "is a symlink", …
};

// The content of a blob. Invalid for one that is not to be read (too large): an error of that file alone. Other errors
// leave the set incomplete.
using BlobReader = std::function<Expected<std::string>(const std::string& path, const std::string& blob)>;

// Not for concurrent use. Memory: one entry a manifest file, none for other files.
class ManifestLoader {
 public:
  // The set after these changes to the tree of the last call. Only manifest files whose blob differs are read; the
  // objects of all others are shared with earlier sets.
  v1::ObjectSet Update(const Revision& revision, std::span<const TreeChange> changes, const BlobReader& read);

  // The same with the whole tree: what is not listed is removed.
  v1::ObjectSet Load(const Revision& revision, std::span<const TreeChange> tree, const BlobReader& read);

  // Files whose content could not be had for a reason that may pass: to be given to Update again. Their sets are
  // incomplete until then.
  std::vector<TreeChange> Unread() const;

  // How many files were decoded in the last call.
  std::size_t decoded() const { return decoded_; }

 private:
  struct File {
    std::string blob;
    std::vector<v1::ObjectPtr> objects;
    bool held_manifest = false;
  };

  void Apply(const TreeChange& change, const BlobReader& read);
  void Drop(const std::string& path);
  // No object of the file counts any more, and the error stands until the entry changes.
  void Refuse(const std::string& path, std::string message);
  void Decode(const TreeChange& change, const std::string& bytes);
  void Insert(const v1::ObjectPtr& object);
  void Erase(const v1::ObjectPtr& object);
  v1::ObjectSet Collect(const Revision& revision) const;

  std::map<std::string, File, std::less<>> files_;
  std::map<std::string, DecodeResult, std::less<>> faulty_;  // files with errors
  std::map<std::string, std::string, std::less<>> refused_;  // entries that are no manifest file, with the reason
  std::map<std::string, std::string, std::less<>> unread_;   // blobs that could not be had, by path
  std::map<ObjectKey, v1::ObjectPtr> objects_;               // of two of one key, the first by path and line
  std::map<ObjectKey, std::vector<v1::ObjectPtr>> duplicates_;
  std::size_t decoded_ = 0;
};

}  // namespace tinyforge::codec
