// Looks at bound workloads one by one: a few at a time, of one registry at most two, each apart from the others, and
// however often a trigger is called meanwhile, once.
#pragma once

#include <compare>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "controller/runtime/clock.h"
#include "controller/runtime/guarded.h"
#include "controller/trigger/delivery_desk.h"
#include "reconcilers/trigger/route_table.h"
#include "reconcilers/trigger/trigger_kind.h"

namespace tinyforge {

// One binding of one workload.
struct RouteKey {
  std::string trigger;
  std::string binding;
  std::string workload;
  std::string service;
  auto operator<=>(const RouteKey&) const = default;
};

RouteKey KeyOf(const Route& route);
// Null: it is not there.
const Route* FindRoute(const RouteTable& table, const RouteKey& key);

// Whether it may be there all the same: the services of its workload cannot be read now.
bool IsInDoubt(const RouteTable& table, const RouteKey& key);

// What is to be done for one of them.
struct Job {
  Route route;
  DeploymentIntent intent;
  std::string delivery;                             // the newest that asked for it; empty: nobody did
  std::vector<Ticket> tickets;                      // of all that asked, as a ring
  SteadyTime since{};                               // of the newest: what was read before that may be outdated
  int attempt = 0;                                  // of this job before
  std::shared_ptr<const v1::ImageSource> queued{};  // its image as it was said when this was queued; null: not known
  std::size_t oldest = 0;                           // place of the ticket that the ring begins with
  SysTime received{};  // when that delivery, or a person's wish, came in; epoch: nobody asked
};

// What a delivery asks of a route.
struct Asked {
  Route route;
  std::shared_ptr<const DeploymentIntent> intent;  // not null
  std::size_t outcome = 0;                         // its place in Delivery::outcomes
  SysTime received{};                              // Delivery::received
};

struct JobResult {
  DeliveryResult result = DeliveryResult::Skipped;
  std::string message;
  std::optional<Duration> again;  // to look once more; with Pending the job and its tickets wait for that
  bool counts = true;             // as one of the attempts that a job has
};

// Thread-safe.
class FanOut {
 public:
  struct Hooks {
    // On a thread of the pool, never twice at once for one route. An exception counts as Errored.
    std::function<JobResult(const Job& job, std::stop_token stop)> run;
    // After each run, and for jobs that are dropped, with the tickets that it answers.
    std::function<void(const Job& job, const JobResult& result)> done;
    // A job gave up its place to a later one.
    std::function<void(const std::vector<Ticket>& tickets, const std::string& by)> superseded;
    // What a run waits for: no more than kRunsOfRegistry of one run at a time, so that one that hangs leaves threads to
    // the others. Must be quick. May be empty, and may say "": not known.
    std::function<std::string(const Route& route)> registry = {};
  };

  FanOut(const Clock& clock, Hooks hooks, unsigned threads);
  ~FanOut();  // Stop
  FanOut(const FanOut&) = delete;
  FanOut& operator=(const FanOut&) = delete;

  void Start();
  // Ends what is under way and starts nothing more. Idempotent.
  void Stop();

  // Takes the place of a job of the same route that has not begun; its tickets come with it, at most 16 of them. A
  // later time than that job's does not delay it. A route that was looked at just now rests before it is looked at
  // again: for 50 ms, and each time that it is not left alone for as long twice as long, up to 1 s. So a flood of
  // deliveries is none of requests to a registry.
  void Add(Job job, Duration delay = Duration(0));
  // Likewise all that one delivery asks, quickest in order of the routes of a trigger.
  void Add(const std::string& delivery, std::span<const Asked> asked);
  // Routes of another configuration are in force: jobs of those that are gone end as Skipped, others go on with the new
  // route.
  void Follow(const RouteTable& table);
  // Jobs that wait or are under way.
  std::size_t Depth() const;

 private:
  struct Slot {
    std::optional<Job> job;  // that waits
    SteadyTime due{};
    std::string registry;  // of the job that runs, else of the one that waits
    bool running = false;
    SteadyTime rests_until{};
    SteadyTime::duration rest{0};
  };
  using Slots = std::map<RouteKey, Slot>;
  using Busy = std::map<std::string, unsigned>;  // registries: how many runs wait for them
  struct Times {
    SteadyTime now{};
    SteadyTime due{};  // of what is put in
  };
  // Tickets that were superseded, by the delivery that did it.
  using Superseded = std::vector<std::pair<std::string, std::vector<Ticket>>>;

  void Work(std::stop_token stop);
  std::optional<Job> Take(std::stop_token stop);
  JobResult Run(const Job& job, std::stop_token stop) const;
  void Finish(Job job, const JobResult& result);
  void Return(Slot& slot, Job job, const JobResult& result) const;
  static Slots::iterator PlaceOf(Slots& slots, Slots::iterator before, const Route& route);
  static bool Put(Slot& slot, Job job, Times times, Superseded& superseded);
  bool Renew(Slot& slot, const Ticket& ticket, const Asked& asked, Times times, std::vector<Ticket>& surplus) const;
  static void Rest(Slot& slot, SteadyTime now);
  void Tell(const Superseded& superseded) const;
  std::string RegistryOf(const Job& job) const;
  static Busy BusyOf(const Slots& slots);
  static bool MayRun(const Slot& slot, const Busy& busy);
  static SteadyTime NextDue(const Slots& slots);
  static Slot* FirstDue(Slots& slots, SteadyTime now);

  const Clock& clock_;
  const Hooks hooks_;
  const unsigned threads_;
  mutable Guarded<Slots> slots_;
  std::condition_variable_any changed_;
  std::vector<std::jthread> pool_;
};

inline constexpr unsigned kRunsOfRegistry = 2;

}  // namespace tinyforge
