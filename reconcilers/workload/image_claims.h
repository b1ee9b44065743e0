// Who needs an image, and what it is known to be called: from the facts of all workloads and from the manifests.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "reconcilers/core/ports.h"

namespace tinyforge {

// Why an image must stay. It is meant by its id or by a reference as the Engine writes it; either may be empty.
struct ImageClaim {
  std::string image_id;
  std::string reference;
  std::string words;  // "workload shop may go back to it"
};

struct ImageClaims {
  std::vector<ImageClaim> claims;
  std::map<std::string, std::set<std::string>> names;  // by image id: the references that workloads asked for it by
};

// The releases, candidates and pins of every workload, what manifests ask for, on whatever host, and what suspended
// workloads have left.
ImageClaims CollectClaims(const std::map<std::string, Facts>& facts, const v1::ObjectSet& objects, HostImages& images);

// Why the image may not be removed; empty: it may. Everything counts that people may miss: an image that came from no
// registry exists nowhere else, and one that is called what no workload ever asked for is somebody's own.
std::string WhyKept(const HostImage& image, const ImageClaims& claims);

}  // namespace tinyforge
