// Every object of one revision of the config repository, with what could not be read.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api-types/meta/object.h"
#include "api-types/v1/binding.h"
#include "api-types/v1/secret.h"
#include "api-types/v1/trigger.h"
#include "api-types/v1/workload.h"

namespace tinyforge::v1 {

using Spec = std::variant<WorkloadSpec, TriggerSpec, BindingSpec, SecretSpec>;  // index == Kind

// One decoded document. Immutable once decoded and shared between revisions, so that cost follows the change.
struct Object {
  ObjectKey key;
  ObjectMeta meta;
  Spec spec;
  SourcePosition position;
  std::string blob{};     // of the file, as git names it; empty: not from git
  std::string spec_hash;  // of the canonical JSON of the typed spec

  const WorkloadSpec& workload() const { return std::get<WorkloadSpec>(spec); }
};
using ObjectPtr = std::shared_ptr<const Object>;

// One thing wrong with a manifest. `field` is the path in the document ("spec.ports[0].host"), empty for the document.
struct Diagnostic {
  SourcePosition position;
  std::string field;
  std::string message;  // what is wrong and what would be right
  bool operator==(const Diagnostic&) const = default;
};

// "apps/shop.yaml:12:7: spec.ports[0].host: expected a number from 0 to 65535, got "http""
std::string ToString(const Diagnostic& diagnostic);

// The name that a Workload goes by on its hosts: in the labels of its containers, in paths, volumes and facts. Its own,
// or the first one it had, if it says so: annotation tinyforge.dev/renamed-from.
inline constexpr std::string_view kRenamedFrom = "tinyforge.dev/renamed-from";
const std::string& IdentityOf(const Object& workload);

struct ObjectSet {
  Revision revision;
  std::map<ObjectKey, ObjectPtr> objects;
  std::vector<Diagnostic> errors;  // ordered by path, line, column
  std::vector<ObjectKey> broken;   // named by a document that has errors and is therefore not in `objects`

  // The whole tree was listed. Only a complete set may lead to a deletion; a file with errors does not end
  // completeness, the objects last seen in it are kept instead.
  bool complete = false;

  // Some document has errors and does not tell which object it is: whatever is missing may be that one.
  bool unnamed_errors = false;

  // Entries of the tree that are neither a file nor a folder that can be read (a symlink, a submodule), with the
  // reason. What stood at or below one was not read; it is not gone.
  std::map<std::string, std::string, std::less<>> refused;

  // Manifest files without any object: not of ours, or garbled beyond recognition.
  std::set<std::string, std::less<>> bare;

  const Object* Find(const ObjectKey& key) const;
  // The Workload that goes by this identity; null: none. Of two the one that bears it as its name, else the first.
  const Object* Owner(std::string_view identity) const;
  // The entry of `refused` at or above this path; null: none.
  const std::string* RefusedAbove(std::string_view path) const;
};

}  // namespace tinyforge::v1
