// Every key that the Compose Specification names, with what becomes of it. The decoder asks this table and nothing else
// which keys there are, so that what is listed and what happens cannot differ; KEYS.md beside it is written from it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tinyforge::compose {

enum class Outcome {
  Done,
  Error,   // an error that gives the note as its reason
  Policy,  // done where the policy of the host allows it
};

// Who reads a key.
enum class Stage {
  Load,    // the loader, so that no decoder meets it: include, extends, profiles, …
  Decode,  // the decoder
};

struct Key {
  std::string_view name;
  Outcome outcome = Outcome::Done;
  std::string_view note = {};  // Error: the reason. Else: what is to be known beside the specification, mostly nothing
  bool nullable = false;       // without a value it counts as not given; elsewhere that is an error
  Stage stage = Stage::Decode;
};

// The keys of one kind of mapping.
struct KeySection {
  // Where it stands: keys joined by dots, "*" for a key of the user's, "[]" for an item of a list. Empty: the file.
  std::string_view path;
  std::span<const Key> keys;

  const Key* Find(std::string_view name) const;
  std::vector<std::string_view> Names() const;
};

// In the order of the specification's pages.
std::span<const KeySection> KeySections();

// The section at a path, which must be one.
const KeySection& SectionAt(std::string_view path);

// What to say of a key that a section does not have: the nearest one, or those that there are.
std::string UnknownKey(std::string_view name, const KeySection& section);

}  // namespace tinyforge::compose
