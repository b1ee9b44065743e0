#include "controller/trigger/fan_out.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace tinyforge {
namespace {

constexpr std::size_t kTicketsKept = 16;
constexpr auto kFarAway = std::chrono::hours(1);
constexpr SteadyTime::duration kFirstRest = std::chrono::milliseconds(50);
constexpr SteadyTime::duration kLongestRest = std::chrono::seconds(1);

void PutOldestFirst(Job& job) {
  std::ranges::rotate(job.tickets, job.tickets.begin() + static_cast<std::ptrdiff_t>(job.oldest));
  job.oldest = 0;
}

// The oldest of too many, which the newest answers for.
void MoveSurplus(Job& job, std::vector<Ticket>& surplus) {
  if (job.tickets.size() <= kTicketsKept) return;
  PutOldestFirst(job);
  std::vector<Ticket>& tickets = job.tickets;
  const auto end = tickets.end() - static_cast<std::ptrdiff_t>(kTicketsKept);
  std::move(tickets.begin(), end, std::back_inserter(surplus));
  tickets.erase(tickets.begin(), end);
}

// Of one too many the oldest gives it its place.
void AddTicket(Job& job, const Ticket& ticket, std::vector<Ticket>& surplus) {
  if (job.tickets.size() < kTicketsKept) {
    PutOldestFirst(job);
    job.tickets.push_back(ticket);
    return;
  }
  surplus.push_back(std::exchange(job.tickets[job.oldest], ticket));
  job.oldest = (job.oldest + 1) % job.tickets.size();
}

bool IsSame(const Route& a, const Route& b) {
  return a.binding == b.binding && a.workload == b.workload && a.config == b.config && a.service == b.service &&
         a.image == b.image && a.decides == b.decides;
}

bool IsKeyOf(const RouteKey& key, const Route& route) {
  return key.binding == route.binding->key.name && key.workload == route.workload->key.name &&
         key.service == route.service && key.trigger == std::get<v1::BindingSpec>(route.binding->spec).trigger;
}

Job JobOf(const Ticket& ticket, const Asked& asked, SteadyTime now) {
  return {.route = asked.route,
          .intent = *asked.intent,
          .delivery = ticket.delivery,
          .tickets = {ticket},
          .since = now,
          .queued = asked.route.image,
          .received = asked.received};
}

// Of two jobs of one route the one of the later delivery, for both: a look by ourselves overrules nobody's wish, nor
// does what is taken up again after a restart.
Job Merge(Job older, Job newer) {
  PutOldestFirst(older);
  PutOldestFirst(newer);
  std::vector<Ticket> tickets = std::move(older.tickets);
  std::ranges::move(newer.tickets, std::back_inserter(tickets));
  newer.tickets = std::move(tickets);
  if (newer.delivery < older.delivery) {
    newer.intent = std::move(older.intent);
    newer.delivery = std::move(older.delivery);
    newer.attempt = older.attempt;
    newer.queued = std::move(older.queued);
    newer.received = older.received;
  }
  return newer;
}

}  // namespace

RouteKey KeyOf(const Route& route) {
  return {std::get<v1::BindingSpec>(route.binding->spec).trigger, route.binding->key.name, route.workload->key.name,
          route.service};
}

const Route* FindRoute(const RouteTable& table, const RouteKey& key) {
  const auto routes = table.by_trigger.find(key.trigger);
  if (routes == table.by_trigger.end()) return nullptr;
  const auto found = std::ranges::find_if(routes->second, [&](const Route& route) {
    return route.binding->key.name == key.binding && route.workload->key.name == key.workload &&
           route.service == key.service;
  });
  return found == routes->second.end() ? nullptr : &*found;
}

bool IsInDoubt(const RouteTable& table, const RouteKey& key) {
  const ObjectKey binding{Kind::Binding, key.binding};
  return std::ranges::any_of(table.problems, [&](const RouteProblem& problem) {
    return problem.reason == route_reason::kServicesUnknown && problem.object == binding;
  });
}

FanOut::FanOut(const Clock& clock, Hooks hooks, unsigned threads)
    : clock_(clock), hooks_(std::move(hooks)), threads_(threads) {}

FanOut::~FanOut() {
  Stop();
}

void FanOut::Start() {
  for (unsigned i = 0; i < threads_; ++i) pool_.emplace_back([this](std::stop_token stop) { Work(stop); });
}

