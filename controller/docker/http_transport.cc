#include "controller/docker/http_transport.h"

#include <curl/curl.h>

#include <cstring>
#include <exception>
#include <utility>

#include "controller/runtime/guarded.h"

namespace tinyforge::docker {
namespace {

constexpr std::size_t kMaxIdleSessions = 8;
constexpr long kConnectTimeoutMs = 5000;
constexpr long kBufferBytes = 16 * 1024;

template <auto fn>
struct Deleter {
  template <class T>
  void operator()(T* handle) const {
    fn(handle);
  }
};
using Multi = std::unique_ptr<CURLM, Deleter<curl_multi_cleanup>>;
using Easy = std::unique_ptr<CURL, Deleter<curl_easy_cleanup>>;
using HeaderList = std::unique_ptr<curl_slist, Deleter<curl_slist_free_all>>;

// One exchange as its callbacks see it.
struct Progress {
  CURL* easy = nullptr;
  const HttpStreamHandler* handler = nullptr;
  HttpAnswer answer;
  bool too_large = false;
  bool ended_by_handler = false;
  std::exception_ptr thrown;  // by the handler; it must not pass through the frames of curl
};

int StatusOf(CURL* easy) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  return static_cast<int>(status);
}

std::size_t TakeHeader(Progress* progress, std::string_view line) {
  if (line != "\r\n" && line != "\n") return line.size();
  progress->answer.status = StatusOf(progress->easy);
  if (progress->handler && progress->handler->on_head && progress->answer.status < 400) {
    const char* type = nullptr;
    curl_easy_getinfo(progress->easy, CURLINFO_CONTENT_TYPE, &type);
    progress->handler->on_head(type ? type : "");
  }
  return line.size();
}

std::size_t TakeBody(Progress* progress, std::string_view bytes) {
  if (progress->handler && progress->answer.status < 400) {
    progress->ended_by_handler = !progress->handler->on_data(bytes);
    return progress->ended_by_handler ? 0 : bytes.size();
  }
  progress->too_large = progress->answer.body.size() + bytes.size() > kMaxAnswerBytes;
  if (progress->too_large) return 0;
  progress->answer.body.append(bytes);
  return bytes.size();
}

template <auto take>
std::size_t Callback(char* data, std::size_t size, std::size_t count, void* user) {
  auto* progress = static_cast<Progress*>(user);
  try {
    return take(progress, {data, size * count});
  } catch (...) {
    progress->thrown = std::current_exception();
    return CURL_WRITEFUNC_ERROR;
  }
}

std::string Describe(CURL* easy, CURLcode code, const HttpRequest& request) {
  if (code == CURLE_OPERATION_TIMEDOUT) {
    curl_off_t took = 0;
    curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &took);
    const bool in_time = !request.deadline.count() || std::chrono::microseconds(took) < request.deadline;
    const bool silent = request.idle.count() && in_time;
    return "no answer within " + FormatDuration(silent ? request.idle : request.deadline);
  }
  if (code == CURLE_COULDNT_CONNECT) {
    long number = 0;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
    return std::string("it is not reachable: ") + (number ? std::strerror(static_cast<int>(number)) : "cannot connect");
  }
  return std::string("the connection broke: ") + curl_easy_strerror(code);
}

}  // namespace

