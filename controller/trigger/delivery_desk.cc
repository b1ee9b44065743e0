#include "controller/trigger/delivery_desk.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace tinyforge {
namespace {

constexpr std::size_t kIdLength = 13;  // of any number; a text that needs no memory of its own
constexpr std::size_t kSeenKept = 4096;
constexpr std::size_t kOutcomeBytes = 512;  // of one with its names and its message, about
constexpr auto kRepeatWindow = std::chrono::minutes(10);
constexpr std::size_t kCrowd = 128;
constexpr std::size_t kPartDeliveries = 256;  // of what is written at once
constexpr std::size_t kPartOutcomes = 4096;

// Of as many characters, so that texts sort as numbers do.
std::string InBase36(std::uint64_t number) {
  constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string text(kIdLength, '0');
  for (std::size_t i = kIdLength; i > 0 && number > 0; number /= kDigits.size())
    text[--i] = kDigits[number % kDigits.size()];
  return text;
}

std::string SeenKey(const std::string& trigger, const std::string& vendor_id) {
  return trigger + "\n" + vendor_id;
}

std::size_t SizeOf(const std::string& text) {
  return sizeof(text) + text.size();
}

std::size_t SizeOf(const std::vector<std::string>& texts) {
  std::size_t size = 0;
  for (const std::string& text : texts) size += SizeOf(text);
  return size;
}

struct EventSize {
  std::size_t operator()(const ImagePushed& event) const {
    return SizeOf(event.host) + SizeOf(event.path) + SizeOf(event.tag) + SizeOf(event.digest);
  }
  std::size_t operator()(const GitPushed& event) const {
    const std::size_t names = SizeOf(event.repository) + SizeOf(event.name) + SizeOf(event.commit);
    return names + SizeOf(event.urls) + (event.files ? SizeOf(*event.files) : 0);
  }
  std::size_t operator()(const Fired&) const { return 0; }
  std::size_t operator()(const Ignored& event) const { return SizeOf(event.reason); }
};

std::size_t SizeOf(const DeliveryOutcome& outcome) {
  return sizeof(outcome) + outcome.binding.size() + outcome.workload.size() + outcome.message.size();
}

// What a delivery of these counts came to, without saying for whom.
std::vector<DeliveryOutcome> Anonymous(const DeliveryCounts& counts) {
  std::vector<DeliveryOutcome> outcomes;
  const auto add = [&](std::size_t count, DeliveryResult result) {
    outcomes.insert(outcomes.end(), count, DeliveryOutcome{.result = result});
  };
  add(counts.deployed, DeliveryResult::Deployed);
  add(counts.skipped, DeliveryResult::Skipped);
  add(counts.no_match, DeliveryResult::NoMatch);
  return outcomes;
}

}  // namespace

std::size_t SizeOf(const Delivery& delivery) {
  std::size_t size = sizeof(delivery);
  for (const std::string* text : {&delivery.trigger, &delivery.cause, &delivery.vendor, &delivery.event,
                                  &delivery.vendor_id, &delivery.source, &delivery.replay_of})
    size += text->size();
  for (const auto& [name, value] : delivery.headers) size += SizeOf(name) + SizeOf(value);
  for (const InboundEvent& event : delivery.events) size += sizeof(event) + std::visit(EventSize{}, event);
  for (const DeliveryOutcome& outcome : delivery.outcomes) size += SizeOf(outcome);
  return size;
}

DeliveryDesk::DeliveryDesk(DeliveryLog& log, const Clock& clock, std::function<void(DeliveryResult)> on_final,
                           std::function<std::string(std::string_view)> redact)
    : log_(log), clock_(clock), on_final_(std::move(on_final)), redact_(std::move(redact)) {}

// The time in nanoseconds, and never one twice, also when the clock goes back.
std::string DeliveryDesk::NextId(State& state) const {
  const auto now = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(clock_.SystemNow().time_since_epoch()).count());
  state.last_id = std::max(now, state.last_id + 1);
  return InBase36(state.last_id);
}

