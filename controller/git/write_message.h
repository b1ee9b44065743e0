// The order to write a commit: the request on the git child's standard input, the answer on its standard output. See
// message_fields.h for their form.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/meta/object.h"
#include "controller/git/fetch_message.h"
#include "controller/git/git_failure.h"
#include "reconcilers/core/repo_writer.h"

namespace tinyforge {

struct WriteRequest {
  FetchRequest fetch;         // the clone, the remote and the branch that is watched
  std::string review_branch;  // empty: the watched one is written
  std::string path;           // the sub-path that the paths of the edits are relative to, normalised
  std::vector<VersionEdit> edits;
  std::string message;  // of the commit, whole
  std::string instance;
  std::string author_name;
  std::string author_email;
  bool operator==(const WriteRequest&) const = default;
};

struct WriteAnswer {
  Revision commit;  // as WriteBackResult has it; empty after a failure
  std::vector<std::string> dropped;
  std::optional<GitFailure> failure;
  bool operator==(const WriteAnswer&) const = default;
};

inline constexpr std::size_t kMaxWriteMessage = 2u << 20;
inline constexpr std::size_t kMaxEdits = 1000;

std::string Encode(const WriteRequest& request);
std::string Encode(const WriteAnswer& answer);
// Empty for anything that Encode does not produce.
std::optional<WriteRequest> DecodeWriteRequest(std::string_view bytes);
std::optional<WriteAnswer> DecodeWriteAnswer(std::string_view bytes);

}  // namespace tinyforge
