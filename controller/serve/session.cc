#include "controller/serve/session.h"

#include <openssl/crypto.h>

#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

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
  if (allow.empty()) return NotFoundResponse();
  HttpResponse response = ErrorResponse(405, "MethodNotAllowed", "this path knows only " + allow);
  response.headers.emplace_back("Allow", allow);
  return response;
}

HttpResponse Unauthorized() {
  HttpResponse response = ErrorResponse(401, "Unauthorized", "a valid bearer token is needed");
  response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

HttpResponse TooMuchQueued() {
  HttpResponse response = ErrorResponse(503, "Busy", "too many requests wait to be handled; try again later");
  response.headers.emplace_back("Retry-After", "5");
  return response;
}

}  // namespace

Session::Session(std::shared_ptr<ServerCore> core, Incoming incoming)
    : core_(std::move(core)),
      rules_(std::move(incoming.rules)),
      peer_(incoming.peer),
      source_(incoming.source),
      socket_(std::move(incoming.socket)),
      timer_(core_->io) {}

void Session::Start() {
  const int socket = socket_.native_handle();
  stream_ = rules_->tls ? rules_->tls->Accept(socket) : MakePlainStream(socket);
  request_.source = peer_;
  waiting_since_ = std::chrono::steady_clock::now();
  if (rules_->tls) Arm(core_->limits.header_time);
  Open();
}

void Session::Open() {
  const auto result = stream_->Open();
  switch (result.state) {
    case ByteStream::State::Done: return NextRequest();
    case ByteStream::State::WaitRead:
    case ByteStream::State::WaitWrite: return Await(result.state, &Session::Open);
    case ByteStream::State::PlainHttp:
      stream_ = MakePlainStream(socket_.native_handle());
      return Refuse(ErrorResponse(400, "TlsRequired", "this port speaks TLS: use https"));
    case ByteStream::State::Ended:
    case ByteStream::State::Failed: return Fail(ConnectionDrop::Handshake);
  }
}

void Session::Close() {
  if (state_ == State::Closed) return;
  state_ = State::Closed;
  CountHeld();
  Disarm();
  ++timer_number_;
  timer_.cancel();
  boost::system::error_code ignored;
  socket_.close(ignored);
  if (gate_) gate_->Close();
  core_->connections.Remove(shared_from_this());
}

void Session::Fail(ConnectionDrop why) {
  if (rules_->guard) rules_->guard->Dropped(why);
  Close();
}

void Session::Evict() {
  Fail(ConnectionDrop::Evicted);
}

std::optional<std::chrono::steady_clock::time_point> Session::WaitingSince() const {
  switch (state_) {
    case State::Opening:
    case State::Idle:
    case State::Reading:
    case State::Lingering: return waiting_since_;
    case State::Handling:
    case State::Streaming:
    case State::Draining:
    case State::Closed: break;
  }
  return std::nullopt;
}

void Session::NextRequest() {
  reader_.reset();
  gate_.reset();
  match_ = {};
  request_ = {};
  request_.source = peer_;
  CountHeld();
  waiting_since_ = std::chrono::steady_clock::now();
  head_only_ = keep_alive_ = chunked_ = false;
  if (in_.empty() && ended_) return Close();
  if (!in_.empty()) {
    state_ = State::Reading;
    Arm(core_->limits.header_time);
    return Parse();
  }
  in_.shrink_to_fit();
  state_ = State::Idle;
  Arm(core_->limits.idle_time);
  Read();
}

void Session::Read() {
  if (reading_ || ended_ || state_ == State::Closed || in_.size() > kReadAhead) return;
  reading_ = true;
  if (!stream_->HasBuffered()) return Await(ByteStream::State::WaitRead, &Session::ReadNow);
  boost::asio::post(core_->io, [self = shared_from_this()] {
    if (self->state_ != State::Closed) self->ReadNow();
  });
}

void Session::Await(ByteStream::State what, void (Session::*then)()) {
  const auto direction =
      what == ByteStream::State::WaitRead ? boost::asio::socket_base::wait_read : boost::asio::socket_base::wait_write;
  // What is wrong with the socket is told by using it.
  socket_.async_wait(direction, [self = shared_from_this(), then](boost::system::error_code) {
    if (self->state_ != State::Closed) (*self.*then)();
  });
}

