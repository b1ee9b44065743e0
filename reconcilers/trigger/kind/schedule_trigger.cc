#include "reconcilers/trigger/kind/schedule_trigger.h"

#include "reconcilers/trigger/next_occurrence.h"

namespace tinyforge {
namespace {

constexpr std::string_view kSample = R"(apiVersion: tinyforge.dev/v1
kind: Trigger
metadata: {name: nightly}
spec:
  schedule: {cron: "0 3 * * 1-5", timeZone: Europe/Berlin, action: Refresh}
)";

DeploymentIntent::Act ActOf(v1::ScheduleAction action) {
  switch (action) {
    case v1::ScheduleAction::Redeploy: return DeploymentIntent::Act::Redeploy;
    case v1::ScheduleAction::Refresh: return DeploymentIntent::Act::Refresh;
    case v1::ScheduleAction::Restart: return DeploymentIntent::Act::Restart;
  }
  return DeploymentIntent::Act::Refresh;
}

}  // namespace

std::string_view ScheduleTriggerKind::Sample() const {
  return kSample;
}

std::vector<v1::Problem> ScheduleTriggerKind::Validate(const v1::TriggerSpec& config) const {
  const auto cron = v1::Cron::Parse(config.schedule->cron);
  if (!cron) return {{"spec.schedule.cron", cron.error().message}};
  if (!EverComes(*cron)) return {{"spec.schedule.cron", "never comes: no month of these has such a day"}};
  return {};
}

std::string ScheduleTriggerKind::WhyUnfit(const v1::TriggerSpec& config, const BoundTarget& target) const {
  if (NeedsImage(config) && target.image && target.image->digest)
    return ToString(target.workload.key) +
           " names a digest, which never points to something newer; action: Refresh needs a tag";
  return {};
}

MatchResult ScheduleTriggerKind::Match(const MatchRequest& request) const {
  const v1::ScheduleTrigger& schedule = *request.config.schedule;
  if (const auto* time = std::get_if<TimeCame>(&request.event))
    return DeploymentIntent{.act = ActOf(schedule.action),
                            .reason = "\"" + schedule.cron + "\" came at " + FormatRfc3339(time->at)};
  if (std::holds_alternative<Fired>(request.event))
    return DeploymentIntent{.act = ActOf(schedule.action), .reason = "it was fired"};
  return NoMatch{"a schedule trigger acts on times"};
}

}  // namespace tinyforge
