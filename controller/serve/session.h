// One connection: reads a request, hands it to its handler, writes the answer, begins again. Internal to
// controller/serve. Everything runs on the io thread.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "controller/serve/byte_stream.h"
#include "controller/serve/request_reader.h"
#include "controller/serve/server_core.h"
#include "controller/serve/session_exchange.h"

namespace tinyforge::serve {

class Session : public Connection, public AnswerSink, public std::enable_shared_from_this<Session> {
 public:
  Session(std::shared_ptr<ServerCore> core, Incoming incoming);

  void Start() override;
  void Close() override;
  void Evict() override;
  std::optional<std::chrono::steady_clock::time_point> WaitingSince() const override;
  const IpAddress& source() const override { return source_; }

  void Answer(std::uint64_t request, HttpResponse response) override;
  void BeginStream(std::uint64_t request, std::string content_type) override;
  void StreamBytes(std::uint64_t request, std::string bytes) override;
  void EndStream(std::uint64_t request) override;

 private:
  enum class State {
    Opening,    // TLS is being agreed upon
    Idle,       // no byte of a request yet
    Reading,    // a request is coming in
    Handling,   // a handler has it
    Streaming,  // a handler answers piece by piece
    Draining,   // the rest of the answer is being written
    Lingering,  // nothing more will be said; waits for the client to notice
    Closed,
  };

  // Calls `then` once the socket can be read, or written. Not when the session is closed meanwhile.
  void Await(ByteStream::State what, void (Session::*then)());
  void Open();
  void Fail(ConnectionDrop why);
  void Read();
  void ReadNow();
  void OnRead(std::string_view bytes);
  void OnEnd();
  void Parse();
  void AwaitMore();
  bool OnHeader();
  std::optional<HttpResponse> RefusalOfHeader();
  void TakeHead();
  void CountHeld();
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
  void ArmIfWriting();
  void Disarm();
  void AwaitTime(std::chrono::steady_clock::time_point at);
  void OnTimer();
  void OnDeadline();

  const std::shared_ptr<ServerCore> core_;
  const std::shared_ptr<const ListenerRules> rules_;
  const IpAddress peer_;
  const IpAddress source_;
  Protocol::socket socket_;
  std::unique_ptr<ByteStream> stream_;
  // The timer is set anew when it would come too late, and looks itself when it comes too early: a request moves its
  // deadline several times.
  std::optional<std::chrono::steady_clock::time_point> deadline_;
  std::optional<std::chrono::steady_clock::time_point> timer_due_;
  boost::asio::steady_timer timer_;
  std::uint64_t timer_number_ = 0;

  State state_ = State::Opening;
  std::chrono::steady_clock::time_point waiting_since_;  // as WaitingSince
  bool reading_ = false;
  bool ended_ = false;  // the client sends no more
  std::string in_;
  std::size_t held_ = 0;  // as the core was told
  std::size_t lingered_ = 0;

  std::optional<RequestReader> reader_;
  RouteMatch match_;
  HttpRequest request_;
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
