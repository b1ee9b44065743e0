// What may make a trigger act: what a webhook says, and what time brings.
#pragma once

#include <variant>

#include "api-types/meta/time.h"
#include "reconcilers/core/inbound_event.h"

namespace tinyforge {

// A time of its schedule came.
struct TimeCame {
  SysTime at{};
};

using TriggerEvent = std::variant<ImagePushed, GitPushed, Fired, Ignored, TimeCame>;

inline TriggerEvent ToTriggerEvent(InboundEvent event) {
  return std::visit([](auto&& what) { return TriggerEvent(std::forward<decltype(what)>(what)); }, std::move(event));
}

}  // namespace tinyforge
