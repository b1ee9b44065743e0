#include "reconcilers/workload/release_judge.h"

#include <algorithm>

#include "api-types/codec/hash.h"
#include "reconcilers/workload/hooks.h"

namespace tinyforge {
namespace {

// Exit codes of the Engine and the shell for a command that cannot be run at all.
constexpr int kCannotExecute = 126;
constexpr int kCommandNotFound = 127;
constexpr std::size_t kReleaseLength = 32;  // hex digits

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// The Engine restarted it as often as it was to.
bool GaveUp(const ObservedContainer& c, const DesiredContainer& d) {
  return d.limits.max_attempts > 0 && c.state == ContainerState::Exited && c.exit_code != 0 &&
         c.restart_count >= d.limits.max_attempts;
}

// By when it has been checked once more: a check may be under way, and the next has its time too. Of the image's own
// nothing is known but that it has until the deadline.
Duration NextCheck(const DesiredContainer& d, Duration deadline) {
  if (d.probe) return d.probe->interval + 2 * d.probe->timeout;
  const NativeHealthcheck check = d.spec.healthcheck.value_or(NativeHealthcheck());
  const bool known = check.interval > Duration(0) && check.timeout > Duration(0);
  return known ? check.interval + 2 * check.timeout : deadline;
}

}  // namespace

std::string Describe(const ObservedContainer& c) {
  std::string text = c.name + " is " + std::string(ToString(c.state));
  const bool ended = c.state == ContainerState::Exited || c.state == ContainerState::Restarting;
  const bool restarted = c.state == ContainerState::Running && c.restart_count > 0;
  if (restarted) text += " again after it ended";
  if (ended || (restarted && c.exit_code != 0)) text += ", exit code " + std::to_string(c.exit_code);
  if (c.oom_killed) text += ", killed for want of memory";
  if (!c.error.empty()) text += ": " + c.error;
  return text;
}

bool CannotRun(const ObservedContainer& c) {
  return c.state == ContainerState::Created && (c.exit_code == kCannotExecute || c.exit_code == kCommandNotFound);
}

bool StartWasRefused(const ObservedContainer& c) {
  return c.state == ContainerState::Created && !c.error.empty() && !CannotRun(c);
}

std::string Unusable(const ObservedContainer& c) {
  if (IsUp(c)) return {};
  if (!c.Label(label::kAddress).empty() && Contains(c.error, "Address already in use"))
    return "its address " + std::string(c.Label(label::kAddress)) + " is taken";
  // The Engine keeps a network's id and subnet in the container and does not look for another one of that name.
  if (Contains(c.error, "network ") && Contains(c.error, " not found")) return "its network was removed";
  if (!c.Label(label::kAddress).empty() && Contains(c.error, "does not belong to any of this network's subnets"))
    return "its address " + std::string(c.Label(label::kAddress)) + " is of another network";
  // An Engine that was killed in the middle of a start leaves a task behind that it does not know.
  const bool never_started = c.state == ContainerState::Created;
  if (never_started && Contains(c.error, "task ") && Contains(c.error, "already exists"))
    return "a start of it was cut short";
  return {};
}

bool WasKilled(const Slot& slot) {
  return slot.current && slot.current->state == ContainerState::Killed;
}

bool MadeRoom(const ObservedContainer& old, const Slot& slot) {
  const auto later = [&](const ObservedContainer* c) { return old.started < c->created && c->created <= old.finished; };
  return old.state == ContainerState::Exited &&
         ((slot.current && later(slot.current)) || std::ranges::any_of(slot.superfluous, later));
}

bool WasInterrupted(const ObservedContainer& c) {
  return c.state == ContainerState::Exited && c.interrupted;
}

bool ReleaseJudge::Completed(const ObservedContainer& c, const DesiredContainer& d) const {
  const bool ended_well = c.state == ContainerState::Exited && c.exit_code == 0;
  if (!ended_well || HaltedByUs(c, d) || d.limits.restart == v1::RestartPolicy::Always) return false;
  return desired_.job || !c.interrupted || !context_.facts.done.empty();
}

// It is up, or was until it was put down; what failed by itself, or is about to again, serves nobody.
bool ReleaseJudge::Served(const ObservedContainer& c, const DesiredContainer& d) const {
  const auto lasted = [&](Duration run) { return c.restart_count == 0 || run >= context_.healthy_after; };
  if (c.state == ContainerState::Running) return lasted(RunningFor(c));
  if (c.state == ContainerState::Exited) return c.interrupted && !Completed(c, d) && lasted(c.finished - c.started);
  return c.state == ContainerState::Paused || c.state == ContainerState::Killed;
}

// A service that ends at once with 0 proves nothing where another version of it serves: only a job does.
bool ReleaseJudge::CompletionCounts(const Slot& slot) const {
  return desired_.job || !slot.serving_old || !Served(*slot.serving_old, *slot.desired);
}

HealthVerdict ReleaseJudge::Health(const ObservedContainer& c, const DesiredContainer& d) const {
  if (auto hooks = AwaitedHooks(c, observed_, context_.facts)) return *std::move(hooks);
  HealthVerdict health = JudgeHealth(c, d, observed_, context_.healthy_after);
  const auto since = SinceHooks(c, observed_, context_.now);
  const Duration next = NextCheck(d, context_.deadline);
  if (health.fitness != Fitness::Unhealthy || !since || *since >= next) return health;
  return {Fitness::Pending, health.message + "; waiting for a check after its post_start", next - *since};
}

Duration ReleaseJudge::ProvingFor(const ObservedContainer& c) const {
  if (AwaitedHooks(c, observed_, context_.facts)) return Duration(0);
  return std::min(RunningFor(c), SinceHooks(c, observed_, context_.now).value_or(Duration::max()));
}

bool ReleaseJudge::Proven(const Slot& slot) const {
  const ObservedContainer& c = *slot.current;
  if (Completed(c, *slot.desired)) return CompletionCounts(slot);
  return c.state == ContainerState::Running && Health(c, *slot.desired).fitness == Fitness::Proven;
}

bool ReleaseJudge::IsReady(const Slot& slot) const {
  const ObservedContainer& c = *slot.current;
  if (Proven(slot)) return true;
  const bool long_up =
      c.started != SysTime{} && context_.now - c.started >= context_.healthy_after && c.restart_count == 0;
  return long_up && c.state == ContainerState::Running && Health(c, *slot.desired).fitness == Fitness::Unknown;
}

std::string ReleaseJudge::WhyFailed(const Slot& slot) const {
  const ObservedContainer& c = *slot.current;
  if (Completed(c, *slot.desired)) return CompletionCounts(slot) ? "" : Describe(c);
  if (c.state == ContainerState::Created) return CannotRun(c) ? Describe(c) : "";
  if (WasInterrupted(c)) return {};
  if (c.state == ContainerState::Exited || c.state == ContainerState::Restarting || c.restart_count > 0)
    return Describe(c);
  if (c.state != ContainerState::Running) return {};
  const HealthVerdict health = Health(c, *slot.desired);
  if (health.fitness == Fitness::Unhealthy) return health.message;
  const bool late =
      ProvingFor(c) >= context_.deadline && (health.fitness == Fitness::Unknown || health.fitness == Fitness::Pending);
  return late ? "the deadline of " + FormatDuration(context_.deadline) + " has passed: " + health.message : "";
}

bool ReleaseJudge::ShouldBeUp(const ObservedContainer& c, const DesiredContainer& d) const {
  return HaltedByUs(c, d) || WasStoppedOnPurpose(c) ||
         (d.limits.restart != v1::RestartPolicy::Never && !Completed(c, d) && !GaveUp(c, d)) ||
         (!desired_.job && WasInterrupted(c) && !Completed(c, d));
}

// A policy that never restarts bears no mark of ours; the time of its end tells.
bool ReleaseJudge::WasStoppedOnPurpose(const ObservedContainer& c) const {
  const Facts& facts = context_.facts;
  return c.state == ContainerState::Exited && facts.stop_began != SysTime{} && c.started < facts.stop_began &&
         c.finished >= facts.stop_began;
}

std::string ReleaseJudge::ReleaseOf(const DesiredContainer& d) const {
  std::string text = context_.spec_hash + "\n" + d.template_hash;
  for (const DesiredFile& file : desired_.files) text += "\n" + file.content_hash;
  return Sha256Hex(text).substr(0, kReleaseLength);
}

bool ReleaseJudge::IsDone(const DesiredContainer& d) const {
  return d.limits.restart != v1::RestartPolicy::Always && !context_.facts.done.empty() &&
         context_.facts.done == ReleaseOf(d);
}

const FailedRelease* ReleaseJudge::FindFailure(const DesiredContainer& d, std::string_view image_id) const {
  const auto& failed = context_.facts.failed;
  if (failed.empty()) return nullptr;
  const std::string release = ReleaseOf(d);
  auto found = std::ranges::find_if(
      failed, [&](const FailedRelease& f) { return f.release == release && f.image_id == image_id; });
  return found == failed.end() ? nullptr : &*found;
}

const FailedRelease* ReleaseJudge::FindFailure(const DesiredContainer& d) const {
  return FindFailure(d, observed_.image_id.value_or(""));
}

}  // namespace tinyforge
