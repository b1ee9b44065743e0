// URLs of http and https, read by the parser that also connects (libcurl's), so that what is checked is what is asked.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tinyforge::registry {

struct Url {
  std::string scheme;  // "https" or "http"
  std::string host;    // lower case; an IPv6 address in brackets
  std::string port;    // always said: "443"
  std::string target;  // path and query as they were written; begins with "/"

  std::string text() const;
  // For people: the host, with the port where it is not the scheme's.
  std::string place() const;
  bool SameOrigin(const Url& other) const { return scheme == other.scheme && host == other.host && port == other.port; }
};

// An absolute URL of at most 8 KiB of printable ASCII, without user and password; a fragment is dropped. Empty for
// anything else.
std::optional<Url> ParseUrl(std::string_view text);

// What `reference`, absolute or relative, means in an answer of `base` (RFC 3986 section 5); empty as above.
std::optional<Url> Resolve(const Url& base, std::string_view reference);

// localhost, 127.0.0.0/8 or ::1, as it stands in a URL.
bool IsLoopback(std::string_view host);

// Everything but letters, digits and "-._~" as %XX.
std::string PercentEncode(std::string_view text);

}  // namespace tinyforge::registry
