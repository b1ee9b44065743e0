// One curl handle with its connections; used by one exchange at a time. Internal to HttpClient.
#pragma once

#include <curl/curl.h>

#include <array>
#include <memory>
#include <stop_token>
#include <string>
#include <variant>

#include "controller/registry/http_client.h"

namespace tinyforge::registry {

class HttpSession {
 public:
  // Throws std::bad_alloc.
  explicit HttpSession(std::string registry);
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;

  const std::string& registry() const { return registry_; }
  // After a failure the session is not to be used again.
  std::variant<HttpAnswer, HttpFailure> Exchange(const HttpRequest& request, const HttpClientOptions& options,
                                                 const std::stop_token& stop);

 private:
  template <auto fn>
  struct Deleter {
    template <class T>
    void operator()(T* handle) const {
      fn(handle);
    }
  };

  // One exchange as its callbacks see it.
  struct Progress {
    HttpAnswer answer;
    std::size_t head_bytes = 0;
    bool body_began = false;
    bool too_large = false;
    bool outside_only = false;
    std::string refused;  // an address
  };

  static std::size_t TakeHeader(char* data, std::size_t size, std::size_t count, void* progress);
  static std::size_t TakeBody(char* data, std::size_t size, std::size_t count, void* progress);
  static curl_socket_t OpenSocket(void* progress, curlsocktype purpose, curl_sockaddr* address);

  void Prepare(const HttpRequest& request, const HttpClientOptions& options, Progress& progress);
  void PrepareBounds(const HttpRequest& request, const HttpClientOptions& options);
  void PrepareHeaders(const HttpRequest& request);
  void WipeHeaders();
  CURLcode Run(const std::stop_token& stop);
  HttpFailure Explain(CURLcode code, const Progress& progress) const;

  const std::string registry_;
  std::unique_ptr<CURLM, Deleter<curl_multi_cleanup>> multi_;
  std::unique_ptr<CURL, Deleter<curl_easy_cleanup>> easy_;
  std::unique_ptr<curl_slist, Deleter<curl_slist_free_all>> headers_;
  std::array<char, CURL_ERROR_SIZE> error_{};
};

}  // namespace tinyforge::registry
