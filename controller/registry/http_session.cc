#include "controller/registry/http_session.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <system_error>
#include <utility>

#include "controller/logins/base64.h"
#include "controller/registry/address_scope.h"

namespace tinyforge::registry {
namespace {

constexpr long kMaxConnections = 3;  // the registry, its token server, where its blobs are
constexpr long kBufferBytes = 16 * 1024;
constexpr int kWakeMs = 1000;

long Milliseconds(Duration duration) {
  return static_cast<long>(std::max<Duration::rep>(1, duration.count()));
}

template <class T>
T Info(CURL* easy, CURLINFO info) {
  T value{};
  curl_easy_getinfo(easy, info, &value);
  return value;
}

std::string TextOf(const sockaddr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = address.sa_family == AF_INET
                          ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in&>(address).sin_addr)
                          : static_cast<const void*>(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
  return inet_ntop(address.sa_family, bytes, text.data(), text.size()) ? text.data() : "";
}

HttpFault FaultOf(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST: return HttpFault::Name;
    case CURLE_COULDNT_CONNECT: return HttpFault::Connect;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR: return HttpFault::Certificate;
    case CURLE_SSL_CONNECT_ERROR: return HttpFault::Tls;
    case CURLE_OPERATION_TIMEDOUT: return HttpFault::Timeout;
    default: return HttpFault::Broken;
  }
}

// "connection refused"
std::string ErrorText(long number) {
  std::string text = std::generic_category().message(static_cast<int>(number));
  if (text.size() > 1 && text[1] >= 'a') text[0] = static_cast<char>(text[0] | 0x20);
  return text;
}

std::string Authorization(const HttpRequest& request) {
  if (!request.bearer.empty()) return "Bearer " + request.bearer;
  std::string pair = request.basic->user + ":" + request.basic->password;
  std::string value = "Basic " + logins::EncodeBase64(pair);
  logins::Wipe(pair);
  return value;
}

std::string Printable(std::string_view text) {
  std::string plain(text);
  for (char& c : plain) c = c >= ' ' && c < 0x7F ? c : '?';
  return plain;
}

}  // namespace

HttpSession::HttpSession(std::string registry)
    : registry_(std::move(registry)), multi_(curl_multi_init()), easy_(curl_easy_init()) {
  if (!multi_ || !easy_) throw std::bad_alloc();
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, kMaxConnections);
}

std::variant<HttpAnswer, HttpFailure> HttpSession::Exchange(const HttpRequest& request,
                                                            const HttpClientOptions& options,
                                                            const std::stop_token& stop) {
  Progress progress;
  Prepare(request, options, progress);
  const CURLcode code = Run(stop);
  WipeHeaders();
  if (stop.stop_requested()) return HttpFailure{HttpFault::Cancelled, {}};
  if (code != CURLE_OK) return Explain(code, progress);
  progress.answer.status = static_cast<int>(Info<long>(easy_.get(), CURLINFO_RESPONSE_CODE));
  const char* address = Info<char*>(easy_.get(), CURLINFO_PRIMARY_IP);
  progress.answer.inside = address && ScopeOf(std::string(address)) == AddressScope::Inside;
  return std::move(progress.answer);
}

void HttpSession::Prepare(const HttpRequest& request, const HttpClientOptions& options, Progress& progress) {
  CURL* easy = easy_.get();
  progress.outside_only = request.outside_only;
  curl_easy_reset(easy);
  curl_easy_setopt(easy, CURLOPT_URL, request.url.text().c_str());
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "tinyforge");
  PrepareBounds(request, options);
  PrepareHeaders(request);
  if (request.method == "HEAD") curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  if (request.method == "POST") {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.form.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.form.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, TakeHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &progress);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, TakeBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &progress);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, OpenSocket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &progress);
  error_[0] = '\0';
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_.data());
}

void HttpSession::PrepareBounds(const HttpRequest& request, const HttpClientOptions& options) {
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, request.url.scheme.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // a resolver that hangs holds up neither a timeout nor a stop
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, kBufferBytes);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, Milliseconds(request.timeout));
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, Milliseconds(std::min(request.timeout, options.connect_timeout)));
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!request.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, request.ca_file.c_str());
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
}