void Session::ReadNow() {
  const auto result = stream_->Read(core_->read_buffer);
  if (result.state == ByteStream::State::WaitRead || result.state == ByteStream::State::WaitWrite)
    return Await(result.state, &Session::ReadNow);
  reading_ = false;
  if (result.state != ByteStream::State::Done) return OnEnd();
  OnRead({core_->read_buffer.data(), result.bytes});
  CountHeld();
}

void Session::OnRead(std::string_view bytes) {
  if (state_ == State::Lingering) {
    lingered_ += bytes.size();
    return lingered_ > core_->limits.linger_bytes ? Close() : Read();
  }
  in_.append(bytes);
  if (state_ == State::Idle) {
    state_ = State::Reading;
    waiting_since_ = std::chrono::steady_clock::now();
    Arm(core_->limits.header_time);
  }
  if (state_ == State::Reading) return Parse();
  Read();
}

// Only what unfinished requests hold: what is being answered was authenticated, or is about to be refused.
void Session::CountHeld() {
  const bool waits = state_ == State::Reading;
  const std::size_t now = waits ? in_.size() + (reader_ ? reader_->body_size() : 0) : 0;
  const std::size_t before = std::exchange(held_, now);
  if (now != before) core_->Hold(before, now);
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
      case RequestReader::Progress::NeedMore: return AwaitMore();
      case RequestReader::Progress::Refused: return Refuse(reader_->refusal());
      case RequestReader::Progress::Done: return Dispatch();
      case RequestReader::Progress::Header:
        if (!OnHeader()) return;
    }
  }
}

// The parser leaves what it can make nothing of yet: a header, whose size it bounds itself, or a line between chunks.
void Session::AwaitMore() {
  if (in_.size() > kReadAhead)
    return Refuse(ErrorResponse(400, "BadRequest", "the request is not well-formed HTTP/1.1"));
  if (ended_) return Close();
  Read();
}

bool Session::OnHeader() {
  const RequestHead& head = reader_->head();
  head_only_ = head.method == "HEAD";
  chunked_ = head.http_1_1;
  if (const auto refusal = RefusalOfHeader()) {
    Refuse(*refusal);
    return false;
  }
  const std::size_t limit = match_.route->body_bytes;
  const bool fits = reader_->LimitBody(limit != 0 ? limit : core_->limits.body_bytes);
  Arm(core_->limits.body_time);
  if (fits && head.expects_continue && head.http_1_1 && in_.empty()) Queue("HTTP/1.1 100 Continue\r\n\r\n");
  return true;
}

std::optional<HttpResponse> Session::RefusalOfHeader() {
  const RequestHead& head = reader_->head();
  if (rules_->token && !HasToken(head.authorization, *rules_->token)) return Unauthorized();
  match_ = rules_->router->Match(head.method, head.path);
  TakeHead();
  if (rules_->guard) {
    if (auto refusal = rules_->guard->Refuse(request_)) return refusal;
  }
  if (match_.route == nullptr) return NoRoute(match_.allow);
  return std::nullopt;
}

void Session::TakeHead() {
  const RequestHead& head = reader_->head();
  request_ = {.method = head_only_ ? "GET" : head.method,
              .path = head.path,
              .captures = std::move(match_.captures),
              .query = head.query,
              .fields = reader_->TakeFields(),
              .has_length = head.has_length,
              .source = peer_};
  if (!ContainsAddress(rules_->trusted_proxies, peer_)) return;
  request_.source = CallerBehind(peer_, request_.Fields("X-Forwarded-For"), rules_->trusted_proxies);
}

