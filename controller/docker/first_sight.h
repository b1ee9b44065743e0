// Looks at a container that was not seen before: is it what its template hash says, or was it made anew by another hand
// that copied the labels?
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controller/docker/alteration.h"
#include "controller/docker/engine_client.h"
#include "controller/runtime/guarded.h"
#include "reconcilers/core/ports.h"

namespace tinyforge::docker {

// Thread-safe. `client` and `secrets` (may be null) must outlive it.
class FirstSight {
 public:
  FirstSight(EngineClient& client, SecretReader* secrets) : client_(client), secrets_(secrets) {}

  // The one of `desired` whose role, replica and template hash the container bears; null: none.
  static const DesiredContainer* FindTemplate(const ObservedContainer& container, const DesiredRefs& desired);

  // See AlteredFields. Asks the Engine for what the image brings, once an image; where that cannot be told, what the
  // template leaves to the image is not compared.
  std::vector<std::string> Compare(const std::string& inspect, const std::string& image_id,
                                   const DesiredContainer& desired);

  // See ForeignFields.
  std::vector<std::string> CompareForeign(const std::string& inspect, const std::string& image_id,
                                          const DesiredContainer& desired);

 private:
  std::optional<ImageDefaults> DefaultsOf(const std::string& image_id);

  EngineClient& client_;
  SecretReader* const secrets_;
  Guarded<std::map<std::string, ImageDefaults, std::less<>>> images_;  // by id
};

}  // namespace tinyforge::docker
