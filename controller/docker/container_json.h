// What the Engine reports of containers, decoded. Tolerant: a member that is absent, null or of another type reads as
// its default, as versions 20.10 to 29 differ in what they leave out.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api-types/meta/error.h"
#include "reconcilers/core/observed_state.h"

namespace tinyforge::docker {

// One container as inspected, with what the engine client itself needs of it.
struct ContainerDetails {
  ObservedContainer container;
  std::optional<Duration> stop_timeout;  // from create; empty: the Engine's own, 10 s
  bool tty = false;                      // its logs are not framed
  bool operator==(const ContainerDetails&) const = default;
};

// From GET /containers/{id}/json. Normalised so that two inspects of an unchanged container are equal: aliases sorted
// and without those the Engine makes of id and host name, mounts sorted by target, years before 1970 as the epoch.
// Transient when the text is no inspect answer.
Expected<ContainerDetails> DecodeInspect(std::string_view json);

// One element of GET /containers/json: a part of what an inspect says. What is not in it stays at its default: aliases,
// times but `created`, limits, restart policy, error.
std::optional<ObservedContainer> DecodeSummary(std::string_view json);

// Whether a listing agrees with an inspect in everything a summary shows: name, labels, state, health, exit code of a
// stopped one, networks with their addresses.
bool SummaryAgrees(const ObservedContainer& summary, const ObservedContainer& inspected);

}  // namespace tinyforge::docker
