// Lists whose items are told apart by a part of them: the section "Unique resources" of the Compose Specification's
// page on merging.
#pragma once

#include "reconcilers/source/compose/load_session.h"

namespace tinyforge::compose {

// Of items that share their key, keeps the last in the place of the first, in all lists of a canonical model that have
// such a key: volumes, devices, secrets and configs the target; ports {ip, target, published, protocol}; env_file the
// path; blkio_config's lists the path; names like cap_add, dns, expose, links, profiles and aliases themselves. The
// item stands whole, as compose-go and docker-compose 1.29 have it: a mount that takes the place of another inherits
// nothing from it. Ranges of ports are compared as they are written. Never fails: an item without a key stays.
void KeepUnique(doc::Node& model);

}  // namespace tinyforge::compose