// A connection with the handle that drives it; used by one exchange at a time.
class HttpTransport::Session {
 public:
  Session() : multi_(curl_multi_init()), easy_(curl_easy_init()) {
    if (!multi_ || !easy_) throw std::bad_alloc();
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, 1L);
  }

  CURL* Prepare(const std::string& socket_path, const HttpRequest& request, Progress& progress) {
    CURL* easy = easy_.get();
    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, socket_path.c_str());
    curl_easy_setopt(easy, CURLOPT_URL, ("http://docker" + request.target).c_str());
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, kBufferBytes);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, kBufferBytes);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.deadline.count()));
    if (request.idle.count()) {
      curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
      curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
                       static_cast<long>(std::chrono::ceil<std::chrono::seconds>(request.idle).count()));
    }
    PrepareBody(request);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, Callback<TakeHeader>);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &progress);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, Callback<TakeBody>);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &progress);
    progress.easy = easy;
    return easy;
  }

  // Blocks until the exchange has ended or `stop` was requested.
  CURLcode Run(const std::stop_token& stop) {
    curl_multi_add_handle(multi_.get(), easy_.get());
    CURLcode code = CURLE_ABORTED_BY_CALLBACK;
    {
      std::stop_callback wake(stop, [this] { curl_multi_wakeup(multi_.get()); });
      int running = 1;
      while (running && !stop.stop_requested()) {
        if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) break;
        if (running) curl_multi_poll(multi_.get(), nullptr, 0, 1000, nullptr);
      }
      int left = 0;
      if (CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) code = message->data.result;
    }
    curl_multi_remove_handle(multi_.get(), easy_.get());
    curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, nullptr);
    headers_.reset();
    return code;
  }

 private:
  void PrepareBody(const HttpRequest& request) {
    CURL* easy = easy_.get();
    curl_slist* list = curl_slist_append(nullptr, "Expect:");
    if (!request.body.empty()) list = curl_slist_append(list, "Content-Type: application/json");
    for (const auto& header : request.headers) list = curl_slist_append(list, header.c_str());
    headers_.reset(list);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
    if (request.method == "POST") {
      curl_easy_setopt(easy, CURLOPT_POST, 1L);
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.empty() ? "" : request.body.data());
    } else if (request.method != "GET") {
      curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, std::string(request.method).c_str());
    }
  }

  Multi multi_;
  Easy easy_;
  HeaderList headers_;
};

struct HttpTransport::Idle {
  Guarded<std::vector<std::unique_ptr<Session>>> sessions;

  std::unique_ptr<Session> Take() {
    {
      auto held = sessions.Lock();
      if (!held->empty()) {
        auto session = std::move(held->back());
        held->pop_back();
        return session;
      }
    }
    return std::make_unique<Session>();
  }

  void Return(std::unique_ptr<Session> session) {
    auto held = sessions.Lock();
    if (held->size() < kMaxIdleSessions) held->push_back(std::move(session));
  }
};

HttpTransport::HttpTransport(std::string socket_path)
    : socket_path_(std::move(socket_path)), idle_(std::make_unique<Idle>()) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
}

HttpTransport::~HttpTransport() {
  idle_->sessions.Lock()->clear();
  curl_global_cleanup();
}

Expected<HttpAnswer> HttpTransport::Send(const HttpRequest& request, const std::stop_token& stop) {
  return Exchange(request, nullptr, stop);
}

Expected<HttpAnswer> HttpTransport::Stream(const HttpRequest& request, const HttpStreamHandler& handler,
                                           const std::stop_token& stop) {
  return Exchange(request, &handler, stop);
}

Expected<HttpAnswer> HttpTransport::Exchange(const HttpRequest& request, const HttpStreamHandler* handler,
                                             const std::stop_token& stop) {
  auto session = idle_->Take();
  Progress progress;
  progress.handler = handler;
  CURL* easy = session->Prepare(socket_path_, request, progress);
  CURLcode code = session->Run(stop);
  if (progress.thrown) std::rethrow_exception(progress.thrown);
  if (code == CURLE_OK || progress.ended_by_handler) {
    idle_->Return(std::move(session));
    return std::move(progress.answer);
  }
  if (progress.too_large) return Error{ErrorKind::Transient, "the answer is larger than 8 MiB"};
  if (stop.stop_requested()) return Error{ErrorKind::Transient, "cancelled"};
  return Error{ErrorKind::Transient, "Docker Engine at unix://" + socket_path_ + ": " + Describe(easy, code, request)};
}

std::string PercentEncode(std::string_view text, bool keep_slash) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (unsigned char c : text) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 std::string_view("-._~").find(static_cast<char>(c)) != std::string_view::npos ||
                 (keep_slash && (c == '/' || c == ':'));
    if (plain) {
      encoded += static_cast<char>(c);
    } else {
      encoded += '%';
      encoded += kHex[c >> 4];
      encoded += kHex[c & 15];
    }
  }
  return encoded;
}

}  // namespace tinyforge::docker
