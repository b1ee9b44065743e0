// Writing accepted versions back into the config repository, so that git stays the whole truth.
#pragma once

#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/codec/line_edit.h"
#include "api-types/meta/error.h"
#include "api-types/meta/object.h"

namespace tinyforge {

// What an edit was judged by: it holds for these files as they were, wherever its place is said by the number of a line
// or of an item, or what it does depends on more than its value.
struct EditBasis {
  Revision revision;
  std::set<std::string> paths;  // files and folders, there or not, relative to the sub-path of the configuration
  bool operator==(const EditBasis&) const = default;
};

// One value that says the version of an object: a field of its manifest, or text on a line of any file.
struct VersionEdit {
  ObjectKey object;
  std::string path;                // of the file, relative to the sub-path of the configuration
  std::vector<std::string> field;  // {"spec", "source", "image", "tag"}; empty: see on_line
  // What must still stand there; else the edit is dropped and reported, since somebody changed it meanwhile. Empty: the
  // field is not there. The tag or digest of an image is then added behind its repository.
  std::string from;
  std::string to;
  std::optional<codec::LinePlace> on_line{};  // in place of a field
  // The edit is dropped where one of these is another by now. Empty: `from` alone decides.
  std::optional<EditBasis> basis{};
  bool operator==(const VersionEdit&) const = default;
};

struct WriteBackRequest {
  std::vector<VersionEdit> edits;  // any number in one file; all become one commit
  std::string message;             // for people; what cannot be shown is replaced, and the trailer is added
  std::string branch;              // empty: the one that is watched; else it is written for review
};

struct WriteBackResult {
  // That says `to`; of an earlier try whose answer was lost too. Empty: nothing was left to change.
  Revision commit;
  // One line for each edit that was left out, "workload/shop: apps/shop.yaml:7:12: …". An edit whose field says `to`
  // already is not among them.
  std::vector<std::string> dropped;
  bool operator==(const WriteBackResult&) const = default;
};

class RepoWriter {
 public:
  virtual ~RepoWriter() = default;
  // Changes exactly these values at the branch's tip, the rest of each file byte for byte the same, as one commit, and
  // pushes it: never by force, so that a commit of somebody else stays. Blocks; ends early when `stop` is requested.
  // Thread-safe.
  //
  // A review branch begins at the watched one's tip when it is not there or was merged; otherwise the commit comes on
  // top of it. If nobody but this instance committed to it, a field may say there what an earlier commit proposed,
  // while the watched branch must say `from`; and what the watched branch has got since is merged in by the same
  // commit. So too the files of an edit's basis must be those of the watched branch; but for lines that such commits
  // changed, they are those of the review branch then. Of a branch that others committed to, or that cannot be merged
  // without a person, its own files must be those of the basis.
  //
  // Errors: Waiting when a person must act (credentials without write access, a protected branch, a hook that
  // declines), Transient when it may pass (network, others that push all the time), Invalid for a request that cannot
  // be. After an error the push may have arrived (a connection that breaks): the same request again finds that out.
  virtual Expected<WriteBackResult> Write(const WriteBackRequest& request, std::stop_token stop) = 0;
};

// Every commit of a RepoWriter ends in the line "Tinyforge-Instance: NAME", a trailer as git interpret-trailers reads
// them. The name of that line; empty: somebody else's commit. Anybody can write the line, so it grants nothing.
inline constexpr std::string_view kInstanceTrailer = "Tinyforge-Instance";
std::string_view InstanceOf(std::string_view message);

}  // namespace tinyforge
