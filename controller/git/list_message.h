// The order to list what a remote has: the request on the git child's standard input, the answer on its standard
// output. See message_fields.h for their form.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "controller/git/fetch_message.h"
#include "controller/git/git_failure.h"
#include "reconcilers/core/remote_refs.h"

namespace tinyforge {

struct ListRequest {
  FetchRequest
      remote;  // its directory is the child's home, shared by all that list; no clone is made, no branch chosen
  bool operator==(const ListRequest&) const = default;
};

struct ListAnswer {
  GitRefs refs;  // none after a failure
  std::optional<GitFailure> failure;
  bool operator==(const ListAnswer&) const = default;
};

// Of the branches and tags of one answer, which bounds it to 4 MiB.
inline constexpr std::size_t kMaxListedRefs = 10'000;
inline constexpr std::size_t kMaxRefName = 250;
inline constexpr std::size_t kMaxListMessage = 4u << 20;

std::string Encode(const ListRequest& request);
std::string Encode(const ListAnswer& answer);
// Empty for anything that Encode does not produce: a name that is neither HEAD nor a branch or tag too.
std::optional<ListRequest> DecodeListRequest(std::string_view bytes);
std::optional<ListAnswer> DecodeListAnswer(std::string_view bytes);

namespace git {
// Whether an answer may hold it: HEAD, or a branch or tag whose name is not too long and without control characters.
bool IsListedName(std::string_view name);
}  // namespace git

}  // namespace tinyforge
