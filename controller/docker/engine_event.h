// What the Engine tells on its event stream, reduced to what is used.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tinyforge::docker {

struct EngineEvent {
  enum class Type { Container, Network, Volume, Image };
  Type type = Type::Container;
  std::string action;        // "die", "connect", …; "health_status" without its verdict
  std::string id;            // of the container, network or image; name of a volume; for a pull the reference
  std::string name;          // of the container, network or image reference; may be empty
  std::string container;     // Network: the container that was connected or disconnected
  std::string instance;      // Container: label tinyforge.instance
  std::string workload;      // Container: label tinyforge.workload.id
  std::string address;       // Container: label tinyforge.address
  std::string signal;        // kill: its number
  std::string exit_code;     // die: the process's
  std::int64_t time_ns = 0;  // Unix time by the Engine's clock
};

// Empty for what is no event of these types.
std::optional<EngineEvent> DecodeEvent(std::string_view json);

// The value of the query parameter "filters": only the kinds that somebody here acts on.
std::string EventFilters();

}  // namespace tinyforge::docker
