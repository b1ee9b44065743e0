// Parts that describe and why have in common.
#pragma once

#include <string>
#include <string_view>

#include "controller/cmd/tfctl/session.h"
#include "controller/cmd/tfctl/table.h"

namespace tinyforge::tfctl {

// "Name:         shop"; nothing for an empty value.
void PrintField(const Terminal& terminal, std::string_view name, std::string_view value);

// Lines with two spaces before each.
void PrintIndented(const Terminal& terminal, std::string_view text);
// The table likewise, in the width that is left.
void PrintIndentedTable(const Terminal& terminal, Table& table);

void PrintConditions(const Terminal& terminal, const Json& object);
// Of a workload with several services, else nothing.
void PrintServices(const Terminal& terminal, const Json& workload);
// Of the detailed records that /api/workloads/NAME/containers gives.
void PrintContainers(const Terminal& terminal, const Json& items);
// Those of `events` from `first` on.
void PrintEvents(const Terminal& terminal, const Json& events, std::size_t first = 0);

// "1.4.2, sha256:0123456789ab"; empty: none.
std::string VersionOf(const Json& version);

// What a rollout did, under `title`, a line a step with the time since it began; nothing without steps.
void PrintSteps(const Terminal& terminal, std::string_view title, const Json& rollout);

// "4s", "1m3s" between start and end of a rollout; empty while it has not ended.
std::string RolloutDuration(const Json& rollout);

}  // namespace tinyforge::tfctl
