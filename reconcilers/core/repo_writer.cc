#include "reconcilers/core/repo_writer.h"

namespace tinyforge {

std::string_view InstanceOf(std::string_view message) {
  while (message.ends_with('\n') || message.ends_with('\r')) message.remove_suffix(1);
  const std::size_t line_feed = message.rfind('\n');
  std::string_view line = line_feed == std::string_view::npos ? message : message.substr(line_feed + 1);
  if (!line.starts_with(kInstanceTrailer)) return {};
  line.remove_prefix(kInstanceTrailer.size());
  if (!line.starts_with(": ")) return {};
  return line.substr(2);
}

}  // namespace tinyforge
