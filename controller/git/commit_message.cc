#include "controller/git/commit_message.h"

#include "controller/runtime/plain_text.h"
#include "reconcilers/core/repo_writer.h"

namespace tinyforge::git {
namespace {

constexpr std::size_t kMaxMessage = 8u << 10;
constexpr std::string_view kBlanks = " \t\n";

std::string LineFeeds(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] != '\r' || i + 1 >= text.size() || text[i + 1] != '\n') out += text[i];
  return out;
}

}  // namespace

std::string CommitMessage(std::string_view message, std::string_view instance) {
  const std::string lines = LineFeeds(message);
  const std::size_t begin = lines.find_first_not_of(kBlanks);
  if (begin == std::string::npos) return "";
  const std::size_t end = lines.find_last_not_of(kBlanks) + 1;
  std::string text = PlainText(std::string_view(lines).substr(begin, end - begin), kMaxMessage);
  return text.append("\n\n").append(kInstanceTrailer).append(": ").append(instance).append("\n");
}

}  // namespace tinyforge::git
