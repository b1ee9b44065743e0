#include "controller/docker/event_stream.h"

#include <algorithm>

#include "controller/docker/json_splitter.h"
#include "controller/docker/thread_shield.h"

namespace tinyforge::docker {
namespace {

constexpr std::size_t kMaxEventBytes = std::size_t{1} << 20;
constexpr std::int64_t kOverlapNs = 1'000'000'000;
constexpr Duration kRetryDelay = std::chrono::seconds(1);

// "seconds.nanoseconds", as the Engine reads it.
std::string Timestamp(std::int64_t ns) {
  auto fraction = std::to_string(ns % 1'000'000'000);
  return std::to_string(ns / 1'000'000'000) + "." + std::string(9 - fraction.size(), '0') + fraction;
}

}  // namespace

EventStream::EventStream(EngineClient& client, Logger& log, EventStreamCallbacks callbacks)
    : client_(client), log_(log), callbacks_(std::move(callbacks)) {}

void EventStream::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void EventStream::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void EventStream::Run(const std::stop_token& stop) {
  bool reported = false;
  while (!stop.stop_requested()) {
    Error error{ErrorKind::Transient, "the Docker Engine ended the event stream"};
    Shielded(log_, "events", stop, [&] {
      if (auto ended = Follow(stop); !ended) error = ended.error();
    });
    bool was_connected = connected_.exchange(false);
    if (stop.stop_requested()) return;
    if (was_connected || !reported) {
      reported = Shielded(log_, "events", stop, [&] {
        log_.Warn("docker events interrupted", {{"error", error.message}});
        callbacks_.on_disconnected(error);
      });
    }
    Pause(kRetryDelay, stop);
  }
}

Expected<void> EventStream::Follow(const std::stop_token& stop) {
  client_.ForgetVersion();
  EngineCall call{.endpoint = Endpoint::Events, .query = {{"filters", EventFilters()}}};
  // The Engine answers before it subscribes: without a beginning in the past the first events would be lost.
  if (last_event_ns_ == 0)
    last_event_ns_ = std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
  call.query.emplace_back("since", Timestamp(last_event_ns_ - kOverlapNs));
  JsonSplitter splitter(kMaxEventBytes, [this](std::string_view text) {
    auto event = DecodeEvent(text);
    if (!event) return;
    last_event_ns_ = std::max(last_event_ns_, event->time_ns);
    callbacks_.on_event(*event);
  });
  HttpStreamHandler handler{.on_head =
                                [this](std::string_view) {
                                  connected_ = true;
                                  log_.Info("docker events connected");
                                  callbacks_.on_connected();
                                },
                            .on_data = [&](std::string_view bytes) { return splitter.Feed(bytes); }};
  return client_.Stream(call, handler, stop);
}

}  // namespace tinyforge::docker
