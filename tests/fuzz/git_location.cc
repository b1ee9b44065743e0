// Locations of repositories, however they are spelt: two lines are two of them.
#include "reconcilers/trigger/git_location.h"

#include "tests/fuzz/property.h"

using namespace tinyforge;

namespace {

bool HasUpper(std::string_view text) {
  return text.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string_view::npos;
}

GitLocation Check(std::string_view text) {
  GitLocation location = ParseGitLocation(text);
  const std::string shown = "host \"" + location.host + "\" path \"" + location.path + "\"";
  fuzz::Require(!HasUpper(location.host) && !HasUpper(location.path), "host and path are lower case", shown);
  fuzz::Require(location.host.find_first_of("/@") == std::string::npos, "the host has no user", shown);
  fuzz::Require(location.host.starts_with('[') || location.host.find(':') == std::string::npos, "and no port", shown);
  fuzz::Require(!location.path.starts_with('/') && !location.path.ends_with('/'), "no slashes around the path", shown);
  fuzz::Require(!location.path.ends_with(".git"), "no .git at the end of the path", shown);
  fuzz::Require(MayBeSame(location, location) == !location.path.empty(), "it is the same as itself", shown);
  fuzz::Require(MayBeSame({"", location.path}, {"", location.path}) == !location.path.empty(), "without host too",
                shown);
  if (!location.host.empty())
    fuzz::Require(ParseGitLocation("https://" + location.host + "/" + location.path) == location,
                  "written as a URL it is the same", shown);
  return location;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const GitLocation a = Check(input.Line());
  const GitLocation b = Check(input.Line());
  fuzz::Require(MayBeSame(a, b) == MayBeSame(b, a), "the order of two decides nothing");
  return 0;
}
