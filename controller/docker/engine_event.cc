#include "controller/docker/engine_event.h"

#include <nlohmann/json.hpp>

#include "controller/docker/engine_client.h"
#include "reconcilers/core/observed_state.h"

namespace tinyforge::docker {
namespace {

using Json = nlohmann::json;

std::string Text(const Json& json, std::string_view key) {
  if (!json.is_object()) return {};
  auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<EngineEvent::Type> TypeOf(std::string_view word) {
  if (word == "container") return EngineEvent::Type::Container;
  if (word == "network") return EngineEvent::Type::Network;
  if (word == "volume") return EngineEvent::Type::Volume;
  if (word == "image") return EngineEvent::Type::Image;
  return std::nullopt;
}

}  // namespace

std::optional<EngineEvent> DecodeEvent(std::string_view text) {
  auto json = Json::parse(text, nullptr, false);
  auto type = TypeOf(Text(json, "Type"));
  if (!type || !json.contains("Actor")) return std::nullopt;
  const auto& actor = json["Actor"];
  const auto attributes = actor.is_object() && actor.contains("Attributes") ? actor["Attributes"] : Json();
  EngineEvent event{.type = *type, .action = Text(json, "Action"), .id = Text(actor, "ID")};
  event.action.resize(std::min(event.action.find(':'), event.action.size()));
  event.name = Text(attributes, "name");
  event.container = Text(attributes, "container");
  event.instance = Text(attributes, label::kInstance);
  event.workload = Text(attributes, label::kWorkload);
  event.address = Text(attributes, label::kAddress);
  event.signal = Text(attributes, "signal");
  event.exit_code = Text(attributes, "exitCode");
  if (json.contains("timeNano") && json["timeNano"].is_number_integer())
    event.time_ns = json["timeNano"].get<std::int64_t>();
  return event;
}

std::string EventFilters() {
  return FiltersJson(
      {{"type", {"container", "network", "volume", "image"}},
       {"event",
        {"create", "start", "kill", "die", "oom", "pause", "unpause", "rename", "update", "destroy", "health_status",
         "connect", "disconnect", "pull", "tag", "untag", "delete", "import", "load"}}});
}

}  // namespace tinyforge::docker
