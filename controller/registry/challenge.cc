#include "controller/registry/challenge.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace tinyforge::registry {
namespace {

constexpr std::string_view kBlank = " \t";

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool IsTokenChar(char c) {
  return (Lower(c) >= 'a' && Lower(c) <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// The field values as tokens of RFC 9110 section 5.6; every call moves on.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool done() const { return text_.empty(); }
  bool at_quote() const { return text_.starts_with('"'); }
  void Skip(std::string_view characters) {
    text_.remove_prefix(std::min(text_.find_first_not_of(characters), text_.size()));
  }
  // In lower case; empty at anything else, which is then skipped.
  std::string Word() {
    std::string word;
    while (!text_.empty() && IsTokenChar(text_.front())) word += Lower(Next());
    if (word.empty() && !text_.empty()) Next();
    return word;
  }
  bool Accept(char wanted) {
    if (!text_.starts_with(wanted)) return false;
    Next();
    return true;
  }
  // A token or a quoted string.
  std::string Value() {
    std::string value;
    if (!Accept('"')) {
      while (!text_.empty() && kBlank.find(text_.front()) == kBlank.npos && text_.front() != ',') value += Next();
      return value;
    }
    while (!text_.empty() && !Accept('"')) {
      if (text_.front() == '\\' && text_.size() > 1) Next();
      value += Next();
    }
    return value;
  }

 private:
  char Next() {
    const char c = text_.front();
    text_.remove_prefix(1);
    return c;
  }

  std::string_view text_;
};

struct Found {
  std::string scheme;
  Challenge challenge;
};

// A word with "=" behind it is a parameter of the last scheme; any other begins a new one.
std::vector<Found> Scan(std::string_view field) {
  std::vector<Found> found;
  Scanner scanner(field);
  while (!scanner.done()) {
    scanner.Skip(" \t,");
    if (scanner.at_quote()) {
      scanner.Value();
      continue;
    }
    const std::string word = scanner.Word();
    scanner.Skip(kBlank);
    if (!scanner.Accept('=')) {
      if (!word.empty()) found.push_back({word, {}});
      continue;
    }
    scanner.Skip(kBlank);
    std::string value = scanner.Value();
    if (found.empty()) continue;
    if (word == "realm")
      found.back().challenge.realm = std::move(value);
    else if (word == "service")
      found.back().challenge.service = std::move(value);
  }
  return found;
}

}  // namespace

std::optional<Challenge> ParseChallenges(const std::vector<std::string>& fields) {
  std::optional<Challenge> basic;
  for (const std::string& field : fields) {
    for (Found& found : Scan(field)) {
      if (found.scheme == "bearer" && !found.challenge.realm.empty()) {
        found.challenge.scheme = Challenge::Scheme::Bearer;
        return std::move(found.challenge);
      }
      if (found.scheme == "basic") basic = Challenge{};
    }
  }
  return basic;
}

}  // namespace tinyforge::registry
