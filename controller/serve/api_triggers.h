// The routes that make triggers act, and objects as triggers at work show them.
#pragma once

#include "api-types/meta/error.h"
#include "controller/serve/backend.h"
#include "controller/serve/exchange.h"
#include "controller/serve/router.h"

namespace tinyforge::serve {

// The records of some objects of one kind, as JSON text.
Expected<std::vector<std::string>> TriggersToJson(Backend& backend, const std::vector<ObjectRecord>& triggers);
Expected<std::vector<std::string>> BindingsToJson(Backend& backend, const std::vector<ObjectRecord>& bindings);
// One of them, with all that describe shows.
std::string DescribedToJson(Backend& backend, const ObjectRecord& object);

// Answers with a delivery as it is now; with ?wait=DURATION (at most 60s) once it is final or the time is over.
void ReplyWithDelivery(Backend& backend, const ExchangePtr& exchange, Delivery delivery);

void AddTriggerActions(Router& router, Backend& backend);

}  // namespace tinyforge::serve
