// The API as tfctl calls it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "api-types/meta/error.h"
#include "controller/cmd/tfctl/json.h"

namespace tinyforge::tfctl {

struct ServerAddress {
  std::string socket;      // unix socket; used when url is empty
  std::string url;         // "http://host:port"
  std::string token_file;  // needed with url
};

// One connection, used again from call to call. Not thread-safe. Errors say what to do about them: whether the
// controller runs, whether one may use the socket. NotFound is the API's 404.
class ApiClient {
 public:
  explicit ApiClient(ServerAddress address);
  ~ApiClient();
  ApiClient(const ApiClient&) = delete;
  ApiClient& operator=(const ApiClient&) = delete;

  // `path` with its query: "/api/workloads?watch=17". Answers up to 256 MiB.
  Expected<Json> Get(const std::string& path);
  Expected<Json> Post(const std::string& path, const std::string& body);
  // Bytes as they come until the answer ends or `stop` is requested (noticed within a second).
  Expected<void> Stream(const std::string& path, const std::function<void(std::string_view)>& sink);

  // The API's version that the last answer showed; for ?watch=.
  const std::string& version() const;

  // Ends calls under way from then on.
  void StopOn(std::stop_token stop);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// For a query value.
std::string PercentEncode(std::string_view text);

}  // namespace tinyforge::tfctl
