// Which images the facts of a workload keep: that of the release under way, those that ran well, and those that nobody
// needs any more and that are to go from the host. Pure changes of Facts; saved as one, so that a crash leaves an image
// in one of the three at any moment.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reconcilers/core/ports.h"

namespace tinyforge {

// A release of this image begins; before its pull and before a container is made of it. Another one that was under way
// is superseded.
void BeginRelease(Facts& facts, const CandidateImage& image, SysTime now);

// All runs as desired. `proven` joins the good releases, of which the newest `retain` stay; what ran well no more and
// what never did is superseded.
void EndRelease(Facts& facts, const std::optional<GoodRelease>& proven, std::size_t retain, SysTime now);

// The workload is gone with its containers: nothing is known of it but the images that it leaves.
void EndWorkload(Facts& facts, SysTime now);

// Of a workload and its services, removed ones too, as far as something is known of them.
std::vector<std::string> FactKeysOf(FactStore& store, const std::string& workload);

// EndWorkload under each of these keys; returns those under which it could be saved.
std::vector<std::string> EndAll(FactStore& store, const std::vector<std::string>& keys, SysTime now);

}  // namespace tinyforge
