// network_mode, ipc and pid.
#pragma once

#include <optional>

#include "reconcilers/source/compose/project_scope.h"

namespace tinyforge::compose {

// A mode as one of the words that the key may have, or service:NAME.
struct NamespaceWord {
  std::string_view word;
  NamespaceKind kind;
};

std::optional<Namespace> ReadNamespace(const Value& value, const std::vector<NamespaceWord>& words, const Names& names);

}  // namespace tinyforge::compose
