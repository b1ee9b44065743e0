#include "controller/store/kept_delivery.h"

#include <algorithm>
#include <utility>

#include "controller/runtime/plain_text.h"
#include "reconcilers/core/delivery_json.h"

namespace tinyforge {
namespace {

constexpr std::size_t kMaxWord = 256;
constexpr std::size_t kMaxText = 1024;
constexpr std::size_t kMaxHeaders = 32;
constexpr std::size_t kMaxUrls = 8;
constexpr std::size_t kMaxEvents = 64;
constexpr std::size_t kMaxEventBytes = std::size_t{64} << 10;
constexpr std::size_t kNoteBytes = 128;                      // of that, for the event that counts what is left out
constexpr std::size_t kMessageBytes = std::size_t{1} << 20;  // of all outcomes
constexpr std::size_t kShortestMessage = 64;

void Cut(std::string& text, std::size_t max) {
  if (!IsPlainText(text, max)) text = PlainText(text, max);
}

void CutTexts(ImagePushed& event) {
  for (std::string* text : {&event.host, &event.path, &event.tag, &event.digest}) Cut(*text, kMaxText);
}

void CutTexts(GitPushed& event) {
  for (std::string* text : {&event.repository, &event.name, &event.commit, &event.before}) Cut(*text, kMaxText);
  if (event.urls.size() > kMaxUrls) event.urls.resize(kMaxUrls);
  for (std::string& url : event.urls) Cut(url, kMaxText);
  if (!event.files) return;
  std::size_t bytes = 0;
  for (std::string& file : *event.files) {
    bytes += file.size();
    Cut(file, kMaxText);
  }
  if (bytes > kMaxEventBytes / 2) event.files.reset();
}

void CutTexts(Fired&) {}

void CutTexts(Ignored& event) {
  Cut(event.reason, kMaxText);
}

// Its size as JSON, after its files were given up if need be.
std::size_t Fit(InboundEvent& event, std::size_t room) {
  std::visit([](auto& what) { CutTexts(what); }, event);
  std::size_t size = EncodeEvent(event).size();
  auto* push = std::get_if<GitPushed>(&event);
  if (size <= room || !push || !push->files) return size;
  push->files.reset();
  return EncodeEvent(event).size();
}

std::vector<InboundEvent> KeptEvents(const std::vector<InboundEvent>& events) {
  std::vector<InboundEvent> kept;
  std::size_t room = kMaxEventBytes - kNoteBytes;
  const std::size_t most = events.size() > kMaxEvents ? kMaxEvents - 1 : events.size();
  while (kept.size() < most) {
    InboundEvent event = events[kept.size()];
    const std::size_t size = Fit(event, room);
    if (size > room) break;
    room -= size;
    kept.push_back(std::move(event));
  }
  const std::size_t left = events.size() - kept.size();
  if (left > 0) kept.push_back(Ignored{std::to_string(left) + " more events are not kept"});
  return kept;
}

StringMap KeptHeaders(const StringMap& headers) {
  StringMap kept;
  for (const auto& [name, value] : headers) {
    if (kept.size() == kMaxHeaders) break;
    kept.emplace(PlainText(name, kMaxWord), PlainText(value, kMaxText));
  }
  return kept;
}

}  // namespace

Delivery KeptDelivery(const Delivery& delivery) {
  Delivery kept = delivery;
  for (std::string* text : {&kept.id, &kept.trigger, &kept.cause, &kept.vendor, &kept.event, &kept.vendor_id,
                            &kept.source, &kept.secret, &kept.replay_of})
    Cut(*text, kMaxWord);
  kept.headers = KeptHeaders(delivery.headers);
  kept.events = KeptEvents(delivery.events);
  const std::size_t share = kMessageBytes / std::max<std::size_t>(kept.outcomes.size(), 1);
  const std::size_t most = std::clamp(share, kShortestMessage, kMaxText);
  SharedText last;  // often that of all
  const auto is_kept = [&](const DeliveryOutcome& outcome) {
    return outcome.message == last || IsPlainText((last = outcome.message).str(), most);
  };
  if (!std::ranges::all_of(delivery.outcomes, is_kept))
    for (DeliveryOutcome& outcome : kept.outcomes) outcome.message = PlainText(outcome.message.str(), most);
  return kept;
}

}  // namespace tinyforge
