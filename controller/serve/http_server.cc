#include "controller/serve/http_server.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <fstream>
#include <utility>

#include "controller/serve/server_core.h"

namespace tinyforge::serve {
namespace {

constexpr std::chrono::milliseconds kAcceptRetry{200};
constexpr std::size_t kHandshakeCells = 4096;
constexpr std::size_t kShortestToken = 16;
constexpr std::size_t kLongestToken = 4096;

}  // namespace

void ServerCore::AddListener(ListenSocket socket, std::shared_ptr<const Router> router, ListenOptions options) {
  RateLimiter handshakes(options.tls ? options.handshakes : Rate{}, kHandshakeCells);
  auto rules = std::make_shared<const ListenerRules>(ListenerRules{std::move(options), std::move(router)});
  listeners_.push_back(std::make_unique<Listener>(Listener{
      std::move(socket), Acceptor(io), boost::asio::steady_timer(io), std::move(rules), std::move(handshakes)}));
}

void ServerCore::Start() {
  for (auto& listener : listeners_) {
    listener->acceptor.assign(Protocol(listener->socket.family(), 0), listener->socket.Release());
    Accept(*listener);
  }
  lanes.Start();
  thread_ = std::jthread([this] { io.run(); });
}

void ServerCore::Post(std::function<void()> task) {
  const std::lock_guard lock(post_mutex_);
  if (!closed_) boost::asio::post(io, std::move(task));
}

void ServerCore::CloseAll() {
  for (auto& listener : listeners_) {
    boost::system::error_code ignored;
    listener->acceptor.close(ignored);
    listener->retry.cancel();
  }
  connections.CloseAll();
  work_.reset();
}

void ServerCore::Stop() {
  if (std::exchange(stopped_, true)) return;
  Post([this] { CloseAll(); });
  lanes.Stop();
  {
    const std::lock_guard lock(post_mutex_);
    closed_ = true;
  }
  // Everything pending was cancelled, so the io thread runs out of work. What handlers posted after that is done here:
  // left in the queue it would keep the core alive for ever.
  if (thread_.joinable()) thread_.join();
  io.restart();
  io.poll();
  listeners_.clear();
}

void ServerCore::Accept(Listener& listener) {
  listener.acceptor.async_accept([this, &listener](boost::system::error_code error, Protocol::socket socket) {
    if (error == boost::asio::error::operation_aborted || !listener.acceptor.is_open()) return;
    if (!error) {
      OnAccepted(listener, std::move(socket));
      return Accept(listener);
    }
    log.Warn("could not accept a connection", {{"listener", listener.socket.address()}, {"error", error.message()}});
    listener.retry.expires_after(kAcceptRetry);
    listener.retry.async_wait([this, &listener](boost::system::error_code cancelled) {
      if (!cancelled) Accept(listener);
    });
  });
}

bool ServerCore::MayShakeHands(Listener& listener, const IpAddress& peer) {
  if (peer.empty() || listener.handshakes.Take(hash_(peer.Host().ToString()), std::chrono::steady_clock::now()))
    return true;
  if (listener.rules->guard) listener.rules->guard->Dropped(ConnectionDrop::SourceLimit);
  return false;
}

void ServerCore::OnAccepted(Listener& listener, Protocol::socket socket) {
  const ListenerRules& rules = *listener.rules;
  const IpAddress peer = IpAddress::OfPeer(socket.native_handle());
  const bool trusted = ContainsAddress(rules.trusted_proxies, peer);
  if (!trusted && !MayShakeHands(listener, peer)) return;
  const bool counted = rules.connections_per_source != 0 && !trusted;
  Incoming incoming{std::move(socket), peer, counted ? peer.Host() : IpAddress(), listener.rules};
  if (!HasRoom(incoming)) return;
  auto session = MakeSession(shared_from_this(), std::move(incoming));
  connections.Insert(session);
  session->Start();
}

bool ServerCore::HasRoom(const Incoming& incoming) {
  const ListenerRules& rules = *incoming.rules;
  const bool source_full =
      !incoming.source.empty() && connections.OfSource(incoming.source) >= rules.connections_per_source;
  const bool full = connections.size() >= limits.connections;
  if (!source_full && !full) return true;
  if (connections.EvictLongestWaiting(source_full ? incoming.source : IpAddress())) return true;
  if (rules.guard) rules.guard->Dropped(source_full ? ConnectionDrop::SourceLimit : ConnectionDrop::TotalLimit);
  return false;
}

void ServerCore::Hold(std::size_t before, std::size_t now) {
  held_bytes_ = held_bytes_ - before + now;
  if (limits.held_bytes == 0 || now <= before) return;
  while (held_bytes_ > limits.held_bytes && connections.EvictLongestWaiting({})) {
  }
}

bool ServerCore::QueueBody(std::size_t bytes) {
  if (limits.held_bytes != 0 && queued_bytes_ + bytes > limits.held_bytes) return false;
  queued_bytes_ += bytes;
  return true;
}

HttpServer::HttpServer(const HttpLimits& limits, Logger& log) : core_(std::make_shared<ServerCore>(limits, log)) {}

HttpServer::~HttpServer() {
  Stop();
}

Expected<void> HttpServer::ListenUnix(const std::string& path, mode_t mode, std::shared_ptr<const Router> router) {
  auto socket = ListenSocket::Unix(path, mode);
  if (!socket) return std::move(socket).error();
  core_->AddListener(std::move(*socket), std::move(router), {});
  return {};
}

Expected<std::string> HttpServer::ListenTcp(const std::string& address, std::shared_ptr<const Router> router,
                                            ListenOptions options) {
  auto socket = ListenSocket::Tcp(address);
  if (!socket) return std::move(socket).error();
  std::string bound = socket->address();
  core_->AddListener(std::move(*socket), std::move(router), std::move(options));
  return bound;
}

void HttpServer::Start() {
  core_->Start();
}
void HttpServer::Stop() {
  core_->Stop();
}

Expected<std::string> ReadTokenFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{ErrorKind::Invalid, "could not read the token file " + path};
  std::string token(kLongestToken + 2, '\0');
  file.read(token.data(), static_cast<std::streamsize>(token.size()));
  token.resize(static_cast<std::size_t>(file.gcount()));
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r' || token.back() == ' ')) token.pop_back();
  const auto printable = [](char c) { return c > ' ' && c <= '~'; };
  if (token.size() < kShortestToken || token.size() > kLongestToken || !std::ranges::all_of(token, printable)) {
    return Error{ErrorKind::Invalid, "token file " + path + ": expected one line of 16 to 4096 printable characters"};
  }
  return token;
}

}  // namespace tinyforge::serve
