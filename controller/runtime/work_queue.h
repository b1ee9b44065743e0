// The queue between whatever notices a change and the workers. It holds keys, never events: an event says "look at this
// key", so a doubled one costs nothing and a lost one is made good by the next.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <stop_token>

#include "api-types/meta/object.h"
#include "api-types/meta/time.h"
#include "controller/runtime/backoff.h"
#include "controller/runtime/clock.h"
#include "controller/runtime/guarded.h"

namespace tinyforge {

// Why a key is added. Decides its place in the line and what it does to a pause that follows an error.
enum class Urgency {
  Change,  // a commit, a person, a webhook: first in line; ends any pause
  Event,   // something was seen in the world: ends a wait; a backoff is cut to Options::event_floor after the failure,
           // because the events of a failing pass must not make it spin
  Resync,  // nothing is known to have changed: last in line; never shortens a pause
};

// Thread-safe. Every call costs O(log n) of the keys held, which are the distinct keys only.
//
// A key has one place: adding it again keeps the earlier time and the higher urgency. It is never handed to two workers
// at once; added while a worker has it, it is handed out again after Done. Lower urgencies are not starved: every
// eighth key comes from the least urgent line that has one.
class WorkQueue {
 public:
  struct Options {
    Backoff transient{.base = std::chrono::milliseconds(250), .cap = std::chrono::minutes(5)};
    Backoff waiting{.base = std::chrono::seconds(1), .cap = std::chrono::seconds(30)};
    Duration event_floor = std::chrono::seconds(2);
    // Between passes that acted and failed, whatever events they cause; by such passes in a row.
    Backoff acted{.base = std::chrono::milliseconds(250), .cap = std::chrono::seconds(30), .jitter = 0};
    Duration stalled = std::chrono::minutes(5);
    std::uint32_t seed = std::random_device{}();  // of the jitter
  };

  // A key handed to a worker, who must call Done.
  struct Item {
    ObjectKey key;
    std::chrono::nanoseconds waited{0};  // since it could have been handed out
  };

  // What a failed key waits for.
  struct Retry {
    Duration delay{0};
    int attempt = 0;  // 1 for the first error in a row of its kind
  };

  explicit WorkQueue(const Clock& clock);
  WorkQueue(const Clock& clock, Options options);
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  void Add(const ObjectKey& key, Urgency urgency = Urgency::Event);
  // Not before `delay` from now; an earlier time that the key already has is kept.
  void AddAfter(const ObjectKey& key, Duration delay, Urgency urgency = Urgency::Event);
  // Whether the pass that failed changed something: then its own events may follow, and none of them shortens the pause
  // below Options::acted.
  enum class Effect { None, Acted };
  // After a Transient error.
  Retry AddRateLimited(const ObjectKey& key, Effect effect = Effect::None);
  // After a Waiting error: its own schedule, and no influence on the other one's.
  Retry AddWaiting(const ObjectKey& key, Effect effect = Effect::None);
  // After an error of a pass that acted, which only a change or something on the host can mend: looked at now and then.
  Retry AddStalled(const ObjectKey& key);
  // The key's last pass ended well (or will not be tried again): all schedules start anew.
  void Forget(const ObjectKey& key);

  // Blocks until a key is due or `stop` is requested (then empty). Idle, it does not wake.
  std::optional<Item> Get(std::stop_token stop);
  // The same without blocking: empty when no key is due.
  std::optional<Item> TryGet();
  // The worker is through with a key that Get or TryGet gave it.
  void Done(const ObjectKey& key);

  // When TryGet will have something: in the past or now when a key is due, empty when no key is waiting for its time.
  std::optional<SteadyTime> NextDue() const;
  // Keys that are due and not yet handed out.
  std::size_t Depth() const;

 private:
  struct Place {
    SteadyTime due{};
    Urgency urgency = Urgency::Resync;
  };
  struct Entry {
    std::optional<Place> place;  // in `delayed` or a line, unless a worker has the key
    std::uint64_t ticket = 0;    // position in its line; 0: not in a line
    bool processing = false;
    int failures = 0;  // Transient errors in a row
    int waits = 0;
    int acted = 0;  // passes in a row that acted and failed; passes without an effect between them do not count
    SteadyTime event_from{};   // an Event does not bring it forward before this
    SteadyTime resync_from{};  // nor a Resync before this
  };
  using Entries = std::map<ObjectKey, Entry>;
  using Line = std::map<std::uint64_t, Entries::iterator>;  // by ticket
  struct DueLess {
    bool operator()(Entries::iterator a, Entries::iterator b) const;
  };
  struct State {
    Entries entries;
    std::set<Entries::iterator, DueLess> delayed;
    Line lines[3];  // by Urgency
    std::uint64_t tickets = 0;
    std::uint64_t handed_out = 0;
    std::uint64_t timekeeper = 0;  // the one blocked Get that waits for the first delayed key; 0: none
    std::uint64_t timekeepers = 0;
    std::minstd_rand random;

    bool AnyDue() const;
  };

  // When an add of this urgency may take effect, given the errors that the key has behind it.
  static SteadyTime NotBefore(const Entry& entry, Urgency urgency);
  // Forgets all errors.
  static void Reset(Entry& entry);
  // The shortest pause after a failed pass of this effect.
  Duration Floor(State& state, Entry& entry, Effect effect) const;
  // Takes the key out of the line or the delayed set that it is in.
  static void Unplace(State& state, Entries::iterator it);
  // Puts the key where its place says, unless a worker has it.
  static void Enqueue(State& state, Entries::iterator it, SteadyTime now);
  // Merges `wish` into the place that the key has.
  static void Merge(State& state, Entries::iterator it, Place wish, SteadyTime now);
  static void Prune(State& state, Entries::iterator it);
  static void PromoteDue(State& state, SteadyTime now);
  static Line* NextLine(State& state);
  static std::optional<Item> Take(State& state, SteadyTime now);
  // Wakes one blocked Get when there is work for it.
  void Wake(State& state);
  void WaitForWork(State& state, std::unique_lock<std::mutex>& lock, const std::stop_token& stop);

  const Clock& clock_;
  const Options options_;
  mutable Guarded<State> state_;
  std::condition_variable_any changed_;
};

}  // namespace tinyforge
