// Short hashes of each field of a template, kept in a label so that a replacement can name the field that differs
// without knowing the old template.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reconcilers/core/desired_state.h"

namespace tinyforge {

// "image=1a2b3c4d env.LOG_LEVEL=5e6f7a8b …", fields at their default left out. Hashes are cut to 32 bits: they tell
// that a field differs, and nothing of what it held. At most 8 KiB; what does not fit is folded into one entry "more".
std::string FieldDigests(const ContainerTemplate& container);

// The same text where these fields are said to hold something else, of at most `bytes`; more than fits: empty.
std::string DigestsBut(std::string_view digests, const std::vector<std::string>& fields, std::size_t bytes);

// The fields in which two such texts differ, in order of name: "env.LOG_LEVEL", "mounts./data".
std::vector<std::string> DifferingFields(std::string_view before, std::string_view after);

}  // namespace tinyforge
