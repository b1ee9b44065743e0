// Facts as JSON.
#pragma once

#include "api-types/doc/node.h"
#include "reconcilers/core/ports.h"

namespace tinyforge {

inline constexpr std::size_t kMaxFactsBytes = 16 << 10;

// At most 8 failures, 10 good releases and 16 superseded images, the newest, with texts of bounded length.
Facts Bounded(Facts facts);

// For facts that would not fit into a file: drops what is missed least, a long message first, then a superseded image,
// which stays on the host, then a failure. False when nothing of that kind is left.
bool Shorten(Facts& facts);

// Writes the facts into `document` (a mapping); keys that it does not know stay. What is at its default is left out.
void PutFacts(const Facts& facts, doc::Node& document);

// Invalid when a known key has a wrong type.
Expected<Facts> GetFacts(const doc::Node& document);

}  // namespace tinyforge
