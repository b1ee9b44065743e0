// The Exchange of one connection's present request. Internal to controller/serve.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "controller/serve/exchange.h"

namespace tinyforge::serve {

class ServerCore;

// Where answers go; called on the io thread. `request` is the number given to MakeExchange: an exchange that outlives
// its request must not touch a later one of the same connection.
class AnswerSink {
 public:
  virtual ~AnswerSink() = default;
  virtual void Answer(std::uint64_t request, HttpResponse response) = 0;
  virtual void BeginStream(std::uint64_t request, std::string content_type) = 0;
  virtual void StreamBytes(std::uint64_t request, std::string bytes) = 0;
  virtual void EndStream(std::uint64_t request) = 0;
};

// Counted beside the bytes of each streamed piece, for what it costs to keep.
inline constexpr std::size_t kPieceCost = 64;

// Shared by connection and exchange: how much is unsent, and whether anybody still listens.
class StreamGate {
 public:
  explicit StreamGate(std::size_t limit) : limit_(limit) {}
  bool Enter(std::size_t bytes);  // waits while more than the limit is unsent; false: closed
  void Sent(std::size_t bytes);   // as given to Enter
  void Close();                   // also requests the stop of gone()
  std::stop_token gone() const { return gone_.get_token(); }
  // The client sends no more; a stream ends, an answer under way is still written.
  void RequestGone() { gone_.request_stop(); }

 private:
  const std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable room_;
  std::size_t unsent_ = 0;
  bool closed_ = false;
  std::stop_source gone_;
};

struct ExchangeParts {
  std::shared_ptr<ServerCore> core;
  std::shared_ptr<AnswerSink> sink;
  std::shared_ptr<StreamGate> gate;
  std::uint64_t number = 0;
  HttpRequest request;
};

ExchangePtr MakeExchange(ExchangeParts parts);

}  // namespace tinyforge::serve
