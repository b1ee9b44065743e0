#include "controller/registry/pace.h"

#include <algorithm>
#include <utility>

namespace tinyforge::registry {
namespace {

constexpr std::size_t kMost = 1024;

std::string KeyOf(const ImageName& image) {
  return image.host + "/" + image.path;
}

// The entry of a key; a new one takes the place of `least`, the one that says least, when there are too many.
template <class Value, class Less>
Value& Entry(std::map<std::string, Value>& entries, const std::string& key, const Value& fresh, Less less) {
  if (const auto found = entries.find(key); found != entries.end()) return found->second;
  if (entries.size() >= kMost) {
    entries.erase(std::ranges::min_element(
        entries, [&](const auto& one, const auto& other) { return less(one.second, other.second); }));
  }
  return entries.emplace(key, fresh).first->second;
}

}  // namespace

Pace::Pace(const Clock& clock, PaceOptions options)
    : clock_(clock),
      options_(options),
      interval_(std::chrono::nanoseconds(std::chrono::minutes(1)) / options.requests_per_minute) {
  state_.Lock()->random.seed(std::random_device()());
}

std::optional<Pace::Closed> Pace::Look(const ImageName& image) {
  auto state = state_.Lock();
  const SteadyTime now = clock_.Now();
  const Gate* last = nullptr;
  for (auto* gates : {&state->registries, &state->repositories}) {
    const auto gate = gates->find(gates == &state->registries ? image.host : KeyOf(image));
    if (gate == gates->end() || gate->second.closed_until <= now) continue;
    if (!last || gate->second.closed_until > last->closed_until) last = &gate->second;
  }
  if (last) return Closed{std::chrono::ceil<Duration>(last->closed_until - now), last->until, last->reason};
  const auto over = Spent(*state, image.host) - now - (options_.burst - 1) * interval_;
  if (over <= std::chrono::nanoseconds(0)) return std::nullopt;
  const auto wait = std::chrono::ceil<Duration>(over);
  return Closed{wait, clock_.SystemNow() + wait, "the budget of requests to it is spent"};
}

void Pace::Spend(const ImageName& image) {
  auto state = state_.Lock();
  Spent(*state, image.host) += interval_;
}

void Pace::Succeeded(const ImageName& image) {
  auto state = state_.Lock();
  const SteadyTime now = clock_.Now();
  const auto reset = [now](std::map<std::string, Gate>& gates, const std::string& key) {
    const auto gate = gates.find(key);
    // One that closed while this call was under way stays: the call says nothing newer.
    if (gate != gates.end() && gate->second.closed_until <= now) gates.erase(gate);
  };
  reset(state->registries, image.host);
  reset(state->repositories, KeyOf(image));
}

void Pace::Failed(const ImageName& image, const PaceFailure& failure) {
  auto state = state_.Lock();
  auto& gates = failure.of_registry ? state->registries : state->repositories;
  Gate& gate = Entry(gates, failure.of_registry ? image.host : KeyOf(image), Gate{},
                     [](const Gate& one, const Gate& other) { return one.closed_until < other.closed_until; });
  Close(*state, gate, failure);
}

// Calls that fail together count as one failure.
void Pace::Close(State& state, Gate& gate, const PaceFailure& failure) const {
  const SteadyTime now = clock_.Now();
  Duration wait(0);
  if (gate.closed_until <= now) {
    const double random = static_cast<double>(state.random() - state.random.min()) /
                          static_cast<double>(state.random.max() - state.random.min());
    wait = options_.backoff.Delay(gate.failures++, random);
  }
  if (failure.retry_after) wait = std::max(wait, std::min(*failure.retry_after, options_.longest_pause));
  if (now + wait <= gate.closed_until) return;
  gate.closed_until = now + wait;
  gate.until = clock_.SystemNow() + wait;
  gate.reason = failure.reason;
}

SteadyTime& Pace::Spent(State& state, const std::string& registry) const {
  const SteadyTime now = clock_.Now();
  SteadyTime& spent = Entry(state.spent, registry, now, std::less<>());
  spent = std::max(spent, now);
  return spent;
}

}  // namespace tinyforge::registry
