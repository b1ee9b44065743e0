// Whether the controller could make something of what the source of a workload names.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/v1/object_set.h"
#include "controller/cmd/tfctl/local_tree.h"
#include "reconcilers/source/source_kind.h"

namespace tinyforge::tfctl {

// A workload, its position as the user gave the path, and the text of its file.
struct WorkloadText {
  const v1::Object& workload;
  std::string_view manifest;
};

struct Finding {
  v1::Diagnostic what;
  bool warning = false;
};

// Renders it with files of this machine, every secret taken to be there. Each error stands where it is in the manifest
// or in a file that it names, which `reads` then has; a file that git ignores is a warning, and so is what cannot be
// known here. Nothing for a source kind that this build does not serve.
std::vector<Finding> CheckSource(const WorkloadText& from, const LocalTree& tree, ReadSet& reads);

// What is to be told of an error of reading its source, or of none; `reads` is what was read until then.
std::vector<Finding> FindingsOf(const std::optional<Error>& error, const WorkloadText& from, const LocalTree& tree,
                                const ReadSet& reads);

// "compose.yaml:3:7: warning: MESSAGE"; the message alone where there is no place.
std::string LineOf(const Finding& finding);

// The same workload with its position in the tree.
v1::Object InTree(v1::Object workload, const LocalTree& tree);

// Every secret is there, and none can be seen.
class AnySecrets : public SecretReader {
 public:
  Expected<SecretHandle> Find(const v1::SecretKeyRef& ref) override { return SecretHandle{ref, "any"}; }
  // Waiting: what they are called is not known here.
  Expected<std::vector<SecretHandle>> Variables(const v1::SecretKeyRef& ref) override;
  Expected<std::string> Reveal(const SecretHandle&) override;
};

}  // namespace tinyforge::tfctl
