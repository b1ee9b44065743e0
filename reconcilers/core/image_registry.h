// What an image's registry has, asked over the network.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/meta/error.h"
#include "api-types/meta/time.h"
#include "reconcilers/core/ports.h"

namespace tinyforge {

// Which repository, and as whom.
struct RegistryQuery {
  std::string repository;                   // as in a manifest: "registry.example.com:5000/team/shop", "nginx"
  std::optional<SecretHandle> pull_secret;  // holds a Docker config.json; empty: the host's logins alone
};

// May be called from several threads. Each call blocks, for half a minute at most; a stop ends it earlier. Its errors:
// - NotFound: the registry is well and has no such repository, tag or digest, or no image for this host's platform.
// - Waiting: a person must act (login, certificate, too many tags), or the registry is to be left alone: see Pause.
// - Transient: the registry cannot be reached or is not well, or the stop was requested.
// - Invalid: the question has no answer (no name of a repository, an image without a date).
class ImageRegistry {
 public:
  virtual ~ImageRegistry() = default;
  // All tags, each once, ordered by bytes. Waiting when there are more than can be read: never a part of them.
  virtual Expected<std::vector<std::string>> Tags(const RegistryQuery& query, std::stop_token stop) = 0;
  // "sha256:…" of the manifest, or of the index of several platforms, that a tag means now or that has this digest:
  // what a pull would resolve it to.
  virtual Expected<std::string> Digest(const RegistryQuery& query, std::string_view tag_or_digest,
                                       std::stop_token stop) = 0;
  // When the image was made, as its configuration says; of an index, its image for this host's platform. Remembered,
  // since it cannot change.
  virtual Expected<SysTime> Created(const RegistryQuery& query, std::string_view digest, std::stop_token stop) = 0;
  // Zero: the registry may be asked now; else how long this repository is left alone (Retry-After, budget of requests,
  // backoff after failures). Calls before that are Waiting at once and ask nobody. Never blocks.
  virtual Duration Pause(std::string_view repository) = 0;
};

}  // namespace tinyforge
