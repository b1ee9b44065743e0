#include "controller/runtime/work_queue.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace tinyforge {
namespace {

// Every so many keys, the least urgent line goes first.
constexpr std::uint64_t kFairTurn = 8;

}  // namespace

bool WorkQueue::DueLess::operator()(Entries::iterator a, Entries::iterator b) const {
  return std::tie(a->second.place->due, a->first) < std::tie(b->second.place->due, b->first);
}

bool WorkQueue::State::AnyDue() const {
  return std::any_of(std::begin(lines), std::end(lines), [](const Line& line) { return !line.empty(); });
}

WorkQueue::WorkQueue(const Clock& clock) : WorkQueue(clock, Options()) {}

WorkQueue::WorkQueue(const Clock& clock, Options options) : clock_(clock), options_(options) {
  state_.Lock()->random.seed(options_.seed);
}

void WorkQueue::Add(const ObjectKey& key, Urgency urgency) {
  AddAfter(key, Duration(0), urgency);
}

void WorkQueue::AddAfter(const ObjectKey& key, Duration delay, Urgency urgency) {
  auto state = state_.Lock();
  const SteadyTime now = clock_.Now();
  const auto it = state->entries.try_emplace(key).first;
  Entry& entry = it->second;
  if (urgency == Urgency::Change) Reset(entry);
  Merge(*state, it, {now + std::max(delay, Duration(0)), urgency}, now);
  Wake(*state);
}

WorkQueue::Retry WorkQueue::AddRateLimited(const ObjectKey& key, Effect effect) {
  auto state = state_.Lock();
  const SteadyTime now = clock_.Now();
  const auto it = state->entries.try_emplace(key).first;
  Entry& entry = it->second;
  const double random = std::uniform_real_distribution<>()(state->random);
  const Duration floor = Floor(*state, entry, effect);
  const Duration delay = std::max(floor, options_.transient.Delay(entry.failures++, random));
  entry.event_from = now + std::max(floor, std::min(delay, options_.event_floor));
  entry.resync_from = now + delay;
  Merge(*state, it, {now + delay, Urgency::Event}, now);
  Wake(*state);
  return {delay, entry.failures};
}

WorkQueue::Retry WorkQueue::AddWaiting(const ObjectKey& key, Effect effect) {
  auto state = state_.Lock();
  const SteadyTime now = clock_.Now();
  const auto it = state->entries.try_emplace(key).first;
  Entry& entry = it->second;
  const double random = std::uniform_real_distribution<>()(state->random);
  const Duration floor = Floor(*state, entry, effect);
  const Duration delay = std::max(floor, options_.waiting.Delay(entry.waits++, random));
  entry.event_from = now + floor;
  entry.resync_from = now + delay;
  Merge(*state, it, {now + delay, Urgency::Event}, now);
  Wake(*state);
  return {delay, entry.waits};
}

WorkQueue::Retry WorkQueue::AddStalled(const ObjectKey& key) {
  auto state = state_.Lock();
  const SteadyTime now = clock_.Now();
  const auto it = state->entries.try_emplace(key).first;
  Entry& entry = it->second;
  entry.event_from = now + Floor(*state, entry, Effect::Acted);
  entry.resync_from = now + options_.stalled;
  Merge(*state, it, {now + options_.stalled, Urgency::Event}, now);
  Wake(*state);
  return {options_.stalled, entry.acted};
}

void WorkQueue::Forget(const ObjectKey& key) {
  auto state = state_.Lock();
  const auto it = state->entries.find(key);
  if (it == state->entries.end()) return;
  Entry& entry = it->second;
  Reset(entry);
  Prune(*state, it);
}

std::optional<WorkQueue::Item> WorkQueue::Get(std::stop_token stop) {
  auto state = state_.Lock();
  while (!stop.stop_requested()) {
    const SteadyTime now = clock_.Now();
    PromoteDue(*state, now);
    if (auto item = Take(*state, now)) {
      Wake(*state);
      return item;
    }
    WaitForWork(*state, state.lock(), stop);
  }
  Wake(*state);  // this thread may have been woken for a key that it will not take
  return std::nullopt;
}

std::optional<WorkQueue::Item> WorkQueue::TryGet() {
  auto state = state_.Lock();
  const SteadyTime now = clock_.Now();
  PromoteDue(*state, now);
  return Take(*state, now);
}

void WorkQueue::Done(const ObjectKey& key) {
  auto state = state_.Lock();
  const auto it = state->entries.find(key);
  if (it == state->entries.end() || !it->second.processing) return;
  it->second.processing = false;
  if (it->second.place) {
    Enqueue(*state, it, clock_.Now());
    Wake(*state);
  }
  Prune(*state, it);
}

std::optional<SteadyTime> WorkQueue::NextDue() const {
  auto state = state_.Lock();
  const SteadyTime now = clock_.Now();
  if (state->AnyDue()) return now;
  if (state->delayed.empty()) return std::nullopt;
  return (*state->delayed.begin())->second.place->due;
}

