// One compose file, from its text to models that can be merged.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api-types/meta/object.h"
#include "reconcilers/source/compose/interpolation.h"
#include "reconcilers/source/compose/load_session.h"

namespace tinyforge::compose {

// Follows the path of the manifest in the places of a text that stands in it.
inline constexpr std::string_view kInline = " (inline)";

struct ComposeFile {
  std::string path{};                 // in the tree; a name for messages when there is a text
  std::optional<std::string> text{};  // given in place of a file
};

// What the texts of a file mean: the folder that its relative paths start from, and its variables.
struct Scope {
  std::string folder{};  // a path of the tree
  StringMap environment{};
};

struct ParsedFile {
  std::string path;
  std::vector<doc::Node> documents;  // their marks name the file
};

// Reads and parses a file, one model a document of it. `from`: what asked for it, for the message when it is not there.
Expected<ParsedFile> ParseFile(LoadSession& session, const ComposeFile& file, doc::Mark from = {});

// Makes a parsed document ready to be merged: interpolated, canonical, its paths relative to the project's folder. A
// document without content becomes an empty mapping. Terminal for what is no mapping, and for text that holds a
// character which marks of secrets are made of.
Expected<void> Prepare(LoadSession& session, doc::Node& document, const Scope& scope);

// Terminal for a key at the top level that the specification does not know. For models of which only parts are taken;
// the decoder sees to the others.
Expected<void> CheckTopLevel(const LoadSession& session, const doc::Node& model);

// Where in the node the first text or key stands that has a mark of a secret.
std::optional<doc::Mark> FindMark(const doc::Node& node);

// Finds variables in an environment, which must outlive the lookup.
VariableLookup LookupIn(const StringMap& environment);

}  // namespace tinyforge::compose
