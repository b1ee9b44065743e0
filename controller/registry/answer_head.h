// The headers of an answer that mean something here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/meta/time.h"

namespace tinyforge::registry {

// Of a header that comes twice the first counts, but for those that are lists.
struct AnswerHead {
  std::string digest;                   // Docker-Content-Digest
  std::string location;                 // Location
  std::string retry_after;              // Retry-After
  std::vector<std::string> links;       // Link (RFC 8288)
  std::vector<std::string> challenges;  // WWW-Authenticate (RFC 9110 section 11.6.1)

  // One line of a head, "Name: value"; all others are ignored.
  void Take(std::string_view line);
};

// The target of the first link with rel=next, as it is written; empty: there is none.
std::optional<std::string> NextLink(const std::vector<std::string>& links);

// How long Retry-After asks to wait: seconds, or an HTTP date (RFC 9110 section 10.2.3); empty for anything else and
// for what is over.
std::optional<Duration> ParseRetryAfter(const std::string& value, SysTime now);

}  // namespace tinyforge::registry
