// Manifests: files of the config repository as objects.
#pragma once

#include <string_view>
#include <vector>

#include "api-types/v1/object_set.h"

namespace tinyforge::codec {

struct DecodeOptions {
  // The path held a manifest in an earlier revision: it must hold one now (a removed file is what removes objects).
  bool held_manifest_before = false;
  std::string_view blob{};  // see v1::Object
};

struct DecodeResult {
  std::vector<v1::ObjectPtr> objects;  // documents without an error, in order
  std::vector<v1::Diagnostic> errors;  // by line and column
  std::vector<ObjectKey> broken;       // documents with errors whose kind and name could be read
  bool unnamed = false;                // another document has errors, and which object it is cannot be told
};

// Decodes one file. `path` is repository-relative and only named in positions.
//
// A document is a manifest when its top-level apiVersion and kind are ours. Other YAML is ignored, whatever is wrong
// with it, unless it comes close: our group in another version or misspelt, a kind that we do not have, or text that
// does not parse and names our group. Each document stands for itself: an error in one leaves the others as they are,
// and all errors of all documents are reported (at most 100 a document). Never throws.
DecodeResult DecodeManifests(std::string_view path, std::string_view bytes, const DecodeOptions& options = {});

// Whether files of this name are read: *.yaml and *.yml.
bool IsManifestPath(std::string_view path);

}  // namespace tinyforge::codec
