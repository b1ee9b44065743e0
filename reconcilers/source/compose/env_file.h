// Files of environment variables: `.env` of a project and `env_file` of a service. The rules are those of the section
// "Env_file format" of the Compose Specification's page on services, and where it says nothing those of compose-go:
//
//   NAME=value        up to the end of the line or to " #"; blanks around it do not count; interpolated
//   NAME="value"      over several lines if need be; \" \\ \n \r \t \a \b \f \v \$ \0ooo are escapes; interpolated
//   NAME='value'      over several lines if need be; as it is, but for \'
//   NAME              the value that it has outside; unset where it has none
//
// `export` before a name and `:` in place of `=` are allowed; comments stand on lines of their own or behind a value;
// lines may end with CR LF, and a byte order mark may come first. Names are made of letters, digits and _ . - [ ].
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api-types/meta/error.h"
#include "api-types/meta/object.h"
#include "reconcilers/source/compose/interpolation.h"

namespace tinyforge::compose {

// In the order of the file; a name stands once, with its last value. No text: the name stood alone and is unset.
using EnvEntries = std::vector<std::pair<std::string, std::optional<std::string>>>;

// `lookup` gives the values from outside, which go before those of earlier lines. Terminal, as "<line>: <message>", for
// what is none of the forms, for control characters that a mark of a secret is made of, for what is not UTF-8, for a
// value of more than 128 KiB (what Linux takes in one variable) and for more than 4 MiB in all.
Expected<EnvEntries> ParseEnvFile(std::string_view text, const VariableLookup& lookup);

// `format: raw`: each line NAME=value, taken as it is, quotes and dollar signs too; lines that begin with # and blank
// ones do not count. The same errors.
Expected<EnvEntries> ParseRawEnvFile(std::string_view text, const VariableLookup& lookup);

// Where a text of the first of these forms gives a value to a name on one line.
struct EnvValue {
  std::size_t begin = 0;  // of the value, without quotes
  std::size_t end = 0;
  bool as_it_is = false;  // between single quotes: not interpolated
  bool operator==(const EnvValue&) const = default;
};

// In the order of the text; of some of several lines what looks like a line is among them.
std::vector<EnvValue> ValuesIn(std::string_view text, std::string_view name);

// A file in the first form that is a secret as a whole: what it sets, by name. Variables in it are those of earlier
// lines only. Terminal for what has not the form, with the line and nothing of the text.
Expected<StringMap> ParseSecretEnvFile(std::string_view text);

}  // namespace tinyforge::compose
