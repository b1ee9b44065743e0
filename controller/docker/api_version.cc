#include "controller/docker/api_version.h"

#include <algorithm>
#include <charconv>

namespace tinyforge::docker {

std::optional<ApiVersion> ParseApiVersion(std::string_view text) {
  ApiVersion version;
  const char* end = text.data() + text.size();
  auto [dot, major_error] = std::from_chars(text.data(), end, version.major);
  if (major_error != std::errc() || dot == end || *dot != '.') return std::nullopt;
  auto [rest, minor_error] = std::from_chars(dot + 1, end, version.minor);
  if (minor_error != std::errc() || rest != end) return std::nullopt;
  return version;
}

std::string ToString(ApiVersion version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor);
}

Expected<ApiVersion> NegotiateApiVersion(std::string_view newest, std::string_view oldest) {
  auto theirs = ParseApiVersion(newest);
  if (!theirs) return Error{ErrorKind::Transient, "the Docker Engine reports no API version"};
  auto version = std::min(*theirs, kMaxApiVersion);
  auto their_oldest = ParseApiVersion(oldest).value_or(kMinApiVersion);
  if (version >= kMinApiVersion && version >= their_oldest) return version;
  return Error{ErrorKind::Terminal, "the Docker Engine speaks API " + ToString(their_oldest) + " to " +
                                        ToString(*theirs) + ", Tinyforge " + ToString(kMinApiVersion) + " to " +
                                        ToString(kMaxApiVersion) + ": no common version"};
}

}  // namespace tinyforge::docker
