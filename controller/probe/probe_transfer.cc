#include "controller/probe/probe_transfer.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <system_error>

namespace tinyforge::probe {
namespace {

constexpr std::size_t kMaxAnswerBytes = std::size_t{64} << 10;
constexpr long kBufferBytes = 4096;

bool IsIpv4(const std::string& address) {
  in_addr parsed{};
  return inet_pton(AF_INET, address.c_str(), &parsed) == 1;
}

std::string UrlOf(const ProbeTarget& target) {
  const auto& http = target.check.http;
  const int port = http ? http->port : target.check.tcp->port;
  return "http://" + target.address + ":" + std::to_string(port) + (http ? http->path : "/");
}

std::string Asked(const ProbeTarget& target) {
  if (target.check.http) return "GET " + UrlOf(target);
  return "connect to " + target.address + ":" + std::to_string(target.check.tcp->port);
}

// "connection refused"
std::string ErrorText(int number) {
  std::string text = std::generic_category().message(number);
  if (text.size() > 1 && text[1] >= 'a') text[0] = static_cast<char>(text[0] | 0x20);
  return text;
}

std::string BrokenText(const TransferEnd& end) {
  switch (end.code) {
    case CURLE_GOT_NOTHING: return "closed without an answer";
    case CURLE_PARTIAL_FILE: return "the answer was cut short";
    case CURLE_WRITE_ERROR: return "the head of the answer is larger than 64 KiB";
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      if (end.os_error) return ErrorText(end.os_error);
      break;
    default: break;
  }
  return "not an HTTP answer";
}

ProbeOutcome JudgeUnconnected(const std::string& asked, const TransferEnd& end, Duration timeout) {
  if (end.code == CURLE_OPERATION_TIMEDOUT) {
    return {Verdict::Unreachable, asked + ": no connection within " + FormatDuration(timeout)};
  }
  const bool refused = end.os_error == ECONNREFUSED || end.os_error == ECONNRESET;
  const std::string why = end.os_error ? ErrorText(end.os_error) : curl_easy_strerror(end.code);
  return {refused ? Verdict::Failure : Verdict::Unreachable, asked + ": " + why};
}

}  // namespace

ProbeOutcome Judge(const ProbeTarget& target, const TransferEnd& end) {
  const std::string asked = Asked(target);
  if (!IsIpv4(target.address)) return {Verdict::Unreachable, asked + ": not an IPv4 address"};
  if (!end.connected) return JudgeUnconnected(asked, end, target.check.timeout);
  if (end.code == CURLE_OPERATION_TIMEDOUT) {
    return {Verdict::Failure, asked + ": no answer within " + FormatDuration(target.check.timeout)};
  }
  if (end.code != CURLE_OK && !end.body_cut) return {Verdict::Failure, asked + ": " + BrokenText(end)};
  if (!target.check.http) return {};
  if (!end.head_read) return {Verdict::Failure, asked + ": the answer was cut short"};
  if (end.status >= 200 && end.status < 400) return {};
  return {Verdict::Failure, asked + ": status " + std::to_string(end.status)};
}

ProbeTransfer::ProbeTransfer(const ProbeTarget& target) : target_(target), easy_(curl_easy_init()) {
  if (!easy_) throw std::bad_alloc();
  Configure();
}

void ProbeTransfer::Configure() {
  CURL* easy = easy_.get();
  // An address that is none must not reach the resolver: curl refuses an empty host.
  curl_easy_setopt(easy, CURLOPT_URL, IsIpv4(target_.address) ? UrlOf(target_).c_str() : "http://");
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "tinyforge-probe");
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, target_.check.http ? 0L : 1L);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, kBufferBytes);
  const Duration timeout = std::max(target_.check.timeout, Duration(1));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &ProbeTransfer::TakeHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &ProbeTransfer::TakeBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
}

std::size_t ProbeTransfer::TakeHeader(char* data, std::size_t size, std::size_t count, void* transfer) {
  auto* self = static_cast<ProbeTransfer*>(transfer);
  const std::string_view line(data, size * count);
  const bool ends = line == "\r\n" || line == "\n";
  self->head_read_ = ends || self->body_began_;  // lines after the body are trailers
  self->read_bytes_ += line.size();
  return self->read_bytes_ > kMaxAnswerBytes ? 0 : line.size();
}

std::size_t ProbeTransfer::TakeBody(char* /*data*/, std::size_t size, std::size_t count, void* transfer) {
  auto* self = static_cast<ProbeTransfer*>(transfer);
  self->body_began_ = true;
  self->read_bytes_ += size * count;
  self->body_cut_ = self->read_bytes_ > kMaxAnswerBytes;
  return self->body_cut_ ? 0 : size * count;
}

ProbeOutcome ProbeTransfer::Outcome(CURLcode code) const {
  long os_error = 0;
  long status = 0;
  curl_off_t connect_us = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &os_error);
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(easy_.get(), CURLINFO_CONNECT_TIME_T, &connect_us);
  return Judge(target_, {.code = code,
                         .os_error = static_cast<int>(os_error),
                         .connected = connect_us > 0,
                         .head_read = head_read_,
                         .status = static_cast<int>(status),
                         .body_cut = body_cut_});
}

}  // namespace tinyforge::probe
