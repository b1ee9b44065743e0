// The routes of the local API and of the metrics listener.
//
// GET /api/workloads[/NAME], /api/workloads/NAME/{plan,containers,rollouts,logs},
// /api/workloads/{source,trigger}-kinds, /api/triggers[/NAME], /api/bindings[/NAME], /api/secrets[/NAME],
// /api/containers?workload=&kind=&state=, /api/events?object=&limit=, /api/rollouts?workload=,
// /api/deliveries?trigger=&limit=, /api/deliveries/ID, /api/facts, /api/repository, /api/plan, /api/version; POST
// /api/sync, /api/workloads/NAME/{suspend,resume,stop,start,retry,unpin, promote}, /api/workloads/NAME/rollback with
// {"to": ID} or {}, /api/workloads/NAME/deploy with {"version": TEXT} or {}, /api/triggers/NAME/fire,
// /api/triggers/NAME/rotate with {"grace": DURATION} or {} (then a day),
// /api/deliveries/ID/replay, /api/plan with {"files": {PATH: TEXT | {"base64": TEXT}}}, /api/approve/deletions with
// {"revision": COMMIT}, /api/approve/promotion with {"workload": NAME}.
//
// Lists are {"version", "items"}; one object stands alone. Every GET of objects, containers, events and the repository
// takes ?watch=VERSION[&timeout=DURATION]: the answer waits until the version is another one (or the time is over, 30s
// unless said, at most 60s) and shows what is then. The version of any answer also stands in the field
// Tinyforge-Version. fire, replay and GET of one delivery take ?wait=DURATION: the answer waits until the delivery is
// final or the time is over, at most 60s.
#pragma once

#include <memory>

#include "controller/serve/backend.h"
#include "controller/serve/router.h"

namespace tinyforge::serve {

// `backend` outlives the router and the server that serves it.
std::shared_ptr<const Router> MakeApiRouter(Backend& backend);

// /metrics, /healthz, /readyz.
std::shared_ptr<const Router> MakeMetricsRouter(Backend& backend);

}  // namespace tinyforge::serve
