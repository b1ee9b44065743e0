// Looks at the branches and tags of the repositories that git triggers watch, for pushes that no webhook told of.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "controller/runtime/clock.h"
#include "controller/runtime/guarded.h"
#include "controller/runtime/log.h"
#include "controller/trigger/ref_book.h"
#include "reconcilers/trigger/route_table.h"

namespace tinyforge {

// Thread-safe. What a trigger watches is what its bindings make of it: their repositories, each with the patterns of
// all of them and the shortest interval. A trigger without bindings is not looked at, and what was seen for it is
// forgotten.
//
// What moved while the controller was down is found by the first look after its start. Told is told: a crash between
// the telling and the note of it repeats it, see RefBook::Moves::earlier.
class GitPoll {
 public:
  struct Hooks {
    // Something moved. Returns once it is taken in for good; false: it could not be, and is told again by the next
    // look.
    std::function<bool(const std::string& trigger, RefBook::Moves moves)> on_moved;
    // Look would report something else. Any thread.
    std::function<void(const std::string& trigger)> on_news;
    // Makes durable what Hear was told of: a push that is noted as told must not be lost. On a thread of the poll.
    std::function<Expected<void>()> before_save = [] { return Expected<void>(); };
  };
  struct Ports {
    RemoteRefs& remote;
    RefLedger& ledger;
    const Clock& clock;
    Logger& logger;
  };

  GitPoll(Ports ports, Hooks hooks);
  ~GitPoll();  // Stop
  GitPoll(const GitPoll&) = delete;
  GitPoll& operator=(const GitPoll&) = delete;

  void Start();
  // Ends what is under way. Idempotent.
  void Stop();

  struct Report {
    std::string problem;            // why the last looks failed; empty: they did not
    std::string note;               // what cannot be looked at, and why
    std::optional<Duration> again;  // until the next look
  };
  // Begins what is due of a git trigger. Never blocks.
  Report Look(const std::string& trigger, std::span<const Route> routes);
  // Forgets triggers and repositories that are in no route.
  void Keep(const RouteTable& table);
  // See RefBook::Hear. Never blocks.
  bool Hear(const std::string& trigger, const GitPushed& push);
  // See RefBook::Forget. Never blocks.
  void Forget(const std::string& trigger, const GitPushed& push);

 private:
  struct Watch {
    RefPatterns patterns;
    Duration interval{0};
    bool operator==(const Watch&) const = default;
  };
  using Watches = std::map<RefKey, Watch>;
  struct Rhythm {
    Watch watch;
    SteadyTime next{};  // zero: at once
    bool due = false;
    bool running = false;
    int failures = 0;     // in a row
    std::string problem;  // of the last look
  };
  struct State {
    std::map<RefKey, Rhythm> rhythms;
    bool unsaved = false;  // a webhook told of something
  };
  struct Turn {
    RefKey key;  // without a trigger: only the ledger is to be written
    Watch watch;
  };

  Watches WatchesOf(const std::string& trigger, std::span<const Route> routes, std::string& note) const;
  Duration Begin(const RefKey& key, const Watch& watch, std::string& problem);
  void Work(std::stop_token stop);
  std::optional<Turn> Take(std::stop_token stop);
  static std::optional<Turn> FirstDue(State& state);
  // Why it failed; empty: it did not.
  std::string LookAt(const Turn& turn, std::stop_token stop);
  std::string Heed(const RefLook& look);
  void End(const Turn& turn, const std::string& problem);
  void Save();

  const Ports ports_;
  const Hooks hooks_;
  RefBook book_;
  Guarded<State> state_;
  std::condition_variable_any changed_;
  std::vector<std::jthread> threads_;
};

}  // namespace tinyforge