void Session::Dispatch() {
  Disarm();
  const bool queued = match_.route->lane == Lane::Pool;
  if (queued && !core_->QueueBody(reader_->body_size())) return Refuse(TooMuchQueued());
  state_ = State::Handling;
  const RequestHead& head = reader_->head();
  keep_alive_ = head.keep_alive;
  gate_ = std::make_shared<StreamGate>(core_->limits.stream_buffer);
  HttpRequest request = std::move(request_);
  request.body = reader_->TakeBody();
  request_ = {.captures = request.captures, .source = request.source};
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
    case Lane::Pool:
      return core_->lanes.RunPooled([task = std::move(task), core = core_, bytes = exchange->request().body.size()] {
        task();
        core->BodyHandled(bytes);
      });
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
  if (rules_->guard) rules_->guard->Answered(request_, response.status);
  keep_alive_ = keep_alive_ && !ended_ && !response.close;
  std::string bytes = ResponseHead(response, {.length = response.body.size(), .keep_alive = keep_alive_});
  if (!head_only_) bytes += response.body;
  state_ = State::Draining;
  ArmIfWriting();
  Queue(std::move(bytes));
}

void Session::BeginStream(std::uint64_t request, std::string content_type) {
  if (state_ != State::Handling || request != request_number_) return;
  if (rules_->guard) rules_->guard->Answered(request_, 200);
  if (!chunked_ || ended_) keep_alive_ = false;
  const HttpResponse response{.content_type = std::move(content_type)};
  std::string head = ResponseHead(response, {.length = {}, .chunked = chunked_, .keep_alive = keep_alive_});
  state_ = head_only_ ? State::Draining : State::Streaming;
  if (head_only_ || ended_) gate_->Close();
  ArmIfWriting();
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
  if (writing_) return;
  writing_ = true;
  WriteSome();
}

void Session::WriteSome() {
  while (!out_.empty()) {
    const auto result = stream_->Write(std::string_view(out_.front().bytes).substr(written_));
    if (result.state == ByteStream::State::WaitRead || result.state == ByteStream::State::WaitWrite) {
      if (state_ != State::Reading) Arm(core_->limits.write_time);
      return Await(result.state, &Session::WriteSome);
    }
    if (result.state != ByteStream::State::Done) return Close();
    OnWritten(result.bytes);
  }
  writing_ = false;
  if (state_ == State::Draining) return FinishAnswer();
  if (state_ != State::Reading) Disarm();
}

void Session::OnWritten(std::size_t bytes) {
  written_ += bytes;
  if (written_ < out_.front().bytes.size()) return;
  if (gate_) gate_->Sent(out_.front().weight);
  out_.pop_front();
  written_ = 0;
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
  stream_->EndWrite();
  in_.clear();
  Arm(core_->limits.linger_time);
  Read();
}

void Session::Arm(std::chrono::milliseconds limit) {
  deadline_ = std::chrono::steady_clock::now() + limit;
  if (!timer_due_ || *timer_due_ > *deadline_) AwaitTime(*deadline_);
}

// An answer that comes while 100 Continue is still being written: that write had the deadline of the request alone.
void Session::ArmIfWriting() {
  if (writing_) Arm(core_->limits.write_time);
}

void Session::Disarm() {
  deadline_.reset();
}

void Session::AwaitTime(std::chrono::steady_clock::time_point at) {
  timer_due_ = at;
  timer_.expires_at(at);
  timer_.async_wait([self = shared_from_this(), number = ++timer_number_](boost::system::error_code error) {
    if (!error && number == self->timer_number_) self->OnTimer();
  });
}

void Session::OnTimer() {
  timer_due_.reset();
  if (!deadline_) return;
  if (std::chrono::steady_clock::now() < *deadline_) return AwaitTime(*deadline_);
  deadline_.reset();
  OnDeadline();
}

void Session::OnDeadline() {
  if (state_ == State::Opening) return Fail(ConnectionDrop::Handshake);
  if (state_ != State::Reading) return Close();
  const bool body = reader_ && reader_->header_done();
  Refuse(
      ErrorResponse(408, "Timeout", body ? "the request body came too slowly" : "the request header came too slowly"));
}

std::shared_ptr<Connection> MakeSession(std::shared_ptr<ServerCore> core, Incoming incoming) {
  return std::make_shared<Session>(std::move(core), std::move(incoming));
}

}  // namespace tinyforge::serve