DeliveryDesk::Live& DeliveryDesk::Insert(State& state, const Delivery& delivery) {
  Live live{.delivery = delivery, .bytes = SizeOf(delivery)};
  live.open = static_cast<std::size_t>(
      std::ranges::count_if(delivery.outcomes, [](const auto& outcome) { return !IsFinal(outcome.result); }));
  state.outcomes += delivery.outcomes.size();
  state.bytes += live.bytes;
  if (live.open > 0) AddOpen(state, live);
  return state.live.emplace(delivery.id, std::move(live)).first->second;
}

void DeliveryDesk::AddOpen(State& state, const Live& live) {
  ++state.open.deliveries;
  state.open.outcomes += live.delivery.outcomes.size();
  state.open.bytes += live.bytes;
  state.open.bytes_of[live.delivery.trigger] += live.bytes;
}

void DeliveryDesk::DropOpen(State& state, const Live& live) {
  --state.open.deliveries;
  state.open.outcomes -= live.delivery.outcomes.size();
  state.open.bytes -= live.bytes;
  const auto of_trigger = state.open.bytes_of.find(live.delivery.trigger);
  if ((of_trigger->second -= live.bytes) == 0) state.open.bytes_of.erase(of_trigger);
}

void DeliveryDesk::MarkNew(State& state, LiveMap::value_type& entry) {
  if (!std::exchange(entry.second.is_new, true)) state.news.insert(entry.first);
}

void DeliveryDesk::Forget(State& state, LiveMap::iterator place) {
  const Live& live = place->second;
  if (live.open > 0) DropOpen(state, live);
  state.bytes -= live.bytes;
  state.outcomes -= place->second.delivery.outcomes.size();
  if (place->second.is_new) state.news.erase(place->first);
  state.live.erase(place);
}

void DeliveryDesk::End(State& state, Live& live, Callbacks& done) const {
  live.delivery.ended = clock_.SystemNow();
  DropOpen(state, live);
  Conclude(state, live);
  std::ranges::move(std::exchange(live.awaited_by, {}), std::back_inserter(done));
}

// What failed or did nothing is forgotten: its vendor, or who presses "Redeliver" there, may bring it again. What was
// left to a later one is not, since it would undo that.
void DeliveryDesk::Conclude(State& state, const Live& live) {
  const Delivery& delivery = live.delivery;
  const auto seen = state.seen.find(SeenKey(delivery.trigger, delivery.vendor_id));
  if (seen == state.seen.end() || seen->second.delivery != delivery.id) return;
  seen->second.counts = CountOutcomes(delivery);
  const bool worked = seen->second.counts.deployed > 0 || live.superseded;
  if (!worked || seen->second.counts.errored > 0) state.seen.erase(seen);
}

void DeliveryDesk::GiveUp(State& state, LiveMap::value_type& entry, Callbacks& done) const {
  const DeliveryOutcome news{
      .result = DeliveryResult::Skipped, .message = "too many later deliveries were waiting", .at = clock_.SystemNow()};
  for (std::size_t i = 0; i < entry.second.delivery.outcomes.size(); ++i) SettleOne(state, entry, i, news, done);
}

// The newest stays, whatever its size.
void DeliveryDesk::MakeRoom(State& state, Callbacks& done) const {
  const auto oldest = [&](bool open) {
    const auto newest = std::prev(state.live.end());
    const auto found = std::find_if(state.live.begin(), newest, [&](auto& e) { return (e.second.open > 0) == open; });
    return found == newest ? state.live.end() : found;
  };
  if (state.open.deliveries > kLiveDeliveries)
    if (const auto place = oldest(true); place != state.live.end()) GiveUp(state, *place, done);
  while (state.live.size() > 2 * kLiveDeliveries || state.outcomes > kLiveOutcomes || state.bytes > kLiveBytes) {
    if (const auto ended = oldest(false); ended != state.live.end())
      Forget(state, ended);
    else if (const auto place = oldest(true); place != state.live.end())
      GiveUp(state, *place, done);
    else
      return;
  }
}

