// Specs as JSON: what is stored, hashed and answered by the API.
#pragma once

#include <string>
#include <string_view>

#include "api-types/meta/error.h"
#include "api-types/v1/object_set.h"

namespace tinyforge::codec {

// Canonical JSON of the typed spec, defaults left out. Equal specs give equal text, however they were written.
std::string CanonicalSpec(const v1::Spec& spec);

// Reads what CanonicalSpec wrote, as strictly as a manifest. Invalid with every problem named otherwise.
Expected<v1::Spec> ParseSpec(Kind kind, std::string_view json);

// SHA-256 of CanonicalSpec, hex. The generation of an object moves exactly when this does.
std::string SpecHash(const v1::Spec& spec);

}  // namespace tinyforge::codec
