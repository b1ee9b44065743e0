#include "controller/docker/index_entry.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

namespace tinyforge::docker {
namespace {

constexpr std::int64_t kClockStepNs = 20'000'000;
constexpr int kBySignal = 128;  // exit codes beyond it are of a signal

std::int64_t WallNanoseconds() {
  return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::int64_t ClockOffset(std::int64_t wall_ns, SteadyTime steady) {
  return wall_ns - std::chrono::nanoseconds(steady.time_since_epoch()).count();
}

bool SameRun(const ObservedContainer& a, const ObservedContainer& b) {
  return a.state == ContainerState::Running && b.state == ContainerState::Running && a.started == b.started &&
         a.restart_count == b.restart_count;
}

bool SameNames(const ObservedContainer& a, const ObservedContainer& b) {
  return std::ranges::equal(a.networks, b.networks, [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.aliases == y.second.aliases;
  });
}

// SIGHUP, SIGUSR1 and SIGUSR2 ask for something else.
bool AsksToEnd(std::string_view signal) {
  return signal != "1" && signal != "10" && signal != "12";
}

}  // namespace

IndexEntry IndexEntry::Begin(std::uint64_t step) {
  return {.dirty = false,
          .inspected = step,
          .inspected_ns = WallNanoseconds(),
          .inspected_at = std::chrono::steady_clock::now()};
}

void IndexEntry::Mark(std::uint64_t step) {
  dirty = true;
  marked = step;
}

bool IndexEntry::SeenAfter(std::int64_t event_ns) const {
  if (dirty || !inspected || event_ns == 0 || event_ns >= inspected_ns) return false;
  auto then = ClockOffset(inspected_ns, inspected_at);
  auto now = ClockOffset(WallNanoseconds(), std::chrono::steady_clock::now());
  return std::abs(now - then) < kClockStepNs;
}

// A stop sends another signal first, and its SIGKILL says nothing about a removal.
void IndexEntry::NoteSignal(std::string_view signal) {
  asked_to_end = asked_to_end || AsksToEnd(signal);
  kill = signal == "9" && kill != Kill::Asked ? Kill::Sent : Kill::Asked;
}

bool IndexEntry::TakeKilled() {
  if (kill != Kill::Done || !inspected) return false;
  kill = Kill::None;
  details.container.state = ContainerState::Killed;
  return true;
}

ObservedContainer IndexEntry::Known() const {
  ObservedContainer container = details.container;
  if (container.state == ContainerState::Running && container.restart_count > 0) container.exit_code = last_exit;
  return container;
}

bool IndexEntry::WasInterrupted(const ObservedContainer& container, SysTime watched) const {
  const ObservedContainer& before = details.container;
  if (container.state != ContainerState::Exited) return false;
  if (before.state == ContainerState::Exited && before.finished == container.finished && inspected != 0)
    return before.interrupted || asked_to_end;
  const bool failed_by_itself = container.exit_code != 0 && container.exit_code <= kBySignal;
  return asked_to_end || (container.finished < watched && !failed_by_itself);
}

void IndexEntry::Recall(ObservedContainer& container, SysTime watched) const {
  container.created_here = created_here;
  container.interrupted = WasInterrupted(container, watched);
  if (compared) container.altered = details.container.altered;
}

bool IndexEntry::Renew(IndexEntry fresh, SysTime watched) {
  if (inspected > fresh.inspected) return false;
  Recall(fresh.details.container, watched);
  const bool changed = !(details == fresh.details);
  const ObservedContainer& before = details.container;
  const ObservedContainer& container = fresh.details.container;
  const auto now = std::chrono::steady_clock::now();
  if (container.state == ContainerState::Running)
    fresh.running_since = running_since && SameRun(before, container) ? running_since : std::optional(now);
  fresh.attached_since = inspected != 0 && SameNames(before, container) ? attached_since : now;
  fresh.compared = fresh.compared || compared;
  fresh.created_here = created_here;
  fresh.marked = marked;
  fresh.kill = kill;
  fresh.asked_to_end = asked_to_end;
  fresh.last_exit = last_exit;
  fresh.dirty = marked > fresh.inspected;
  *this = std::move(fresh);
  return changed;
}

}  // namespace tinyforge::docker
