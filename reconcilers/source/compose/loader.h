// A compose project read from the tree of a commit: all that the Compose Specification does between the text of the
// files and one model without variables, extends, include, tags and profiles. What the keys of that model mean is for
// the decoder.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "api-types/v1/workload.h"
#include "reconcilers/source/compose/model_file.h"

namespace tinyforge::compose {

// A file of variables: of the tree, or a secret whose variables are known.
struct VariablesFile {
  std::string path{};  // empty: a secret
  std::vector<SecretHandle> variables{};
};

struct LoadRequest {
  std::vector<ComposeFile> files;  // at least one, merged in this order
  std::string directory{};  // the project's, as a rule the first file's: a path of the tree; relative paths start there
  std::string project_name{};                         // goes before every other; empty: see LoadedProject::name
  std::string default_name{};                         // where no other name is given; empty: the directory's
  StringMap environment{};                            // variables with their values; before those of files
  std::map<std::string, v1::SecretKeyRef> secrets{};  // variables whose values are secrets; before all others
  std::vector<VariablesFile> env_files{};             // later ones win; empty: `.env` of the directory where it exists
  std::set<std::string> profiles{};                   // active ones; empty: those of COMPOSE_PROFILES
};

struct LoadedProject {
  // project_name, else the variable COMPOSE_PROJECT_NAME, else `name` of the last file that says it, else the default;
  // each sanitised. In the files it is the variable COMPOSE_PROJECT_NAME.
  std::string name;
  // A mapping: services (the enabled ones), networks, volumes, secrets, configs, and whatever else stands at the top
  // level but version, name, include and x-*. In the canonical forms of canonical.h, so that for instance environment
  // and depends_on are always mappings. Relative paths are relative to the project directory.
  //   - A variable in `environment` whose value is null is not set anywhere.
  //   - Secrets and configs given as `environment: NAME` have `content`; where `environment` stands, NAME is not set.
  //   - env_file and label_file are not read; see env_file.h and ReadTreeFile.
  //   - Marks of secrets (secret_mark.h) stand only in values of `environment` of services and hooks and in `content`.
  doc::Node root;
  doc::Node disabled;                 // a mapping of the services that no active profile enables, in the same forms
  std::vector<std::string> files;     // by the file index of the marks
  std::vector<SecretHandle> secrets;  // by the index of the marks of secrets; without a fingerprint: to be found
  StringMap environment;              // all variables, with marks of secrets, for env_file
  std::vector<std::string> warnings;  // with places; at most 100
};

// Terminal for what the user must mend, with "<file>:<line>:<column>: <what>"; errors of the tree as they are. All that
// was looked for in the tree, there or not, and the names of the secrets are in `read_set`, also after an error. The
// bounds are those of load_session.h and, for each file, of doc::Limits.
Expected<LoadedProject> Load(const LoadRequest& request, const TreeReader& tree, ReadSet& read_set);

}  // namespace tinyforge::compose