std::size_t WorkQueue::Depth() const {
  auto state = state_.Lock();
  PromoteDue(*state, clock_.Now());
  std::size_t depth = 0;
  for (const Line& line : state->lines) depth += line.size();
  return depth;
}

SteadyTime WorkQueue::NotBefore(const Entry& entry, Urgency urgency) {
  switch (urgency) {
    case Urgency::Change: return SteadyTime{};
    case Urgency::Event: return entry.event_from;
    case Urgency::Resync: return entry.resync_from;
  }
  return SteadyTime{};
}

void WorkQueue::Reset(Entry& entry) {
  entry.failures = entry.waits = entry.acted = 0;
  entry.event_from = entry.resync_from = SteadyTime{};
}

Duration WorkQueue::Floor(State& state, Entry& entry, Effect effect) const {
  if (effect == Effect::None) return Duration(0);
  return options_.acted.Delay(entry.acted++, std::uniform_real_distribution<>()(state.random));
}

void WorkQueue::Unplace(State& state, Entries::iterator it) {
  Entry& entry = it->second;
  if (!entry.place || entry.processing) return;
  if (entry.ticket == 0) {
    state.delayed.erase(it);
  } else {
    state.lines[static_cast<std::size_t>(entry.place->urgency)].erase(entry.ticket);
    entry.ticket = 0;
  }
}

void WorkQueue::Enqueue(State& state, Entries::iterator it, SteadyTime now) {
  Entry& entry = it->second;
  if (entry.processing) return;
  if (entry.place->due <= now) {
    entry.ticket = ++state.tickets;
    state.lines[static_cast<std::size_t>(entry.place->urgency)].emplace(entry.ticket, it);
    return;
  }
  state.delayed.insert(it);
  if (*state.delayed.begin() == it) state.timekeeper = 0;  // who keeps time would wake too late for it
}

void WorkQueue::Merge(State& state, Entries::iterator it, Place wish, SteadyTime now) {
  Entry& entry = it->second;
  const bool in_line = entry.ticket != 0;
  if (in_line && wish.urgency >= entry.place->urgency) return;
  wish.due = std::max(wish.due, NotBefore(entry, wish.urgency));
  if (in_line && wish.due > now) return;
  Unplace(state, it);
  if (entry.place) {
    const SteadyTime due = std::max(entry.place->due, NotBefore(entry, entry.place->urgency));
    wish = {std::min(wish.due, due), std::min(wish.urgency, entry.place->urgency)};
  }
  entry.place = wish;
  Enqueue(state, it, now);
}

void WorkQueue::Prune(State& state, Entries::iterator it) {
  const Entry& entry = it->second;
  if (!entry.processing && !entry.place && entry.failures == 0 && entry.waits == 0 && entry.acted == 0)
    state.entries.erase(it);
}

void WorkQueue::PromoteDue(State& state, SteadyTime now) {
  while (!state.delayed.empty() && (*state.delayed.begin())->second.place->due <= now) {
    const auto it = *state.delayed.begin();
    state.delayed.erase(state.delayed.begin());
    Enqueue(state, it, now);
  }
}

WorkQueue::Line* WorkQueue::NextLine(State& state) {
  const bool fair_turn = state.handed_out % kFairTurn == kFairTurn - 1;
  Line* found = nullptr;
  for (Line& line : state.lines) {
    if (line.empty()) continue;
    found = &line;
    if (!fair_turn) break;
  }
  return found;
}

std::optional<WorkQueue::Item> WorkQueue::Take(State& state, SteadyTime now) {
  Line* line = NextLine(state);
  if (line == nullptr) return std::nullopt;
  ++state.handed_out;
  const auto it = line->begin()->second;
  line->erase(line->begin());
  Entry& entry = it->second;
  const Item item{it->first, now - entry.place->due};
  entry.ticket = 0;
  entry.place.reset();
  entry.processing = true;
  return item;
}

void WorkQueue::Wake(State& state) {
  if (state.AnyDue() || (state.timekeeper == 0 && !state.delayed.empty())) changed_.notify_one();
}

void WorkQueue::WaitForWork(State& state, std::unique_lock<std::mutex>& lock, const std::stop_token& stop) {
  if (state.timekeeper != 0 || state.delayed.empty()) {
    changed_.wait(lock, stop, [&] { return state.AnyDue() || (state.timekeeper == 0 && !state.delayed.empty()); });
    return;
  }
  const std::uint64_t mine = state.timekeeper = ++state.timekeepers;
  const auto left = (*state.delayed.begin())->second.place->due - clock_.Now();
  changed_.wait_for(lock, stop, left, [&] { return state.AnyDue() || state.timekeeper != mine; });
  if (state.timekeeper == mine) state.timekeeper = 0;
}

}  // namespace tinyforge