void DeliveryDesk::Remember(State& state, const Delivery& delivery) const {
  if (delivery.vendor_id.empty() || CountOutcomes(delivery).pending == 0) return;
  const std::string key = SeenKey(delivery.trigger, delivery.vendor_id);
  state.seen[key] = {delivery.id, clock_.Now(), {}};
  state.seen_order.emplace_back(key, delivery.id);
  if (state.seen_order.size() <= kSeenKept) return;
  const auto& [oldest, of] = state.seen_order.front();
  if (const auto found = state.seen.find(oldest); found != state.seen.end() && found->second.delivery == of)
    state.seen.erase(found);
  state.seen_order.pop_front();
}

bool DeliveryDesk::HasRoom(const Delivery& delivery, std::size_t routes) {
  const auto fits = [](std::size_t sum, std::size_t most) { return sum <= most - most / 16; };
  const std::size_t bytes = SizeOf(delivery) + routes * kOutcomeBytes;
  const auto state = state_.Lock();
  const Load& open = state->open;
  const auto of_trigger = open.bytes_of.find(delivery.trigger);
  if (of_trigger != open.bytes_of.end() && of_trigger->second + bytes > kLiveBytes / 4) return false;
  return fits(open.deliveries + 1, kLiveDeliveries) && fits(open.bytes + bytes, kLiveBytes) &&
         fits(open.outcomes + delivery.outcomes.size() + routes, kLiveOutcomes);
}

Delivery DeliveryDesk::Open(Delivery delivery) {
  Callbacks done;
  {
    auto state = state_.Lock();
    delivery.id = NextId(*state);
    delivery.received = clock_.SystemNow();
    for (const DeliveryOutcome& outcome : delivery.outcomes)
      if (IsFinal(outcome.result)) on_final_(outcome.result);
    Remember(*state, delivery);
    Live& live = Insert(*state, delivery);
    if (live.open == 0) live.delivery.ended = delivery.ended = delivery.received;
    MarkNew(*state, *std::prev(state->live.end()));
    MakeRoom(*state, done);
  }
  for (const auto& callback : done) callback();
  return delivery;
}

bool DeliveryDesk::Reopen(const Delivery& delivery) {
  auto state = state_.Lock();
  if (state->live.contains(delivery.id)) return false;
  Insert(*state, delivery);
  return true;
}

void DeliveryDesk::SettleOne(State& state, LiveMap::value_type& entry, std::size_t place, const DeliveryOutcome& news,
                             Callbacks& done) const {
  Live& live = entry.second;
  if (place >= live.delivery.outcomes.size()) return;
  if (IsFinal(std::as_const(live.delivery.outcomes)[place].result)) return;
  DeliveryOutcome& outcome = live.delivery.outcomes[place];
  outcome.result = news.result;
  live.bytes += news.message.size();
  live.bytes -= outcome.message.size();
  state.bytes += news.message.size();
  state.bytes -= outcome.message.size();
  const std::size_t grown = news.message.size() - outcome.message.size();  // it is still open
  state.open.bytes += grown;
  state.open.bytes_of[live.delivery.trigger] += grown;
  outcome.message = news.message;
  outcome.at = news.at;
  MarkNew(state, entry);
  if (!IsFinal(news.result)) return;
  on_final_(news.result);
  if (--live.open == 0) End(state, live, done);
}

DeliveryOutcome DeliveryDesk::News(DeliveryResult result, const std::string& message) const {
  return {.result = result, .message = redact_ ? redact_(message) : message, .at = clock_.SystemNow()};
}

void DeliveryDesk::Settle(const std::vector<Ticket>& tickets, DeliveryResult result, const std::string& message) {
  SettleAll(tickets, News(result, message), false);
}

