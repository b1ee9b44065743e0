// Deliveries on their way: what became of each for every binding, who waits for it, and their way into the log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "controller/runtime/clock.h"
#include "controller/runtime/guarded.h"
#include "reconcilers/core/delivery.h"

namespace tinyforge {

// One outcome of one delivery.
struct Ticket {
  std::string delivery;
  std::size_t outcome = 0;  // its place in Delivery::outcomes
};

// Thread-safe. Memory is bounded, by number and by bytes: what is final leaves with the next Flush, the oldest of it
// unlogged when the log falls behind by kLiveDeliveries, kLiveOutcomes or kLiveBytes; of those that are not final the
// oldest is given up when there are more than kLiveDeliveries, or kLiveOutcomes alone by them. Who lets strangers in
// asks HasRoom before Open.
class DeliveryDesk {
 public:
  // `on_final` is called for each outcome that became final, with a lock held: it must be quick. Messages, which may
  // repeat what registries and git say, pass `redact` before they are kept; null: nothing is secret.
  DeliveryDesk(DeliveryLog& log, const Clock& clock, std::function<void(DeliveryResult)> on_final,
               std::function<std::string(std::string_view)> redact = {});

  // Whether one more, with an outcome for each of so many routes, would be given up by nobody: those that are not final
  // leave room for it by number, outcomes and bytes, of the trigger's own bytes too (kLiveBytes / 4, so that one sender
  // does not close the door for all). A sixteenth is left for those that come between this and Open.
  bool HasRoom(const Delivery& delivery, std::size_t routes = 0);
  // Gives it an id and the time, and keeps it until it is final and logged.
  Delivery Open(Delivery delivery);
  // Takes up one again that an earlier process left; its id and outcomes stay. False: it is here already.
  bool Reopen(const Delivery& delivery);
  void Settle(const std::vector<Ticket>& tickets, DeliveryResult result, const std::string& message);
  // They are Skipped, since a later delivery or version took their place.
  void Supersede(const std::vector<Ticket>& tickets, const std::string& message);

  // What is known of it, from the log when it is no longer here.
  std::optional<Delivery> Find(const std::string& id);
  // `done` is called once, from any thread, when it is final; at once when it is, or is not here.
  void Await(const std::string& id, std::function<void()> done);
  // The delivery that brought this id of the vendor's to the trigger within the last ten minutes and did its work for a
  // workload, or is about to, or left it to a later one. Empty when an outcome is an error or when it did nothing: then
  // it is to be tried again. Of one that is final the outcomes may say their results alone. Reads no log.
  std::optional<Delivery> FindRepeated(const std::string& trigger, const std::string& vendor_id);

  // Whether Flush has something to write.
  bool HasNews();
  // Whether it has so much that it should not be put off.
  bool IsCrowded();
  // Writes what is new to the log, in parts of bounded size. Not while another thread flushes.
  Expected<void> Flush();

 private:
  struct Live {
    Delivery delivery;
    std::size_t open = 0;     // outcomes that are not final
    std::size_t bytes = 0;    // see SizeOf
    bool is_new = false;      // the log does not have it as it is
    bool superseded = false;  // by a later one, for a workload
    std::vector<std::function<void()>> awaited_by;
  };
  struct Seen {
    std::string delivery;
    SteadyTime at{};
    DeliveryCounts counts;  // once it is final
  };
  // Of deliveries that are not final.
  struct Load {
    std::size_t deliveries = 0;
    std::size_t outcomes = 0;  // final ones of theirs too
    std::size_t bytes = 0;
    std::unordered_map<std::string, std::size_t> bytes_of;  // by trigger; none is 0
  };
  using LiveMap = std::map<std::string, Live>;
  struct State {
    LiveMap live;                                                // by id, so in order of time
    Load open;                                                   // of those: that are not final
    std::size_t outcomes = 0;                                    // of all
    std::size_t bytes = 0;                                       // of all
    std::set<std::string> news;                                  // ids of those that are new
    std::unordered_map<std::string, Seen> seen;                  // by trigger and the vendor's id
    std::deque<std::pair<std::string, std::string>> seen_order;  // keys, each with its delivery, oldest first
    std::uint64_t last_id = 0;
  };
  using Callbacks = std::vector<std::function<void()>>;

  std::string NextId(State& state) const;
  void Remember(State& state, const Delivery& delivery) const;
  static Live& Insert(State& state, const Delivery& delivery);
  static void AddOpen(State& state, const Live& live);
  static void DropOpen(State& state, const Live& live);
  static void MarkNew(State& state, LiveMap::value_type& entry);
  void End(State& state, Live& live, Callbacks& done) const;
  static void Conclude(State& state, const Live& live);
  DeliveryOutcome News(DeliveryResult result, const std::string& message) const;
  void SettleAll(const std::vector<Ticket>& tickets, const DeliveryOutcome& news, bool superseded);
  void SettleOne(State& state, LiveMap::value_type& entry, std::size_t outcome, const DeliveryOutcome& news,
                 Callbacks& done) const;
  void GiveUp(State& state, LiveMap::value_type& entry, Callbacks& done) const;
  void MakeRoom(State& state, Callbacks& done) const;
  static void Forget(State& state, LiveMap::iterator place);
  std::vector<Delivery> TakeNews();
  void LetFinalGo(const std::vector<Delivery>& logged);

  DeliveryLog& log_;
  const Clock& clock_;
  const std::function<void(DeliveryResult)> on_final_;
  const std::function<std::string(std::string_view)> redact_;
  Guarded<State> state_;
};

inline constexpr std::size_t kLiveDeliveries = 2048;
inline constexpr std::size_t kLiveOutcomes = 64 * 1024;
inline constexpr std::size_t kLiveBytes = 32 * 1024 * 1024;
// Of what strangers send; larger ones are refused.
inline constexpr std::size_t kLargestDelivery = 1536 * 1024;

// What a delivery takes of memory, about.
std::size_t SizeOf(const Delivery& delivery);

}  // namespace tinyforge