void HttpSession::PrepareHeaders(const HttpRequest& request) {
  curl_slist* list = curl_slist_append(nullptr, "Expect:");
  list = curl_slist_append(list, request.accept.empty() ? "Accept: */*" : ("Accept: " + request.accept).c_str());
  if (!request.bearer.empty() || request.basic) {
    std::string value = Authorization(request);
    std::string header = "Authorization: " + value;
    list = curl_slist_append(list, header.c_str());
    logins::Wipe(header);
    logins::Wipe(value);
  }
  headers_.reset(list);
  curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, list);
}

void HttpSession::WipeHeaders() {
  for (curl_slist* each = headers_.get(); each; each = each->next) explicit_bzero(each->data, std::strlen(each->data));
  headers_.reset();
}

// Blocks until the exchange has ended or `stop` was requested.
CURLcode HttpSession::Run(const std::stop_token& stop) {
  curl_multi_add_handle(multi_.get(), easy_.get());
  CURLcode code = CURLE_ABORTED_BY_CALLBACK;
  {
    std::stop_callback wake(stop, [this] { curl_multi_wakeup(multi_.get()); });
    int running = 1;
    while (running && !stop.stop_requested()) {
      if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) break;
      if (running) curl_multi_poll(multi_.get(), nullptr, 0, kWakeMs, nullptr);
    }
    int left = 0;
    if (CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) code = message->data.result;
  }
  curl_multi_remove_handle(multi_.get(), easy_.get());
  curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, nullptr);
  return code;
}

HttpFailure HttpSession::Explain(CURLcode code, const Progress& progress) const {
  CURL* easy = easy_.get();
  if (!progress.refused.empty() && code == CURLE_COULDNT_CONNECT) return {HttpFault::Forbidden, progress.refused};
  if (progress.too_large) return {HttpFault::TooLarge, {}};
  const HttpFault fault = FaultOf(code);
  if (fault == HttpFault::Connect) {
    const long number = Info<long>(easy, CURLINFO_OS_ERRNO);
    return {fault, number ? ErrorText(number) : "cannot connect"};
  }
  if (fault == HttpFault::Timeout) {
    const bool connected = Info<curl_off_t>(easy, CURLINFO_PRETRANSFER_TIME_T) > 0;
    return {connected ? fault : HttpFault::Connect, connected ? "" : "no connection in time"};
  }
  const bool tls = fault == HttpFault::Certificate || fault == HttpFault::Tls;
  return {fault, Printable(tls && error_[0] ? error_.data() : curl_easy_strerror(code))};
}

std::size_t HttpSession::TakeHeader(char* data, std::size_t size, std::size_t count, void* progress) {
  auto* self = static_cast<Progress*>(progress);
  const std::string_view line(data, size * count);
  self->head_bytes += line.size();
  self->too_large = self->too_large || self->head_bytes > kMaxHeadBytes;
  if (self->too_large) return CURL_WRITEFUNC_ERROR;
  if (self->body_began) return line.size();  // of a trailer
  try {
    if (line.starts_with("HTTP/")) self->answer.head = {};
    self->answer.head.Take(line);
  } catch (const std::bad_alloc&) {  // must not pass through the frames of curl
    self->too_large = true;
    return CURL_WRITEFUNC_ERROR;
  }
  return line.size();
}

std::size_t HttpSession::TakeBody(char* data, std::size_t size, std::size_t count, void* progress) {
  auto* self = static_cast<Progress*>(progress);
  self->body_began = true;
  self->too_large = self->answer.body.size() + size * count > kMaxBodyBytes;
  if (self->too_large) return CURL_WRITEFUNC_ERROR;
  try {
    self->answer.body.append(data, size * count);
  } catch (const std::bad_alloc&) {  // must not pass through the frames of curl
    self->too_large = true;
    return CURL_WRITEFUNC_ERROR;
  }
  return size * count;
}

curl_socket_t HttpSession::OpenSocket(void* progress, curlsocktype, curl_sockaddr* address) {
  auto* self = static_cast<Progress*>(progress);
  const AddressScope scope = ScopeOf(address->addr);
  const bool refuse = scope == AddressScope::Forbidden || (self->outside_only && scope == AddressScope::Inside);
  if (refuse) {
    self->refused = TextOf(address->addr);
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

}  // namespace tinyforge::registry
