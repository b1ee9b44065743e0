#include "controller/registry/answer_head.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>

namespace tinyforge::registry {
namespace {

constexpr std::size_t kMaxListed = 16;  // of a header that is a list

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool SameWord(std::string_view one, std::string_view other) {
  return std::ranges::equal(one, other, {}, Lower, Lower);
}

std::string_view Trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

void Append(std::vector<std::string>& list, std::string_view value) {
  if (list.size() < kMaxListed) list.emplace_back(value);
}

// Up to the first `end` outside of quotes; moves `text` behind it.
std::string_view TakeUntil(std::string_view& text, char end) {
  bool quoted = false;
  std::size_t at = 0;
  for (; at < text.size() && (quoted || text[at] != end); ++at) {
    if (text[at] == '\\' && quoted)
      ++at;
    else if (text[at] == '"')
      quoted = !quoted;
  }
  const std::string_view taken = text.substr(0, std::min(at, text.size()));
  text.remove_prefix(std::min(at + 1, text.size()));
  return taken;
}

// rel="prev next"
bool SaysNext(std::string_view parameter) {
  const auto equals = parameter.find('=');
  if (equals == std::string_view::npos || !SameWord(Trim(parameter.substr(0, equals)), "rel")) return false;
  std::string_view words = Trim(parameter.substr(equals + 1));
  if (words.size() >= 2 && words.front() == '"' && words.back() == '"') words = words.substr(1, words.size() - 2);
  while (!words.empty()) {
    if (SameWord(TakeUntil(words, ' '), "next")) return true;
  }
  return false;
}

// The first target of one field value, which may hold several links.
std::optional<std::string> NextOf(std::string_view value) {
  while (!value.empty()) {
    value = Trim(value);
    if (!value.starts_with('<')) return std::nullopt;
    value.remove_prefix(1);
    const std::string_view target = TakeUntil(value, '>');
    std::string_view parameters = TakeUntil(value, ',');
    while (!parameters.empty()) {
      if (SaysNext(TakeUntil(parameters, ';'))) return std::string(target);
    }
  }
  return std::nullopt;
}

}  // namespace

void AnswerHead::Take(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = Trim(line.substr(colon + 1));
  const auto set = [value](std::string& field) { field = field.empty() ? std::string(value) : field; };
  if (SameWord(name, "docker-content-digest")) set(digest);
  if (SameWord(name, "location")) set(location);
  if (SameWord(name, "retry-after")) set(retry_after);
  if (SameWord(name, "link")) Append(links, value);
  if (SameWord(name, "www-authenticate")) Append(challenges, value);
}

std::optional<std::string> NextLink(const std::vector<std::string>& links) {
  for (const std::string& value : links)
    if (auto next = NextOf(value)) return next;
  return std::nullopt;
}

std::optional<Duration> ParseRetryAfter(const std::string& value, SysTime now) {
  constexpr std::int64_t kMany = 100'000'000;
  if (value.empty()) return std::nullopt;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  const bool number = end == value.data() + value.size() && value.front() != '-';
  if (number && error == std::errc::result_out_of_range) return std::chrono::seconds(kMany);
  if (number && error == std::errc()) return std::chrono::seconds(std::min(seconds, kMany));
  const std::time_t date = curl_getdate(value.c_str(), nullptr);
  if (date < 0) return std::nullopt;
  const Duration wait =
      std::chrono::duration_cast<Duration>(std::chrono::sys_seconds(std::chrono::seconds(date)) - now);
  return wait > Duration(0) ? std::optional(wait) : std::nullopt;
}

}  // namespace tinyforge::registry
