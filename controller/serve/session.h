// One connection: reads a request, hands it to its handler, writes the answer, begins again. Internal to
// controller/serve. Everything runs on the io thread.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "controller/serve/request_reader.h"
#include "controller/serve/server_core.h"
#include "controller/serve/session_exchange.h"

namespace tinyforge::serve {

class Session : public Connection, public AnswerSink, public std::enable_shared_from_this<Session> {
 public:
  Session(std::shared_ptr<ServerCore> core, Protocol::socket socket, const Listener& listener);

  void Start() override;
  void Close() override;
  std::optional<std::chrono::steady_clock::time_point> IdleSince() const override;

  void Answer(std::uint64_t request, HttpResponse response) override;
  void BeginStream(std::uint64_t request, std::string content_type) override;
  void StreamBytes(std::uint64_t request, std::string bytes) override;
  void EndStream(std::uint64_t request) override;

 private:
  enum class State {
    Idle,       // no byte of a request yet
    Reading,    // a request is coming in
    Handling,   // a handler has it
    Streaming,  // a handler answers piece by piece
    Draining,   // the rest of the answer is being written
    Lingering,  // nothing more will be said; waits for the client to notice
    Closed,
  };

  void Read();
  void OnRead(boost::system::error_code error, std::size_t bytes);
  void OnEnd();
  void Parse();
  bool OnHeader();
  void Dispatch();
  void Run(const Handler& handler, const ExchangePtr& exchange);
  void Refuse(const HttpResponse& response);

  void AnswerNow(const HttpResponse& response);
  // `weight` is what the stream's gate counted for these bytes.
  void Queue(std::string bytes, std::size_t weight = 0);
  void WriteSome();
  void OnWritten(std::size_t bytes);
  void FinishAnswer();
  void NextRequest();
  void Linger();

  void Arm(std::chrono::milliseconds limit);
  void Disarm();
  void OnDeadline();

  const std::shared_ptr<ServerCore> core_;
  const std::shared_ptr<const Router> router_;
  const std::optional<std::string> token_;
  Protocol::socket socket_;
  boost::asio::steady_timer deadline_;
  std::uint64_t deadline_number_ = 0;

  State state_ = State::Idle;
  std::chrono::steady_clock::time_point idle_since_;
  bool reading_ = false;
  bool ended_ = false;  // the client sends no more
  std::array<char, 8192> chunk_;
  std::string in_;
  std::size_t lingered_ = 0;

  std::optional<RequestReader> reader_;
  RouteMatch match_;
  std::uint64_t request_number_ = 0;
  bool head_only_ = false;
  bool keep_alive_ = false;
  bool chunked_ = false;
  std::shared_ptr<StreamGate> gate_;

  struct Piece {
    std::string bytes;
    std::size_t weight = 0;
  };
  std::deque<Piece> out_;
  std::size_t written_ = 0;  // of the first piece
  bool writing_ = false;
};

}  // namespace tinyforge::serve
