#include "api-types/meta/error.h"

namespace tinyforge {

std::string_view ToString(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Transient: return "Transient";
    case ErrorKind::Waiting: return "Waiting";
    case ErrorKind::Terminal: return "Terminal";
    case ErrorKind::Conflict: return "Conflict";
    case ErrorKind::NotFound: return "NotFound";
    case ErrorKind::Invalid: return "Invalid";
  }
  return "Unknown";
}

Error Error::Within(std::string_view context) && {
  return {kind, std::string(context) + ": " + std::move(message)};
}

}  // namespace tinyforge
