// Tells our documents from others.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api-types/doc/node.h"
#include "api-types/meta/object.h"

namespace tinyforge::codec {

// What a document is: ours (`kind`), nearly ours (`field`, `message` and `mark` say what to correct), or foreign
// (none).
struct Recognition {
  std::optional<Kind> kind;
  std::string field;
  std::string message;
  doc::Mark mark;
};

Recognition Recognize(const doc::Node& document);

// Whether the text may be a manifest or a near miss at all. Cheap: spares foreign files the parser.
bool MayConcernUs(std::string_view text);

// Whether it says that it is ours, for text that no parser takes.
bool NamesOurGroup(std::string_view text);

}  // namespace tinyforge::codec
