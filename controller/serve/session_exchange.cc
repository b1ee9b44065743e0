#include "controller/serve/session_exchange.h"

#include <algorithm>
#include <atomic>
#include <optional>

#include "controller/serve/server_core.h"

namespace tinyforge::serve {
namespace {

// A request put aside. Fires once; then it holds nothing.
class Parked : public std::enable_shared_from_this<Parked> {
 public:
  Parked(std::shared_ptr<ServerCore> core, std::function<void()> resume)
      : core_(std::move(core)), resume_(std::move(resume)), timer_(core_->io) {}

  // Io thread.
  void Arm(std::chrono::milliseconds timeout, const std::stop_token& gone) {
    if (fired_) return;
    timer_.expires_after(timeout);
    timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (!error) self->Fire();
    });
    // Runs on the io thread, at the latest when the server stops, so that no timer outlives it.
    on_gone_.emplace(gone, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self) return;
      self->timer_.cancel();
      self->Fire();
    });
  }

  void Fire() {
    if (fired_.exchange(true)) return;
    core_->Post([self = shared_from_this()] { self->timer_.cancel(); });
    core_->lanes.RunPooled(std::exchange(resume_, nullptr));
  }

 private:
  const std::shared_ptr<ServerCore> core_;
  std::function<void()> resume_;
  std::atomic<bool> fired_ = false;
  boost::asio::steady_timer timer_;
  std::optional<std::stop_callback<std::function<void()>>> on_gone_;
};

class SessionExchange : public Exchange {
 public:
  explicit SessionExchange(ExchangeParts parts)
      : core_(std::move(parts.core)),
        sink_(std::move(parts.sink)),
        gate_(std::move(parts.gate)),
        number_(parts.number),
        request_(std::move(parts.request)) {}

  ~SessionExchange() override {
    if (!answered_) Send(ErrorResponse(500, "InternalError", "the request was not answered"));
    if (streaming_) EndStream();
  }

  const HttpRequest& request() const override { return request_; }

  void Send(HttpResponse response) override {
    if (answered_.exchange(true)) return;
    core_->Post([sink = sink_, number = number_, answer = std::move(response)]() mutable {
      sink->Answer(number, std::move(answer));
    });
  }

  void BeginStream(std::string_view content_type) override {
    if (answered_.exchange(true)) return;
    streaming_ = true;
    core_->Post(
        [sink = sink_, number = number_, type = std::string(content_type)] { sink->BeginStream(number, type); });
  }

  bool Write(std::string_view bytes) override {
    if (bytes.empty()) return streaming_;
    if (!streaming_ || !gate_->Enter(bytes.size() + kPieceCost)) return false;
    core_->Post([sink = sink_, number = number_, chunk = std::string(bytes)]() mutable {
      sink->StreamBytes(number, std::move(chunk));
    });
    return true;
  }

  void EndStream() override {
    if (!streaming_.exchange(false)) return;
    core_->Post([sink = sink_, number = number_] { sink->EndStream(number); });
  }

  std::stop_token Gone() const override { return gate_->gone(); }

  std::function<void()> Park(std::chrono::milliseconds timeout, std::function<void()> resume) override {
    auto parked = std::make_shared<Parked>(core_, std::move(resume));
    core_->Post([parked, timeout, gone = gate_->gone()] { parked->Arm(timeout, gone); });
    return [parked] { parked->Fire(); };
  }

 private:
  const std::shared_ptr<ServerCore> core_;
  const std::shared_ptr<AnswerSink> sink_;
  const std::shared_ptr<StreamGate> gate_;
  const std::uint64_t number_;
  const HttpRequest request_;
  std::atomic<bool> answered_ = false;
  std::atomic<bool> streaming_ = false;
};

}  // namespace

bool StreamGate::Enter(std::size_t bytes) {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [this] { return closed_ || unsent_ < limit_; });
  if (closed_) return false;
  unsent_ += bytes;
  return true;
}

void StreamGate::Sent(std::size_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    unsent_ -= std::min(unsent_, bytes);
  }
  room_.notify_all();
}

void StreamGate::Close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  room_.notify_all();
  gone_.request_stop();
}

ExchangePtr MakeExchange(ExchangeParts parts) {
  return std::make_shared<SessionExchange>(std::move(parts));
}

}  // namespace tinyforge::serve