void DeliveryDesk::Supersede(const std::vector<Ticket>& tickets, const std::string& message) {
  SettleAll(tickets, News(DeliveryResult::Skipped, message), true);
}

void DeliveryDesk::SettleAll(const std::vector<Ticket>& tickets, const DeliveryOutcome& news, bool superseded) {
  if (tickets.empty()) return;
  Callbacks done;
  {
    auto state = state_.Lock();
    auto found = state->live.end();
    for (const Ticket& ticket : tickets) {  // often one after the other of one delivery
      if (found == state->live.end() || found->first != ticket.delivery) found = state->live.find(ticket.delivery);
      if (found == state->live.end()) continue;
      found->second.superseded |= superseded;
      SettleOne(*state, *found, ticket.outcome, news, done);
    }
  }
  for (const auto& callback : done) callback();
}

std::optional<Delivery> DeliveryDesk::Find(const std::string& id) {
  {
    auto state = state_.Lock();
    if (const auto found = state->live.find(id); found != state->live.end()) return found->second.delivery;
  }
  auto logged = log_.FindDelivery(id);
  return logged ? std::move(*logged) : std::nullopt;
}

void DeliveryDesk::Await(const std::string& id, std::function<void()> done) {
  {
    auto state = state_.Lock();
    const auto found = state->live.find(id);
    if (found != state->live.end() && found->second.open > 0)
      return found->second.awaited_by.push_back(std::move(done));
  }
  done();
}

std::optional<Delivery> DeliveryDesk::FindRepeated(const std::string& trigger, const std::string& vendor_id) {
  if (vendor_id.empty()) return std::nullopt;
  auto state = state_.Lock();
  const auto seen = state->seen.find(SeenKey(trigger, vendor_id));
  if (seen == state->seen.end() || seen->second.at < clock_.Now() - kRepeatWindow) return std::nullopt;
  const auto live = state->live.find(seen->second.delivery);
  if (live == state->live.end())
    return Delivery{.id = seen->second.delivery,
                    .trigger = trigger,
                    .vendor_id = vendor_id,
                    .outcomes = Anonymous(seen->second.counts)};
  if (CountOutcomes(live->second.delivery).errored > 0) return std::nullopt;
  return live->second.delivery;
}

bool DeliveryDesk::HasNews() {
  return !state_.Lock()->news.empty();
}

bool DeliveryDesk::IsCrowded() {
  return state_.Lock()->news.size() >= kCrowd;
}

// A part of it, the oldest first.
std::vector<Delivery> DeliveryDesk::TakeNews() {
  std::vector<Delivery> news;
  auto state = state_.Lock();
  std::size_t outcomes = 0;
  while (!state->news.empty() && news.size() < kPartDeliveries && outcomes < kPartOutcomes) {
    Live& live = state->live.at(*state->news.begin());
    live.is_new = false;
    outcomes += live.delivery.outcomes.size();
    news.push_back(live.delivery);
    state->news.erase(state->news.begin());
  }
  return news;
}

// What the log did not take is history lost: nothing depends on it.
void DeliveryDesk::LetFinalGo(const std::vector<Delivery>& logged) {
  auto state = state_.Lock();
  for (const Delivery& delivery : logged) {
    const auto found = state->live.find(delivery.id);
    if (found != state->live.end() && found->second.open == 0 && !found->second.is_new) Forget(*state, found);
  }
}

// Not what becomes new meanwhile.
Expected<void> DeliveryDesk::Flush() {
  Expected<void> flushed;
  std::size_t left = state_.Lock()->news.size();
  while (left > 0) {
    const std::vector<Delivery> news = TakeNews();
    if (news.empty()) break;
    if (auto written = log_.PutDeliveries(news); !written) flushed = std::move(written);
    LetFinalGo(news);
    left -= std::min(left, news.size());
  }
  return flushed;
}

}  // namespace tinyforge
