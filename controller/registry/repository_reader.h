// The questions to a repository, as requests of the distribution API.
#pragma once

#include <string>
#include <vector>

#include "api-types/meta/error.h"
#include "api-types/meta/time.h"
#include "controller/registry/platform.h"
#include "controller/registry/registry_call.h"

namespace tinyforge::registry {

inline constexpr std::size_t kMaxTags = 50'000;
inline constexpr int kMaxPages = 200;

// All tags, by bytes, each once. Pages are followed as far as they stay at the server that gave the first one. Waiting
// with more than kMaxTags or kMaxPages.
Expected<std::vector<std::string>> ReadTags(RegistryCall& call);

// By HEAD; where that gives no digest by GET, as the hash of what came. `reference`: a tag or a digest.
Expected<std::string> ReadDigest(RegistryCall& call, const std::string& reference);

// Follows the digest to the image's configuration, over an index and a manifest where there are such. All that is read
// must hash to what names it. NotFound when an index has nothing for the platform; Invalid without a date.
Expected<SysTime> ReadCreated(RegistryCall& call, const std::string& digest, const Platform& platform);

}  // namespace tinyforge::registry
