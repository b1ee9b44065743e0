// Facts as JSON.
#pragma once

#include "api-types/doc/node.h"
#include "reconcilers/core/ports.h"

namespace tinyforge {

inline constexpr std::size_t kMaxFactsBytes = 16 << 10;

// At most 8 failures, the newest, with messages of at most 512 bytes, so that any facts fit into a file.
Facts Bounded(Facts facts);

// Writes the facts into `document` (a mapping); keys that it does not know stay. What is at its default is left out.
void PutFacts(const Facts& facts, doc::Node& document);

// Invalid when a known key has a wrong type.
Expected<Facts> GetFacts(const doc::Node& document);

}  // namespace tinyforge
