#include "controller/cmd/tfctl/client.h"

#include <curl/curl.h>

#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>

namespace tinyforge::tfctl {
namespace {

constexpr std::size_t kLargestAnswer = std::size_t{256} << 20;
constexpr long kConnectSeconds = 5;
// Longer than a watch and than a sync with its fetch may take: who has not answered by then hangs.
constexpr long kAnswerSeconds = 300;

struct Call {
  std::string path;
  const std::string* body = nullptr;  // null: GET
  std::function<void(std::string_view)> stream;
};

struct Transfer {
  CURL* curl = nullptr;
  std::string body;
  const std::function<void(std::string_view)>* stream = nullptr;
  std::stop_token stop;
};

std::size_t OnBytes(char* bytes, std::size_t, std::size_t size, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  long status = 0;
  curl_easy_getinfo(transfer.curl, CURLINFO_RESPONSE_CODE, &status);
  if (status == 200 && transfer.stream != nullptr && *transfer.stream) {
    (*transfer.stream)({bytes, size});
    return size;
  }
  if (transfer.body.size() + size > kLargestAnswer) return 0;
  transfer.body.append(bytes, size);
  return size;
}

int OnProgress(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Transfer*>(context)->stop.stop_requested() ? 1 : 0;
}

// The error of an answer that is not 200.
Error ApiError(long status, std::string_view body) {
  const auto json = ParseJson(body);
  std::string message = json ? Text(*json, {"error", "message"}) : std::string();
  if (message.empty()) message = "the server answered with HTTP status " + std::to_string(status);
  if (status == 401) message += " (--token-file or TFCTL_TOKEN_FILE names the file that holds it)";
  switch (status) {
    case 404: return {ErrorKind::NotFound, message};
    case 400: return {ErrorKind::Invalid, message};
    case 409: return {ErrorKind::Conflict, message};
    case 503: return {ErrorKind::Transient, message};
    default: return {ErrorKind::Terminal, message};
  }
}

}  // namespace

struct ApiClient::Impl {
  explicit Impl(ServerAddress the_address) : address(std::move(the_address)), curl(curl_easy_init()) {}
  ~Impl() { curl_easy_cleanup(curl); }

  std::string Place() const { return address.url.empty() ? address.socket : address.url; }

  Expected<std::string> Token() const {
    if (address.url.empty()) return std::string();
    if (address.token_file.empty()) {
      return Error{ErrorKind::Invalid,
                   "a server on the network needs a token: name its file with --token-file or TFCTL_TOKEN_FILE"};
    }
    std::ifstream file(address.token_file);
    std::string token;
    if (!file || !(file >> token))
      return Error{ErrorKind::Invalid, "could not read a token from " + address.token_file};
    return token;
  }

  Error ConnectError(CURLcode code) const {
    long number = 0;
    curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &number);
    if (number == EACCES) {
      return {ErrorKind::Terminal, "could not connect to " + Place() +
                                       ": permission denied; run as root or as a member of the socket's group"};
    }
    curl_off_t sent = 0;
    curl_easy_getinfo(curl, CURLINFO_PRETRANSFER_TIME_T, &sent);
    if (code == CURLE_OPERATION_TIMEDOUT && sent > 0) {
      return {ErrorKind::Transient, "tinyforged at " + Place() + " did not answer within " +
                                        std::to_string(kAnswerSeconds) + " s; its log may say what it is at"};
    }
    if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_OPERATION_TIMEDOUT) {
      return {ErrorKind::Transient,
              "could not connect to " + Place() +
                  "; is tinyforged running? (--api-socket, --server and TFCTL_API_SOCKET say where)"};
    }
    return {ErrorKind::Transient, "the call to " + Place() + " failed: " + curl_easy_strerror(code)};
  }

  void Prepare(const Call& call, Transfer& transfer, curl_slist* headers) {
    curl_easy_reset(curl);
    const std::string base = address.url.empty() ? std::string("http://tinyforge") : address.url;
    curl_easy_setopt(curl, CURLOPT_URL, (base + call.path).c_str());
    if (address.url.empty()) curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, address.socket.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    if (!call.stream) curl_easy_setopt(curl, CURLOPT_TIMEOUT, kAnswerSeconds);
    if (address.url.empty()) curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, OnBytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, OnProgress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &transfer);
    if (call.body == nullptr) return;
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call.body->data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body->size()));
  }

  Expected<std::string> Perform(const Call& call) {
    const auto token = Token();
    if (!token) return token.error();
    curl_slist* headers = curl_slist_append(nullptr, "Content-Type: application/json");
    if (!token->empty()) headers = curl_slist_append(headers, ("Authorization: Bearer " + *token).c_str());
    Transfer transfer{.curl = curl, .body = {}, .stream = &call.stream, .stop = stop};
    Prepare(call, transfer, headers);
    const CURLcode code = curl_easy_perform(curl);
    curl_slist_free_all(headers);
    if (code == CURLE_ABORTED_BY_CALLBACK) return std::string();
    if (code != CURLE_OK) return ConnectError(code);
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) return ApiError(status, transfer.body);
    curl_header* field = nullptr;
    const bool versioned = curl_easy_header(curl, "Tinyforge-Version", 0, CURLH_HEADER, -1, &field) == CURLHE_OK;
    version = versioned ? field->value : "";
    return std::move(transfer.body);
  }

  Expected<Json> PerformJson(const Call& call) {
    auto text = Perform(call);
    if (!text) return std::move(text).error();
    if (stop.stop_requested()) return Error{ErrorKind::Transient, "interrupted"};
    return ParseJson(*text);
  }

  const ServerAddress address;
  CURL* const curl;
  std::stop_token stop;
  std::string version;
};

ApiClient::ApiClient(ServerAddress address) : impl_(std::make_unique<Impl>(std::move(address))) {}
ApiClient::~ApiClient() = default;

Expected<Json> ApiClient::Get(const std::string& path) {
  return impl_->PerformJson({.path = path});
}

Expected<Json> ApiClient::Post(const std::string& path, const std::string& body) {
  return impl_->PerformJson({.path = path, .body = &body});
}

Expected<void> ApiClient::Stream(const std::string& path, const std::function<void(std::string_view)>& sink) {
  auto done = impl_->Perform({.path = path, .stream = sink});
  if (!done) return std::move(done).error();
  return {};
}

const std::string& ApiClient::version() const {
  return impl_->version;
}

void ApiClient::StopOn(std::stop_token stop) {
  impl_->stop = std::move(stop);
}

std::string PercentEncode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

}  // namespace tinyforge::tfctl