void FanOut::Stop() {
  for (std::jthread& thread : pool_) thread.request_stop();
  pool_.clear();
}

void FanOut::Add(Job job, Duration delay) {
  Superseded superseded;
  bool wake = false;
  {
    auto slots = slots_.Lock();
    Slot& slot = (*slots)[KeyOf(job.route)];
    if (!slot.running) slot.registry = RegistryOf(job);
    const SteadyTime now = clock_.Now();
    wake = Put(slot, std::move(job), {.now = now, .due = now + delay}, superseded);
  }
  if (wake) changed_.notify_all();
  Tell(superseded);
}

void FanOut::Add(const std::string& delivery, std::span<const Asked> asked) {
  Superseded superseded = {{delivery, {}}};
  bool wake = false;
  {
    auto slots = slots_.Lock();
    const SteadyTime now = clock_.Now();
    auto place = slots->end();
    for (const Asked& one : asked) {
      place = PlaceOf(*slots, place, one.route);
      wake |= Renew(place->second, {delivery, one.outcome}, one, {.now = now, .due = now}, superseded.back().second);
    }
  }
  if (wake) changed_.notify_all();
  Tell(superseded);
}

// Most often the one after that of the route before.
FanOut::Slots::iterator FanOut::PlaceOf(Slots& slots, Slots::iterator before, const Route& route) {
  if (before != slots.end() && ++before != slots.end() && IsKeyOf(before->first, route)) return before;
  return slots.try_emplace(KeyOf(route)).first;
}

// As Put does, in the place of the job that waits if there is one.
bool FanOut::Renew(Slot& slot, const Ticket& ticket, const Asked& asked, Times times,
                   std::vector<Ticket>& surplus) const {
  const SteadyTime due = std::max(times.due, slot.rests_until);
  const bool sooner = !slot.job || due < slot.due;
  if (sooner) slot.due = due;
  if (!slot.job) {
    slot.job = JobOf(ticket, asked, times.now);
    if (!slot.running) slot.registry = RegistryOf(*slot.job);
  } else if (slot.job->delivery > ticket.delivery || !IsSame(slot.job->route, asked.route)) {
    slot.job = Merge(std::move(*slot.job), JobOf(ticket, asked, times.now));
    MoveSurplus(*slot.job, surplus);
    if (!slot.running) slot.registry = RegistryOf(*slot.job);
  } else {
    Job& job = *slot.job;
    job.intent = *asked.intent;
    job.delivery = ticket.delivery;
    AddTicket(job, ticket, surplus);
    job.since = times.now;
    job.attempt = 0;
    job.queued = job.route.image;
    job.received = asked.received;
  }
  return !slot.running && (sooner || slot.due <= times.now);
}

// Whether there is something to wake up for: a job that is due earlier than what was known, or now. All are woken then:
// each sleeps until what was the next job for it, so one that was not woken might sleep past this one.
bool FanOut::Put(Slot& slot, Job job, Times times, Superseded& superseded) {
  const std::string by = job.delivery;
  const SteadyTime due = std::max(times.due, slot.rests_until);
  const bool sooner = !slot.job || due < slot.due;
  if (sooner) slot.due = due;
  slot.job = slot.job ? Merge(std::move(*slot.job), std::move(job)) : std::move(job);
  superseded.push_back({by, {}});
  MoveSurplus(*slot.job, superseded.back().second);
  return !slot.running && (sooner || slot.due <= times.now);
}

void FanOut::Rest(Slot& slot, SteadyTime now) {
  const bool left_alone = now - slot.rests_until >= slot.rest;
  slot.rest = left_alone ? kFirstRest : std::min(2 * slot.rest, kLongestRest);
  slot.rests_until = now + slot.rest;
}

void FanOut::Tell(const Superseded& superseded) const {
  for (const auto& [by, tickets] : superseded)
    if (!tickets.empty()) hooks_.superseded(tickets, by);
}

void FanOut::Follow(const RouteTable& table) {
  std::vector<Job> dropped;
  {
    auto slots = slots_.Lock();
    for (auto& [key, slot] : *slots) {
      if (!slot.job) continue;
      if (const Route* route = FindRoute(table, key)) {
        slot.job->route = *route;
        if (!slot.running) slot.registry = RegistryOf(*slot.job);
      } else if (!IsInDoubt(table, key)) {
        dropped.push_back(std::move(*slot.job));
        slot.job.reset();
      }
    }
    std::erase_if(*slots, [](const auto& entry) { return !entry.second.job && !entry.second.running; });
  }
  changed_.notify_all();  // one may wait for another registry now
  for (const Job& job : dropped)
    hooks_.done(job, {.message = "binding/" + job.route.binding->key.name + " does not bind it any more"});
}

