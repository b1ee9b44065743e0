#include "controller/serve/session.h"

#include <openssl/crypto.h>

#include <boost/asio/buffer.hpp>
#include <exception>

#include "controller/serve/response_head.h"

namespace tinyforge::serve {
namespace {

// Bytes of later requests held while one is handled.
constexpr std::size_t kReadAhead = 64 * 1024;

bool HasToken(std::string_view authorization, const std::string& token) {
  constexpr std::string_view kScheme = "Bearer ";
  if (!authorization.starts_with(kScheme)) return false;
  authorization.remove_prefix(kScheme.size());
  return authorization.size() == token.size() && CRYPTO_memcmp(authorization.data(), token.data(), token.size()) == 0;
}

HttpResponse NoRoute(const std::string& allow) {
  if (allow.empty()) return ErrorResponse(404, "NotFound", "nothing is served at this path");
  HttpResponse response = ErrorResponse(405, "MethodNotAllowed", "this path knows only " + allow);
  response.headers.emplace_back("Allow", allow);
  return response;
}

HttpResponse Unauthorized() {
  HttpResponse response = ErrorResponse(401, "Unauthorized", "a valid bearer token is needed");
  response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

}  // namespace

Session::Session(std::shared_ptr<ServerCore> core, Protocol::socket socket, const Listener& listener)
    : core_(std::move(core)),
      router_(listener.router),
      token_(listener.token),
      socket_(std::move(socket)),
      deadline_(core_->io) {}

void Session::Start() {
  NextRequest();
}

void Session::Close() {
  if (state_ == State::Closed) return;
  state_ = State::Closed;
  Disarm();
  boost::system::error_code ignored;
  socket_.close(ignored);
  if (gate_) gate_->Close();
  core_->Remove(shared_from_this());
}

std::optional<std::chrono::steady_clock::time_point> Session::IdleSince() const {
  if (state_ != State::Idle) return std::nullopt;
  return idle_since_;
}

void Session::NextRequest() {
  reader_.reset();
  gate_.reset();
  match_ = {};
  head_only_ = keep_alive_ = chunked_ = false;
  if (in_.empty() && ended_) return Close();
  if (!in_.empty()) {
    state_ = State::Reading;
    Arm(core_->limits.header_time);
    return Parse();
  }
  in_.shrink_to_fit();
  state_ = State::Idle;
  idle_since_ = std::chrono::steady_clock::now();
  Arm(core_->limits.idle_time);
  Read();
}

void Session::Read() {
  if (reading_ || ended_ || state_ == State::Closed || in_.size() > kReadAhead) return;
  reading_ = true;
  socket_.async_read_some(boost::asio::buffer(chunk_), [self = shared_from_this()](auto error, std::size_t bytes) {
    self->reading_ = false;
    self->OnRead(error, bytes);
  });
}

void Session::OnRead(boost::system::error_code error, std::size_t bytes) {
  if (state_ == State::Closed) return;
  if (error) return OnEnd();
  if (state_ == State::Lingering) {
    lingered_ += bytes;
    return lingered_ > core_->limits.linger_bytes ? Close() : Read();
  }
  in_.append(chunk_.data(), bytes);
  if (state_ == State::Idle) {
    state_ = State::Reading;
    Arm(core_->limits.header_time);
  }
  if (state_ == State::Reading) return Parse();
  Read();
}

void Session::OnEnd() {
  ended_ = true;
  if (state_ != State::Handling && state_ != State::Draining) return Close();
  // The client may have closed only its sending side: the answer is still written.
  if (gate_) gate_->RequestGone();
}

void Session::Parse() {
  if (!reader_) reader_.emplace(core_->limits);
  while (state_ == State::Reading) {
    std::size_t consumed = 0;
    const auto progress = reader_->Put(in_, consumed);
    in_.erase(0, consumed);
    switch (progress) {
      case RequestReader::Progress::NeedMore: return ended_ ? Close() : Read();
      case RequestReader::Progress::Refused: return Refuse(reader_->refusal());
      case RequestReader::Progress::Done: return Dispatch();
      case RequestReader::Progress::Header:
        if (!OnHeader()) return;
    }
  }
}

bool Session::OnHeader() {
  const RequestHead& head = reader_->head();
  head_only_ = head.method == "HEAD";
  chunked_ = head.http_1_1;
  if (token_ && !HasToken(head.authorization, *token_)) {
    Refuse(Unauthorized());
    return false;
  }
  match_ = router_->Match(head.method, head.path);
  if (match_.route == nullptr) {
    Refuse(NoRoute(match_.allow));
    return false;
  }
  const std::size_t limit = match_.route->body_bytes;
  const bool fits = reader_->LimitBody(limit != 0 ? limit : core_->limits.body_bytes);
  Arm(core_->limits.body_time);
  if (fits && head.expects_continue && head.http_1_1 && in_.empty()) Queue("HTTP/1.1 100 Continue\r\n\r\n");
  return true;
}

void Session::Dispatch() {
  Disarm();
  state_ = State::Handling;
  const RequestHead& head = reader_->head();
  keep_alive_ = head.keep_alive;
  gate_ = std::make_shared<StreamGate>(core_->limits.stream_buffer);
  HttpRequest request{.method = head_only_ ? "GET" : head.method,
                      .path = head.path,
                      .captures = std::move(match_.captures),
                      .query = head.query,
                      .body = reader_->TakeBody()};
  auto exchange = MakeExchange({core_, shared_from_this(), gate_, ++request_number_, std::move(request)});
  Run(match_.route->handler, exchange);
  if (ended_) gate_->RequestGone();
  Read();  // notices a client that goes away
}

void Session::Run(const Handler& handler, const ExchangePtr& exchange) {
  // The router outlives the task: the session that the exchange keeps holds it.
  auto task = [core = core_, &handler, exchange] {
    try {
      handler(exchange);
    } catch (const std::exception& failure) {
      core->log.Error("a request handler failed", {{"error", failure.what()}});
      exchange->Send(ErrorResponse(500, "InternalError", "the request could not be handled"));
    }
  };
  switch (match_.route->lane) {
    case Lane::Io: return task();
    case Lane::Pool: return core_->lanes.RunPooled(std::move(task));
    case Lane::Own:
      if (core_->lanes.RunOwn(std::move(task))) return;
      exchange->Send(ErrorResponse(503, "TooManyRequests", "too many long requests are under way; try again later"));
  }
}

void Session::Refuse(const HttpResponse& response) {
  keep_alive_ = false;
  state_ = State::Handling;
  AnswerNow(response);
}

void Session::Answer(std::uint64_t request, HttpResponse response) {
  if (state_ == State::Handling && request == request_number_) AnswerNow(response);
}

void Session::AnswerNow(const HttpResponse& response) {
  keep_alive_ = keep_alive_ && !ended_;
  std::string bytes = ResponseHead(response, {.length = response.body.size(), .keep_alive = keep_alive_});
  if (!head_only_) bytes += response.body;
  state_ = State::Draining;
  Queue(std::move(bytes));
}

void Session::BeginStream(std::uint64_t request, std::string content_type) {
  if (state_ != State::Handling || request != request_number_) return;
  if (!chunked_ || ended_) keep_alive_ = false;
  const HttpResponse response{.content_type = std::move(content_type)};
  std::string head = ResponseHead(response, {.length = {}, .chunked = chunked_, .keep_alive = keep_alive_});
  state_ = head_only_ ? State::Draining : State::Streaming;
  if (head_only_ || ended_) gate_->Close();
  Queue(std::move(head));
}

void Session::StreamBytes(std::uint64_t request, std::string bytes) {
  if (state_ != State::Streaming || request != request_number_ || bytes.empty()) return;
  const std::size_t weight = bytes.size() + kPieceCost;
  Queue(chunked_ ? Chunk(bytes) : std::move(bytes), weight);
}

void Session::EndStream(std::uint64_t request) {
  if (state_ != State::Streaming || request != request_number_) return;
  state_ = State::Draining;
  if (chunked_) return Queue(Chunk({}));
  if (!writing_) FinishAnswer();
}

void Session::Queue(std::string bytes, std::size_t weight) {
  out_.push_back({std::move(bytes), weight});
  if (!writing_) WriteSome();
}

void Session::WriteSome() {
  writing_ = true;
  if (state_ != State::Reading) Arm(core_->limits.write_time);
  const std::string& front = out_.front().bytes;
  socket_.async_write_some(boost::asio::buffer(front.data() + written_, front.size() - written_),
                           [self = shared_from_this()](auto error, std::size_t bytes) {
                             if (self->state_ == State::Closed) return;
                             if (error) return self->Close();
                             self->OnWritten(bytes);
                           });
}

void Session::OnWritten(std::size_t bytes) {
  written_ += bytes;
  if (written_ < out_.front().bytes.size()) return WriteSome();
  if (gate_) gate_->Sent(out_.front().weight);
  out_.pop_front();
  written_ = 0;
  if (!out_.empty()) return WriteSome();
  writing_ = false;
  if (state_ == State::Draining) return FinishAnswer();
  if (state_ != State::Reading) Disarm();
}

void Session::FinishAnswer() {
  Disarm();
  if (gate_) gate_->Close();
  if (keep_alive_) return NextRequest();
  Linger();
}

void Session::Linger() {
  if (ended_) return Close();
  state_ = State::Lingering;
  boost::system::error_code ignored;
  socket_.shutdown(boost::asio::socket_base::shutdown_send, ignored);
  in_.clear();
  Arm(core_->limits.linger_time);
  Read();
}

void Session::Arm(std::chrono::milliseconds limit) {
  deadline_.expires_after(limit);
  deadline_.async_wait([self = shared_from_this(), number = ++deadline_number_](boost::system::error_code error) {
    if (!error && number == self->deadline_number_) self->OnDeadline();
  });
}

void Session::Disarm() {
  ++deadline_number_;
  deadline_.cancel();
}

void Session::OnDeadline() {
  if (state_ != State::Reading) return Close();
  const bool body = reader_ && reader_->header_done();
  Refuse(
      ErrorResponse(408, "Timeout", body ? "the request body came too slowly" : "the request header came too slowly"));
}

std::shared_ptr<Connection> MakeSession(std::shared_ptr<ServerCore> core, Protocol::socket socket,
                                        const Listener& listener) {
  return std::make_shared<Session>(std::move(core), std::move(socket), listener);
}

}  // namespace tinyforge::serve