std::size_t FanOut::Depth() const {
  auto slots = slots_.Lock();
  return static_cast<std::size_t>(
      std::ranges::count_if(*slots, [](const auto& entry) { return entry.second.job || entry.second.running; }));
}

std::string FanOut::RegistryOf(const Job& job) const {
  return hooks_.registry ? hooks_.registry(job.route) : std::string();
}

FanOut::Busy FanOut::BusyOf(const Slots& slots) {
  Busy busy;
  for (const auto& [key, slot] : slots)
    if (slot.running && !slot.registry.empty()) ++busy[slot.registry];
  return busy;
}

bool FanOut::MayRun(const Slot& slot, const Busy& busy) {
  if (!slot.job || slot.running) return false;
  const auto found = busy.find(slot.registry);
  return found == busy.end() || found->second < kRunsOfRegistry;
}

SteadyTime FanOut::NextDue(const Slots& slots) {
  const Busy busy = BusyOf(slots);
  SteadyTime next = SteadyTime::max();
  for (const auto& [key, slot] : slots)
    if (MayRun(slot, busy)) next = std::min(next, slot.due);
  return next;
}

FanOut::Slot* FanOut::FirstDue(Slots& slots, SteadyTime now) {
  const Busy busy = BusyOf(slots);
  Slot* first = nullptr;
  for (auto& [key, slot] : slots)
    if (MayRun(slot, busy) && slot.due <= now && (!first || slot.due < first->due)) first = &slot;
  return first;
}

std::optional<Job> FanOut::Take(std::stop_token stop) {
  auto slots = slots_.Lock();
  while (!stop.stop_requested()) {
    const SteadyTime now = clock_.Now();
    if (Slot* slot = FirstDue(*slots, now)) {
      slot->running = true;
      return std::exchange(slot->job, std::nullopt);
    }
    const SteadyTime next = std::min(NextDue(*slots), now + kFarAway);
    changed_.wait_for(slots.lock(), stop, next - now, [&] {
      const SteadyTime due = NextDue(*slots);
      return due < next || due <= clock_.Now();
    });
  }
  return std::nullopt;
}

JobResult FanOut::Run(const Job& job, std::stop_token stop) const {
  try {
    return hooks_.run(job, stop);
  } catch (const std::exception& exception) {
    return {DeliveryResult::Errored, std::string("the controller failed: ") + exception.what(), {}};
  } catch (...) {
    return {DeliveryResult::Errored, "the controller failed", {}};
  }
}

void FanOut::Finish(Job job, const JobResult& result) {
  hooks_.done(job, result);
  Superseded superseded;
  {
    auto slots = slots_.Lock();
    Slot& slot = (*slots)[KeyOf(job.route)];
    slot.running = false;
    Rest(slot, clock_.Now());
    slot.due = std::max(slot.due, slot.rests_until);
    if (result.again) Return(slot, std::move(job), result);
    if (slot.job) {
      slot.registry = RegistryOf(*slot.job);
      superseded = {{slot.job->delivery, {}}};
      MoveSurplus(*slot.job, superseded.back().second);
    }
  }
  changed_.notify_all();  // also for who waited for this registry
  Tell(superseded);
}

// What is Pending keeps its place under what came meanwhile; another look that nobody waits for is not needed beside
// it.
void FanOut::Return(Slot& slot, Job job, const JobResult& result) const {
  const SteadyTime due = clock_.Now() + *result.again;
  const bool waits = result.result == DeliveryResult::Pending;
  job.since = clock_.Now();  // what was read so far was not enough
  if (waits)
    job.attempt += result.counts ? 1 : 0;
  else
    job.tickets.clear(), job.oldest = 0, job.delivery.clear(), job.received = {}, job.attempt = 0;
  if (!slot.job) {
    slot.due = due;
    slot.job = std::move(job);
  } else if (waits) {
    slot.job = Merge(std::move(job), std::move(*slot.job));
  }
}

void FanOut::Work(std::stop_token stop) {
  while (auto job = Take(stop)) {
    const JobResult result = Run(*job, stop);
    Finish(std::move(*job), result);
  }
}

}  // namespace tinyforge
